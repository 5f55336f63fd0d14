"""Builds `SendMessageBatch` entries within the limits of SQS."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from typing import Any

# https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-message-metadata.html (attributes) and
# quotas-messages.html (size, which counts the attributes' names, types and values; a batch counts as one message).
MOST_ATTRIBUTES = 10
LARGEST = 1_048_576
MOST_ENTRIES = 10
#: SQS rejects text with characters outside XML 1.0.
NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def with_texts(
    body: str,
    attributes: Mapping[str, dict[str, Any]],
    texts: Mapping[str, str],
    *,
    whole: Collection[str] = (),
) -> dict[str, Any]:
    """Add texts as attributes, most important first, as far as SQS's limits leave room.

    Args:
        body: The message's body.
        attributes: Its own attributes.
        texts: The texts, by name.
        whole: The names of texts that make no sense if they are cut short; they are left out instead.
    """
    extended = dict(attributes)
    room = LARGEST - size_of(body, extended)
    for name, text in texts.items():
        if len(extended) >= MOST_ATTRIBUTES:
            break
        # The existing attributes stay whole; the last text is cut short to fit.
        value = _cut(NOT_XML.sub("\ufffd", text), room - len(name) - len("String"))
        if value and (value == text or name not in whole):
            extended[name] = {"DataType": "String", "StringValue": value}
            room -= len(name) + len("String") + len(value.encode())
    return extended


def fits(body: str, attributes: Mapping[str, Mapping[str, Any]]) -> bool:
    """Return True if SQS takes a message with these attributes."""
    return len(attributes) <= MOST_ATTRIBUTES and size_of(body, attributes) <= LARGEST


def size_of(body: str, attributes: Mapping[str, Mapping[str, Any]]) -> int:
    """Return the size of a message in bytes, as SQS counts it."""
    size = len(_bytes(body))
    for name, attribute in attributes.items():
        value = attribute.get("StringValue", attribute.get("BinaryValue", ""))
        size += len(name) + len(attribute["DataType"]) + len(_bytes(value))
    return size


def batches(entries: list[dict[str, Any]]) -> list[list[dict[str, Any]]]:
    """Split entries into batches that `SendMessageBatch` takes: at most ten entries and 1 MiB in all."""
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
