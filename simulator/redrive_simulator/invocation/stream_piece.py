"""Represents a batch of a stream, or the rest of one, and its tumbling window: a state that batches pass on."""

from __future__ import annotations

import json
import math
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, cast

from redrive_model.limits import LARGEST_WINDOW_STATE
from redrive_simulator.timeline.entries import NOTHING

if TYPE_CHECKING:
    from redrive_simulator.services.records import Attempted
    from redrive_simulator.services.streams import StreamRecord


class Piece:
    """A batch, or the rest of one, with one count of attempts.

    Attributes:
        records: Records.
        parent: Number of the history entry of the attempt that this batch comes from.
        failures: Number of function errors.
        tries: Number of calls of the function.
        refusals: Number of calls in a row that Lambda refused.
        last: Last attempt.
        request_id: Id of the last request.
        window: Tumbling window of the records.
        is_final: Whether it is the last invocation of the window.
    """

    __slots__ = ("failures", "is_final", "last", "parent", "records", "refusals", "request_id", "tries", "window")

    def __init__(self, records: list[StreamRecord], parent: int = NOTHING, window: Window | None = None) -> None:
        self.records = records
        self.parent = parent
        self.failures = 0
        self.tries = 0
        self.refusals = 0
        self.last: Attempted | None = None
        self.request_id = ""
        self.window = window
        self.is_final = False

    @property
    def ids(self) -> tuple[str, ...]:
        """Ids of the records."""
        return tuple([record.id for record in self.records])


class Window:
    """A tumbling window of a shard. Times are in seconds from the simulation's start.

    Attributes:
        start: Start.
        end: End, exclusive.
        state: State that the function returned last.
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
        """Return the window that a time belongs to; windows are counted from the epoch.

        Args:
            time: Seconds from the simulation's start.
            length: Length of a window in seconds.
            epoch: Virtual time 0, in seconds since the epoch.
        """
        start = math.floor((epoch + time) / length) * length - epoch
        return cls(start, start + length)

    def contains(self, time: float) -> bool:
        """Decide if a record written at `time` belongs to the window."""
        return self.start <= time < self.end

    def fields(self, shard_id: str, arn: str, epoch: float, *, is_final: bool) -> dict[str, Any]:
        """Return the window's members of an event.

        Args:
            shard_id: Shard.
            arn: ARN of the stream.
            epoch: Virtual time 0, in seconds since the epoch.
            is_final: Whether this is the last invocation of the window.
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
        """Store the state of a response, and return whether it has one; without it the invocation failed."""
        state: Any = cast("dict[str, Any]", response).get("state") if isinstance(response, dict) else None
        if not isinstance(state, dict):
            return False
        self.state = cast("dict[str, Any]", state)
        self.is_too_large = len(json.dumps(self.state).encode()) > LARGEST_WINDOW_STATE
        return True


def _time(seconds: float) -> str:
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%SZ}"
