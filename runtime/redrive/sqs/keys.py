"""Identifies the records of each source: the same at each delivery, and never by the whole record."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from redrive.idempotency.batch import RecordKeys

if TYPE_CHECKING:
    from redrive.sqs.message import SqsMessage
    from redrive.streams.kinesis import KinesisRecord


# The attribute of a message that the helper has dead-lettered and a person has replayed.
_BROUGHT_BACK = "RedriveMessageId"


def _message(message: SqsMessage[Any]) -> object:
    # With the group: in a fair queue it is the tenant, and a deduplication id may be unique only within its group.
    # https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/high-throughput-fifo.html
    if message.source_arn.endswith(".fifo") and message.deduplication_id:
        return [message.source_arn, message.group_id, "deduplication id", message.deduplication_id]
    return [message.source_arn, message.group_id, message.body]


def _was_brought_back(message: SqsMessage[Any]) -> bool:
    return _BROUGHT_BACK in (message[0].get("messageAttributes") or {})


def _json(record: SqsMessage[Any] | KinesisRecord[Any]) -> object:
    return record.json()


def _was_received(message: SqsMessage[Any]) -> bool:
    return message[0].get("attributes", {}).get("ApproximateReceiveCount", "1") != "1"


SQS_KEYS = RecordKeys(_message, _json, _was_brought_back, _was_received)
