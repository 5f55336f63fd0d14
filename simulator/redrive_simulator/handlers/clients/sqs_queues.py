"""Stands in for the operations of SQS on queues as a whole: their attributes, lists, purges and move tasks."""

# ruff: noqa: N803

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from redrive_simulator.handlers.clients.base import Client, Shared, found
from redrive_simulator.handlers.clients.pages import page
from redrive_simulator.handlers.clients.sqs_rules import (
    MOST_ENTRIES,
    NOT_MODELLED,
    QUEUE_ATTRIBUTES,
    READ_ONLY,
    check_names,
)
from redrive_simulator.handlers.clients.sqs_settings import CHANGED, changed, check_settings
from redrive_simulator.outcomes import Outcome
from redrive_simulator.services.message_rules import refused_value
from redrive_simulator.services.move_tasks import MoveTasks
from redrive_simulator.services.refusals import Refused
from redrive_simulator.timeline.entries import Kind

if TYPE_CHECKING:
    from redrive_model.resources.queue import QueueSpec
    from redrive_simulator.services.messages import Message
    from redrive_simulator.services.queues import Queue


_MOST_PER_SECOND = 500
_MOST_QUEUES = 1000
_SECONDS_BETWEEN_PURGES = 60
# Of the ARN of a queue.
_COLONS = 5


class SqsQueues(Client):
    """Answers for queues as a whole: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/."""

    def __init__(self, shared: Shared) -> None:
        super().__init__(shared)
        self._tasks = MoveTasks(self._resources.queues.values, self._resources.queues.get)
        self._purged: dict[str, float] = {}

    def get_queue_url(self, *, QueueName: str, QueueOwnerAWSAccountId: str | None = None) -> dict[str, Any]:
        """`GetQueueUrl`."""
        queue = self._called(QueueName)
        if queue is None or QueueOwnerAWSAccountId not in (None, queue.spec.arn.split(":")[4]):
            raise _no_queue()
        return {"QueueUrl": queue.spec.url}

    def list_queues(
        self, *, QueueNamePrefix: str = "", MaxResults: int | None = None, NextToken: str | None = None
    ) -> dict[str, Any]:
        """`ListQueues`."""
        queues = [each.spec for each in self._resources.queues.values()]
        urls = [spec.url for spec in queues if spec.queue_name.startswith(QueueNamePrefix)]
        listed = _page("QueueUrls", urls, MaxResults, NextToken)
        return listed if listed["QueueUrls"] else {}

    def list_dead_letter_source_queues(
        self, *, QueueUrl: str, MaxResults: int | None = None, NextToken: str | None = None
    ) -> dict[str, Any]:
        """`ListDeadLetterSourceQueues`."""
        urls = [each.spec.url for each in self._tasks.sources_of(self._queue(QueueUrl))]
        return _page("queueUrls", urls, MaxResults, NextToken)

    def get_queue_attributes(self, *, QueueUrl: str, AttributeNames: Sequence[str] = ()) -> dict[str, Any]:
        """`GetQueueAttributes`, without what the simulator does not model of a queue, unless all are asked for."""
        attributes = self._queue(QueueUrl).attributes
        check_names(set(AttributeNames), QUEUE_ATTRIBUTES)
        not_modelled = sorted(NOT_MODELLED.intersection(AttributeNames))
        if not_modelled:
            what = f"sqs.GetQueueAttributes({', '.join(not_modelled)})"
            raise self._shared.missing(what, "leave it out, as the simulator does not model it")
        wanted = {name: text for name, text in attributes.items() if "All" in AttributeNames or name in AttributeNames}
        return {"Attributes": wanted} if wanted else {}

    def set_queue_attributes(self, *, QueueUrl: str, Attributes: Mapping[str, str]) -> dict[str, Any]:
        """`SetQueueAttributes`, of the attributes that play a part in delivery."""
        queue = self._queue(QueueUrl)
        check_names(set(Attributes), QUEUE_ATTRIBUTES - READ_ONLY)
        check_settings(queue.spec, Attributes)
        others = sorted(set(Attributes) - CHANGED - {"FifoQueue"})
        if queue.spec.fifo and "DelaySeconds" in Attributes:  # counts for the messages in the queue, too
            others.append("DelaySeconds of a FIFO queue")
        if others:
            what = f"sqs.SetQueueAttributes({', '.join(others)})"
            raise self._shared.missing(what, "leave it out, or set it in the template")
        given = {name: text for name, text in Attributes.items() if name != "FifoQueue"}
        queue.spec = changed(queue.spec, given, self._spec_of)
        arn = queue.spec.dead_letter_arn
        queue.move_failed_to(None if arn is None else self._resources.queues.get(arn))
        return {}

    def _spec_of(self, arn: str) -> QueueSpec | None:
        queue = self._resources.queues.get(arn)
        return None if queue is None or queue.spec.arn != arn else queue.spec

    def purge_queue(self, *, QueueUrl: str) -> dict[str, Any]:
        """`PurgeQueue`."""
        queue = self._queue(QueueUrl)
        now = self._world.now
        if now - self._purged.get(queue.spec.arn, -_SECONDS_BETWEEN_PURGES) < _SECONDS_BETWEEN_PURGES:
            name = queue.spec.queue_name
            message = f"Only one PurgeQueue operation on {name} is allowed every {_SECONDS_BETWEEN_PURGES} seconds."
            raise Refused("AWS.SimpleQueueService.PurgeQueueInProgress", message, 403)
        self._purged[queue.spec.arn] = now
        for message in queue.messages:
            self._remove(queue, message, "purged by a function")
        return {}

    def start_message_move_task(
        self, *, SourceArn: str, DestinationArn: str | None = None, MaxNumberOfMessagesPerSecond: int | None = None
    ) -> dict[str, Any]:
        """`StartMessageMoveTask`."""
        rate = MaxNumberOfMessagesPerSecond
        if rate is not None and not 1 <= rate <= _MOST_PER_SECOND:
            reason = f"You must enter a value between 1 and {_MOST_PER_SECOND}."
            raise refused_value(rate, "MaxNumberOfMessagesPerSecond", reason)
        source = self._named(SourceArn)
        target = None if DestinationArn is None else self._named(DestinationArn, "DestinationArn")
        return {"TaskHandle": self._tasks.start(source, target, rate).handle}

    def list_message_move_tasks(self, *, SourceArn: str, MaxResults: int = 1) -> dict[str, Any]:
        """`ListMessageMoveTasks`."""
        if not 1 <= MaxResults <= MOST_ENTRIES:
            raise refused_value(MaxResults, "MaxResults", f"You must enter a value between 1 and {MOST_ENTRIES}.")
        return {"Results": [task.described() for task in self._tasks.of(self._named(SourceArn))[:MaxResults]]}

    def cancel_message_move_task(self, *, TaskHandle: str) -> dict[str, Any]:
        """`CancelMessageMoveTask`."""
        return {"ApproximateNumberOfMessagesMoved": self._tasks.find(TaskHandle).cancel()}

    def _named(self, arn: str, parameter: str = "SourceArn") -> Queue:
        if arn.count(":") != _COLONS or not arn.startswith("arn:"):
            form = "arn:<partition>:<service>:<region>:<account-id>:<resource-id>"
            raise Refused("InvalidParameterValue", f"You must use this format to specify the {parameter}: {form}")
        message = f"The resource that you specified for the {parameter} parameter doesn't exist."
        return found(self._resources.queues.get(arn), "ResourceNotFoundException", message, 404)

    def _queue(self, url: str) -> Queue:
        """Return the queue with a URL or a name, which SQS takes, too: https://github.com/getmoto/moto/pull/5073."""
        queue = self._resources.queues.get(url)
        if queue is None or queue.spec.url != url:
            queue = self._called(url)
        if queue is None:
            raise _no_queue()
        return queue

    def _called(self, name: str) -> Queue | None:
        return next((each for each in self._resources.queues.values() if each.spec.queue_name == name), None)

    def _remove(self, queue: Queue, message: Message, reason: str, handle: str | None = None) -> None:
        world = self._world
        if not queue.delete(message, message.handle if handle is None else handle):
            return
        function = world.caller
        world.add_entry(Kind.DELETED, queue.name, "", function, (message.id,), reason="by the function itself")
        world.set_outcome(message.id, queue.name, Outcome.PROCESSED, function=function, reason=reason)


def _no_queue() -> Refused:
    return Refused("AWS.SimpleQueueService.NonExistentQueue", "The specified queue does not exist.")


def _page(name: str, urls: Sequence[str], most: int | None, token: str | None) -> dict[str, Any]:
    if most is not None and not 1 <= most <= _MOST_QUEUES:
        raise refused_value(most, "MaxResults", f"Must be between 1 and {_MOST_QUEUES}, if provided.")
    refused = Refused("InvalidParameterValue", "Invalid or expired next token.")
    shown, rest = page(sorted(urls), _MOST_QUEUES if most is None else most, token, refused)
    return {name: shown, **({} if rest is None or most is None else {"NextToken": rest})}
