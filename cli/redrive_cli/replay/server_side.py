"""Moves all messages of a dead-letter queue back with AWS's own task.

https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_StartMessageMoveTask.html
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from redrive.core.system import pause
from redrive_cli.aws import Aws
from redrive_cli.calls import repeated
from redrive_cli.errors import Exit, Problem, code_of
from redrive_cli.places.place import QueuePlace

#: Messages a second that the task moves at most.
FASTEST = 500
_BETWEEN = 1.0
_RUNNING = ("RUNNING", "CANCELLING")


@dataclass(frozen=True, slots=True)
class Moved:
    """The progress of a task.

    Attributes:
        status: Such as `RUNNING`, `COMPLETED`, `FAILED` or `CANCELLED`.
        moved: Messages moved.
        to_move: Messages to move.
        why: Reason of a failure.
    """

    status: str
    moved: int
    to_move: int
    why: str = ""


def move(aws: Aws, place: QueuePlace, to: str | None, rate: float | None, progress: Callable[[Moved], None]) -> Moved:
    """Start the task and wait for its end; Ctrl-C cancels it.

    Args:
        aws: The account.
        place: The dead-letter queue.
        to: ARN of another queue; `None`: each message goes back to where it came from.
        rate: Messages a second.
        progress: Called after each look.

    Raises:
        Problem: The task cannot be started.
    """
    sqs = aws.client("sqs", place.region)
    request: dict[str, object] = {"SourceArn": place.arn}
    if to is not None:
        request["DestinationArn"] = to
    if rate is not None:
        request["MaxNumberOfMessagesPerSecond"] = max(1, min(FASTEST, int(rate)))
    try:
        handle: str = sqs.start_message_move_task(**request)["TaskHandle"]
    except Exception as error:
        if code_of(error) in ("InvalidAction", "UnsupportedOperation", "AWS.SimpleQueueService.UnsupportedOperation"):
            raise Problem(
                f"{place.name} has no task of AWS's that could move its messages ({error}): leave --server-side out",
                Exit.SERVICE,
            ) from error
        raise
    try:
        while True:
            found = _state(sqs, place)
            progress(found)
            if found.status not in _RUNNING:
                return found
            pause(_BETWEEN)
    except KeyboardInterrupt:
        sqs.cancel_message_move_task(TaskHandle=handle)
        raise


def _state(sqs: object, place: QueuePlace) -> Moved:
    call = getattr(sqs, "list_message_move_tasks")  # noqa: B009
    (task,) = repeated(lambda: call(SourceArn=place.arn, MaxResults=1))["Results"]
    why = task.get("FailureReason") or ""
    if "CouldNotDetermineMessageSource" in why:
        why += (
            ": a helper has sent a message there, which does not say from which queue; give --to, or leave "
            "--server-side out"
        )
    return Moved(
        task["Status"],
        task.get("ApproximateNumberOfMessagesMoved") or 0,
        task.get("ApproximateNumberOfMessagesToMove") or 0,
        why,
    )
