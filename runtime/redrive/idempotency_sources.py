"""Identifies the records of each source: the same at each delivery, and never by the whole record."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from redrive.idempotency_batch import GuardedBatch, RecordKeys
from redrive.idempotency_switch import is_off
from redrive.stream_succeeded import identifiers_of

if TYPE_CHECKING:
    from redrive.deadline import Deadline
    from redrive.dynamodb_stream_record import DynamoDBStreamRecord
    from redrive.idempotency_claims import Claims
    from redrive.kinesis_record import KinesisRecord
    from redrive.sqs_message import SqsMessage
    from redrive.stream_batch import StreamBatch

# The attribute of a message that the helper has dead-lettered and a person has replayed.
_BROUGHT_BACK = "RedriveMessageId"


def guarded_batch(
    claims: Claims, records: Sequence[Any], keys: RecordKeys, deadline: Deadline, context: Any
) -> GuardedBatch | None:
    """Claim the records of a batch; return `None` if idempotency is turned off."""
    return None if is_off() else GuardedBatch(claims, records, keys, deadline, context)


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


def _change(record: DynamoDBStreamRecord[Any]) -> object:
    return {
        "event_name": record.event_name,
        "keys": record.keys,
        "new_image": record.new_image,
        "old_image": record.old_image,
    }


def _never(record: object) -> bool:
    return False


def _was_received(message: SqsMessage[Any]) -> bool:
    return message[0].get("attributes", {}).get("ApproximateReceiveCount", "1") != "1"


SQS_KEYS = RecordKeys(_message, _json, _was_brought_back, _was_received)


def stream_keys(batch: StreamBatch) -> RecordKeys:
    """Identify the records of a stream's batch by their place in the shard."""
    # Records with the same sequence number get no key: nothing else that is the same at each delivery distinguishes
    # them.
    known = identifiers_of(batch)

    def place(record: Any) -> object:
        return known.get(batch.position_of(record))

    return RecordKeys(place, _json if batch.source.field == "kinesis" else _change, _never, _never)
