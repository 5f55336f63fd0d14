"""Identifies messages for idempotency: the same at each receive, and never by the whole record."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from redrive.idempotency.call import RecordKeys
from redrive.sqs.message import REPLAYED, was_sent_back

if TYPE_CHECKING:
    from redrive.sqs.message import SqsMessage


def _message(message: SqsMessage[Any]) -> object:
    # With the group: in a fair queue it is the tenant, and a deduplication id may be unique only within its group.
    # https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/high-throughput-fifo.html
    if message.source_arn.endswith(".fifo") and message.deduplication_id:
        return [message.source_arn, message.group_id, "deduplication id", message.deduplication_id]
    return [message.source_arn, message.group_id, message.body]


def _json(message: SqsMessage[Any]) -> object:
    return message.json()


def _was_received(message: SqsMessage[Any]) -> bool:
    attributes: Mapping[str, object] = message[0].get("messageAttributes") or {}
    if was_sent_back(message) or REPLAYED in attributes:
        return True
    return message[0].get("attributes", {}).get("ApproximateReceiveCount", "1") != "1"


SQS_KEYS = RecordKeys(_message, _json, _was_received, "the message's body")
