"""Takes reports of failed stream records out of messages and notifications, validates them and reads their fields.

https://docs.aws.amazon.com/lambda/latest/dg/kinesis-on-failure-destination.html and
https://docs.aws.amazon.com/lambda/latest/dg/services-dynamodb-errors.html show the reports that Lambda sends.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Literal, NamedTuple, cast, get_args

from redrive.destinations.form import JsonObject, RecordForm, as_received, inside, no_constant, shown
from redrive.destinations.messages import message_in, message_of, refuse_others
from redrive.destinations.stream_range import Source
from redrive.sqs.message import SqsMessage
from redrive.streams.set_aside import VERSION

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
    received = as_received(received)
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


#: Reason why Lambda gave a batch up. `RetryAttemptsExhausted`: the function failed at every attempt.
#: `RecordAgeExceeded`: the records were too old for another attempt.
Condition = Literal["RetryAttemptsExhausted", "RecordAgeExceeded"]

_CONDITIONS: tuple[str, ...] = get_args(Condition)
# https://docs.aws.amazon.com/kinesis/latest/APIReference/API_Record.html: at most 129 digits.
_SEQUENCE_NUMBER = re.compile(r"\d{1,129}", re.ASCII)


class _Kind(NamedTuple):
    source: Source
    info: str
    arn: re.Pattern[str]
    example: str
    # In a record of the Lambda event: the member with the stream's data, and in it the sequence number and the time.
    member: str
    number: str
    time: str


# With enhanced fan-out the ARN may be the consumer's, which begins with the stream's ARN.
_KINESIS = _Kind(
    "kinesis",
    "KinesisBatchInfo",
    re.compile(r"arn:[^:]+:kinesis:[^:]+:\d{12}:stream/[^/:]+(/consumer/[^/]+)?", re.ASCII),
    "arn:aws:kinesis:eu-west-1:111111111111:stream/orders",
    "kinesis",
    "sequenceNumber",
    "approximateArrivalTimestamp",
)
_DYNAMODB = _Kind(
    "dynamodb",
    "DDBStreamBatchInfo",
    re.compile(r"arn:[^:]+:dynamodb:[^:]+:\d{12}:table/[^/:]+/stream/.+", re.ASCII),
    "arn:aws:dynamodb:eu-west-1:111111111111:table/orders/stream/2026-11-21T08:00:00.123",
    "dynamodb",
    "SequenceNumber",
    "ApproximateCreationDateTime",
)
_KINDS = {kind.info: kind for kind in (_KINESIS, _DYNAMODB)}


def fields_of(arrived: Arrived) -> dict[str, Any]:
    """Return the known fields of a `StreamFailure`, by name.

    Raises:
        InvalidRecord: A field is missing or invalid.
    """
    return (_of_set_aside if is_set_aside(arrived.record) else _of_lambda)(arrived.record, arrived.path)


def _of_lambda(record: JsonObject, path: str) -> dict[str, Any]:
    infos = batch_infos(record)
    if not infos:
        FORM.refuse(path, f"an object with the keys {shown([*record])}", FORM.hint)
    if len(infos) > 1 or infos[0] not in _KINDS:
        FORM.refuse(path, f"an object with {' and '.join(infos)}", f"it must have one of {' and '.join(_KINDS)}")
    kind = _KINDS[infos[0]]
    info, info_path = FORM.object(record, kind.info, path), inside(path, kind.info)
    first = _number(info, "startSequenceNumber", info_path)
    last = _number(info, "endSequenceNumber", info_path)
    if int(first) > int(last):
        rule = f"the batch begins with {first} (startSequenceNumber), which must not be above it"
        FORM.refuse(inside(info_path, "endSequenceNumber"), last, rule)
    return {
        **(_of_pipe if _is_pipes(record) else _of_function)(record, path),
        "source": kind.source,
        "stream_arn": _arn(info, "streamArn", info_path, kind),
        "shard_id": FORM.text(info, "shardId", info_path, "the id of the shard"),
        "start_sequence_number": first,
        "end_sequence_number": last,
        "first_arrived_at": FORM.time(info, "approximateArrivalOfFirstRecord", info_path),
        "last_arrived_at": FORM.time(info, "approximateArrivalOfLastRecord", info_path),
        "batch_size": _at_least_one(info, "batchSize", info_path),
        "payload": _payload(record, path),
    }


def _of_function(record: JsonObject, path: str) -> dict[str, Any]:
    request = FORM.request(record, path, _CONDITIONS)
    context = request.context
    is_counted = request.condition in _CONDITIONS or "approximateInvokeCount" in context
    return {
        "version": request.version,
        "timestamp": request.timestamp,
        "condition": request.condition,
        "request_id": request.id,
        "function": request.function_arn,
        "approximate_invoke_count": _at_least_one(context, "approximateInvokeCount", request.path)
        if is_counted
        else None,
        **_response(record, request.condition, path),
    }


# AWS does not document the dead letters of a pipe. In those that users have published, `context` stands in place of
# `requestContext` and `responseContext`.
_PIPE = "partnerResourceArn"


def _is_pipes(record: JsonObject) -> bool:
    context = record.get("context")
    return "requestContext" not in record and isinstance(context, Mapping) and _PIPE in context


def _of_pipe(record: JsonObject, path: str) -> dict[str, Any]:
    context, at = FORM.object(record, "context", path), inside(path, "context")
    return {
        "version": FORM.version(record, path),
        "timestamp": FORM.time(record, "timestamp", path),
        "condition": FORM.text(context, "condition", at, f"such as {', '.join(_CONDITIONS)}"),
        "request_id": "",
        "function": "",
        "pipe_arn": FORM.text(context, _PIPE, at, "the pipe's ARN"),
    }


def _response(record: JsonObject, condition: str, path: str) -> dict[str, Any]:
    # The function may never have been called with records that became too old, or given up for an unknown reason.
    if condition != "RetryAttemptsExhausted" and record.get("responseContext") is None:
        return {}
    context, at = FORM.object(record, "responseContext", path), inside(path, "responseContext")
    # `null` if the function reported the failure in its response.
    function_error = FORM.given(context, "functionError", at, "such as 'Unhandled', or null")
    if function_error is not None:
        function_error = FORM.text(context, "functionError", at, "such as 'Unhandled', or null")
    return {
        "status_code": FORM.whole(context, "statusCode", at),
        "executed_version": FORM.text(context, "executedVersion", at, "such as '$LATEST'"),
        "function_error": function_error,
    }


def _payload(record: JsonObject, path: str) -> Any:
    """Return the function's event, which only S3 receives: JSON in a string as AWS documents it, or an object."""
    if record.get("payload") is None:
        return None
    at = inside(path, "payload")
    event = _decoded(record["payload"])
    if not isinstance(event, Mapping):
        rule = "it must be the function's event, as an object or as JSON in a string"
        FORM.refuse(at, shown(record["payload"]), rule)
    records: Any = FORM.given(cast("JsonObject", event), "Records", at, "a list of the stream's records")
    if not isinstance(records, list) or not all(isinstance(each, Mapping) for each in cast("list[object]", records)):
        FORM.refuse(inside(at, "Records"), shown(cast("object", records)), "it must be a list of the stream's records")
    return cast("JsonObject", event)


def _decoded(payload: object) -> object:
    if not isinstance(payload, str):
        return payload
    try:
        return json.loads(payload, parse_constant=no_constant)
    except (ValueError, RecursionError):
        return payload


def _of_set_aside(record: JsonObject, path: str) -> dict[str, Any]:
    version = FORM.text(record, "version", path, f"such as {VERSION!r}")
    if version != VERSION:
        rule = f"only {VERSION!r} is known here: a newer version of redrive may have written it"
        FORM.refuse(inside(path, "version"), shown(version), rule)
    kept, at = FORM.object(record, "record", path), inside(path, "record")
    kind = _KINESIS if _KINESIS.member in kept else _DYNAMODB
    position = FORM.object(kept, kind.member, at)
    number = _number(record, "sequenceNumber", path)
    if position.get(kind.number) != number:
        rule = f"it must be the sequenceNumber of what was set aside, {number!r}"
        FORM.refuse(inside(inside(at, kind.member), kind.number), shown(position.get(kind.number)), rule)
    arrived_at = _seconds(position.get(kind.time))
    return {
        "source": kind.source,
        "version": version,
        "timestamp": FORM.time(record, "timestamp", path),
        "reason": _anything(record, "reason", path),
        "error_type": _anything(record, "errorType", path),
        "request_id": _anything(record, "requestId", path),
        "function": _anything(record, "function", path),
        "stream_arn": _arn(record, "eventSourceARN", path, kind),
        "shard_id": None
        if FORM.given(record, "shardId", path, "the id of the shard, or null") is None
        else FORM.text(record, "shardId", path, "the id of the shard, or null"),
        "start_sequence_number": number,
        "end_sequence_number": number,
        "first_arrived_at": arrived_at,
        "last_arrived_at": arrived_at,
        "batch_size": 1,
        "payload": {"Records": [kept]},
    }


def _number(values: JsonObject, name: str, path: str) -> str:
    rule = "a sequence number, digits alone"
    number = FORM.text(values, name, path, rule)
    if _SEQUENCE_NUMBER.fullmatch(number) is None:
        FORM.refuse(inside(path, name), shown(number), f"it must be {rule}")
    return number


def _arn(values: JsonObject, name: str, path: str, kind: _Kind) -> str:
    arn = FORM.text(values, name, path, "the stream's ARN")
    if kind.arn.fullmatch(arn) is None:
        FORM.refuse(inside(path, name), shown(arn), f"it must be the stream's ARN, such as {kind.example!r}")
    return arn


def _at_least_one(values: JsonObject, name: str, path: str) -> int:
    number = FORM.whole(values, name, path)
    if number < 1:
        FORM.refuse(inside(path, name), str(number), "it must be 1 or more")
    return number


def _anything(values: JsonObject, name: str, path: str) -> str:
    """Return a string that may be empty, since some values are unknown outside of Lambda."""
    value = FORM.given(values, name, path, "a string")
    if not isinstance(value, str):
        FORM.refuse(inside(path, name), shown(value), "it must be a string")
    return value


def _seconds(value: object) -> datetime | None:
    """Convert an arrival time from seconds to UTC; return `None` if it is invalid, since the rest is still useful."""
    if not isinstance(value, (int, float)) or isinstance(value, bool):
        return None
    try:
        return datetime.fromtimestamp(value, UTC)
    except (ValueError, OverflowError, OSError):
        return None
