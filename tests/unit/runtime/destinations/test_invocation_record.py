"""`InvocationRecord.parse` reads what destinations and dead-letter queues receive."""

from __future__ import annotations

import copy
import json
import pickle
from dataclasses import FrozenInstanceError, fields, replace
from datetime import UTC, datetime
from typing import Any

import pytest

from redrive import InvalidRecord, InvocationRecord, MessageAttribute, SqsMessage
from tests.support.runtime.destinations.invocation_records import (
    DEAD_LETTER_ATTRIBUTES,
    DEAD_LETTER_WRAPPINGS,
    EVENT_AGE_EXCEEDED,
    FROM_THE_GUIDE,
    FUNCTION,
    RECORDS,
    REQUEST_ID,
    RETRIES_EXHAUSTED,
    SUCCESS,
    WRAPPINGS,
    ZERO_RESERVED_CONCURRENCY,
    bus_event,
    changed,
    notification,
    sns_record,
    sqs_record,
    without,
)

parse = InvocationRecord.parse


def test_the_record_of_the_developer_guide() -> None:
    assert parse(FROM_THE_GUIDE) == InvocationRecord(
        source="destination",
        request_id="e4b46cbf-b738-xmpl-8880-a18cdf61200e",
        payload=FROM_THE_GUIDE["requestPayload"],
        condition="RetriesExhausted",
        version="1.0",
        timestamp=datetime(2019, 11, 14, 18, 16, 5, 568_000, UTC),
        function_arn="arn:aws:lambda:us-east-1:123456789012:function:my-function:$LATEST",
        approximate_invoke_count=3,
        status_code=200,
        executed_version="$LATEST",
        function_error="Unhandled",
        response_payload=FROM_THE_GUIDE["responsePayload"],
        error_message="RequestId: e4b46cbf-b738-xmpl-8880-a18cdf61200e Process exited before completing request",
    )


def test_a_success() -> None:
    record = parse(SUCCESS)
    assert (record.condition, record.approximate_invoke_count) == ("Success", 1)
    assert (record.status_code, record.executed_version, record.function_error) == (200, "$LATEST", None)
    assert record.response_payload == {"done": True}


def test_a_failure_with_what_the_function_raised() -> None:
    record = parse(RETRIES_EXHAUSTED)
    assert (record.condition, record.approximate_invoke_count) == ("RetriesExhausted", 3)
    assert (record.error_type, record.error_message) == ("Exception", "intentional failure")
    assert record.stack_trace == tuple(RETRIES_EXHAUSTED["responsePayload"]["stackTrace"])


def test_an_event_that_grew_too_old() -> None:
    record = parse(EVENT_AGE_EXCEEDED)
    assert (record.condition, record.approximate_invoke_count) == ("EventAgeExceeded", 1)
    assert record.error_message == "intentional failure"


def test_an_event_of_a_function_that_may_not_run() -> None:
    record = parse(ZERO_RESERVED_CONCURRENCY)
    assert (record.condition, record.approximate_invoke_count) == ("ZeroReservedConcurrency", 0)
    assert {record.status_code, record.executed_version, record.function_error, record.response_payload} == {None}
    assert record.payload == {"message": "m-1"}


@pytest.mark.parametrize("name", RECORDS)
@pytest.mark.parametrize("wrapping", WRAPPINGS)
def test_it_does_not_matter_how_a_record_came(name: str, wrapping: str) -> None:
    assert parse(WRAPPINGS[wrapping](RECORDS[name])) == parse(RECORDS[name])


def test_a_message_of_the_sqs_helper_is_read_whole() -> None:
    body = json.dumps(RETRIES_EXHAUSTED)
    assert parse(SqsMessage("1", body)) == parse(RETRIES_EXHAUSTED)
    attributes = {name: MessageAttribute(*value) for name, value in DEAD_LETTER_ATTRIBUTES.items()}
    others = {"binary": MessageAttribute("Binary", b"\xff")}
    dead_letter = parse(SqsMessage("1", body, message_attributes={**others, **attributes}))
    assert (dead_letter.source, dead_letter.payload) == ("dead_letter_queue", RETRIES_EXHAUSTED)


def test_a_topic_with_raw_delivery_leaves_nothing_of_itself() -> None:
    """Then the attributes are those of the SQS message."""
    record = parse(sqs_record('{"raise_error": 1}', DEAD_LETTER_ATTRIBUTES))
    assert (record.source, record.payload) == ("dead_letter_queue", {"raise_error": 1})


# Dead-letter queues.


@pytest.mark.parametrize("wrapping", DEAD_LETTER_WRAPPINGS)
def test_a_dead_letter_is_recognized_by_its_attributes(wrapping: str) -> None:
    assert parse(DEAD_LETTER_WRAPPINGS[wrapping]('{"raise_error": 1}', DEAD_LETTER_ATTRIBUTES)) == InvocationRecord(
        source="dead_letter_queue",
        request_id=REQUEST_ID,
        payload={"raise_error": 1},
        error_code=200,
        error_message="Test exception (this is intentional)",
    )


BODIES = {
    "a record": (json.dumps(RETRIES_EXHAUSTED), RETRIES_EXHAUSTED),
    "an event of SNS": (json.dumps({"Records": [sns_record("hello")]}), {"Records": [sns_record("hello")]}),
    "a notification": (json.dumps(notification("hello")), notification("hello")),
    "an EventBridge event": (json.dumps(bus_event(SUCCESS)), bus_event(SUCCESS)),
    "null": ("null", None),
    "a string": ('"text"', "text"),
    "no JSON": ("{half", "{half"),
    "what Python alone reads": ("NaN", "NaN"),
}


@pytest.mark.parametrize("body", BODIES)
@pytest.mark.parametrize("wrapping", DEAD_LETTER_WRAPPINGS)
def test_the_body_of_a_dead_letter_is_the_event_whatever_it_looks_like(wrapping: str, body: str) -> None:
    text, payload = BODIES[body]
    record = parse(DEAD_LETTER_WRAPPINGS[wrapping](text, DEAD_LETTER_ATTRIBUTES))
    assert (record.source, record.payload, record.condition) == ("dead_letter_queue", payload, None)
    assert record.invoke_arguments("orders")["Payload"] == text.encode()


def test_an_error_without_a_message_has_no_such_attribute() -> None:
    """SQS takes no empty attributes."""
    record = parse(sqs_record("{}", {name: DEAD_LETTER_ATTRIBUTES[name] for name in ("RequestID", "ErrorCode")}))
    assert (record.error_code, record.error_message) == (200, None)


def test_attributes_of_ones_own_make_no_dead_letter() -> None:
    record = parse(sqs_record(json.dumps(SUCCESS), {"tenant": ("String", "acme")}))
    assert record == parse(SUCCESS)


# Facts that AWS leaves open.


@pytest.mark.parametrize(
    "response",
    [
        {},
        {"responseContext": None, "responsePayload": None},
        {"responseContext": {"statusCode": 429}},
        {"responseContext": {}},
        {"responsePayload": None},
    ],
    ids=str,
)
@pytest.mark.parametrize("count", [0, 1])
def test_an_event_that_grew_too_old_may_have_no_response(response: dict[str, Any], count: int) -> None:
    bare = without(without(EVENT_AGE_EXCEEDED, "responseContext"), "responsePayload")
    record = parse({**changed(bare, "requestContext.approximateInvokeCount", count), **response})
    assert record.status_code == (response.get("responseContext") or {}).get("statusCode")
    assert (record.approximate_invoke_count, record.executed_version, record.function_error) == (count, None, None)
    assert (record.error_type, record.error_message, record.stack_trace) == (None, None, ())


@pytest.mark.parametrize("kind", ["Unhandled", "Handled", "Something.New"])
def test_any_function_error_will_do(kind: str) -> None:
    assert parse(changed(RETRIES_EXHAUSTED, "responseContext.functionError", kind)).function_error == kind


def test_members_that_are_not_known_are_passed_over() -> None:
    for path in ("new", "requestContext.new", "responseContext.new", "Records", "detail-type", "body", "messageId"):
        assert parse(changed(RETRIES_EXHAUSTED, path, {"a": 1})) == parse(RETRIES_EXHAUSTED)


@pytest.mark.parametrize("qualifier", ["", ":$LATEST", ":$LATEST.PUBLISHED", ":live", ":7"])
def test_the_function_may_have_any_qualifier(qualifier: str) -> None:
    assert parse(changed(SUCCESS, "requestContext.functionArn", FUNCTION + qualifier)).function_arn == (
        FUNCTION + qualifier
    )


def test_times_are_in_utc() -> None:
    record = parse(changed(SUCCESS, "timestamp", "2026-11-21T09:00:00.123+01:00"))
    assert str(record.timestamp) == "2026-11-21 08:00:00.123000+00:00"


# Errors that the function raised.


def test_what_a_function_returns_is_no_error_whatever_it_is_called() -> None:
    record = parse(changed(SUCCESS, "responsePayload", {"errorType": "A", "errorMessage": "b", "stackTrace": ["c"]}))
    assert (record.error_type, record.error_message, record.stack_trace) == (None, None, ())


ERRORS: dict[str, tuple[Any, tuple[str | None, str | None, tuple[str, ...]]]] = {
    "Node.js": (
        {"errorType": "TypeError", "errorMessage": "no", "trace": ["TypeError: no", "    at f (a.js:1)"]},
        ("TypeError", "no", ("TypeError: no", "    at f (a.js:1)")),
    ),
    "Go": (
        {"errorType": "e", "errorMessage": "no", "stackTrace": [{"path": "main.go", "line": 7}]},
        ("e", "no", ('{"path": "main.go", "line": 7}',)),
    ),
    "a text for a trace": ({"errorMessage": "no", "stackTrace": "a\nb"}, (None, "no", ("a", "b"))),
    "other types": ({"errorType": 1, "errorMessage": None, "stackTrace": 7}, (None, None, ())),
    "a text": ("boom", (None, None, ())),
    "nothing": (None, (None, None, ())),
    "a list": ([1], (None, None, ())),
}


@pytest.mark.parametrize("name", ERRORS)
def test_each_runtime_writes_its_errors_in_its_own_way(name: str) -> None:
    payload, expected = ERRORS[name]
    record = parse(changed(RETRIES_EXHAUSTED, "responsePayload", payload))
    assert (record.error_type, record.error_message, record.stack_trace) == expected
    assert record.response_payload == payload


# Whole events.


def test_all_records_of_an_event_are_read_in_their_order() -> None:
    records = [SUCCESS, RETRIES_EXHAUSTED, FROM_THE_GUIDE]
    expected = [parse(record) for record in records]
    read = InvocationRecord.parse_event
    assert read({"Records": [sqs_record(json.dumps(record)) for record in records]}) == expected
    assert read({"Records": [sqs_record(json.dumps(notification(json.dumps(record)))) for record in records]}) == (
        expected
    )
    assert read({"Records": [sns_record(json.dumps(SUCCESS))]}) == expected[:1]
    assert read(json.dumps({"Records": [sqs_record(json.dumps(SUCCESS))]}).encode()) == expected[:1]


@pytest.mark.parametrize("wrapping", WRAPPINGS)
def test_a_single_record_is_an_event_of_one(wrapping: str) -> None:
    assert InvocationRecord.parse_event(WRAPPINGS[wrapping](RETRIES_EXHAUSTED)) == [parse(RETRIES_EXHAUSTED)]


def test_dead_letters_of_an_event_are_recognized_by_their_attributes() -> None:
    event = {"Records": [sqs_record("{}", DEAD_LETTER_ATTRIBUTES), sqs_record(json.dumps(SUCCESS))]}
    assert [record.source for record in InvocationRecord.parse_event(event)] == ["dead_letter_queue", "destination"]


def test_an_event_names_the_record_that_is_wrong() -> None:
    event = {"Records": [sqs_record(json.dumps(SUCCESS)), sqs_record("{}")]}
    with pytest.raises(InvalidRecord, match=r"record: Records\[1\]\.body is an object with the keys \[\]"):
        InvocationRecord.parse_event(event)


# The object itself.


def test_a_record_cannot_be_changed_and_equals_its_copies() -> None:
    record = parse(json.dumps(RETRIES_EXHAUSTED))
    with pytest.raises(FrozenInstanceError):
        record.request_id = ""  # type: ignore[misc]
    for each in (copy.copy(record), copy.deepcopy(record), pickle.loads(pickle.dumps(record))):
        assert each == record
        assert each.invoke_arguments() == record.invoke_arguments()
    assert replace(record, payload=1) != record


def test_how_it_came_is_no_part_of_what_it_shows() -> None:
    record = parse(json.dumps(SUCCESS))
    assert "_payload_text" not in repr(record)
    shown = {each.name for each in fields(InvocationRecord)}
    assert shown >= {"source", "condition", "payload", "error_code"}
