"""Refusals of other values than records of stream failures: errors name the place, the value found, and a valid one."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given

from redrive import InvalidRecord, InvocationRecord
from redrive.destinations.stream_failure import StreamFailure
from tests.support.runtime.destinations.anything import anything, with_a_member_replaced
from tests.support.runtime.destinations.invocation_records import SUCCESS as INVOCATION
from tests.support.runtime.destinations.invocation_records import (
    bus_event,
    changed,
    notification,
    received_message,
    sns_record,
    sqs_record,
    without,
)
from tests.support.runtime.destinations.stream_failures import (
    AGE_EXCEEDED,
    DYNAMODB,
    DYNAMODB_SET_ASIDE,
    KINESIS,
    KINESIS_EVENT,
    KINESIS_SET_ASIDE,
    RECORDS,
    WITH_TEXT,
    Record,
)

parse = StreamFailure.parse


def complaint(received: object) -> str:
    with pytest.raises(InvalidRecord) as raised:
        parse(received)
    return str(raised.value)


INFO = "KinesisBatchInfo"
# (which record, path, value, what the error says besides the path).
WRONG: list[tuple[Record, str, Any, str]] = [
    (KINESIS, "version", "2.0", "'2.0'; versions 1.x are known here"),
    (KINESIS, "version", 1.0, "1.0; it must be a string"),
    (KINESIS, "timestamp", "yesterday", "it must be a time with its zone"),
    (KINESIS, "requestContext", None, "None; it must be an object"),
    (KINESIS, "requestContext.requestId", "", "''; it must be a string"),
    (KINESIS, "requestContext.functionArn", "orders", "'orders'; it must be a function's ARN"),
    (KINESIS, "requestContext.condition", "", "such as RetryAttemptsExhausted, RecordAgeExceeded"),
    (KINESIS, "requestContext.approximateInvokeCount", 0, "0; it must be 1 or more"),
    (KINESIS, "requestContext.approximateInvokeCount", True, "True; it must be a whole number"),
    (AGE_EXCEEDED, "requestContext.approximateInvokeCount", 0, "0; it must be 1 or more"),
    (KINESIS, "responseContext", None, "None; it must be an object"),
    (KINESIS, "responseContext.statusCode", "200", "'200'; it must be a whole number"),
    (KINESIS, "responseContext.executedVersion", 7, "7; it must be a string"),
    (KINESIS, "responseContext.functionError", 7, "7; it must be a string, such as 'Unhandled', or null"),
    (KINESIS, "responseContext.functionError", "", "''; it must be a string, such as 'Unhandled', or null"),
    (KINESIS, INFO, "x", "'x'; it must be an object"),
    (KINESIS, f"{INFO}.shardId", None, "None; it must be a string, the id of the shard"),
    (KINESIS, f"{INFO}.startSequenceNumber", 4, "4; it must be a string, a sequence number"),
    (KINESIS, f"{INFO}.startSequenceNumber", "-4", "'-4'; it must be a sequence number, digits alone"),
    (KINESIS, f"{INFO}.startSequenceNumber", "٤", "it must be a sequence number, digits alone"),
    (KINESIS, f"{INFO}.startSequenceNumber", "9" * 130, "it must be a sequence number, digits alone"),
    (KINESIS, f"{INFO}.endSequenceNumber", "4\n", "it must be a sequence number, digits alone"),
    (
        KINESIS,
        f"{INFO}.endSequenceNumber",
        "4",
        "4; the batch begins with 496011896584223593788362985218276384753",
    ),
    (KINESIS, f"{INFO}.batchSize", 0, "0; it must be 1 or more"),
    (KINESIS, f"{INFO}.batchSize", "1", "'1'; it must be a whole number"),
    (KINESIS, f"{INFO}.approximateArrivalOfFirstRecord", 1.5, "1.5; it must be a string, a time with its zone"),
    (KINESIS, f"{INFO}.approximateArrivalOfLastRecord", "2019-11-14T00:38:05", "it must be a time with its zone"),
    (KINESIS, f"{INFO}.streamArn", DYNAMODB["DDBStreamBatchInfo"]["streamArn"], "such as 'arn:aws:kinesis:eu-west-1"),
    (KINESIS, f"{INFO}.streamArn", "orders", "'orders'; it must be the stream's ARN"),
    (KINESIS, f"{INFO}.streamArn", "arn:aws:kinesis:eu-west-1:١٢٣٤٥٦٧٨٩٠١٢:stream/s", "it must be the stream's ARN"),
    (DYNAMODB, "DDBStreamBatchInfo.streamArn", "arn:aws:dynamodb:eu-west-1:١٢٣٤٥٦٧٨٩٠١٢:table/t/stream/1", "ARN"),
    (DYNAMODB, "DDBStreamBatchInfo.streamArn", KINESIS[INFO]["streamArn"], "such as 'arn:aws:dynamodb:eu-west-1"),
    (WITH_TEXT, "payload", "<Whole Event>", "'<Whole Event>'; it must be the function's event"),
    (WITH_TEXT, "payload", "NaN", "'NaN'; it must be the function's event"),
    (WITH_TEXT, "payload", 7, "7; it must be the function's event"),
    (WITH_TEXT, "payload", "[]", "'[]'; it must be the function's event"),
    (KINESIS_SET_ASIDE, "version", "redrive-2", "'redrive-2'; only 'redrive-1' is known here: a newer version"),
    (KINESIS_SET_ASIDE, "reason", None, "None; it must be a string"),
    (KINESIS_SET_ASIDE, "shardId", "", "''; it must be a string, the id of the shard, or null"),
    (KINESIS_SET_ASIDE, "sequenceNumber", "x", "'x'; it must be a sequence number"),
    (KINESIS_SET_ASIDE, "record", "x", "'x'; it must be an object"),
    (KINESIS_SET_ASIDE, "record.kinesis", 7, "7; it must be an object"),
    (
        KINESIS_SET_ASIDE,
        "record.kinesis.sequenceNumber",
        "7",
        "'7'; it must be the sequenceNumber of what was set",
    ),
    (DYNAMODB_SET_ASIDE, "record.dynamodb.SequenceNumber", None, "None; it must be the sequenceNumber of what was set"),
    (DYNAMODB_SET_ASIDE, "eventSourceARN", KINESIS[INFO]["streamArn"], "such as 'arn:aws:dynamodb:eu-west-1"),
]


@pytest.mark.parametrize(("record", "path", "value", "says"), WRONG)
def test_a_member_that_is_wrong(record: Record, path: str, value: object, says: str) -> None:
    text = complaint(changed(record, path, value))
    assert text.startswith(f"not a record of a stream's failure: {path} is ")
    assert says in text


@pytest.mark.parametrize("payload", [{"Records": {}}, {"Records": ["x"]}, '{"Records": null}'])
def test_an_event_without_records(payload: object) -> None:
    text = complaint({**KINESIS, "payload": payload})
    assert text.startswith("not a record of a stream's failure: payload.Records is ")
    assert "it must be a list of the stream's records" in text


def test_an_event_of_something_else() -> None:
    assert "payload.Records is missing" in complaint({**KINESIS, "payload": "{}"})


MEMBERS = {
    "kinesis": [
        *("version", "timestamp", "requestContext", "responseContext"),
        *(f"requestContext.{name}" for name in KINESIS["requestContext"]),
        *(f"responseContext.{name}" for name in KINESIS["responseContext"]),
        *(f"{INFO}.{name}" for name in KINESIS[INFO]),
    ],
    "dynamodb": [f"DDBStreamBatchInfo.{name}" for name in DYNAMODB["DDBStreamBatchInfo"]],
    "set aside from kinesis": [name for name in KINESIS_SET_ASIDE if name != "version"],
}
MISSING = [(name, path) for name, paths in MEMBERS.items() for path in paths]


@pytest.mark.parametrize(("name", "path"), MISSING)
def test_a_member_that_is_missing(name: str, path: str) -> None:
    text = complaint(without(RECORDS[name], path))
    assert text.startswith(f"not a record of a stream's failure: {path} is missing; it must be ")


def test_an_error_names_the_whole_way_to_the_member() -> None:
    wrong = json.dumps(changed(KINESIS, f"{INFO}.batchSize", 0))
    assert f"failure: body.{INFO}.batchSize is 0" in complaint(sqs_record(wrong))
    assert f"failure: Body.Message.{INFO}.batchSize is 0" in complaint(
        received_message(json.dumps(notification(wrong)))
    )
    assert f"failure: Sns.Message.{INFO}.batchSize is 0" in complaint(sns_record(wrong))


OTHERS: dict[str, tuple[object, tuple[str, ...]]] = {
    "another event": ({"orderId": 7}, ("what was given is an object with the keys ['orderId']", "KinesisBatchInfo or")),
    "nothing in it": ({}, ("an object with the keys []", "'redrive-1'")),
    "None": (None, ("what was given is NoneType None",)),
    "no JSON": ("{half", ("what was given is no JSON", "'{half'")),
    "no UTF-8": (b"\xff\xfe{}", ("what was given is not Unicode text",)),
    "a batch of Kafka": (
        {**without(KINESIS, INFO), "KafkaBatchInfo": {}},
        ("an object with KafkaBatchInfo", "it must have one of KinesisBatchInfo and DDBStreamBatchInfo"),
    ),
    "batches of two streams": (
        {**KINESIS, "DDBStreamBatchInfo": {}},
        ("an object with KinesisBatchInfo and DDBStreamBatchInfo", "it must have one of"),
    ),
    "an invocation record": (INVOCATION, ("an asynchronous invocation", "InvocationRecord.parse")),
    "an event of EventBridge": (bus_event(INVOCATION), ("an asynchronous invocation", "InvocationRecord.parse")),
    "the stream's own event": (KINESIS_EVENT, ("an event with 'Records'", "parse each of its records on its own")),
    "a record of the stream": (KINESIS_EVENT["Records"][0], ("a record of 'aws:kinesis'",)),
    "a whole reply": ({"Messages": [received_message("")]}, ("parse each message on its own",)),
    "an S3 notification": ({"eventSource": "aws:s3", "s3": {}}, ("get the object and parse what is in it",)),
    "a body that was read already": ({**sqs_record(""), "body": KINESIS}, ("body is {", "text that was sent")),
    "a notification of something else": (notification("hello"), ("Message is no JSON", "'hello'")),
}


@pytest.mark.parametrize("name", OTHERS)
def test_what_is_no_record(name: str) -> None:
    received, says = OTHERS[name]
    text = complaint(received)
    for part in says:
        assert part in text


def test_taken_for_an_invocation_record_the_error_names_what_reads_it() -> None:
    with pytest.raises(InvalidRecord, match=r"read it with StreamFailure\.parse"):
        InvocationRecord.parse(sqs_record(json.dumps(KINESIS)))


EVERY = (*RECORDS.values(), sqs_record(""), received_message(""), sns_record(""), notification(""))


def read_or_refused(received: object) -> bool:
    """Nothing else comes of it, such as an error of the parser's own."""
    try:
        return isinstance(parse(received), StreamFailure)
    except InvalidRecord as error:
        return str(error).startswith("not a record of a stream's failure: ")


@given(anything(EVERY))
def test_whatever_is_given_is_read_or_refused_with_a_reason(received: object) -> None:
    assert read_or_refused(received)


@given(with_a_member_replaced(EVERY))
def test_with_any_member_replaced_it_is_read_or_refused_with_a_reason(received: object) -> None:
    assert read_or_refused(received)
