"""Identifies messages for idempotency: the same at each receive, and never by the whole record."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from redrive.handlers.record import to_parse
from redrive.idempotency.record_keys import RecordKeys
from redrive.sqs.message import DEDUPLICATED, REPLAYED, was_sent_back

if TYPE_CHECKING:
    from redrive.sqs.message import SqsMessage


def _message(message: SqsMessage[Any]) -> object:
    if _has_id(message):
        return _by_id(message, _original_id(message) or message.deduplication_id)
    return [message.source_arn, message.group_id, message.body]


def _moved(message: SqsMessage[Any]) -> object:
    """Identify a message after SQS has moved it to its dead-letter queue, and a person back."""
    # SQS replaces the deduplication id by the message id, whatever it was:
    # https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-configure-dead-letter-queue-redrive.html
    # Message attributes stay.
    return _by_id(message, message.id) if _has_id(message) and _original_id(message) is None else None


def _has_id(message: SqsMessage[Any]) -> bool:
    return message.source_arn.endswith(".fifo") and bool(message.deduplication_id)


def _by_id(message: SqsMessage[Any], deduplication_id: str | None) -> object:
    # With the group: in a fair queue it is the tenant, and a deduplication id may be unique only within its group.
    # https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/high-throughput-fifo.html
    return [message.source_arn, message.group_id, "deduplication id", deduplication_id]


def _original_id(message: SqsMessage[Any]) -> str | None:
    """Return the deduplication id that a message had when the helper first dead-lettered it."""
    attribute = _attributes(message).get(DEDUPLICATED)
    return None if attribute is None else attribute.get("stringValue") or None


def _json(message: SqsMessage[Any]) -> object:
    return message.json()


def _was_received(message: SqsMessage[Any]) -> bool:
    if was_sent_back(message) or REPLAYED in _attributes(message):
        return True
    return message[0].get("attributes", {}).get("ApproximateReceiveCount", "1") != "1"


def _attributes(message: SqsMessage[Any]) -> Mapping[str, Mapping[str, str]]:
    return message[0].get("messageAttributes") or {}


_KEYS = RecordKeys(_message, _json, _was_received, "the message's body", _moved)


def sqs_keys(parse: Callable[[str], object] | None) -> RecordKeys:
    """Identify messages; functions for keys get them with the value of the handler's `parse`."""
    if parse is None:
        return _KEYS

    def given(message: SqsMessage[Any]) -> SqsMessage[Any]:
        return to_parse(message, message.body, parse, "body")

    return _KEYS._replace(given=given)
