"""Entries for `SendMessageBatch` within what SQS takes."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

# https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-message-metadata.html (attributes) and
# quotas-messages.html (size, which counts the attributes' names, types and values; a batch counts as one message).
MOST_ATTRIBUTES = 10
LARGEST = 1_048_576
MOST_ENTRIES = 10
#: SQS refuses text with characters that XML 1.0 does not have.
NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def with_note(body: str, attributes: Mapping[str, dict[str, Any]], note: Mapping[str, str]) -> dict[str, Any]:
    """Attributes with a note added to them, as far as there is room.

    SQS allows ten attributes and 1 MiB a message. What is there already stays as it is; of the note, those texts go in
    for which there is room, and the last one is cut short if need be.

    Args:
        body: The message's body, which takes room as well.
        attributes: The attributes there are.
        note: Texts by the names of their attributes, the most telling first. Empty ones are left out.

    Returns:
        The attributes, those of the note at the end.
    """
    noted = dict(attributes)
    room = LARGEST - size_of(body, noted)
    for name, text in note.items():
        if len(noted) >= MOST_ATTRIBUTES:
            break
        value = _cut(NOT_XML.sub("\ufffd", text), room - len(name) - len("String"))
        if value:
            noted[name] = {"DataType": "String", "StringValue": value}
            room -= len(name) + len("String") + len(value.encode())
    return noted


def size_of(body: str, attributes: Mapping[str, Mapping[str, Any]]) -> int:
    """The size of a message in bytes, as SQS counts it."""
    size = len(_bytes(body))
    for name, attribute in attributes.items():
        value = attribute.get("StringValue", attribute.get("BinaryValue", ""))
        size += len(name) + len(attribute["DataType"]) + len(_bytes(value))
    return size


def batches(entries: list[dict[str, Any]]) -> list[list[dict[str, Any]]]:
    """Entries in batches that `SendMessageBatch` takes: ten at most, and 1 MiB in all."""
    made: list[list[dict[str, Any]]] = []
    free = 0
    for entry in entries:
        size = size_of(entry["MessageBody"], entry["MessageAttributes"])
        if not made or len(made[-1]) == MOST_ENTRIES or size > free:
            made.append([])
            free = LARGEST
        made[-1].append(entry)
        free -= size
    return made


def _bytes(value: str | bytes) -> bytes:
    return value if isinstance(value, bytes) else value.encode(errors="replace")


def _cut(text: str, room: int) -> str:
    encoded = text.encode()
    return text if len(encoded) <= room else encoded[: max(0, room)].decode(errors="ignore")
