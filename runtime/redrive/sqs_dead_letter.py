"""A permanently failed message as it is written to the dead-letter queue."""

from __future__ import annotations

from typing import Any, NamedTuple

from redrive.sqs_entry import with_note
from redrive.sqs_message import MessageAttribute, SqsMessage


class FailureNote(NamedTuple):
    """Why a message is in the dead-letter queue. Written as attributes, the most telling first.

    Attributes:
        reason: Attribute `RedriveReason`.
        message_id: Attribute `RedriveMessageId`: the id it had in the source queue.
        error_type: Attribute `RedriveErrorType`.
        request_id: Attribute `RedriveRequestId`: the invocation that failed.
        function: Attribute `RedriveFunction`.
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
    """The entry for `SendMessageBatch`: body and attributes unchanged, the reason added as attributes.

    What is the sender's own stays as it is; of ours, those go in for which there is room. A message that was brought
    back from the dead-letter queue still has those of its last failure: they are replaced.

    Args:
        message: The message.
        note: Why it failed.
        fifo: Whether the queue is FIFO. Its deduplication id is then the message's own id: a send that is repeated
            because its reply was lost makes one message, and two messages never pass for one.

    Returns:
        The entry, without its `Id`.
    """
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
        entry["MessageDeduplicationId"] = message.id
    trace = message.attributes.get("AWSTraceHeader")
    if trace:
        entry["MessageSystemAttributes"] = {"AWSTraceHeader": {"DataType": "String", "StringValue": trace}}
    return entry


def _sqs_attribute(attribute: MessageAttribute) -> dict[str, Any]:
    field = "BinaryValue" if isinstance(attribute.value, bytes) else "StringValue"
    return {"DataType": attribute.data_type, field: attribute.value}
