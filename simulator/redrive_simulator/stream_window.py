"""A tumbling window: a state that is handed from one batch of a shard to the next.

https://docs.aws.amazon.com/lambda/latest/dg/services-kinesis-windows.html
"""

from __future__ import annotations

import json
import math
from datetime import UTC, datetime
from typing import Any, cast

_LARGEST_STATE = 1_048_576


class Window:
    """A window of a shard.

    Attributes:
        start: When it begins, in seconds from the simulation's start.
        end: When it ends.
        state: What the function has made of its records so far.
        is_too_large: Whether the state is so large that Lambda ends the window early.
    """

    __slots__ = ("end", "is_too_large", "start", "state")

    def __init__(self, start: float, end: float) -> None:
        self.start = start
        self.end = end
        self.state: dict[str, Any] = {}
        self.is_too_large = False

    @classmethod
    def at(cls, time: float, length: float, epoch: float) -> Window:
        """The window that a time belongs to.

        Args:
            time: In seconds from the simulation's start.
            length: Of a window.
            epoch: Virtual time 0, in seconds since the epoch, from which windows are counted.
        """
        start = math.floor((epoch + time) / length) * length - epoch
        return cls(start, start + length)

    def holds(self, time: float) -> bool:
        """Whether a record that was written at a time belongs to it."""
        return self.start <= time < self.end

    def fields(self, shard_id: str, arn: str, epoch: float, *, is_final: bool) -> dict[str, Any]:
        """What an event has for it.

        Args:
            shard_id: The shard.
            arn: The stream's.
            epoch: Virtual time 0, in seconds since the epoch.
            is_final: Whether it is the window's last invocation.
        """
        return {
            "window": {"start": _time(epoch + self.start), "end": _time(epoch + self.end)},
            "state": json.loads(json.dumps(self.state)),
            "shardId": shard_id,
            "eventSourceARN": arn,
            "isFinalInvokeForWindow": is_final,
            "isWindowTerminatedEarly": self.is_too_large,
        }

    def take_state(self, response: Any) -> bool:
        """Take over the state of a response.

        Args:
            response: What the function returned.

        Returns:
            Whether it has one: without, the invocation has failed.
        """
        state: Any = cast("dict[str, Any]", response).get("state") if isinstance(response, dict) else None
        if not isinstance(state, dict):
            return False
        self.state = cast("dict[str, Any]", state)
        self.is_too_large = len(json.dumps(self.state).encode()) > _LARGEST_STATE
        return True


def _time(seconds: float) -> str:
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%SZ}"
