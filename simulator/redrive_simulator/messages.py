"""A message of a queue, and the forms in which it is seen."""

from __future__ import annotations

import hashlib
import json
from base64 import b64encode
from collections.abc import Mapping
from typing import Any

#: Message attributes as Lambda has them: name, then `dataType` and `stringValue` or `binaryValue`.
Attributes = Mapping[str, Mapping[str, Any]]

# Bytes that a Lambda event has for a message besides its body, about.
_METADATA = 1024


class Message:
    """A message, as it is in a queue.

    Attributes:
        id: Its id, the same in every queue.
        body: Its body.
        size: The body's, in bytes.
        size_in_event: What it takes of a Lambda event, about.
        attributes: The sender's attributes, as Lambda has them.
        number: Its place among all messages of its queue.
        sent_at: When it was sent, in seconds from the simulation's start.
        enqueued_at: From when on its retention counts.
        first_received_at: When it was received for the first time, if it was.
        received_at: When it was received last, if it was.
        receives: How often it was received from this queue.
        visible_at: When it can be received again.
        in_flight: Whether it was received and is neither deleted nor visible again.
        handle: Of the last receipt.
        handled_in: The batch in which a function is at it, if one is.
        deleted: Whether it is gone from this queue.
        group_id: Its message group, or the tenant in a fair queue.
        deduplication_id: Of a FIFO queue.
        sequence_number: Of a FIFO queue.
        trace: `AWSTraceHeader`, if it has one.
        source_arn: In a dead-letter queue: the queue from which SQS moved it here.
        chain: How often each function was invoked in the chain of requests that sent it.
    """

    __slots__ = (
        "attributes",
        "body",
        "chain",
        "deduplication_id",
        "deleted",
        "enqueued_at",
        "first_received_at",
        "group_id",
        "handle",
        "handled_in",
        "id",
        "in_flight",
        "md5",
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
        data = body.encode(errors="surrogatepass")
        self.size = len(data)
        self.size_in_event = self.size + _METADATA
        self.md5 = hashlib.md5(data, usedforsecurity=False).hexdigest()
        self.sent_at = sent_at
        self.attributes = attributes
        self.group_id = group_id
        self.deduplication_id = deduplication_id
        self.number = 0
        self.enqueued_at = sent_at
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
        """The body as JSON."""
        return json.loads(self.body)

    def system_attributes(self, epoch: float) -> dict[str, str]:
        """SQS's own attributes.

        Args:
            epoch: Virtual time 0, in seconds since the epoch.
        """
        first = self.sent_at if self.first_received_at is None else self.first_received_at
        found = {
            "ApproximateReceiveCount": str(self.receives),
            "SentTimestamp": str(round((epoch + self.sent_at) * 1000)),
            "SenderId": "AIDASIMULATED",
            "ApproximateFirstReceiveTimestamp": str(round((epoch + first) * 1000)),
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
        """The record of a Lambda event: https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html#example-standard-queue-message-event.

        Args:
            epoch: Virtual time 0, in seconds since the epoch.
            arn: The queue's.
            region: The queue's.
        """
        attributes = self.attributes
        return {
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


def lambda_attributes(given: Mapping[str, Mapping[str, Any]] | None) -> dict[str, dict[str, Any]]:
    """Message attributes of a call (`DataType`, `StringValue`) as Lambda delivers them.

    Args:
        given: `MessageAttributes` of `SendMessage`.
    """
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


def string_attributes(values: Mapping[str, tuple[str, str]]) -> dict[str, dict[str, Any]]:
    """Message attributes as Lambda delivers them, from pairs of type and text.

    Args:
        values: By name.
    """
    return lambda_attributes(
        {name: {"DataType": kind, "StringValue": text} for name, (kind, text) in values.items()},
    )
