"""Unwraps reports of failed stream records from SQS messages and SNS notifications.

https://docs.aws.amazon.com/lambda/latest/dg/kinesis-on-failure-destination.html describes the content for each
destination.
"""

from __future__ import annotations

from typing import Any, NamedTuple, cast

from redrive.record_form import JsonObject, RecordForm
from redrive.record_messages import message_in, message_of, refuse_others
from redrive.sqs_message import SqsMessage

#: Expected form, for error messages.
FORM = RecordForm(
    "a record of a stream's failure",
    "such a record has KinesisBatchInfo or DDBStreamBatchInfo, or the version 'redrive-1' where a record of the stream "
    "was set aside",
)
#: Prefix of the version of records that were set aside.
SET_ASIDE = "redrive-"


class Arrived(NamedTuple):
    """An unwrapped report.

    Attributes:
        path: The report's location, for error messages; empty if the report was not wrapped.
    """

    path: str
    record: JsonObject


def batch_infos(value: JsonObject) -> list[str]:
    """Return the names of the members that locate the batch in its source."""
    return [name for name in map(str, value) if name.endswith("BatchInfo")]


def is_set_aside(value: JsonObject) -> bool:
    """Return whether a stream handler set the record aside."""
    return str(value.get("version")).startswith(SET_ASIDE)


def unwrapped(received: object, path: str = "") -> Arrived:
    """Unwrap a report from a message or notification in any form; `path` is its location, for error messages.

    Raises:
        InvalidRecord: The report is of another kind, or its wrapper cannot be read.
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
