"""Represents an SQS message, and converts it to the formats in which SQS and Lambda deliver it."""

from __future__ import annotations

import hashlib
import json
from base64 import b64decode, b64encode
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

#: Message attributes in Lambda's format: name, then `dataType` and `stringValue` or `binaryValue`.
Attributes = Mapping[str, Mapping[str, Any]]

# Approximate bytes per message in a Lambda event besides the body.
_METADATA = 1024
# Of nearly all messages: one object for each would take memory.
_NO_ATTRIBUTES: Attributes = MappingProxyType({})


class Message:
    """A message in a queue. Times are in seconds from the simulation's start.

    Attributes:
        id: Message id, kept when the message is dead-lettered.
        body: Body as text.
        size: Size of the body and the message attributes in bytes.
        size_in_event: Approximate size in a Lambda event, in bytes.
        attributes: Message attributes in Lambda's format.
        number: Position among all messages of its queue.
        sent_at: Time at which it was sent.
        epoch: Virtual time 0, in seconds since the epoch.
        enqueued_at: Time from which its retention counts.
        first_received_at: Time of the first receive, or `None`.
        received_at: Time of the last receive; 0 before the first.
        receives: Receive count in this queue.
        visible_at: Time at which it can be received again.
        in_flight: Whether it was received and is neither deleted nor visible again.
        handle: Receipt handle of the last receive.
        handled_in: Batch in which a function handles it now, or `None`.
        deleted: Whether it has left this queue.
        group_id: Message group, or the tenant in a fair queue.
        deduplication_id: Deduplication id, in a FIFO queue.
        sequence_number: Sequence number, in a FIFO queue.
        trace: `AWSTraceHeader`, or `None`.
        source_arn: In a dead-letter queue: ARN of the queue from which SQS moved it.
        chain: Number of invocations per function in the chain of requests that sent it.
    """

    __slots__ = (
        "attributes",
        "body",
        "chain",
        "deduplication_id",
        "deleted",
        "enqueued_at",
        "epoch",
        "first_received_at",
        "group_id",
        "handle",
        "handled_in",
        "id",
        "in_flight",
        "number",
        "received_at",
        "receives",
        "sent_at",
        "sequence_number",
        "size",
        "size_in_event",
        "source_arn",
        "trace",
        "visible_at",
    )

    def __init__(
        self,
        id: str,
        body: str,
        sent_at: float,
        attributes: Attributes | None = None,
        group_id: str | None = None,
        deduplication_id: str | None = None,
    ) -> None:
        self.id = id
        self.body = body
        self.size = len(body) if not attributes and body.isascii() else size_of(body, attributes)
        self.size_in_event = self.size + _METADATA
        self.sent_at = sent_at
        self.attributes: Attributes = attributes or _NO_ATTRIBUTES
        self.group_id = group_id
        self.deduplication_id = deduplication_id
        self.number = 0
        self.enqueued_at = sent_at
        self.epoch = 0.0
        self.first_received_at: float | None = None
        self.received_at = 0.0
        self.receives = 0
        self.visible_at = sent_at
        self.in_flight = False
        self.handle = ""
        self.handled_in: object = None
        self.deleted = False
        self.sequence_number: str | None = None
        self.trace: str | None = None
        self.source_arn: str | None = None
        self.chain: Mapping[str, int] | None = None

    def __repr__(self) -> str:
        return f"Message({self.id!r}, {self.body!r:.60}, receives={self.receives})"

    def json(self) -> Any:
        """Return the body parsed as JSON."""
        return json.loads(self.body)

    def as_received(self) -> dict[str, Any]:
        """Return the message as a record of a Lambda event, for readers such as `InvocationRecord.parse`."""
        return self.record(self.epoch, "", "")

    @property
    def md5(self) -> str:
        """Hash of the body."""
        return hashlib.md5(self.body.encode(errors="surrogatepass"), usedforsecurity=False).hexdigest()

    @property
    def attributes_md5(self) -> str:
        """Hash of the message attributes, as SQS computes it."""
        return md5_of(self.attributes)

    def system_attributes(self, epoch: float) -> dict[str, str]:
        """Return SQS's system attributes.

        Args:
            epoch: Virtual time 0, in seconds since the epoch.
        """
        sent_at, first = self.sent_at, self.first_received_at
        sent = str(round((epoch + sent_at) * 1000))
        found = {
            "ApproximateReceiveCount": str(self.receives),
            "SentTimestamp": sent,
            "SenderId": "AIDASIMULATED",
            "ApproximateFirstReceiveTimestamp": sent
            if first is None or first == sent_at
            else str(round((epoch + first) * 1000)),
        }
        if self.group_id is not None:
            found["MessageGroupId"] = self.group_id
        if self.sequence_number is not None:
            found["SequenceNumber"] = self.sequence_number
            found["MessageDeduplicationId"] = self.deduplication_id or ""
        if self.trace is not None:
            found["AWSTraceHeader"] = self.trace
        if self.source_arn is not None:
            found["DeadLetterQueueSourceArn"] = self.source_arn
        return found

    def record(self, epoch: float, arn: str, region: str) -> dict[str, Any]:
        """Return the record in a Lambda event.

        https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html#example-standard-queue-message-event

        Args:
            epoch: Virtual time 0, in seconds since the epoch.
            arn: ARN of the queue.
            region: Region of the queue.
        """
        attributes = self.attributes
        made: dict[str, Any] = {
            "messageId": self.id,
            "receiptHandle": self.handle,
            "body": self.body,
            "attributes": self.system_attributes(epoch),
            "messageAttributes": {name: dict(value) for name, value in attributes.items()} if attributes else {},
            "md5OfBody": self.md5,
            "eventSource": "aws:sqs",
            "eventSourceARN": arn,
            "awsRegion": region,
        }
        if attributes:
            made["md5OfMessageAttributes"] = self.attributes_md5
        return made


def lambda_attributes(given: Mapping[str, Mapping[str, Any]] | None) -> dict[str, dict[str, Any]]:
    """Convert `MessageAttributes` of `SendMessage` (`DataType`, `StringValue`) to Lambda's format."""
    made: dict[str, dict[str, Any]] = {}
    for name, value in (given or {}).items():
        attribute: dict[str, Any] = {"stringListValues": [], "binaryListValues": [], "dataType": value["DataType"]}
        if "BinaryValue" in value:
            binary: bytes = value["BinaryValue"]
            attribute["binaryValue"] = b64encode(binary).decode()
        else:
            attribute["stringValue"] = value.get("StringValue", "")
        made[name] = attribute
    return made


def sdk_attributes(attributes: Attributes) -> dict[str, dict[str, Any]]:
    """Convert message attributes in Lambda's format to those of `ReceiveMessage`."""
    return {
        name: {"DataType": value["dataType"], "BinaryValue": b64decode(value["binaryValue"])}
        if "binaryValue" in value
        else {"DataType": value["dataType"], "StringValue": value["stringValue"]}
        for name, value in attributes.items()
    }


def md5_of(attributes: Attributes) -> str:
    """Return the hash of message attributes, as SQS computes it."""
    # https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-message-metadata.html#sqs-attributes-md5-message-digest-calculation
    digest = hashlib.md5(usedforsecurity=False)
    for name, value in sorted(attributes.items()):
        binary = value.get("binaryValue")
        content = value.get("stringValue", "").encode() if binary is None else b64decode(binary)
        for part in (name.encode(), value["dataType"].encode()):
            digest.update(len(part).to_bytes(4, "big") + part)
        digest.update((b"\1" if binary is None else b"\2") + len(content).to_bytes(4, "big") + content)
    return digest.hexdigest()


def size_of(body: str, attributes: Attributes | None) -> int:
    """Return the size of a message as SQS counts it, with the names, types and values of its attributes."""
    # https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-message-metadata.html
    size = len(body.encode(errors="surrogatepass"))
    for name, value in attributes.items() if attributes else ():
        binary = value.get("binaryValue")
        content = value.get("stringValue", "").encode() if binary is None else b64decode(binary)
        size += len(name.encode()) + len(value["dataType"]) + len(content)
    return size


def string_attributes(values: Mapping[str, tuple[str, str]]) -> dict[str, dict[str, Any]]:
    """Convert pairs of type and text, by name, to message attributes in Lambda's format."""
    return lambda_attributes(
        {name: {"DataType": kind, "StringValue": text} for name, (kind, text) in values.items()},
    )


def json_or_text(text: str) -> Any:
    """Parse text if it is JSON; else return it as it is."""
    try:
        return json.loads(text)
    except ValueError:
        return text
