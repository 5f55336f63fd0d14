"""What an invocation record or a dead-letter message is wrapped in, and how it is taken out.

https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html says what each destination receives.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, NamedTuple, cast

from redrive.record_form import JsonObject, RecordForm
from redrive.record_messages import Message, message_in, message_of, refuse_others
from redrive.record_text import inside, members, no_constant, shown
from redrive.sqs_message import SqsMessage

#: What is expected.
FORM = RecordForm(
    "an invocation record",
    "a message of a dead-letter queue is told by its attributes RequestID, ErrorCode and ErrorMessage, so hand it over "
    "whole, received with MessageAttributeNames=['All']",
)
#: The attributes that Lambda gives to a message of a dead-letter queue.
DEAD_LETTER_ATTRIBUTES = ("RequestID", "ErrorCode", "ErrorMessage")
# https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html#destinations-permissions
SUCCESS = "Lambda Function Invocation Result - Success"
DETAIL_TYPES = (SUCCESS, "Lambda Function Invocation Result - Failure")
_SOURCES = ("lambda",)


class Arrived(NamedTuple):
    """What was inside.

    Attributes:
        path: Where it was, for errors; empty where it was not wrapped.
        value: The JSON value. Of a dead-letter message that is no JSON, the text itself.
        text: The same as it was written. `None` where it was handed over as an object.
        dead_letter: Of a dead-letter message, what its attributes say. `None` for an invocation record.
        attributes_path: Where these attributes were.
        detail_type: EventBridge's `detail-type`, where it came that way.
    """

    path: str
    value: Any
    text: str | None
    dead_letter: Mapping[str, str] | None = None
    attributes_path: str = ""
    detail_type: str | None = None


def unwrapped(received: object, path: str = "") -> Arrived:
    """Take out what SQS, SNS and EventBridge have wrapped up.

    Args:
        received: A message, notification or event in any form, or an invocation record.
        path: Where it was found, for errors.

    Returns:
        What was inside.

    Raises:
        InvalidRecord: It is of another kind, or wrapped in something that cannot be read.
    """
    if isinstance(received, SqsMessage):
        return _message(message_of(cast("SqsMessage[Any]", received), path))
    value, text = FORM.object_of(received, path)
    if "requestPayload" in value:  # no envelope has that
        return Arrived(path, value, text)
    if "detail-type" in value:
        return _event(value, text, path)
    message = message_in(value, path)
    return _unknown(value, text, path) if message is None else _message(message)


def _event(value: JsonObject, text: str | None, path: str) -> Arrived:
    for name, right in (("source", _SOURCES), ("detail-type", DETAIL_TYPES)):
        if value.get(name) not in right:
            rule = f"Lambda's events have {' or '.join(map(repr, right))}"
            FORM.refuse(inside(path, name), shown(value.get(name)), rule)
    detail = value.get("detail")
    if not isinstance(detail, Mapping):
        FORM.refuse(inside(path, "detail"), shown(detail), "it must be the invocation record, a JSON object")
    record = cast("JsonObject", detail)
    written = None if text is None else members(text)["detail"]
    return Arrived(inside(path, "detail"), record, written, detail_type=value["detail-type"])


def _message(message: Message) -> Arrived:
    """A message: of a dead-letter queue if it has that one's attributes, else wrapped around something."""
    text = message.text(FORM)
    _, path, attributes, attributes_path, string = message
    if attributes is not None and not isinstance(attributes, Mapping):
        FORM.refuse(attributes_path, shown(attributes), "it must be an object with the message's attributes by name")
    given = cast("JsonObject", attributes or {})
    told = {name: given[name] for name in DEAD_LETTER_ATTRIBUTES if name in given}
    if not told:
        return unwrapped(text, path)
    values = {name: _string(each, string, inside(attributes_path, name)) for name, each in told.items()}
    try:
        value: Any = json.loads(text, parse_constant=no_constant)
    except (ValueError, RecursionError):
        value = text  # the event is there unchanged, whatever it was
    return Arrived(path, value, text, values, attributes_path)


def _string(attribute: Any, name: str, path: str) -> str:
    value = attribute.get(name) if hasattr(attribute, "get") else None
    if not isinstance(value, str):
        FORM.refuse(path, shown(attribute), f"it must be an object whose {name} is a string")
    return value


def _unknown(value: JsonObject, text: str | None, path: str) -> Arrived:
    """What has no form that is known: if it is not a record with something missing, say what it is instead."""
    if any(str(name).endswith("BatchInfo") for name in value):
        FORM.refuse(
            path,
            "a record of a stream's event source mapping",
            "such a record holds no event, only where in the stream to find the batch; read it with "
            "StreamFailure.parse",
        )
    refuse_others(FORM, value, path, "read such an event with InvocationRecord.parse_event")
    return Arrived(path, value, text)
