"""Takes records out of messages of SQS and SNS.

https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html, https://docs.aws.amazon.com/lambda/latest/dg/with-sns.html
and https://docs.aws.amazon.com/sns/latest/dg/sns-sqs-as-subscriber.html show each form.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from redrive.destinations.form import JsonObject, RecordForm, inside, shown
from redrive.sqs.message import SqsMessage

# Keys in a Lambda event and in boto3's `receive_message`: body, attributes, string value of an attribute, message id.
_SQS_FORMS = (
    ("body", "messageAttributes", "stringValue", "messageId"),
    ("Body", "MessageAttributes", "StringValue", "MessageId"),
)


class Message(NamedTuple):
    """A message of SQS or SNS, in one common form.

    Attributes:
        body: The body, not checked yet.
        path: The place of the body in the input.
        attributes: The message's attributes, not checked yet.
        attributes_path: The place of the attributes in the input.
        value: The key of a string attribute's value.
    """

    body: object
    path: str
    attributes: Any
    attributes_path: str
    value: str

    def text(self, form: RecordForm) -> str:
        """Return the body as text; the error of `form` if it is not text."""
        text = form.text_of(self.body, self.path)
        if text is None:
            form.refuse(
                self.path, shown(self.body), "it must be the text that was sent, which SQS and SNS deliver as a string"
            )
        return text


def message_of(message: SqsMessage[Any], path: str) -> Message:
    """Convert a message of `@sqs_handler` to the common form."""
    values = {name: {"stringValue": each.value} for name, each in message.message_attributes.items()}
    return Message(message.body, inside(path, "body"), values, inside(path, "message_attributes"), "stringValue")


def message_in(value: JsonObject, path: str) -> Message | None:
    """Convert a message as AWS delivers it to the common form; `None` for anything else."""
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
    """Refuse a value with several messages, or a record of another service that looks like a message.

    Args:
        form: The expected form.
        value: The value.
        path: Its place in the input.
        many: Advice for an event with several records.
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
