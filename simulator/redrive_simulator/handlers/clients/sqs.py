"""Stands in for SQS."""

# ruff: noqa: N803

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from redrive_model.limits import LARGEST_MESSAGE, VISIBILITY_TIMEOUT
from redrive_simulator.handlers.clients.base import Client, Shared, found
from redrive_simulator.handlers.clients.sqs_rules import (
    MOST_ENTRIES,
    QUEUE_ATTRIBUTES,
    SYSTEM_ATTRIBUTES,
    check_entries,
    check_names,
    check_visibility,
    each_of,
)
from redrive_simulator.outcomes import Outcome
from redrive_simulator.services.message_rules import (
    check_attributes,
    check_delay,
    check_fifo,
    check_message,
    refused_value,
)
from redrive_simulator.services.messages import lambda_attributes, sdk_attributes, size_of
from redrive_simulator.services.move_tasks import MoveTasks
from redrive_simulator.services.refusals import Refused
from redrive_simulator.timeline.entries import NEVER, Kind

if TYPE_CHECKING:
    from redrive_simulator.services.messages import Message
    from redrive_simulator.services.queues import Queue


_LONGEST_WAIT = 20
_MOST_PER_SECOND = 500
_SECONDS_BETWEEN_PURGES = 60
_NOT_IN_FLIGHT = "AWS.SimpleQueueService.MessageNotInflight"
# Seconds between two looks of a receive that waits.
_LONG_POLL = 1.0


class Sqs(Client):
    """Answers for queues: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/."""

    def __init__(self, shared: Shared) -> None:
        super().__init__(shared)
        self._tasks = MoveTasks(self._resources.queues.values, self._resources.queues.get)
        self._purged: dict[str, float] = {}

    def send_message(
        self,
        *,
        QueueUrl: str,
        MessageBody: str,
        DelaySeconds: int | None = None,
        MessageAttributes: Mapping[str, Any] | None = None,
        MessageSystemAttributes: Mapping[str, Any] | None = None,
        MessageDeduplicationId: str | None = None,
        MessageGroupId: str | None = None,
    ) -> dict[str, Any]:
        """`SendMessage`."""
        entry = {
            "MessageBody": MessageBody,
            "DelaySeconds": DelaySeconds,
            "MessageAttributes": MessageAttributes,
            "MessageSystemAttributes": MessageSystemAttributes,
            "MessageDeduplicationId": MessageDeduplicationId,
            "MessageGroupId": MessageGroupId,
        }
        queue = self._queue(QueueUrl)
        check_fifo(queue.spec, MessageGroupId, MessageDeduplicationId, "MissingParameter")
        return self._sent(queue, entry)

    def send_message_batch(self, *, QueueUrl: str, Entries: Sequence[dict[str, Any]]) -> dict[str, Any]:
        """`SendMessageBatch`."""
        queue = self._queue(QueueUrl)
        check_entries(Entries)
        for entry in Entries:  # AWS refuses all of them then, with the same code for both ids
            ids = entry.get("MessageGroupId"), entry.get("MessageDeduplicationId")
            check_fifo(queue.spec, *ids, "InvalidParameterValue")
        size = sum(
            size_of(entry["MessageBody"], lambda_attributes(entry.get("MessageAttributes"))) for entry in Entries
        )
        if size > LARGEST_MESSAGE:
            message = f"Batch requests cannot be longer than {LARGEST_MESSAGE} bytes. You have sent {size} bytes."
            raise Refused("AWS.SimpleQueueService.BatchRequestTooLong", message)
        return each_of(Entries, lambda entry: self._sent(queue, entry))

    def change_message_visibility(self, *, QueueUrl: str, ReceiptHandle: str, VisibilityTimeout: int) -> dict[str, Any]:
        """`ChangeMessageVisibility`."""
        return self._changed(self._queue(QueueUrl), ReceiptHandle, VisibilityTimeout)

    def change_message_visibility_batch(self, *, QueueUrl: str, Entries: Sequence[dict[str, Any]]) -> dict[str, Any]:
        """`ChangeMessageVisibilityBatch`."""
        queue = self._queue(QueueUrl)
        return each_of(
            Entries, lambda entry: self._changed(queue, entry["ReceiptHandle"], entry.get("VisibilityTimeout", 0))
        )

    def delete_message(self, *, QueueUrl: str, ReceiptHandle: str) -> dict[str, Any]:
        """`DeleteMessage`; succeeds even if there is nothing to delete."""
        return self._deleted(self._queue(QueueUrl), ReceiptHandle)

    def delete_message_batch(self, *, QueueUrl: str, Entries: Sequence[dict[str, Any]]) -> dict[str, Any]:
        """`DeleteMessageBatch`."""
        queue = self._queue(QueueUrl)
        return each_of(Entries, lambda entry: self._deleted(queue, entry["ReceiptHandle"]))

    def receive_message(
        self,
        *,
        QueueUrl: str,
        MaxNumberOfMessages: int = 1,
        VisibilityTimeout: int | None = None,
        WaitTimeSeconds: int = 0,
        AttributeNames: Sequence[str] = (),
        MessageSystemAttributeNames: Sequence[str] = (),
        MessageAttributeNames: Sequence[str] = (),
    ) -> dict[str, Any]:
        """`ReceiveMessage`; a long poll takes virtual time."""
        queue = self._queue(QueueUrl)
        if not 1 <= MaxNumberOfMessages <= MOST_ENTRIES:
            reason = f"Must be between 1 and {MOST_ENTRIES}, if provided."
            raise refused_value(MaxNumberOfMessages, "MaxNumberOfMessages", reason)
        if not 0 <= WaitTimeSeconds <= _LONGEST_WAIT:
            reason = f"Must be >= 0 and <= {_LONGEST_WAIT}, if provided."
            raise refused_value(WaitTimeSeconds, "WaitTimeSeconds", reason)
        check_visibility(VisibilityTimeout)
        check_names({*AttributeNames, *MessageSystemAttributeNames}, SYSTEM_ATTRIBUTES | QUEUE_ATTRIBUTES)
        received = queue.receive(MaxNumberOfMessages, VisibilityTimeout)
        left = float(WaitTimeSeconds)
        while not received and left > 0 and self._world.invocation is not None:
            self._shared.runner.take(min(left, _LONG_POLL))
            left -= _LONG_POLL
            received = queue.receive(MaxNumberOfMessages, VisibilityTimeout)
        system = {*AttributeNames, *MessageSystemAttributeNames}
        messages = [self._described(message, system, MessageAttributeNames) for message in received]
        return {"Messages": messages} if messages else {}

    def get_queue_url(self, *, QueueName: str, QueueOwnerAWSAccountId: str | None = None) -> dict[str, Any]:
        """`GetQueueUrl`."""
        queue = self._queue(QueueName)
        if QueueOwnerAWSAccountId not in (None, queue.spec.arn.split(":")[4]):
            raise Refused(*_none(QueueName))
        return {"QueueUrl": queue.spec.url}

    def list_queues(self, *, QueueNamePrefix: str = "") -> dict[str, Any]:
        """`ListQueues`, all in one page."""
        queues = [each.spec for each in self._resources.queues.values()]
        urls = [spec.url for spec in queues if spec.arn.rpartition(":")[2].startswith(QueueNamePrefix)]
        return {"QueueUrls": urls} if urls else {}

    def get_queue_attributes(self, *, QueueUrl: str, AttributeNames: Sequence[str] = ()) -> dict[str, Any]:
        """`GetQueueAttributes`."""
        attributes = self._queue(QueueUrl).attributes
        check_names(set(AttributeNames), QUEUE_ATTRIBUTES)
        wanted = {name: text for name, text in attributes.items() if "All" in AttributeNames or name in AttributeNames}
        return {"Attributes": wanted} if wanted else {}

    def purge_queue(self, *, QueueUrl: str) -> dict[str, Any]:
        """`PurgeQueue`."""
        queue = self._queue(QueueUrl)
        now = self._world.now
        if now - self._purged.get(QueueUrl, -_SECONDS_BETWEEN_PURGES) < _SECONDS_BETWEEN_PURGES:
            name = queue.spec.arn.rpartition(":")[2]
            message = f"Only one PurgeQueue operation on {name} is allowed every {_SECONDS_BETWEEN_PURGES} seconds."
            raise Refused("AWS.SimpleQueueService.PurgeQueueInProgress", message, 403)
        self._purged[QueueUrl] = now
        for message in queue.messages:
            self._remove(queue, message, "purged by a function")
        return {}

    def list_dead_letter_source_queues(self, *, QueueUrl: str) -> dict[str, Any]:
        """`ListDeadLetterSourceQueues`, all in one page."""
        return {"queueUrls": [each.spec.url for each in self._tasks.sources_of(self._queue(QueueUrl))]}

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
        message = f"The resource that you specified for the {parameter} parameter doesn't exist."
        return found(self._resources.queues.get(arn), "ResourceNotFoundException", message, 404)

    def _queue(self, name: str) -> Queue:
        return found(self._resources.queues.get(name), *_none(name))

    def _sent(self, queue: Queue, entry: Mapping[str, Any]) -> dict[str, Any]:
        body: str = entry["MessageBody"]
        group, deduplication = entry.get("MessageGroupId"), entry.get("MessageDeduplicationId")
        check_message(queue.spec, body, group, deduplication)
        check_delay(queue.spec, entry.get("DelaySeconds"))
        check_attributes(entry.get("MessageAttributes"))
        attributes = lambda_attributes(entry.get("MessageAttributes")) or None
        system: Mapping[str, Any] = entry.get("MessageSystemAttributes") or {}
        check_attributes({f"x.{name}": value for name, value in system.items()})
        if set(system) - {"AWSTraceHeader"} or any(each["DataType"] != "String" for each in system.values()):
            message = "the only message system attribute is AWSTraceHeader, of type String"
            raise Refused("InvalidParameterValue", f"MessageSystemAttributes: {message}")
        trace = system["AWSTraceHeader"].get("StringValue") if "AWSTraceHeader" in system else None
        if size_of(body, attributes) > LARGEST_MESSAGE:
            message = f"Message must be shorter than {LARGEST_MESSAGE} bytes."
            raise Refused("InvalidParameterValue", f"One or more parameters are invalid. Reason: {message}")
        message = queue.send(
            body,
            attributes=attributes,
            group_id=group,
            deduplication_id=deduplication,
            delay=entry.get("DelaySeconds"),
            chain=self._world.chain,
            trace=trace,
        )
        return _receipt(message)

    def _described(self, message: Message, system: set[str], named: Sequence[str]) -> dict[str, Any]:
        described: dict[str, Any] = {
            "MessageId": message.id,
            "ReceiptHandle": message.handle,
            "MD5OfBody": message.md5,
            "Body": message.body,
        }
        attributes = message.system_attributes(self._world.epoch)
        wanted = {name: text for name, text in attributes.items() if "All" in system or name in system}
        if wanted:
            described["Attributes"] = wanted
        own = {name: value for name, value in message.attributes.items() if _is_named(name, named)}
        if own:
            described["MessageAttributes"] = sdk_attributes(own)
        return described

    def _changed(self, queue: Queue, handle: str, timeout: int) -> dict[str, Any]:
        world = self._world
        check_visibility(timeout)
        message = self._received(queue, handle)
        refused = _NOT_IN_FLIGHT if message is None else queue.change_visibility(message, handle, timeout)
        if refused == "InvalidParameterValue":
            beyond = f"Total VisibilityTimeout for the message is beyond the limit [{VISIBILITY_TIMEOUT.most} seconds]"
            raise refused_value(timeout, "VisibilityTimeout", beyond)
        if refused is not None:
            raise Refused(_NOT_IN_FLIGHT, f"The message referred to by {handle} isn't in flight.")
        assert message is not None
        due = message.visible_at if timeout else NEVER
        world.add_entry(Kind.VISIBILITY, queue.name, "", world.caller, (message.id,), message.receives, until=due)
        return {}

    def _deleted(self, queue: Queue, handle: str) -> dict[str, Any]:
        message = self._received(queue, handle)
        if message is None:
            return {}
        if queue.spec.fifo and not (message.in_flight and message.handle == handle):
            # https://repost.aws/knowledge-center/sqs-receipt-handle-error
            raise refused_value(handle, "ReceiptHandle", "The receipt handle has expired.")
        self._remove(queue, message, "deleted by the function", handle)
        return {}

    def _received(self, queue: Queue, handle: str) -> Message | None:
        """Return the message of a receipt handle if it is still in its queue, or refuse what is no such handle."""
        if not queue.has_given(handle):
            message = f'The input receipt handle "{handle}" is not a valid receipt handle.'
            raise Refused("ReceiptHandleIsInvalid", message, 404)
        return queue.find(handle)

    def _remove(self, queue: Queue, message: Message, reason: str, handle: str | None = None) -> None:
        world = self._world
        if not queue.delete(message, message.handle if handle is None else handle):
            return
        function = world.caller
        world.add_entry(Kind.DELETED, queue.name, "", function, (message.id,), reason="by the function itself")
        world.set_outcome(message.id, queue.name, Outcome.PROCESSED, function=function, reason=reason)


def _none(name: str) -> tuple[str, str]:
    return "AWS.SimpleQueueService.NonExistentQueue", f"The specified queue does not exist: {name}"


def _is_named(name: str, patterns: Sequence[str]) -> bool:
    """Decide if a receive asks for a message attribute: by its name, by a prefix before `.*`, or by `All`."""
    return any(
        pattern in ("All", ".*", name) or (pattern.endswith(".*") and name.startswith(pattern[:-2]))
        for pattern in patterns
    )


def _receipt(message: Message) -> dict[str, Any]:
    made: dict[str, Any] = {"MessageId": message.id, "MD5OfMessageBody": message.md5}
    if message.attributes:
        made["MD5OfMessageAttributes"] = message.attributes_md5
    if message.sequence_number is not None:
        made["SequenceNumber"] = message.sequence_number
    return made
