"""What a record of a stream's failure is wrapped in, and how it is taken out.

https://docs.aws.amazon.com/lambda/latest/dg/kinesis-on-failure-destination.html says what each destination receives.
"""

from __future__ import annotations

from typing import Any, NamedTuple, cast

from redrive.record_form import JsonObject, RecordForm
from redrive.record_messages import message_in, message_of, refuse_others
from redrive.sqs_message import SqsMessage

#: What is expected.
FORM = RecordForm(
    "a record of a stream's failure",
    "such a record has KinesisBatchInfo or DDBStreamBatchInfo, or the version 'redrive-1' where a record of the stream "
    "was set aside",
)
#: What the version of a record begins with that was set aside.
SET_ASIDE = "redrive-"


class Arrived(NamedTuple):
    """What was inside.

    Attributes:
        path: Where it was, for errors; empty where it was not wrapped.
        record: The record.
    """

    path: str
    record: JsonObject


def batch_infos(value: JsonObject) -> list[str]:
    """The names of the members that say where in a source the batch is."""
    return [name for name in map(str, value) if name.endswith("BatchInfo")]


def is_set_aside(value: JsonObject) -> bool:
    """Whether a record is one that a stream's handler has set aside."""
    return str(value.get("version")).startswith(SET_ASIDE)


def unwrapped(received: object, path: str = "") -> Arrived:
    """Take out what SQS and SNS have wrapped up.

    Args:
        received: A message or notification in any form, or the record.
        path: Where it was found, for errors.

    Returns:
        What was inside.

    Raises:
        InvalidRecord: It is of another kind, or wrapped in something that cannot be read.
    """
    if isinstance(received, SqsMessage):
        message = message_of(cast("SqsMessage[Any]", received), path)
        return unwrapped(message.text(FORM), message.path)
    value, _ = FORM.object_of(received, path)
    if batch_infos(value) or is_set_aside(value):
        return Arrived(path, value)
    message = message_in(value, path)
    if message is not None:
        return unwrapped(message.text(FORM), message.path)
    if "requestPayload" in value or "detail-type" in value:
        FORM.refuse(path, "a record of an asynchronous invocation", "read it with InvocationRecord.parse")
    refuse_others(FORM, value, path, "parse each of its records on its own")
    return Arrived(path, value)
