"""What SQS and SNS wrap around a record.

https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html, https://docs.aws.amazon.com/lambda/latest/dg/with-sns.html
and https://docs.aws.amazon.com/sns/latest/dg/sns-sqs-as-subscriber.html show each form.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from redrive.record_form import JsonObject, RecordForm
from redrive.record_text import inside, shown
from redrive.sqs_message import SqsMessage

# Of a Lambda event, and of boto3's `receive_message`: body, attributes, a string's value in these, and the id.
_SQS_FORMS = (
    ("body", "messageAttributes", "stringValue", "messageId"),
    ("Body", "MessageAttributes", "StringValue", "MessageId"),
)


class Message(NamedTuple):
    """A message of SQS or SNS, in whatever form it came.

    Attributes:
        body: What was sent; not checked yet.
        path: Where it is.
        attributes: The message's attributes; not checked yet.
        attributes_path: Where these are.
        value: The name under which an attribute has its value, if that is a string.
    """

    body: object
    path: str
    attributes: Any
    attributes_path: str
    value: str

    def text(self, form: RecordForm) -> str:
        """What was sent.

        Args:
            form: What a record should be, for the error.

        Raises:
            InvalidRecord: It is no text.
        """
        text = form.text_of(self.body, self.path)
        if text is None:
            form.refuse(
                self.path, shown(self.body), "it must be the text that was sent, which SQS and SNS deliver as a string"
            )
        return text


def message_of(message: SqsMessage[Any], path: str) -> Message:
    """The message that `@sqs_handler` hands over.

    Args:
        message: The message.
        path: Where it was found.

    Returns:
        The same in the form that all have here.
    """
    values = {name: {"stringValue": each.value} for name, each in message.message_attributes.items()}
    return Message(message.body, inside(path, "body"), values, inside(path, "message_attributes"), "stringValue")


def message_in(value: JsonObject, path: str) -> Message | None:
    """A message as AWS delivers it.

    Args:
        value: A record of a Lambda event, a message of boto3's `receive_message`, or a notification.
        path: Where it was found.

    Returns:
        The message; `None` for anything else.
    """
    if isinstance(value.get("Sns"), Mapping):
        return _notification(value["Sns"], inside(path, "Sns"))
    if value.get("Type") == "Notification":
        return _notification(value, path)
    for body, attributes, string, message_id in _SQS_FORMS:
        if body in value and message_id in value:
            return Message(value[body], inside(path, body), value.get(attributes), inside(path, attributes), string)
    return None


def _notification(value: JsonObject, path: str) -> Message:
    attributes = inside(path, "MessageAttributes")
    return Message(value.get("Message"), inside(path, "Message"), value.get("MessageAttributes"), attributes, "Value")


def refuse_others(form: RecordForm, value: JsonObject, path: str, many: str) -> None:
    """Refuse what holds several messages, and records of other services, which someone may take for a message.

    Args:
        form: What was expected.
        value: What was found.
        path: Where it was found.
        many: What to do with several.

    Raises:
        InvalidRecord: It is one of these.
    """
    if "Records" in value:
        form.refuse(path, "an event with 'Records'", f"{many}; {form.hint}")
    if "Messages" in value:
        form.refuse(path, "a reply with 'Messages'", "parse each message on its own")
    source = value.get("eventSource", value.get("EventSource"))
    if source is not None:
        form.refuse(
            path,
            f"a record of {shown(source)}",
            "records of aws:sqs and aws:sns may carry it; of an S3 notification, get the object and parse what is in "
            "it",
        )
