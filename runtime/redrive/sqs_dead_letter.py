"""A permanently failed message as it is written to the dead-letter queue."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, NamedTuple

from redrive.sqs_message import MessageAttribute, SqsMessage

# https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-message-metadata.html (attributes) and
# quotas-messages.html (size, which counts the attributes' names, types and values; a batch counts as one message).
MOST_ATTRIBUTES = 10
LARGEST = 1_048_576
MOST_ENTRIES = 10
# SQS refuses text with characters that XML 1.0 does not have.
_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


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

    SQS allows ten attributes and 1 MiB a message. What is the sender's own stays as it is; of ours, those go in for
    which there is room, and the reason is cut short if need be. A message that was brought back from the dead-letter
    queue still has those of its last failure: they are replaced.

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
    room = LARGEST - _size(message.body, attributes)
    for name, text in zip(_ATTRIBUTE_NAMES, note, strict=True):
        if len(attributes) >= MOST_ATTRIBUTES:
            break
        value = _cut(_NOT_XML.sub("\ufffd", text), room - len(name) - len("String"))
        if value:
            attributes[name] = {"DataType": "String", "StringValue": value}
            room -= len(name) + len("String") + len(value.encode())
    entry: dict[str, Any] = {"MessageBody": message.body, "MessageAttributes": attributes}
    if message.group_id is not None:
        entry["MessageGroupId"] = message.group_id
    if fifo:
        entry["MessageDeduplicationId"] = message.id
    trace = message.attributes.get("AWSTraceHeader")
    if trace:
        entry["MessageSystemAttributes"] = {"AWSTraceHeader": {"DataType": "String", "StringValue": trace}}
    return entry


def batches(entries: list[dict[str, Any]]) -> list[list[dict[str, Any]]]:
    """Entries in batches that `SendMessageBatch` takes: ten at most, and 1 MiB in all."""
    made: list[list[dict[str, Any]]] = []
    free = 0
    for entry in entries:
        size = _size(entry["MessageBody"], entry["MessageAttributes"])
        if not made or len(made[-1]) == MOST_ENTRIES or size > free:
            made.append([])
            free = LARGEST
        made[-1].append(entry)
        free -= size
    return made


def _sqs_attribute(attribute: MessageAttribute) -> dict[str, Any]:
    field = "BinaryValue" if isinstance(attribute.value, bytes) else "StringValue"
    return {"DataType": attribute.data_type, field: attribute.value}


def _size(body: str, attributes: Mapping[str, Mapping[str, Any]]) -> int:
    size = len(_bytes(body))
    for name, attribute in attributes.items():
        value = attribute.get("StringValue", attribute.get("BinaryValue", ""))
        size += len(name) + len(attribute["DataType"]) + len(_bytes(value))
    return size


def _bytes(value: str | bytes) -> bytes:
    return value if isinstance(value, bytes) else value.encode(errors="replace")


def _cut(text: str, room: int) -> str:
    encoded = text.encode()
    return text if len(encoded) <= room else encoded[: max(0, room)].decode(errors="ignore")
