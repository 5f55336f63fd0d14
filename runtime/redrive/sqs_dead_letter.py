"""Builds the dead-letter queue entry of a failed message."""

from __future__ import annotations

from typing import Any, NamedTuple

from redrive.sqs_entry import with_note
from redrive.sqs_message import MessageAttribute, SqsMessage


class FailureNote(NamedTuple):
    """The reason why a message is dead-lettered, written as message attributes, most important first.

    Attributes:
        message_id: Its id in the source queue.
        request_id: The invocation that failed.
    """

    reason: str
    message_id: str
    error_type: str
    request_id: str
    function: str


_ATTRIBUTE_NAMES = FailureNote(
    "RedriveReason", "RedriveMessageId", "RedriveErrorType", "RedriveRequestId", "RedriveFunction"
)


def dead_letter_entry(message: SqsMessage[Any], note: FailureNote, *, fifo: bool) -> dict[str, Any]:
    """Return the `SendMessageBatch` entry, without `Id`: the message, plus the reason as attributes where they fit."""
    # The sender's attributes stay. A replayed message still has ours from its last failure: replace them.
    attributes = {
        name: _sqs_attribute(value)
        for name, value in message.message_attributes.items()
        if name not in _ATTRIBUTE_NAMES
    }
    noted = with_note(message.body, attributes, dict(zip(_ATTRIBUTE_NAMES, note, strict=True)))
    entry: dict[str, Any] = {"MessageBody": message.body, "MessageAttributes": noted}
    if message.group_id is not None:
        entry["MessageGroupId"] = message.group_id
    if fifo:
        # Its own id: a send repeated after a lost reply makes one message, and two messages never count as one.
        entry["MessageDeduplicationId"] = message.id
    trace = message.attributes.get("AWSTraceHeader")
    if trace:
        entry["MessageSystemAttributes"] = {"AWSTraceHeader": {"DataType": "String", "StringValue": trace}}
    return entry


def _sqs_attribute(attribute: MessageAttribute) -> dict[str, Any]:
    field = "BinaryValue" if isinstance(attribute.value, bytes) else "StringValue"
    return {"DataType": attribute.data_type, field: attribute.value}
