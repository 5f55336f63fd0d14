"""Refuses what SQS refuses of a message, with the codes and messages of SQS.

https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html and
https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-message-metadata.html
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from redrive_model.limits import DELIVERY_DELAY, MOST_MESSAGE_ATTRIBUTES
from redrive_simulator.services.refusals import Refused

if TYPE_CHECKING:
    from redrive_model.resources.queue import QueueSpec

_WRONG_CHARACTER = re.compile("[^\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
#: Groups and deduplication ids, and ids of the entries of a batch, of SQS and of SNS.
FIFO_ID = re.compile(r"[!-~]{1,128}")
BATCH_ID = re.compile(r"[A-Za-z0-9_-]{1,80}")
_NAME = re.compile(r"[A-Za-z0-9_.-]+")
_RESERVED = ("aws.", "amazon.")
_LONGEST_NAME = 256
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,3})?", re.ASCII)
_MOST_DIGITS = 38
_LEAST, _MOST = Decimal("1e-128"), Decimal("1e126")
_TYPES = ("String", "Number", "Binary")
_CHARACTERS = "#x9 | #xA | #xD | #x20 to #xD7FF | #xE000 to #xFFFD | #x10000 to #x10FFFF"


def check_message(spec: QueueSpec, body: str, group_id: str | None = None, deduplication_id: str | None = None) -> None:
    """Refuse a message whose body or ids a queue does not take."""
    if not body:
        raise Refused("MissingParameter", "The request must contain the parameter MessageBody.")
    # Nearly all bodies are printable, which is faster to find out.
    if not body.isprintable() and _WRONG_CHARACTER.search(body) is not None:
        message = f"Invalid characters found. Valid unicode characters are {_CHARACTERS}"
        raise Refused("InvalidMessageContents", message)
    for name, id in (("MessageGroupId", group_id), ("MessageDeduplicationId", deduplication_id)):
        if id is not None and FIFO_ID.fullmatch(id) is None:
            only = f"{name} can only include alphanumeric and punctuation characters. 1 to 128 in length."
            raise refused_value(id, name, only)
    if deduplication_id is not None and not spec.fifo:
        reason = "The request include parameter that is not valid for this queue type."
        raise refused_value(deduplication_id, "MessageDeduplicationId", reason)


def check_delay(spec: QueueSpec, delay: float | None) -> None:
    """Refuse a `DelaySeconds` that a queue does not take."""
    if delay is None:
        return
    if not DELIVERY_DELAY.allows(delay):
        raise refused_value(delay, "DelaySeconds", "DelaySeconds must be >= 0 and <= 900.")
    if delay and spec.fifo:  # 0 is allowed
        reason = "The request include parameter that is not valid for this queue type."
        raise refused_value(delay, "DelaySeconds", reason)


def check_fifo(spec: QueueSpec, group_id: str | None, deduplication_id: str | None, code: str) -> None:
    """Refuse a message of a FIFO queue without its ids, with this code for a missing group."""
    if not spec.fifo:
        return
    if group_id is None:
        raise Refused(code, "The request must contain the parameter MessageGroupId.")
    if deduplication_id is None and not spec.content_based_deduplication:
        message = "The queue should either have ContentBasedDeduplication enabled or MessageDeduplicationId provided"
        raise Refused("InvalidParameterValue", f"{message} explicitly")


def check_attributes(attributes: Mapping[str, Mapping[str, Any]] | None) -> None:
    """Refuse `MessageAttributes` that SQS does not take."""
    if not attributes:
        return
    if len(attributes) > MOST_MESSAGE_ATTRIBUTES:
        message = f"Number of message attributes [{len(attributes)}] exceeds the allowed maximum"
        raise Refused("InvalidParameterValue", f"{message} [{MOST_MESSAGE_ATTRIBUTES}].")
    for name, value in attributes.items():
        problem = _problem_of_name(name) or _problem_of_value(name, value)
        if problem is not None:
            raise Refused("InvalidParameterValue", problem)


def _problem_of_name(name: str) -> str | None:
    if len(name) > _LONGEST_NAME:
        return "Message (user) attribute names must be shorter than 256 Bytes"
    if _NAME.fullmatch(name) is None:
        only = "can only contain upper and lower score characters, digits, periods, hyphens and underscores."
        return f"Message (user) attributes name {only}"
    if name.lower().startswith(_RESERVED) or name.startswith(".") or name.endswith(".") or ".." in name:
        reserved = "You can't use message attribute names beginning with 'AWS.' or 'Amazon.'. These strings are "
        return f"{reserved}reserved for internal use. Additionally, they cannot start or end with '.'."
    return None


def _problem_of_value(name: str, value: Mapping[str, Any]) -> str | None:
    kind: str = value["DataType"]
    base = kind.partition(".")[0]
    if base not in _TYPES or len(kind) > _LONGEST_NAME:
        supported = "the set of supported type prefixes is Binary, Number, and String."
        return f"The message attribute '{name}' has an invalid message attribute type, {supported}"
    field, other = ("BinaryValue", "StringValue") if base == "Binary" else ("StringValue", "BinaryValue")
    if other in value:
        return f"The message attribute '{name}' with type '{kind}' must use field '{field.removesuffix('Value')}'."
    content = value.get(field)
    if not content:
        return f"Message (user) attribute '{name}' must contain a non-empty value of type '{base}'."
    if base == "Number" and not is_number(content):
        return f"Could not cast message attribute '{name}' value to number."
    if base != "Binary" and _WRONG_CHARACTER.search(content) is not None:
        return f"Invalid characters found. Valid unicode characters are {_CHARACTERS}"
    return None


def is_number(text: str) -> bool:
    """Decide if text is a number, as an attribute of type `Number` must have it.

    https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-message-metadata.html
    """
    if _NUMBER.fullmatch(text) is None:
        return False
    number = Decimal(text)
    digits = "".join(map(str, number.as_tuple().digits)).strip("0")
    return len(digits) <= _MOST_DIGITS and (not number or _LEAST <= abs(number) <= _MOST)


def refused_value(value: object, name: str, reason: str) -> Refused:
    """Return the error for a parameter whose value SQS does not take."""
    return Refused("InvalidParameterValue", f"Value {value} for parameter {name} is invalid. Reason: {reason}")
