"""Takes invocation records and dead-letter messages out of the messages and events that contain them.

https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html describes what each destination
receives.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, NamedTuple, cast

from redrive.record_form import JsonObject, RecordForm
from redrive.record_messages import Message, message_in, message_of, refuse_others
from redrive.record_text import inside, members, no_constant, shown
from redrive.sqs_message import SqsMessage

#: The expected form, for errors.
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
    """A record or dead-letter message, taken out of its envelope.

    Attributes:
        path: Its place in the input, for errors; empty without an envelope.
        value: The JSON value; of a dead-letter message that is not JSON, the text itself.
        text: Its original text; `None` if it arrived as an object.
        dead_letter: The values of a dead-letter message's attributes; `None` for an invocation record.
        attributes_path: The place of these attributes in the input.
        detail_type: EventBridge's `detail-type`, if it came from there.
    """

    path: str
    value: Any
    text: str | None
    dead_letter: Mapping[str, str] | None = None
    attributes_path: str = ""
    detail_type: str | None = None


def unwrapped(received: object, path: str = "") -> Arrived:
    """Take a record out of SQS, SNS and EventBridge envelopes, or raise `InvalidRecord` for anything else."""
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
    """Read a dead-letter message if it has that queue's attributes, else the content of the message."""
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
        value = text  # the body is the unchanged event, which may be any text
    return Arrived(path, value, text, values, attributes_path)


def _string(attribute: Any, name: str, path: str) -> str:
    value = attribute.get(name) if hasattr(attribute, "get") else None
    if not isinstance(value, str):
        FORM.refuse(path, shown(attribute), f"it must be an object whose {name} is a string")
    return value


def _unknown(value: JsonObject, text: str | None, path: str) -> Arrived:
    """Return a record with missing members, or refuse a value that is known to be something else."""
    if any(str(name).endswith("BatchInfo") for name in value):
        FORM.refuse(
            path,
            "a record of a stream's event source mapping",
            "such a record holds no event, only where in the stream to find the batch; read it with "
            "StreamFailure.parse",
        )
    refuse_others(FORM, value, path, "read such an event with InvocationRecord.parse_event")
    return Arrived(path, value, text)
