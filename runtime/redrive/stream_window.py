"""Tumbling windows: a state that Lambda carries from one batch of a window to the next.

https://docs.aws.amazon.com/lambda/latest/dg/services-kinesis-windows.html
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any, cast

from redrive.errors import InvalidEvent

#: Bytes of JSON: Lambda ends a window early whose state is larger.
LARGEST_STATE = 1_048_576
_TEXT = frozenset({str})
_NESTED = (dict, list, tuple)


class TumblingWindow:
    """The window to which the records of a batch belong.

    For tests it can be made by hand: `TumblingWindow({"orders": 3})`.

    Args:
        state: The state so far. Default: empty.
        start: When the window began, in UTC. Default: not known.
        end: When it ends, in UTC. Default: not known.
        is_final: Whether this is the window's last invocation. Default: no.
        is_terminated_early: Whether Lambda ends the window before its time, for a state that is too large. Default: no.
        shard_id: The shard; each has windows of its own. Default: not known.

    Attributes:
        state: What was gathered in this window so far: text keys, and values that JSON has. Change it, or put another
            in its place. A record that fails or is set aside leaves it as it was. It is written as JSON after each
            record, so keep it small; 1 MB is the most that Lambda keeps.
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
    """A window's state as of the last record that has succeeded.

    Args:
        window: The window, whose state the user's function changes.
    """

    def __init__(self, window: TumblingWindow) -> None:
        self._window = window
        self._kept = json.dumps(window.state)

    def keep(self) -> None:
        """Take over what a record has made of the state.

        Raises:
            ValueError: It is larger than Lambda keeps, or would come back as something else.
        """
        self._kept = _written(self._window.state)

    def restore(self) -> None:
        """Forget what a record has made of the state that did not succeed."""
        self._window.state = json.loads(self._kept)

    def answer(self) -> dict[str, Any]:
        """The state to give back to Lambda, whatever was done to the window's since."""
        return json.loads(self._kept)


def window_of(event: Mapping[str, Any], helper: str, *, is_expected: bool) -> TumblingWindow:
    """The window of an event.

    Args:
        event: Lambda's event.
        helper: The handler's decorator, for the error.
        is_expected: Whether the handler is one for windows.

    Returns:
        The window.

    Raises:
        InvalidEvent: It has none and should have, or the other way round, or it is not as Lambda writes it.
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
        # As Lambda's runtime writes an answer, but for NaN and the infinities, which are no JSON.
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
    """The keys of the first object within that has some which are no text."""
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
