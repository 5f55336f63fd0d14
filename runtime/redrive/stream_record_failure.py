"""A stream's record that failed, as the log line and the user's own telemetry see it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal, NamedTuple

from redrive.classification import FailureClass
from redrive.failure_hook import tell
from redrive.log import frames, warn
from redrive.stream_record import StreamRecord


class StreamRecordFailure(NamedTuple):
    """A record that failed, as it is handed to `on_failure`.

    Attributes:
        record: The record.
        error: What its function raised.
        failure: What kind of failure that is.
        outcome: `"retried"`: it will be delivered again, as often as the mapping's retries and record age allow, and
            go to the mapping's on-failure destination then. `"set_aside"`: it was set aside, and will not be.
        reason: Why it failed, at most 1 KB.
        error_type: The name of the error's class.
    """

    record: StreamRecord[Any]
    error: BaseException
    failure: FailureClass
    outcome: Literal["retried", "set_aside"]
    reason: str
    error_type: str


#: Is told of each failure. What it raises is logged and changes nothing.
OnFailure = Callable[[StreamRecordFailure], object]


def report(
    failure: StreamRecordFailure, shard_id: str, request_id: str, place: str | None, on_failure: OnFailure | None
) -> None:
    """Log a failure and tell the user's hook."""
    warn(
        "redrive.stream.failure",
        sequence_number=failure.record.sequence_number,
        shard_id=shard_id or None,
        source_arn=failure.record.source_arn,
        outcome=failure.outcome,
        set_aside_to=place,
        failure=failure.failure.value,
        error=failure.reason,
        error_type=failure.error_type,
        frames=frames(failure.error),
        request_id=request_id,
    )
    tell(on_failure, failure)
