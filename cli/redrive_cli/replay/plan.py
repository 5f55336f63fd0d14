"""Defines what a replay is to do."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

from redrive.destinations.history import History
from redrive_cli.errors import Usage
from redrive_cli.failures.found import Found
from redrive_cli.replay.destination import Destination
from redrive_cli.replay.item import Item
from redrive_cli.selection import Selection

_STEP = re.compile(r"([^.\[\]]+)|\[(\d+)\]")

#: Returns the payload to send in place of the given one.
Edit = Callable[[Any], Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """The instructions for a replay.

    Attributes:
        run: Id of the run.
        selection: What is replayed.
        to: Where to; `None`: where each failure came from.
        keep: Whether the originals stay.
        limit: Replay at most so many.
        rate: Events a second; `None`: no limit.
        stop_at: Stop when this share of the replayed events has failed again; `None`: never.
        note: A person's note, which travels with the events.
        edits: Changes of each payload.
        edited: Other payloads by the ids of failures, which a person has written.
        identity: Whether asynchronous events carry the request id of their first invocation.
    """

    run: str
    selection: Selection = field(default_factory=Selection)
    to: Destination | None = None
    keep: bool = False
    limit: int | None = None
    rate: float | None = None
    stop_at: float | None = None
    note: str = ""
    edits: tuple[Edit, ...] = ()
    edited: Mapping[str, Any] = field(default_factory=dict[str, Any])
    identity: bool = False

    def item(self, found: Found, to: Destination) -> Item:
        """Return what is sent for a failure.

        Raises:
            Usage: A change cannot be made in its payload.
        """
        history = History(found.history.times + 1, self.run, self.note)
        if not self.edits and found.id not in self.edited:
            return Item(found, to, history)
        payload = self.edited.get(found.id, found.payload)
        for edit in self.edits:
            try:
                payload = edit(payload)
            except Usage as error:
                raise Usage(f"{found.id}: {error}") from error
        return Item(found, to, history, payload, is_edited=True)


def setting(text: str) -> Edit:
    """Return the change that `--set path=value` makes.

    Args:
        text: A path of names and indices, such as `lines[0].sku`, and a JSON value; anything else is a text.

    Raises:
        Usage: It has no path or no value.
    """
    path, equals, value_text = text.partition("=")
    steps: list[str | int] = [name or int(index) for name, index in _STEP.findall(path)]
    if not equals or not steps:
        raise Usage(f"--set {text!r} is no change: give path=value, such as lines[0].quantity=1")
    try:
        value: Any = json.loads(value_text)
    except ValueError:
        value = value_text
    return lambda payload: _with(payload, steps, value, path)


def _with(payload: Any, steps: Sequence[str | int], value: Any, path: str) -> Any:
    """Return a payload with another value at a path; all else is shared with the given one."""
    if not steps:
        return value
    step, rest = steps[0], steps[1:]
    if isinstance(payload, dict) and isinstance(step, str):
        members = cast("dict[str, Any]", payload)
        if step not in members and rest:
            raise Usage(f"its payload has nothing at {step!r} of --set {path}")
        return {**members, step: _with(members.get(step), rest, value, path)}
    if isinstance(payload, list) and isinstance(step, int):
        values = cast("list[Any]", payload)
        if step >= len(values):
            raise Usage(f"its payload has no index {step} of --set {path}")
        return [*values[:step], _with(values[step], rest, value, path), *values[step + 1 :]]
    kind = "text that is not JSON" if isinstance(payload, str) else type(cast("object", payload)).__name__
    raise Usage(f"its payload has no {step!r} of --set {path}: there it is {kind}")
