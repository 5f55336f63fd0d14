"""Simulates the boto3 client of SQS."""

# ruff: noqa: N803

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from redrive_model.limits import LARGEST_MESSAGE
from redrive_simulator.handlers.clients.base import Client, found
from redrive_simulator.handlers.clients.errors import client_error
from redrive_simulator.outcomes import Outcome
from redrive_simulator.services.messages import lambda_attributes, size_of
from redrive_simulator.timeline.entries import NEVER, Kind

if TYPE_CHECKING:
    from redrive_simulator.services.messages import Message
    from redrive_simulator.services.queues import Queue


_MOST = 10


class Sqs(Client):
    """Client of queues: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/."""

    def send_message(self, *, QueueUrl: str, MessageBody: str, **more: Any) -> dict[str, Any]:
        """`SendMessage`."""
        message = self._sent(self._queue(QueueUrl, "SendMessage"), {"MessageBody": MessageBody, **more}, "SendMessage")
        return _receipt(message)

    def send_message_batch(self, *, QueueUrl: str, Entries: Sequence[dict[str, Any]]) -> dict[str, Any]:
        """`SendMessageBatch`."""
        queue = self._queue(QueueUrl, "SendMessageBatch")
        size = sum(
            size_of(entry["MessageBody"], lambda_attributes(entry.get("MessageAttributes"))) for entry in Entries
        )
        if size > LARGEST_MESSAGE:
            message = f"Batch requests cannot be longer than {LARGEST_MESSAGE} bytes; you have sent {size} bytes"
            raise client_error("AWS.SimpleQueueService.BatchRequestTooLong", message, "SendMessageBatch")

        def send(entry: dict[str, Any]) -> dict[str, Any]:
            return _receipt(self._sent(queue, entry, "SendMessageBatch"))

        return self._each(Entries, "SendMessageBatch", send)

    def change_message_visibility(self, *, QueueUrl: str, ReceiptHandle: str, VisibilityTimeout: int) -> dict[str, Any]:
        """`ChangeMessageVisibility`."""
        queue = self._queue(QueueUrl, "ChangeMessageVisibility")
        self._changed(queue, ReceiptHandle, VisibilityTimeout, "ChangeMessageVisibility")
        return {}

    def change_message_visibility_batch(self, *, QueueUrl: str, Entries: Sequence[dict[str, Any]]) -> dict[str, Any]:
        """`ChangeMessageVisibilityBatch`."""
        queue = self._queue(QueueUrl, "ChangeMessageVisibilityBatch")

        def change(entry: dict[str, Any]) -> dict[str, Any]:
            timeout = entry.get("VisibilityTimeout", 0)
            self._changed(queue, entry["ReceiptHandle"], timeout, "ChangeMessageVisibilityBatch")
            return {}

        return self._each(Entries, "ChangeMessageVisibilityBatch", change)

    def delete_message(self, *, QueueUrl: str, ReceiptHandle: str) -> dict[str, Any]:
        """`DeleteMessage`; succeeds even if there is nothing to delete."""
        self._deleted(self._queue(QueueUrl, "DeleteMessage"), ReceiptHandle)
        return {}

    def delete_message_batch(self, *, QueueUrl: str, Entries: Sequence[dict[str, Any]]) -> dict[str, Any]:
        """`DeleteMessageBatch`."""
        queue = self._queue(QueueUrl, "DeleteMessageBatch")

        def delete(entry: dict[str, Any]) -> dict[str, Any]:
            self._deleted(queue, entry["ReceiptHandle"])
            return {}

        return self._each(Entries, "DeleteMessageBatch", delete)

    def receive_message(
        self, *, QueueUrl: str, MaxNumberOfMessages: int = 1, VisibilityTimeout: int | None = None, **_: Any
    ) -> dict[str, Any]:
        """`ReceiveMessage`, without long polling."""
        world = self._now
        received = self._queue(QueueUrl, "ReceiveMessage").receive(MaxNumberOfMessages, VisibilityTimeout)
        messages = [
            {
                "MessageId": message.id,
                "ReceiptHandle": message.handle,
                "MD5OfBody": message.md5,
                "Body": message.body,
                "Attributes": message.system_attributes(world.epoch),
                "MessageAttributes": {
                    name: {"DataType": value["dataType"], "StringValue": value.get("stringValue", "")}
                    for name, value in (message.attributes or {}).items()
                },
            }
            for message in received
        ]
        return {"Messages": messages} if messages else {}

    def get_queue_url(self, *, QueueName: str, **_: Any) -> dict[str, Any]:
        """`GetQueueUrl`."""
        return {"QueueUrl": self._queue(QueueName, "GetQueueUrl").spec.url}

    def _queue(self, name: str, operation: str) -> Queue:
        message = f"The specified queue does not exist: {name}"
        return found(self._resources.queues.get(name), "AWS.SimpleQueueService.NonExistentQueue", message, operation)

    def _sent(self, queue: Queue, entry: dict[str, Any], operation: str) -> Message:
        body: str = entry["MessageBody"]
        if not body:
            raise client_error("MissingParameter", "The request must contain the parameter MessageBody.", operation)
        trace = entry.get("MessageSystemAttributes", {}).get("AWSTraceHeader", {}).get("StringValue")
        try:
            return queue.send(
                body,
                attributes=lambda_attributes(entry.get("MessageAttributes")) or None,
                group_id=entry.get("MessageGroupId"),
                deduplication_id=entry.get("MessageDeduplicationId"),
                delay=entry.get("DelaySeconds"),
                chain=self._world.chain,
                trace=trace,
            )
        except ValueError as error:
            raise client_error("InvalidParameterValue", str(error), operation) from error

    def _changed(self, queue: Queue, handle: str, timeout: int, operation: str) -> None:
        world = self._world
        message = queue.find(handle)
        refused = "MessageNotInflight" if message is None else queue.change_visibility(message, handle, timeout)
        if refused is not None:
            raise client_error(refused, f"{handle} cannot be made visible in {timeout} s", operation)
        assert message is not None
        due = message.visible_at if timeout else NEVER
        world.add_entry(Kind.VISIBILITY, queue.name, "", world.caller, (message.id,), message.receives, until=due)

    def _deleted(self, queue: Queue, handle: str) -> None:
        world = self._world
        message = queue.find(handle)
        if message is not None and queue.delete(message, handle):
            function = world.caller
            world.add_entry(Kind.DELETED, queue.name, "", function, (message.id,), reason="by the function itself")
            world.set_outcome(
                message.id, queue.name, Outcome.PROCESSED, function=function, reason="deleted by the function"
            )

    def _each(
        self, entries: Sequence[dict[str, Any]], operation: str, do: Callable[[dict[str, Any]], dict[str, Any]]
    ) -> dict[str, Any]:
        if not 0 < len(entries) <= _MOST:
            code = "AWS.SimpleQueueService.TooManyEntriesInBatchRequest"
            raise client_error(code, f"{len(entries)} entries: give 1 to {_MOST}", operation)
        done: list[dict[str, Any]] = []
        failed: list[dict[str, Any]] = []
        for entry in entries:
            try:
                done.append({"Id": entry["Id"], **do(entry)})
            except Exception as error:
                response: Any = getattr(error, "response", None)
                if response is None:
                    raise
                failed.append({"Id": entry["Id"], "SenderFault": True, **response["Error"]})
        return {"Successful": done, **({"Failed": failed} if failed else {})}


def _receipt(message: Message) -> dict[str, Any]:
    made: dict[str, Any] = {
        "MessageId": message.id,
        "MD5OfMessageBody": message.md5,
    }
    if message.sequence_number is not None:
        made["SequenceNumber"] = message.sequence_number
    return made
