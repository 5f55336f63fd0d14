"""Stands in for SQS."""

# ruff: noqa: N803

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from redrive_model.limits import LARGEST_MESSAGE, MOST_IN_FLIGHT, VISIBILITY_TIMEOUT
from redrive_simulator.handlers.clients.sqs_queues import SqsQueues
from redrive_simulator.handlers.clients.sqs_rules import (
    MOST_ENTRIES,
    QUEUE_ATTRIBUTES,
    SYSTEM_ATTRIBUTES,
    check_entries,
    check_names,
    check_visibility,
    each_of,
)
from redrive_simulator.services.message_rules import (
    check_attributes,
    check_delay,
    check_fifo,
    check_message,
    refused_value,
)
from redrive_simulator.services.messages import lambda_attributes, md5_of, sdk_attributes, size_of
from redrive_simulator.services.receipts import read_receipt
from redrive_simulator.services.refusals import Refused
from redrive_simulator.timeline.entries import NEVER, Kind

if TYPE_CHECKING:
    from redrive_simulator.services.messages import Message
    from redrive_simulator.services.queues import Queue


_LONGEST_WAIT = 20


class Sqs(SqsQueues):
    """Answers for messages and queues: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/."""

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
        return each_of(Entries, lambda entry: self._sent(queue, entry, "cannot be validated"))

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
        WaitTimeSeconds: int | None = None,
        AttributeNames: Sequence[str] = (),
        MessageSystemAttributeNames: Sequence[str] = (),
        MessageAttributeNames: Sequence[str] = (),
    ) -> dict[str, Any]:
        """`ReceiveMessage`; a long poll takes virtual time."""
        queue = self._queue(QueueUrl)
        if not 1 <= MaxNumberOfMessages <= MOST_ENTRIES:
            reason = f"Must be between 1 and {MOST_ENTRIES}, if provided."
            raise refused_value(MaxNumberOfMessages, "MaxNumberOfMessages", reason)
        if WaitTimeSeconds is not None and not 0 <= WaitTimeSeconds <= _LONGEST_WAIT:
            reason = f"Must be >= 0 and <= {_LONGEST_WAIT}, if provided."
            raise refused_value(WaitTimeSeconds, "WaitTimeSeconds", reason)
        check_visibility(VisibilityTimeout)
        check_names({*AttributeNames, *MessageSystemAttributeNames}, SYSTEM_ATTRIBUTES | QUEUE_ATTRIBUTES)
        left = queue.spec.wait if WaitTimeSeconds is None else float(WaitTimeSeconds)
        queue.catch_up()
        received = self._looked(queue, MaxNumberOfMessages, VisibilityTimeout, fails=not left)
        scheduler = self._world.scheduler
        end = scheduler.now + left
        while not received and scheduler.now < end and scheduler.runner:  # a test does not wait between two runs
            self._shared.runner.wait_for(scheduler.change(), end)
            received = self._looked(queue, MaxNumberOfMessages, VisibilityTimeout)
        scheduler.happened()
        system = {*AttributeNames, *MessageSystemAttributeNames}
        messages = [self._described(message, system, MessageAttributeNames) for message in received]
        return {"Messages": messages} if messages else {}

    def _looked(self, queue: Queue, most: int, visibility: int | None, *, fails: bool = False) -> list[Message]:
        """Receive messages, but none while as many are in flight as SQS allows; `fails` if that is an error.

        https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-messages.html
        """
        if len(queue) < MOST_IN_FLIGHT or not queue.is_full:
            return queue.receive(most, visibility)
        if fails and not queue.spec.fifo:
            raise Refused("OverLimit", f"{MOST_IN_FLIGHT} messages of the queue are in flight", 403)
        return []

    def _sent(self, queue: Queue, entry: Mapping[str, Any], are: str = "are invalid") -> dict[str, Any]:
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
        most = queue.spec.largest_message
        if size_of(body, attributes) > most:
            message = f"Message must be shorter than {most} bytes."
            raise Refused("InvalidParameterValue", f"One or more parameters {are}. Reason: {message}")
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
            described["MD5OfMessageAttributes"] = md5_of(own)
        return described

    def _changed(self, queue: Queue, handle: str, timeout: int) -> dict[str, Any]:
        world = self._world
        check_visibility(timeout)
        message = self._received(queue, handle)
        refused = "gone" if message is None else queue.change_visibility(message, handle, timeout)
        match refused:
            case "gone":
                reason = "Message does not exist or is not available for visibility timeout change."
                raise refused_value(handle, "ReceiptHandle", reason)
            case "expired":
                raise _expired(handle)
            case "too long":
                most = VISIBILITY_TIMEOUT.most
                reason = f"Total VisibilityTimeout for the message is beyond the limit [{most} seconds]"
                raise refused_value(timeout, "VisibilityTimeout", reason)
            case _:
                pass
        if message is not None and message.in_flight:
            due = message.visible_at if timeout else NEVER
            world.add_entry(Kind.VISIBILITY, queue.name, "", world.caller, (message.id,), message.receives, until=due)
        return {}

    def _deleted(self, queue: Queue, handle: str) -> dict[str, Any]:
        message = self._received(queue, handle)
        if message is None:
            return {}
        if queue.spec.fifo and not (message.in_flight and message.handle == handle):
            raise _expired(handle)
        self._remove(queue, message, "deleted by the function", handle)
        return {}

    def _received(self, queue: Queue, handle: str) -> Message | None:
        """Return the message of a receipt handle if it is still in its queue, or refuse what is no handle of it."""
        receipt = read_receipt(handle)
        if receipt is None or not self._world.outcomes.knows(receipt.id):
            message = f'The input receipt handle "{handle}" is not a valid receipt handle.'
            raise Refused("ReceiptHandleIsInvalid", message, 404)
        if receipt.queue != queue.name:  # the message: https://github.com/aws/aws-sdk-java-v2/issues/3101
            message = f'The receipt handle "{handle}" is not valid for this queue.'
            raise Refused("ReceiptHandleIsInvalid", message, 404)
        return queue.find(handle)


def _expired(handle: str) -> Refused:
    # https://repost.aws/knowledge-center/sqs-receipt-handle-error
    return refused_value(handle, "ReceiptHandle", "The receipt handle has expired.")


def _is_named(name: str, patterns: Sequence[str]) -> bool:
    """Decide if a receive asks for a message attribute: by its name, by a prefix before `.*`, or for all.

    As recorded on AWS: `test_receive_message_message_attribute_names_filters` of
    https://github.com/localstack/localstack/blob/main/tests/aws/services/sqs/test_sqs.snapshot.json.
    """
    return any(
        pattern in ("All", "*", ".*", name) or (pattern.endswith(".*") and name.startswith(pattern[:-2]))
        for pattern in patterns
    )


def _receipt(message: Message) -> dict[str, Any]:
    made: dict[str, Any] = {"MessageId": message.id, "MD5OfMessageBody": message.md5}
    if message.attributes:
        made["MD5OfMessageAttributes"] = message.attributes_md5
    if message.sequence_number is not None:
        made["SequenceNumber"] = message.sequence_number
    return made
