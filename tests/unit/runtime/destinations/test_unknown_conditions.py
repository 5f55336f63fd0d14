"""A condition that AWS adds is kept and shown; the record is not refused for it."""

from __future__ import annotations

from typing import Any

import pytest

from redrive import InvalidRecord, InvocationRecord, StreamFailure
from tests.support.runtime.destinations.invocation_records import (
    RETRIES_EXHAUSTED,
    SUCCESS,
    ZERO_RESERVED_CONCURRENCY,
    bus_event,
    changed,
    sqs_record,
    without,
)
from tests.support.runtime.destinations.stream_failures import AGE_EXCEEDED, DYNAMODB, KINESIS

NEW = ["Failure", "success", "RecursionDetected", "RetryAttemptsExhausted", "MaximumPayloadSizeExceeded"]


@pytest.mark.parametrize("condition", NEW)
@pytest.mark.parametrize("record", [SUCCESS, RETRIES_EXHAUSTED, ZERO_RESERVED_CONCURRENCY])
def test_of_an_invocation(record: dict[str, Any], condition: str) -> None:
    import json

    new = changed(record, "requestContext.condition", condition)
    found = InvocationRecord.parse(new)
    assert (found.condition, found.payload) == (condition, record["requestPayload"])
    assert condition in repr(found)
    assert InvocationRecord.parse(sqs_record(json.dumps(new))).condition == condition


def test_of_an_invocation_without_an_answer() -> None:
    new = changed(RETRIES_EXHAUSTED, "requestContext.condition", "New")
    bare = without(without(new, "responseContext"), "responsePayload")
    found = InvocationRecord.parse(changed(bare, "requestContext.approximateInvokeCount", 0))
    assert (found.condition, found.status_code, found.approximate_invoke_count) == ("New", None, 0)


def test_of_an_invocation_the_answer_is_read_where_there_is_one() -> None:
    found = InvocationRecord.parse(changed(RETRIES_EXHAUSTED, "requestContext.condition", "New"))
    like = InvocationRecord.parse(RETRIES_EXHAUSTED)
    assert (found.error_type, found.function_error) == (like.error_type, like.function_error)
    with pytest.raises(InvalidRecord):
        InvocationRecord.parse(changed(changed(SUCCESS, "requestContext.condition", "New"), "responseContext", "x"))


def test_on_a_bus_it_is_a_failure() -> None:
    new = changed(RETRIES_EXHAUSTED, "requestContext.condition", "New")
    assert InvocationRecord.parse(bus_event(new, "Failure")).condition == "New"
    with pytest.raises(InvalidRecord, match="detail-type"):
        InvocationRecord.parse(bus_event(new, "Success"))


@pytest.mark.parametrize("condition", ["RetriesExhausted", "MaximumPayloadSizeExceeded", "New"])
@pytest.mark.parametrize("record", [KINESIS, DYNAMODB, AGE_EXCEEDED])
def test_of_a_stream(record: dict[str, Any], condition: str) -> None:
    found = StreamFailure.parse(changed(record, "requestContext.condition", condition))
    assert found.condition == condition
    assert condition in repr(found)


def test_of_a_stream_without_a_count_and_an_answer() -> None:
    new = changed(KINESIS, "requestContext.condition", "New")
    found = StreamFailure.parse(without(without(new, "responseContext"), "requestContext.approximateInvokeCount"))
    assert (found.approximate_invoke_count, found.status_code) == (None, None)


@pytest.mark.parametrize("condition", [None, "", 7, {}])
@pytest.mark.parametrize(("record", "parse"), [(SUCCESS, InvocationRecord.parse), (KINESIS, StreamFailure.parse)])
def test_what_is_no_condition_is_refused(record: dict[str, Any], parse: Any, condition: object) -> None:
    with pytest.raises(InvalidRecord, match=r"requestContext\.condition"):
        parse(changed(record, "requestContext.condition", condition))
