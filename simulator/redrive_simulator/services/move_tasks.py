"""Moves messages out of dead-letter queues, as `StartMessageMoveTask` does.

https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-configure-dead-letter-queue-redrive.html
"""

from __future__ import annotations

import json
from base64 import b64decode, b64encode
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from redrive_simulator.outcomes import Outcome
from redrive_simulator.services.refusals import Refused
from redrive_simulator.timeline.entries import Kind

if TYPE_CHECKING:
    from redrive_simulator.engine.scheduler import Timer
    from redrive_simulator.services.messages import Message
    from redrive_simulator.services.queues import Queue

_MOST_PER_SECOND = 500


class MoveTask:
    """A task that moves the messages of a dead-letter queue.

    Args:
        source: The dead-letter queue.
        target: Queue to move to; `None`: each message goes back to where SQS took it from.
        per_second: Maximum number of messages per second.
        queue_of: Finds a queue by its ARN.

    Attributes:
        state: `RUNNING`, `COMPLETED`, `CANCELLED` or `FAILED`.
        handle: Task handle.
    """

    def __init__(
        self, source: Queue, target: Queue | None, per_second: int | None, queue_of: Callable[[str], Queue | None]
    ) -> None:
        self.state = "RUNNING"
        self.handle = _handle(source.world.new_id(), source.spec.arn)
        self.source = source
        self._target = target
        self._per_second = min(per_second or _MOST_PER_SECOND, _MOST_PER_SECOND)
        self._given = per_second
        self._queue_of = queue_of
        self._started = source.world.time
        self._to_move = len(source.messages)
        self._moved = 0
        self._failure = ""
        self._timer: Timer | None = source.world.at(source.world.now, self._move)

    def cancel(self) -> int:
        """Cancel the task and return how many messages it has moved."""
        self.source.world.scheduler.cancel(self._timer)
        self.state = "CANCELLED"
        return self._moved

    def described(self) -> dict[str, Any]:
        """Return the task as `ListMessageMoveTasks` gives it."""
        described: dict[str, Any] = {
            "Status": self.state,
            "SourceArn": self.source.spec.arn,
            "ApproximateNumberOfMessagesMoved": self._moved,
            "ApproximateNumberOfMessagesToMove": self._to_move,
            "StartedTimestamp": round(self._started * 1000),
        }
        if self.state == "RUNNING":
            described["TaskHandle"] = self.handle
        if self._target is not None:
            described["DestinationArn"] = self._target.spec.arn
        if self._given is not None:
            described["MaxNumberOfMessagesPerSecond"] = self._given
        if self._failure:
            described["FailureReason"] = self._failure
        return described

    def _move(self) -> None:
        waiting = [message for message in self.source.messages if not message.in_flight]
        for message in waiting[: self._per_second]:
            target = self._queue_of(message.source_arn or "") if self._target is None else self._target
            if target is None:  # nobody knows where it came from: it was sent to the dead-letter queue
                self.state, self._failure = "FAILED", "CouldNotDetermineMessageSource"
                return
            _move(message, self.source, target)
            self._moved += 1
        world = self.source.world
        if len(waiting) > self._per_second:
            self._timer = world.at(world.now + 1, self._move)
        else:
            self.state = "COMPLETED"


class MoveTasks:
    """The tasks of a simulation.

    Args:
        queues: All queues.
        queue_of: Finds a queue by its ARN.
    """

    def __init__(self, queues: Callable[[], Iterable[Queue]], queue_of: Callable[[str], Queue | None]) -> None:
        self._queues = queues
        self._queue_of = queue_of
        self._tasks: list[MoveTask] = []

    def sources_of(self, queue: Queue) -> list[Queue]:
        """Return the queues whose dead-letter queue a queue is."""
        return [each for each in self._queues() if each.spec.dead_letter_arn == queue.spec.arn]

    def start(self, source: Queue, target: Queue | None, per_second: int | None) -> MoveTask:
        """Start a task, or refuse it as SQS does."""
        if not self.sources_of(source):
            raise Refused("InvalidParameterValue", "Source queue must be configured as a Dead Letter Queue.")
        if any(task.source is source and task.state == "RUNNING" for task in self._tasks):
            message = (
                "There is already a task running. Only one active task is allowed for a source queue arn at a given"
            )
            raise Refused("InvalidParameterValue", f"{message} time.")
        if target is not None and target.spec.fifo != source.spec.fifo:
            message = "The source and destination queue must be of the same type."
            raise Refused("AWS.SimpleQueueService.UnsupportedOperation", message)
        task = MoveTask(source, target, per_second, self._queue_of)
        self._tasks.append(task)
        return task

    def of(self, source: Queue) -> list[MoveTask]:
        """Return the tasks of a queue, the newest first."""
        return [task for task in reversed(self._tasks) if task.source is source]

    def find(self, handle: str) -> MoveTask:
        """Return a running task by its handle.

        The errors are as recorded on AWS:
        https://github.com/localstack/localstack/blob/main/tests/aws/services/sqs/test_sqs_move_task.snapshot.json
        """
        source = _source_of(handle)
        if source is None:
            raise Refused("InvalidParameterValue", "Value for parameter TaskHandle is invalid.")
        if self._queue_of(source) is None:
            message = "The resource that you specified for the SourceArn parameter doesn't exist."
            raise Refused("ResourceNotFoundException", message, 404)
        for task in self._tasks:
            if task.handle == handle and task.state == "RUNNING":
                return task
        raise Refused("ResourceNotFoundException", "Task does not exist.", 404)


def _handle(task: str, source: str) -> str:
    return b64encode(json.dumps({"taskId": task, "sourceArn": source}).encode()).decode()


def _source_of(handle: str) -> str | None:
    """Return the ARN of the queue in a task handle; `None` if it is no such handle."""
    try:
        read: Any = json.loads(b64decode(handle, validate=True))
        return str(read["sourceArn"])
    except (ValueError, TypeError, KeyError):
        return None


def _move(message: Message, source: Queue, target: Queue) -> None:
    world = source.world
    reason = f"moved to {target.name}"
    world.add_entry(Kind.DELETED, source.name, events=(message.id,), place=target.name, reason=reason)
    # A message that SQS moved here is still the event that was sent to another queue.
    sent_to = world.outcomes.of(message.id).source
    world.set_outcome(message.id, sent_to, Outcome.REPLAYED, target.name, reason=reason)
    source.take_out(message)
    before, world.cause = world.cause, message.id
    target.bring_back(message)
    world.cause = before
