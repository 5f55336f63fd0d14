"""Defines what all readers of places have in common."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from redrive_cli.failures.found import Found

#: Most failures that one step takes, as SQS does.
MOST = 10
#: The error of an object that was written again under its key since it was read: a handler has set its record aside
#: once more, under the key that it always has. It must stay.
WRITTEN_AGAIN = "the function has set it aside again"


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """The number of failures in a place.

    Attributes:
        total: All, as far as the place knows.
        in_flight: Those that something else has received, so that they cannot be seen.
        delayed: Those that cannot be received yet.
    """

    total: int
    in_flight: int = 0
    delayed: int = 0


class Reader(Protocol):
    """Takes failures out of a place, each at most once, and gives back what is not deleted. Threads may share it."""

    @property
    def exhausted(self) -> bool:
        """True if nothing more can be taken."""
        ...

    @property
    def note(self) -> str:
        """A note on its end for people, such as a limit of SQS; empty if there is nothing to say."""
        ...

    def counts(self) -> Counts:
        """Return the counts, before anything was taken."""
        ...

    def take(self, most: int = MOST) -> Sequence[Found]:
        """Return some failures that were not taken before; maybe none although there are more."""
        ...

    def delete(self, several: Sequence[Found]) -> Mapping[str, str]:
        """Delete failures, and return the errors of those that were not deleted, by key."""
        ...

    def keep(self, several: Sequence[Found], seconds: int) -> None:
        """Keep failures from other readers for some more seconds."""
        ...

    def again(self) -> None:
        """Go on after the end, with what is new since."""
        ...

    def close(self) -> None:
        """Give back everything that was taken and not deleted."""
        ...
