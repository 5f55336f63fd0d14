"""Logs a failed stream record and passes it to the user's `on_failure` hook."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal, NamedTuple

from redrive.classification import FailureClass
from redrive.failure_hook import tell
from redrive.log import frames, warn
from redrive.stream_record import StreamRecord


class StreamRecordFailure(NamedTuple):
    """A failed record, as passed to `on_failure`.

    Attributes:
        record: The record.
        error: The error that the function raised for it.
        failure: The class of the failure.
        outcome: `"retried"`: Lambda delivers the record again, as often as the mapping's retries and record age allow.
            After that Lambda gives it up, to the mapping's on-failure destination. `"set_aside"`: the record was set
            aside and is not retried.
        reason: The reason for the failure, at most 1 KB.
        error_type: The name of the error's class.
    """

    record: StreamRecord[Any]
    error: BaseException
    failure: FailureClass
    outcome: Literal["retried", "set_aside"]
    reason: str
    error_type: str


#: Called with each failure. An error that it raises is logged and changes nothing.
OnFailure = Callable[[StreamRecordFailure], object]


def report(
    failure: StreamRecordFailure, shard_id: str, request_id: str, place: str | None, on_failure: OnFailure | None
) -> None:
    """Log a failure and call the user's hook."""
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
