"""Marks the records of a stream that are brought back, in a member that AWS never writes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple, cast

from redrive.core.system import new_token
from redrive.handlers.record import REPLAY


class Replay(NamedTuple):
    """The marks of a record that was brought back.

    Attributes:
        id: Different each time that the record is brought back. `None`: the record is not marked.
        was_set_aside: Whether the record was set aside, so that it has certainly failed.
        function: The name of the function to which the stream delivered it. It is part of the record's keys, also where
            another function brings it back. Empty if unknown.
    """

    id: str | None = None
    was_set_aside: bool = False
    function: str = ""


def marked(record: Mapping[str, Any], *, was_set_aside: bool, function: str) -> dict[str, Any]:
    """Return a record of a Lambda event, marked as brought back once more.

    Args:
        record: The record, which may have a mark.
        was_set_aside: As in `Replay`.
        function: The name of the function that has not processed it this time.
    """
    first = function_of(record) or function
    return {**record, REPLAY: {"id": new_token(), "setAside": was_set_aside, "function": first}}


def replay_of(record: Mapping[str, Any]) -> Replay:
    """Return what a record of a Lambda event says of its replay; nothing if its mark is not the helper's."""
    mark = record.get(REPLAY)
    if not isinstance(mark, Mapping):
        return Replay()
    found = cast("Mapping[str, object]", mark)
    id, function = found.get("id"), found.get("function")
    return Replay(
        id if isinstance(id, str) and id else None,
        found.get("setAside") is True,
        function if isinstance(function, str) else "",
    )


def function_of(record: Mapping[str, Any]) -> str:
    """Return the name of the function to which the stream delivered a record; empty if it is not brought back."""
    return replay_of(record).function if REPLAY in record else ""
