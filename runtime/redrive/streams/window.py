"""Reads tumbling windows and keeps their state, which Lambda passes from one batch of a window to the next.

https://docs.aws.amazon.com/lambda/latest/dg/services-kinesis-windows.html
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any, cast

from redrive.handlers.invalid_events import InvalidEvent

#: Maximum size of a window's state, in bytes of JSON. Lambda ends a window early if its state is larger.
LARGEST_STATE = 1_048_576
_TEXT = frozenset({str})
_NESTED = (dict, list, tuple)


class TumblingWindow:
    """The tumbling window of a batch.

    Tests can make one by hand: `TumblingWindow({"orders": 3})`.

    Args:
        state: The state so far. Default: empty.
        start: The time at which the window begins, in UTC. Default: `None`, unknown.
        end: The time at which the window ends, in UTC. Default: `None`, unknown.
        is_final: `True` in the window's last invocation. Default: `False`.
        is_terminated_early: `True` if Lambda ends the window early because its state is too large. Default: `False`.
        shard_id: The shard's ID; each shard has separate windows. Default: empty, unknown.

    Attributes:
        state: The values collected in this window so far: a dict with string keys and JSON values. Change it, or assign
            another dict. A record that fails or is set aside leaves it unchanged. It is written as JSON after each
            record, so keep it small. Lambda keeps at most 1 MB (1,048,576 bytes).
    """

    __slots__ = ("end", "is_final", "is_terminated_early", "shard_id", "start", "state")

    def __init__(
        self,
        state: dict[str, Any] | None = None,
        *,
        start: datetime | None = None,
        end: datetime | None = None,
        is_final: bool = False,
        is_terminated_early: bool = False,
        shard_id: str = "",
    ) -> None:
        self.state: dict[str, Any] = {} if state is None else state
        self.start = start
        self.end = end
        self.is_final = is_final
        self.is_terminated_early = is_terminated_early
        self.shard_id = shard_id

    def __repr__(self) -> str:
        return f"TumblingWindow({self.state!r}, start={self.start}, end={self.end}, is_final={self.is_final})"


class WindowState:
    """A window's state as of the last record that succeeded."""

    def __init__(self, window: TumblingWindow) -> None:
        self._window = window
        self._kept = json.dumps(window.state)

    def keep(self) -> None:
        """Keep the changes of a record that succeeded.

        Raises:
            ValueError: Lambda could not keep the state, or would return a different one.
        """
        self._kept = _written(self._window.state)

    def restore(self) -> None:
        """Undo the changes of a record that did not succeed."""
        self._window.state = json.loads(self._kept)

    def answer(self) -> dict[str, Any]:
        """Return the state for Lambda, without any later change to the window."""
        return json.loads(self._kept)


def window_of(event: Mapping[str, Any], helper: str, *, is_expected: bool) -> TumblingWindow:
    """Return the window of an event; `is_expected` says whether the handler has a `window_end`.

    Raises:
        InvalidEvent: Only one of event and handler has a window, or the event's window is invalid.
    """
    if not is_expected:
        raise InvalidEvent(
            "the event has a tumbling window, and the handler no window_end=: what its records leave in the window's "
            f"state would be lost at the end; give {helper} a window_end=, or take TumblingWindowInSeconds off the "
            "event source mapping"
        )
    try:
        if "window" not in event:
            raise InvalidEvent(
                "the event has no tumbling window, and the handler has a window_end=: give the event source mapping "
                f"TumblingWindowInSeconds, or {helper} no window_end="
            )
        window = event["window"]
        return TumblingWindow(
            _object(event.get("state") or {}),
            start=datetime.fromisoformat(window["start"]),
            end=datetime.fromisoformat(window["end"]),
            is_final=bool(event.get("isFinalInvokeForWindow")),
            is_terminated_early=bool(event.get("isWindowTerminatedEarly")),
            shard_id=event.get("shardId") or "",
        )
    except InvalidEvent:
        raise
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise InvalidEvent(
            f"{event!r:.300} is no event of a tumbling window as Lambda writes it: expected an object 'window' with "
            "the times 'start' and 'end', and as 'state' an object or nothing"
        ) from error


def _object(state: object) -> dict[str, Any]:
    if not isinstance(state, dict):
        raise ValueError(f"window.state is {type(state).__name__}: Lambda keeps an object; put it in a dict")
    return cast("dict[str, Any]", state)


def _written(state: object) -> str:
    try:
        odd = _odd_keys(_object(state))
        # The format of Lambda's runtime, except that it rejects NaN and infinities, which are not JSON.
        text = json.dumps(state, ensure_ascii=False, allow_nan=False)
        size = len(text.encode())
    except (TypeError, UnicodeError, RecursionError, ValueError) as error:
        raise ValueError(
            f"window.state cannot be written as JSON, in which Lambda keeps it: {error}; use text, numbers, booleans, "
            "lists and dicts"
        ) from error
    if odd:
        raise ValueError(
            f"window.state has the key {odd[0]!r}: JSON has text keys alone, and it would come back as another one; "
            "use str(…) of it"
        )
    if size > LARGEST_STATE:
        raise ValueError(
            f"window.state is {size:,} bytes of JSON with this record: Lambda keeps {LARGEST_STATE:,} per shard and "
            "ends the window early beyond that; keep less, or keep it in a table, or make the window shorter"
        )
    return text


def _odd_keys(value: object) -> list[object]:
    """Return the keys that are not strings, of the first object in the value that has any."""
    members = cast("list[object]", value)
    if isinstance(value, dict):
        keys = cast("dict[object, object]", value)
        if not _TEXT.issuperset(map(type, keys)):
            odd = [key for key in keys if not isinstance(key, str)]
            if odd:
                return odd
        members = keys.values()
    for member in members:
        if isinstance(member, _NESTED):
            odd = _odd_keys(cast(object, member))
            if odd:
                return odd
    return []
