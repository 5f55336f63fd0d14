"""The event comes out of a record as it went in, and can be sent again."""

from __future__ import annotations

import json
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from redrive import InvalidRecord, InvocationRecord
from redrive.destinations.form import members
from tests.support.runtime.destinations.invocation_records import (
    DEAD_LETTER_ATTRIBUTES,
    DEAD_LETTER_WRAPPINGS,
    FROM_THE_GUIDE,
    FUNCTION,
    RETRIES_EXHAUSTED,
    WRAPPINGS,
    bus_event,
    changed,
    notification,
    received_message,
    sqs_record,
)

parse = InvocationRecord.parse

# Half surrogate pairs too: JSON can have them as escapes.
TEXT = st.text(st.characters(exclude_categories=()), max_size=20)
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.integers(10**30, 10**60)
    | st.floats(allow_nan=False, allow_infinity=False)
    | TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=12,
)


def same(value: object, other: object) -> bool:
    """Equal, and of equal types: for Python 1 is 1.0 and True, for JSON it is not."""
    return json.dumps(value) == json.dumps(other)


@given(payload=JSON, wrapping=st.sampled_from(sorted(WRAPPINGS)))
def test_any_payload_survives_any_wrapping(payload: Any, wrapping: str) -> None:
    record = parse(WRAPPINGS[wrapping](changed(RETRIES_EXHAUSTED, "requestPayload", payload)))
    assert same(record.payload, payload)
    assert same(json.loads(record.invoke_arguments()["Payload"]), payload)


@given(payload=JSON, wrapping=st.sampled_from(sorted(DEAD_LETTER_WRAPPINGS)), ascii_only=st.booleans())
def test_any_payload_survives_a_dead_letter_queue(payload: Any, wrapping: str, ascii_only: bool) -> None:
    body = json.dumps(payload, ensure_ascii=ascii_only)
    try:
        body.encode()
    except UnicodeEncodeError:
        body = json.dumps(payload)
    record = parse(DEAD_LETTER_WRAPPINGS[wrapping](body, DEAD_LETTER_ATTRIBUTES))
    assert same(record.payload, payload)
    assert record.invoke_arguments("orders")["Payload"] == body.encode()


SPACES = st.text(" \t\r\n", max_size=3)


@given(st.dictionaries(TEXT, JSON, max_size=5), st.lists(SPACES, min_size=4, max_size=4))
def test_members_are_found_as_they_are_written(value: dict[str, Any], spaces: list[str]) -> None:
    before, after, colon, comma = spaces
    written = {name: json.dumps(each, indent=1) for name, each in value.items()}
    inner = f"{comma},{comma}".join(f"{json.dumps(name)}{colon}:{colon}{text}" for name, text in written.items())
    assert members(f"{before}{{{after}{inner}{after}}}{before}") == written


TRICKY = {
    "more digits than a float has": "0.10000000000000000555111512312578270211815834045410156251",
    "more than a float can be": "1e400",
    "a number with a zero behind it": "1.0",
    "a large whole number": "123456789012345678901234567890",
    "a name twice": '{"a": 1, "a": 2}',
    "an escape that need not be one": r'"\u0041"',
    "half a surrogate pair": r'"\ud800"',
    "other characters": '"ü😀"',
    "spaces": '{ "a" :\n[ 1 , 2 ] }',
}


@pytest.mark.parametrize("name", TRICKY)
def test_what_arrived_as_text_is_sent_again_as_it_was(name: str) -> None:
    payload = TRICKY[name]
    marked = json.dumps(changed(RETRIES_EXHAUSTED, "requestPayload", "@"))
    body = marked.replace('"@"', payload)
    event = json.dumps(bus_event(changed(RETRIES_EXHAUSTED, "requestPayload", "@"))).replace('"@"', payload)
    for received in (
        body,
        body.encode(),
        b"\xef\xbb\xbf" + body.encode(),  # with a byte order mark
        bytearray(body.encode()),
        sqs_record(body),
        received_message(json.dumps(notification(body))),
        event,
        sqs_record(event),
    ):
        assert parse(received).invoke_arguments()["Payload"] == payload.encode()


def test_the_function_is_invoked_as_it_was() -> None:
    arguments = parse(FROM_THE_GUIDE).invoke_arguments()
    assert {**arguments, "Payload": json.loads(arguments["Payload"])} == {
        "FunctionName": "arn:aws:lambda:us-east-1:123456789012:function:my-function",
        "InvocationType": "Event",
        "Payload": FROM_THE_GUIDE["requestPayload"],
    }


@pytest.mark.parametrize(
    ("arn", "name"),
    [
        (f"{FUNCTION}:$LATEST", FUNCTION),
        (FUNCTION, FUNCTION),
        (f"{FUNCTION}:live", f"{FUNCTION}:live"),
        (f"{FUNCTION}:7", f"{FUNCTION}:7"),
        (f"{FUNCTION}:$LATEST.PUBLISHED", f"{FUNCTION}:$LATEST.PUBLISHED"),
    ],
)
def test_versions_and_aliases_stay_and_latest_is_left_out(arn: str, name: str) -> None:
    assert parse(changed(RETRIES_EXHAUSTED, "requestContext.functionArn", arn)).invoke_arguments()["FunctionName"] == (
        name
    )


def test_another_function_can_be_named() -> None:
    arguments = parse(RETRIES_EXHAUSTED).invoke_arguments(f"{FUNCTION}-repaired:$LATEST")
    assert arguments["FunctionName"] == f"{FUNCTION}-repaired:$LATEST"


def test_of_a_dead_letter_the_function_must_be_named() -> None:
    record = parse(sqs_record("{}", DEAD_LETTER_ATTRIBUTES))
    with pytest.raises(ValueError, match=r"c6af9ac6.* from a dead-letter queue.*invoke_arguments\(function=…\)"):
        record.invoke_arguments()
    assert record.invoke_arguments(function="orders") == {
        "FunctionName": "orders",
        "InvocationType": "Event",
        "Payload": b"{}",
    }


def test_a_corrected_payload_takes_the_place_of_what_arrived() -> None:
    record = replace(parse(json.dumps(RETRIES_EXHAUSTED)), payload={"message": "ü"})
    assert record.invoke_arguments()["Payload"] == '{"message":"ü"}'.encode()


def test_a_payload_does_not_grow_past_the_limit_on_its_way() -> None:
    """1 MB is the most an event may have: escapes and spaces would make more of it."""
    payload = {"text": "ü" * 500_000, "numbers": list(range(1_000))}
    record = parse(changed(RETRIES_EXHAUSTED, "requestPayload", payload))
    assert len(record.invoke_arguments()["Payload"]) <= len(
        json.dumps(payload, ensure_ascii=False, separators=(",", ":")).encode()
    )


@pytest.mark.parametrize("payload", [float("inf"), float("nan"), Decimal(1), {1, 2}, [object]], ids=repr)
def test_a_payload_that_json_cannot_hold_is_refused_when_it_is_to_be_sent(payload: Any) -> None:
    record = parse(changed(RETRIES_EXHAUSTED, "requestPayload", None))
    with pytest.raises(InvalidRecord, match=r"the payload of request c6af9ac6.* cannot be written as JSON"):
        replace(record, payload=payload).invoke_arguments()


def test_a_payload_nested_too_deeply_to_be_written_is_refused() -> None:
    payload: list[Any] = []
    for _ in range(100_000):
        payload = [payload]
    record = replace(parse(RETRIES_EXHAUSTED), payload=payload)
    with pytest.raises(InvalidRecord, match="cannot be written as JSON"):
        record.invoke_arguments()
