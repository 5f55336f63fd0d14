"""`StreamFailure.parse` reads what on-failure destinations receive, and what handlers have set aside."""

from __future__ import annotations

import copy
import json
import pickle
from dataclasses import FrozenInstanceError
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from redrive import SqsMessage
from redrive.destinations.stream_failure import StreamFailure
from tests.support.runtime.destinations.invocation_records import changed, sqs_record
from tests.support.runtime.destinations.stream_failures import (
    AGE_EXCEEDED,
    BY_RESPONSE,
    DYNAMODB,
    DYNAMODB_EVENT,
    DYNAMODB_SET_ASIDE,
    KINESIS,
    KINESIS_EVENT,
    KINESIS_SET_ASIDE,
    RECORDS,
    SHARD,
    WITH_OBJECT,
    WITH_TEXT,
    WRAPPINGS,
    Record,
)

parse = StreamFailure.parse


def test_the_kinesis_record_of_the_developer_guide() -> None:
    assert parse(KINESIS) == StreamFailure(
        source="kinesis",
        stream_arn="arn:aws:kinesis:us-east-2:123456789012:stream/mystream",
        shard_id="shardId-000000000001",
        start_sequence_number="49601189658422359378836298521827638475320189012309704722",
        end_sequence_number="49601189658422359378836298522902373528957594348623495186",
        batch_size=500,
        timestamp=datetime(2019, 11, 14, 0, 38, 6, 21_000, UTC),
        version="1.0",
        request_id="c9b8fa9f-5a7f-xmpl-af9c-0c604cde93a5",
        function="arn:aws:lambda:us-east-2:123456789012:function:myfunction",
        first_arrived_at=datetime(2019, 11, 14, 0, 38, 4, 835_000, UTC),
        last_arrived_at=datetime(2019, 11, 14, 0, 38, 5, 580_000, UTC),
        condition="RetryAttemptsExhausted",
        approximate_invoke_count=1,
        status_code=200,
        executed_version="$LATEST",
        function_error="Unhandled",
    )


def test_the_dynamodb_record_of_the_developer_guide() -> None:
    """Its times have no milliseconds."""
    assert parse(DYNAMODB) == StreamFailure(
        source="dynamodb",
        stream_arn="arn:aws:dynamodb:us-east-2:123456789012:table/mytable/stream/2019-11-14T00:04:06.388",
        shard_id="shardId-00000001573689847184-864758bb",
        start_sequence_number="800000000003126276362",
        end_sequence_number="800000000003126276362",
        batch_size=1,
        timestamp=datetime(2019, 11, 14, 0, 13, 49, 717_000, UTC),
        version="1.0",
        request_id="316aa6d0-8154-xmpl-9af7-85d5f4a6bc81",
        function="arn:aws:lambda:us-east-2:123456789012:function:myfunction",
        first_arrived_at=datetime(2019, 11, 14, 0, 13, 19, 0, UTC),
        last_arrived_at=datetime(2019, 11, 14, 0, 13, 19, 0, UTC),
        condition="RetryAttemptsExhausted",
        approximate_invoke_count=1,
        status_code=200,
        executed_version="$LATEST",
        function_error="Unhandled",
    )


def test_a_function_that_answered_what_had_failed_raised_no_error() -> None:
    failure = parse(BY_RESPONSE)
    assert (failure.condition, failure.status_code, failure.function_error) == ("RetryAttemptsExhausted", 200, None)


def test_records_that_grew_too_old_have_no_response() -> None:
    failure = parse(AGE_EXCEEDED)
    assert (failure.condition, failure.approximate_invoke_count) == ("RecordAgeExceeded", 1)
    assert (failure.status_code, failure.executed_version, failure.function_error) == (None, None, None)


def test_records_that_grew_too_old_after_an_attempt_may_have_a_response() -> None:
    failure = parse(changed(KINESIS, "requestContext.condition", "RecordAgeExceeded"))
    assert (failure.status_code, failure.function_error) == (200, "Unhandled")


def test_the_event_that_s3_receives_may_be_text_or_an_object() -> None:
    assert parse(WITH_TEXT).payload == KINESIS_EVENT
    assert parse(WITH_OBJECT).payload == DYNAMODB_EVENT
    assert parse({**WITH_TEXT, "payload": KINESIS_EVENT}) == parse(WITH_TEXT)
    assert parse({**WITH_OBJECT, "payload": json.dumps(DYNAMODB_EVENT)}) == parse(WITH_OBJECT)


@pytest.mark.parametrize("record", [KINESIS, {**KINESIS, "payload": None}], ids=["missing", "null"])
def test_sqs_and_sns_receive_no_event(record: Record) -> None:
    assert parse(record).payload is None


def test_a_kinesis_record_that_was_set_aside() -> None:
    number = "49590338271490256608559692538361571095921575989136588898"
    arrived_at = datetime.fromtimestamp(1545084650.987, UTC)
    assert parse(KINESIS_SET_ASIDE) == StreamFailure(
        source="kinesis",
        stream_arn="arn:aws:kinesis:us-east-2:123456789012:stream/lambda-stream",
        shard_id=SHARD,
        start_sequence_number=number,
        end_sequence_number=number,
        batch_size=1,
        timestamp=datetime(2026, 11, 21, 8, 0, 0, 123_456, UTC),
        version="redrive-1",
        request_id="c6af9ac6-7b61-11e6-9a41-93e8deadbeef",
        function="orders-function",
        first_arrived_at=arrived_at,
        last_arrived_at=arrived_at,
        reason="an order needs a line",
        error_type="Permanent",
        payload=KINESIS_EVENT,
    )


def test_a_dynamodb_record_that_was_set_aside_with_what_is_known_of_it() -> None:
    failure = parse(DYNAMODB_SET_ASIDE)
    assert (failure.source, failure.shard_id, failure.batch_size) == ("dynamodb", None, 1)
    assert (failure.start_sequence_number, failure.end_sequence_number) == ("111", "111")
    assert (failure.first_arrived_at, failure.last_arrived_at) == (None, None)
    assert failure.payload == DYNAMODB_EVENT


@pytest.mark.parametrize("name", ["reason", "errorType", "function", "requestId"])
def test_what_was_not_known_outside_of_lambda_is_empty(name: str) -> None:
    assert parse({**KINESIS_SET_ASIDE, name: ""}).shard_id == SHARD


@pytest.mark.parametrize("arrived_at", [None, "x", True, float("inf"), float("nan"), 1e300])
def test_a_record_that_was_set_aside_is_read_whatever_its_time_is(arrived_at: Any) -> None:
    failure = parse(changed(KINESIS_SET_ASIDE, "record.kinesis.approximateArrivalTimestamp", arrived_at))
    assert failure.first_arrived_at is None
    assert failure.payload is not None


def test_only_records_of_lambda_have_the_arn_of_the_function() -> None:
    assert parse(KINESIS).function_arn == "arn:aws:lambda:us-east-2:123456789012:function:myfunction"
    assert parse(KINESIS_SET_ASIDE).function_arn is None


@pytest.mark.parametrize("name", RECORDS)
@pytest.mark.parametrize("wrapping", WRAPPINGS)
def test_it_does_not_matter_how_a_record_came(name: str, wrapping: str) -> None:
    assert parse(WRAPPINGS[wrapping](RECORDS[name])) == parse(RECORDS[name])


@pytest.mark.parametrize("name", RECORDS)
def test_a_message_of_the_sqs_helper_is_read(name: str) -> None:
    assert parse(SqsMessage("1", json.dumps(RECORDS[name]))) == parse(RECORDS[name])


def test_attributes_of_the_message_do_not_matter() -> None:
    """A record that was set aside has some, and those of a dead-letter queue would make another of an invocation."""
    attributes = {
        "RedriveReason": ("String", "an order needs a line"),
        "RequestID": ("String", "1"),
        "ErrorCode": ("Number", "200"),
    }
    assert parse(sqs_record(json.dumps(KINESIS_SET_ASIDE), attributes)) == parse(KINESIS_SET_ASIDE)


@given(st.data())
def test_no_wrapping_and_no_number_of_them_changes_a_record(data: st.DataObject) -> None:
    record = RECORDS[data.draw(st.sampled_from(sorted(RECORDS)))]
    wrapped: Any = record
    for name in data.draw(st.lists(st.sampled_from(sorted(WRAPPINGS)), max_size=3)):
        wrapped = WRAPPINGS[name](json.loads(wrapped) if isinstance(wrapped, (str, bytes)) else wrapped)
    assert parse(wrapped) == parse(record)


numbers = st.integers(0, 10**129 - 1)


@given(numbers, numbers, st.integers(1, 10_000), st.booleans())
def test_any_range_is_read_as_it_was_written(one: int, other: int, size: int, dynamodb: bool) -> None:
    first, last = sorted((one, other))
    record, info = (DYNAMODB, "DDBStreamBatchInfo") if dynamodb else (KINESIS, "KinesisBatchInfo")
    position = {"startSequenceNumber": str(first), "endSequenceNumber": str(last), "batchSize": size}
    failure = parse({**record, info: {**record[info], **position}})
    assert failure.start_sequence_number == str(first)
    assert failure.end_sequence_number == str(last)
    assert failure.batch_size == size


def test_members_that_are_not_known_are_passed_over() -> None:
    for path in ("new", "requestContext.new", "KinesisBatchInfo.new", "Records", "detail-type", "body", "messageId"):
        assert parse(changed(KINESIS, path, {"a": 1})) == parse(KINESIS)


@pytest.mark.parametrize("name", ["Unhandled", "Handled", "Something.New"])
def test_any_function_error_will_do(name: str) -> None:
    assert parse(changed(KINESIS, "responseContext.functionError", name)).function_error == name


@pytest.mark.parametrize(
    ("record", "path", "arn"),
    [
        (KINESIS, "KinesisBatchInfo.streamArn", "arn:aws-cn:kinesis:cn-north-1:111111111111:stream/orders"),
        (
            KINESIS,
            "KinesisBatchInfo.streamArn",
            "arn:aws:kinesis:us-east-2:123456789012:stream/lambda-stream/consumer/con1:1540591608",
        ),
        (
            DYNAMODB,
            "DDBStreamBatchInfo.streamArn",
            "arn:aws-cn:dynamodb:cn-north-1:111111111111:table/t/stream/1",
        ),
    ],
)
def test_the_stream_may_be_in_any_partition_and_read_through_a_consumer(record: Record, path: str, arn: str) -> None:
    assert parse(changed(record, path, arn)).stream_arn == arn


def test_times_are_in_utc() -> None:
    failure = parse(changed(KINESIS, "KinesisBatchInfo.approximateArrivalOfFirstRecord", "2026-11-21T09:00:00+01:00"))
    assert str(failure.first_arrived_at) == "2026-11-21 08:00:00+00:00"


def test_a_failure_cannot_be_changed_and_equals_its_copies() -> None:
    failure = parse(WITH_TEXT)
    with pytest.raises(FrozenInstanceError):
        failure.request_id = ""  # type: ignore[misc]
    for each in (copy.copy(failure), copy.deepcopy(failure), pickle.loads(pickle.dumps(failure))):
        assert each == failure


def test_reading_a_report_leaves_it_as_it_was() -> None:
    before = copy.deepcopy(RECORDS)
    for record in RECORDS.values():
        parse(record)
    assert before == RECORDS
