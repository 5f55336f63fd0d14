"""What an invocation record or a dead-letter message is wrapped in, and how it is taken out.

https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html says what each destination receives,
https://docs.aws.amazon.com/lambda/latest/dg/with-sns.html and
https://docs.aws.amazon.com/sns/latest/dg/sns-sqs-as-subscriber.html what a topic makes of it on its way.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, NamedTuple, cast

from redrive.invocation_record_text import AS_A_WHOLE, inside, json_of, members, no_constant, refuse, shown, text_of
from redrive.sqs_message import SqsMessage

JsonObject = Mapping[str, Any]

#: The attributes that Lambda gives to a message of a dead-letter queue.
DEAD_LETTER_ATTRIBUTES = ("RequestID", "ErrorCode", "ErrorMessage")
# https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html#destinations-permissions
SUCCESS = "Lambda Function Invocation Result - Success"
DETAIL_TYPES = (SUCCESS, "Lambda Function Invocation Result - Failure")
_SOURCES = ("lambda",)
# Of a Lambda event, and of boto3's `receive_message`: body, attributes, a string's value in these, and the id.
_SQS_FORMS = (
    ("body", "messageAttributes", "stringValue", "messageId"),
    ("Body", "MessageAttributes", "StringValue", "MessageId"),
)


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
        message = cast("SqsMessage[Any]", received)
        values = {name: {"stringValue": each.value} for name, each in message.message_attributes.items()}
        return _message(message.body, inside(path, "body"), values, inside(path, "message_attributes"), "stringValue")
    text = text_of(received, path)
    value: object = received if text is None else json_of(text, path)
    if not isinstance(value, Mapping):
        refuse(path, f"{type(value).__name__} {shown(value)}", f"an invocation record is a JSON object; {AS_A_WHOLE}")
    return _of_object(cast("JsonObject", value), text, path)


def _of_object(value: JsonObject, text: str | None, path: str) -> Arrived:
    if "requestPayload" in value:  # no envelope has that
        return Arrived(path, value, text)
    if "detail-type" in value:
        return _event(value, text, path)
    if isinstance(value.get("Sns"), Mapping):
        return _notification(value["Sns"], inside(path, "Sns"))
    if value.get("Type") == "Notification":
        return _notification(value, path)
    for body, attributes, string, message_id in _SQS_FORMS:
        if body in value and message_id in value:
            return _message(value[body], inside(path, body), value.get(attributes), inside(path, attributes), string)
    return _unknown(value, text, path)


def _notification(value: JsonObject, path: str) -> Arrived:
    attributes = inside(path, "MessageAttributes")
    return _message(value.get("Message"), inside(path, "Message"), value.get("MessageAttributes"), attributes, "Value")


def _event(value: JsonObject, text: str | None, path: str) -> Arrived:
    for name, right in (("source", _SOURCES), ("detail-type", DETAIL_TYPES)):
        if value.get(name) not in right:
            refuse(inside(path, name), shown(value.get(name)), f"Lambda's events have {' or '.join(map(repr, right))}")
    detail = value.get("detail")
    if not isinstance(detail, Mapping):
        refuse(inside(path, "detail"), shown(detail), "it must be the invocation record, a JSON object")
    record = cast("JsonObject", detail)
    written = None if text is None else members(text)["detail"]
    return Arrived(inside(path, "detail"), record, written, detail_type=value["detail-type"])


def _message(body: object, path: str, attributes: Any, attributes_path: str, string: str) -> Arrived:
    """A message: of a dead-letter queue if it has that one's attributes, else wrapped around something."""
    text = text_of(body, path)
    if text is None:
        refuse(path, shown(body), "it must be the text that was sent, which SQS and SNS deliver as a string")
    if attributes is not None and not isinstance(attributes, Mapping):
        refuse(attributes_path, shown(attributes), "it must be an object with the message's attributes by name")
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
        refuse(path, shown(attribute), f"it must be an object whose {name} is a string")
    return value


def _unknown(value: JsonObject, text: str | None, path: str) -> Arrived:
    """What has no form that is known: if it is not a record with something missing, say what it is instead."""
    source = value.get("eventSource", value.get("EventSource"))
    if "Records" in value:
        refuse(path, "an event with 'Records'", f"read such an event with InvocationRecord.parse_event; {AS_A_WHOLE}")
    if "Messages" in value:
        refuse(path, "a reply with 'Messages'", "parse each message on its own")
    if any(str(name).endswith("BatchInfo") for name in value):
        refuse(
            path,
            "a record of a stream's event source mapping",
            "such a record holds no event, only where in the stream to find the batch",
        )
    if source is not None:
        refuse(
            path,
            f"a record of {shown(source)}",
            "records of aws:sqs and aws:sns carry invocation records; of an S3 notification, get the object and parse "
            "what is in it",
        )
    return Arrived(path, value, text)
