"""Defines what is sent for a failure, and what became of it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from redrive.destinations.dead_letter import DeadLetter
from redrive.destinations.history import History
from redrive_cli.failures.found import Found
from redrive_cli.replay.destination import Destination


@dataclass(frozen=True, slots=True)
class Item:
    """A failure that is to be sent.

    Attributes:
        found: The failure.
        to: Where to.
        history: Its replays, this one included.
        payload: Another payload; used only if `is_edited`.
        is_edited: Whether `payload` holds.
    """

    found: Found
    to: Destination
    history: History
    payload: Any = None
    is_edited: bool = False

    @property
    def key(self) -> str:
        """The identity of the failure in its place."""
        return self.found.key

    @property
    def content(self) -> Any:
        """The payload that is sent."""
        return self.payload if self.is_edited else self.found.payload

    @property
    def body(self) -> str:
        """The payload as a message's body: the original text unless it was edited."""
        failure = self.found.failure
        if isinstance(failure, DeadLetter) and not self.is_edited and not self.found.is_edited:
            return failure.body
        return as_text(self.content)


@dataclass(frozen=True, slots=True)
class Sent:
    """The destination took an event.

    Attributes:
        id: The id that it has there; empty if that is not known.
        is_marked: Whether the event carries the run, so that it is known again if it fails again.
        records: Shards and sequence numbers of the records that it became.
    """

    id: str = ""
    is_marked: bool = True
    records: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class InDoubt:
    """The destination may have taken an event: its reply is not known.

    Attributes:
        why: The reason.
    """

    why: str


@dataclass(frozen=True, slots=True)
class NotSent:
    """The destination did not take an event, or the function failed with it again.

    Attributes:
        why: The reason.
        failed_again: Whether the function ran and failed.
    """

    why: str
    failed_again: bool = False


Outcome = Sent | InDoubt | NotSent


def as_text(value: Any) -> str:
    """Return a payload as text: a text as it is, anything else as JSON."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, separators=(",", ":"))
