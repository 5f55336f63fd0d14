"""Logs failed messages and calls the user's hook."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal, NamedTuple

from redrive.classification import FailureClass
from redrive.failure_hook import tell
from redrive.log import frames, warn
from redrive.sqs_message import SqsMessage


class SqsFailure(NamedTuple):
    """A failed message, as passed to `on_failure`.

    Attributes:
        message: The message.
        error: The exception that the function raised.
        failure: The kind of failure.
        outcome: `"retried"`: it will be received again, or SQS moves it to the dead-letter queue if this was its last
            receive. `"dead_lettered"`: the helper sent it to the dead-letter queue.
        retry_after: Seconds until it is received again. `None` if it was dead-lettered or the queue's own visibility
            timeout applies.
        reason: The reason of the failure, at most 1 KB.
        error_type: The name of the error's class.
    """

    message: SqsMessage[Any]
    error: BaseException
    failure: FailureClass
    outcome: Literal["retried", "dead_lettered"]
    retry_after: int | None
    reason: str
    error_type: str


#: Called with each failure. An exception that it raises is logged and changes nothing.
OnFailure = Callable[[SqsFailure], object]


def report(failure: SqsFailure, request_id: str, on_failure: OnFailure | None) -> None:
    """Log a failure and call the user's hook."""
    warn(
        "redrive.sqs.failure",
        message_id=failure.message.id,
        group_id=failure.message.group_id,
        receive_count=_receive_count(failure.message),
        source_arn=failure.message.source_arn,
        outcome=failure.outcome,
        retry_after=failure.retry_after,
        failure=failure.failure.value,
        error=failure.reason,
        error_type=failure.error_type,
        frames=frames(failure.error),
        request_id=request_id,
    )
    tell(on_failure, failure)


def _receive_count(message: SqsMessage[Any]) -> int | None:
    try:
        return message.receive_count
    except ValueError:  # not a number: logged elsewhere, and the failure must be logged anyway
        return None
