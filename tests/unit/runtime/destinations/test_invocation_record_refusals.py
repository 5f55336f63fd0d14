"""Refusals of other values than invocation records: errors name the place, the value found, and a valid one."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given

from redrive import InvalidRecord, InvocationRecord, MessageAttribute, SqsMessage
from tests.support.runtime.destinations.anything import anything, with_a_member_replaced
from tests.support.runtime.destinations.invocation_records import (
    DEAD_LETTER_ATTRIBUTES,
    EVENT_AGE_EXCEEDED,
    FUNCTION,
    RECORDS,
    RETRIES_EXHAUSTED,
    SUCCESS,
    ZERO_RESERVED_CONCURRENCY,
    Record,
    bus_event,
    changed,
    notification,
    received_message,
    sns_record,
    sqs_record,
    without,
)

parse = InvocationRecord.parse
AS_A_WHOLE = "received with MessageAttributeNames=['All']"


def complaint(received: object) -> str:
    with pytest.raises(InvalidRecord) as raised:
        parse(received)
    return str(raised.value)


def test_it_is_a_value_error() -> None:
    assert issubclass(InvalidRecord, ValueError)


# Members of a record: (which record, path, value, what the error says besides the path).
WRONG: list[tuple[Record, str, Any, str]] = [
    (SUCCESS, "version", 1.0, "1.0; it must be a string, such as '1.0'"),
    (SUCCESS, "version", "2.0", "'2.0'; versions 1.x are known here"),
    (SUCCESS, "timestamp", 1700000000, "1700000000; it must be a string, a time with its zone"),
    (SUCCESS, "timestamp", "yesterday", "'yesterday'; it must be a time with its zone"),
    (SUCCESS, "timestamp", "2026-11-21T08:00:00.123", "it must be a time with its zone"),
    (SUCCESS, "timestamp", "0001-01-01T00:00:00+23:00", "it must be a time with its zone"),
    (SUCCESS, "requestContext", "x", "'x'; it must be an object"),
    (SUCCESS, "requestContext", None, "None; it must be an object"),
    (SUCCESS, "requestContext.requestId", "", "''; it must be a string"),
    (SUCCESS, "requestContext.requestId", 7, "7; it must be a string"),
    (SUCCESS, "requestContext.functionArn", "orders", "'orders'; it must be a function's ARN"),
    (SUCCESS, "requestContext.functionArn", f"{FUNCTION}:live:more", "it must be a function's ARN"),
    (SUCCESS, "requestContext.functionArn", "arn:aws:sqs:eu-west-1:111111111111:orders", "it must be a function's ARN"),
    (SUCCESS, "requestContext.condition", "", "''; it must be a string, such as Success, RetriesExhausted, Event"),
    (SUCCESS, "requestContext.condition", None, "None; it must be a string"),
    (SUCCESS, "requestContext.approximateInvokeCount", "1", "'1'; it must be a whole number"),
    (SUCCESS, "requestContext.approximateInvokeCount", 1.0, "1.0; it must be a whole number"),
    (SUCCESS, "requestContext.approximateInvokeCount", True, "True; it must be a whole number"),
    (SUCCESS, "requestContext.approximateInvokeCount", 0, "0; it must be 1 or more where the condition is Success"),
    (RETRIES_EXHAUSTED, "requestContext.approximateInvokeCount", 0, "it must be 1 or more where the condition is Retr"),
    (EVENT_AGE_EXCEEDED, "requestContext.approximateInvokeCount", -1, "-1; it must be 0 or more"),
    (ZERO_RESERVED_CONCURRENCY, "requestContext.approximateInvokeCount", 1, "1; it must be 0 where the condition is Z"),
    (ZERO_RESERVED_CONCURRENCY, "responseContext", {}, "{}; it must be absent"),
    (ZERO_RESERVED_CONCURRENCY, "responsePayload", None, "None; it must be absent"),
    (SUCCESS, "responseContext", [], "[]; it must be an object"),
    (SUCCESS, "responseContext.statusCode", "200", "'200'; it must be a whole number"),
    (SUCCESS, "responseContext.executedVersion", 7, "7; it must be a string"),
    (
        SUCCESS,
        "responseContext.functionError",
        "Unhandled",
        "'Unhandled'; it must be absent where the condition is Suc",
    ),
    (RETRIES_EXHAUSTED, "responseContext.functionError", None, "None; it must be a string, such as 'Unhandled'"),
    (RETRIES_EXHAUSTED, "responseContext.functionError", "", "''; it must be a string"),
    (EVENT_AGE_EXCEEDED, "responseContext", "x", "'x'; it must be an object"),
    (EVENT_AGE_EXCEEDED, "responseContext.statusCode", None, "None; it must be a whole number"),
    (EVENT_AGE_EXCEEDED, "responseContext.executedVersion", 7, "7; it must be a string"),
    (EVENT_AGE_EXCEEDED, "responseContext.functionError", 7, "7; it must be a string"),
]


@pytest.mark.parametrize(("record", "path", "value", "says"), WRONG)
def test_a_member_that_is_wrong(record: Record, path: str, value: object, says: str) -> None:
    text = complaint(changed(record, path, value))
    assert text.startswith(f"not an invocation record: {path} is ")
    assert says in text


def test_an_error_names_the_whole_way_to_the_member() -> None:
    wrong = changed(SUCCESS, "requestContext.condition", 7)
    assert "body.requestContext.condition is 7" in complaint(sqs_record(json.dumps(wrong)))
    assert "record: body.requestContext.condition" in complaint(SqsMessage("1", json.dumps(wrong)))
    assert "Body.Message.requestContext.condition" in complaint(
        received_message(json.dumps(notification(json.dumps(wrong))))
    )
    assert "Sns.Message.requestContext.condition" in complaint(sns_record(json.dumps(wrong)))
    assert "Message.detail.requestContext.condition" in complaint(notification(json.dumps(bus_event(wrong, "Failure"))))


MEMBERS = [
    "version",
    "timestamp",
    "requestContext",
    "requestPayload",
    "requestContext.requestId",
    "requestContext.functionArn",
    "requestContext.condition",
    "requestContext.approximateInvokeCount",
]
OF_A_RESPONSE = ["responseContext", "responsePayload", "responseContext.statusCode", "responseContext.executedVersion"]
MISSING = [
    *((name, path) for name in RECORDS for path in MEMBERS),
    *((name, path) for name in ("success", "retries exhausted") for path in OF_A_RESPONSE),
    ("retries exhausted", "responseContext.functionError"),
]


@pytest.mark.parametrize(("name", "path"), MISSING)
def test_a_member_that_is_missing(name: str, path: str) -> None:
    text = complaint(without(RECORDS[name], path))
    assert text.startswith(f"not an invocation record: {path} is missing; it must be ")
    assert AS_A_WHOLE in text


def test_what_is_found_is_cut_short() -> None:
    assert len(complaint(changed(SUCCESS, "version", "x" * 100_000))) < 500
    assert len(complaint(changed(SUCCESS, "requestContext.condition", {str(i): "x" * 999 for i in range(999)}))) < 900
    assert len(complaint("{" + "x" * 100_000)) < 700


# Values that are no record at all: (value given, parts of the error).
OTHERS: dict[str, tuple[object, tuple[str, ...]]] = {
    "another event": ({"orderId": 7}, ("what was given is an object with the keys ['orderId']", AS_A_WHOLE)),
    "nothing in it": (
        {},
        ("an object with the keys []", "it must have version, timestamp, requestContext", AS_A_WHOLE),
    ),
    "an event of API Gateway": (
        {"version": "2.0", "requestContext": {"http": {}}, "body": "{}"},
        ("requestPayload is missing", AS_A_WHOLE),
    ),
    "None": (None, ("what was given is NoneType None",)),
    "a number": ("7", ("what was given is int 7",)),
    "a list": ([SUCCESS], ("what was given is list",)),
    "JSON in JSON": (json.dumps(json.dumps(SUCCESS)), ("what was given is str",)),
    "no JSON": ("{half", ("what was given is no JSON", "'{half'", AS_A_WHOLE)),
    "no JSON, but Python reads it": ('{"a": NaN}', ("NaN is no number in JSON",)),
    "nested too deeply": ("[" * 200_000, ("what was given is no JSON",)),
    "a number too long for Python": ("9" * 5_000, ("what was given is no JSON",)),
    "no UTF-8": (b"\xff\xfe{}", ("what was given is not Unicode text", "UTF-8")),
    "half a character": ('{"a": "\ud800"}', ("what was given is not Unicode text",)),
    "a whole event": ({"Records": [sqs_record(json.dumps(SUCCESS))]}, ("InvocationRecord.parse_event",)),
    "a whole reply": ({"Messages": [received_message(json.dumps(SUCCESS))]}, ("parse each message on its own",)),
    "a body without its attributes": (
        sqs_record(json.dumps({"orderId": 7})),
        ("body is an object with the keys ['orderId']", AS_A_WHOLE),
    ),
    "an event of SNS without its attributes": (
        received_message(json.dumps({"Records": [sns_record("hello")]})),
        ("Body is an event with 'Records'", AS_A_WHOLE),
    ),
    "a notification of something else": (notification("hello"), ("Message is no JSON", "'hello'", AS_A_WHOLE)),
    "a body that was read already": ({**sqs_record(""), "body": SUCCESS}, ("body is {", "text that was sent")),
    "a notification without a message": (
        {**notification(""), "Message": None},
        ("Message is None", "text that was sent"),
    ),
    "a subscription to be confirmed": (
        {**notification("You have chosen to subscribe"), "Type": "SubscriptionConfirmation"},
        ("what was given is an object with the keys ['Type', 'MessageId', 'TopicArn', 'Message'",),
    ),
    "attributes that are none": (
        {**sqs_record("{}"), "messageAttributes": ["RequestID"]},
        ("messageAttributes is ['RequestID']", "an object with the message's attributes"),
    ),
    "an S3 notification": (
        {"eventSource": "aws:s3", "s3": {"object": {"key": "aws/lambda/async/orders"}}},
        ("a record of 'aws:s3'", "get the object and parse what is in it"),
    ),
    "an event of another kind of subscription": (
        {"EventSource": "aws:ses", "ses": {}},
        ("what was given is a record of 'aws:ses'", "records of aws:sqs and aws:sns"),
    ),
    "a record of a stream's mapping": (
        {"requestContext": {"condition": "RetryAttemptsExhausted"}, "KinesisBatchInfo": {"batchSize": 3}},
        ("a record of a stream's event source mapping", "holds no event"),
    ),
    "an event of another service": (
        {**bus_event(SUCCESS), "source": "aws.s3"},
        ("source is 'aws.s3'", "Lambda's events have 'lambda'"),
    ),
    "another event of Lambda": (
        {**bus_event(SUCCESS), "detail-type": "Something Else"},
        ("detail-type is 'Something Else'", "'Lambda Function Invocation Result - Success' or '"),
    ),
    "an event without a record": (
        {**bus_event(SUCCESS), "detail": "x"},
        ("record: detail is 'x'", "it must be the invocation"),
    ),
    "a success that is announced as a failure": (
        bus_event(SUCCESS, "Failure"),
        ("detail.requestContext.condition is 'Success'", "is not 'Lambda Function Invocation Result - Success'"),
    ),
    "a failure that is announced as a success": (
        bus_event(RETRIES_EXHAUSTED, "Success"),
        (
            "detail.requestContext.condition is 'RetriesExhausted'",
            "is not 'Lambda Function Invocation Result - Failure'",
        ),
    ),
}


@pytest.mark.parametrize("name", OTHERS)
def test_what_is_no_record(name: str) -> None:
    received, says = OTHERS[name]
    text = complaint(received)
    for part in says:
        assert part in text


def test_a_whole_event_is_no_single_record_even_with_one_in_it() -> None:
    """Code that works with one message in a test must not fail with ten in production."""
    assert "parse_event" in complaint({"Records": [sns_record(json.dumps(SUCCESS))]})


# Attributes of a dead-letter queue.


@pytest.mark.parametrize("name", ["RequestID", "ErrorCode"])
def test_a_dead_letter_lacks_an_attribute(name: str) -> None:
    """Its body may be anything, a record too: it must not be taken for one that arrived."""
    attributes = {each: value for each, value in DEAD_LETTER_ATTRIBUTES.items() if each != name}
    text = complaint(sqs_record(json.dumps(SUCCESS), attributes))
    assert f"messageAttributes.{name} is missing" in text
    assert f"this one has {', '.join(attributes)}; " in text
    assert "parse the body alone" in text


def test_a_dead_letter_has_an_empty_attribute() -> None:
    text = complaint(sqs_record("{}", {**DEAD_LETTER_ATTRIBUTES, "RequestID": ("String", "")}))
    assert "messageAttributes.RequestID is empty; " in text


def test_an_error_names_the_way_to_the_attribute() -> None:
    wrong = {**DEAD_LETTER_ATTRIBUTES, "ErrorCode": ("Number", "OK")}
    assert "record: MessageAttributes.ErrorCode is 'OK'" in complaint(received_message("{}", wrong))
    assert "record: Sns.MessageAttributes.ErrorCode is 'OK'" in complaint(sns_record("{}", wrong))
    body = json.dumps(notification("{}", wrong))
    assert "record: body.MessageAttributes.ErrorCode is 'OK'" in complaint(sqs_record(body))
    attributes = {name: MessageAttribute(*value) for name, value in wrong.items()}
    assert "record: message_attributes.ErrorCode is 'OK'" in complaint(
        SqsMessage("1", "{}", message_attributes=attributes)
    )


@pytest.mark.parametrize("code", ["", "OK", "20", "2000", "-20", "200.0", "٢٠٠", "099", "600", " 200", "200\n"])
def test_an_error_code_that_is_no_status(code: str) -> None:
    text = complaint(sqs_record("{}", {**DEAD_LETTER_ATTRIBUTES, "ErrorCode": ("Number", code)}))
    assert "messageAttributes.ErrorCode is " in text


@pytest.mark.parametrize(
    "value", [None, "200", {"binaryValue": "MjAw"}, {"stringValue": 200}, {"Value": "200"}], ids=str
)
def test_an_attribute_that_is_no_string(value: Any) -> None:
    record = sqs_record("{}", DEAD_LETTER_ATTRIBUTES)
    record["messageAttributes"]["ErrorCode"] = value
    assert "messageAttributes.ErrorCode is " in complaint(record)


# Anything at all.

EVERY = (*RECORDS.values(), sqs_record(""), received_message(""), sns_record(""), notification(""), bus_event(SUCCESS))


def read_or_refused(received: object) -> bool:
    """Nothing else comes of it, such as an error of the parser's own."""
    said = []
    for read in (parse, InvocationRecord.parse_event):
        try:
            read(received)
        except InvalidRecord as error:
            said.append(str(error))
    return all(text.startswith("not an invocation record: ") for text in said)


@given(anything(EVERY))
def test_whatever_is_given_is_read_or_refused_with_a_reason(received: object) -> None:
    assert read_or_refused(received)


@given(with_a_member_replaced(EVERY))
def test_with_any_member_replaced_it_is_read_or_refused_with_a_reason(received: object) -> None:
    assert read_or_refused(received)
