"""Marks the records of a stream that are brought back, in a member that AWS never writes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple, cast

from redrive.core.system import new_token
from redrive.handlers.record import REPLAY


class Replay(NamedTuple):
    """What a record says of its replay.

    Attributes:
        id: Different each time that the record is brought back. `None`: the record is not marked.
        was_set_aside: Whether the record was set aside, so that it has certainly failed.
    """

    id: str | None
    was_set_aside: bool


def marked(record: Mapping[str, Any], *, was_set_aside: bool) -> dict[str, Any]:
    """Return a record of a Lambda event, marked as brought back once more."""
    return {**record, REPLAY: {"id": new_token(), "setAside": was_set_aside}}


def replay_of(record: Mapping[str, Any]) -> Replay:
    """Return what a record of a Lambda event says of its replay; nothing if its mark is not the helper's."""
    mark = record.get(REPLAY)
    if not isinstance(mark, Mapping):
        return Replay(None, was_set_aside=False)
    found = cast("Mapping[str, object]", mark)
    id = found.get("id")
    return Replay(id if isinstance(id, str) and id else None, was_set_aside=found.get("setAside") is True)
