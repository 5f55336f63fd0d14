"""EventBridge Pipes: batches are bare lists, and dead letters have a `context`."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from redrive import (
    InvalidEvent,
    InvalidRecord,
    InvocationRecord,
    Permanent,
    StreamFailure,
    StreamSettings,
    dynamodb_stream_handler,
    kinesis_handler,
    sqs_handler,
)
from redrive.testing import dynamodb_stream_event, kinesis_event, returned_ids, sqs_event
from tests.support.runtime.destinations.stream_failures import DYNAMODB, KINESIS
from tests.support.runtime.sqs.queue import Context, FakeSqs, VirtualTime
from tests.support.runtime.streams import stream

PIPE = "arn:aws:pipes:eu-west-2:111122223333:pipe/orders"


def flat(event: dict[str, Any]) -> list[dict[str, Any]]:
    """The records of Kinesis as a pipe delivers them."""
    return [
        {**each["kinesis"], **{name: value for name, value in each.items() if name != "kinesis"}}
        for each in event["Records"]
    ]


def fails_at(bad: object) -> Any:
    def run(value: object) -> None:
        if value == bad:
            raise ValueError(bad)

    return run


def test_a_batch_of_a_queue(sqs: FakeSqs, context: Context) -> None:
    event = sqs_event("a", "b", "c")["Records"]
    run = fails_at("b")
    handler: Any = sqs_handler(lambda message: run(message.body))
    assert returned_ids(handler(event, context)) == [event[1]["messageId"]]


@pytest.mark.parametrize("nested", [True, False])
def test_a_batch_of_kinesis(context: Context, nested: bool) -> None:
    event = kinesis_event("a", "b", "c")
    seen: list[Any] = []
    run = fails_at(b"b")

    def take(record: Any) -> None:
        seen.append((record.data, record.partition_key, record.shard_id, record.arrived_at, record.source_arn))
        run(record.data)

    handler: Any = kinesis_handler(take)
    batch = event["Records"] if nested else flat(event)
    number = event["Records"][1]["kinesis"]["sequenceNumber"]
    assert returned_ids(handler(batch, context)) == [number]
    assert [each[0] for each in seen] == [b"a", b"b"]
    assert seen[0][1:3] == ("1", "shardId-000000000000")
    assert seen[0][3] is not None
    assert seen[0][4].endswith("stream/readings")


def test_a_batch_of_a_table(context: Context) -> None:
    event = dynamodb_stream_event({"id": 1}, {"id": 2})["Records"]
    run = fails_at(2)
    handler: Any = dynamodb_stream_handler(lambda record: run(record.keys["id"]))
    assert returned_ids(handler(event, context)) == [event[1]["dynamodb"]["SequenceNumber"]]


@pytest.fixture
def aside(time: VirtualTime) -> Iterator[stream.FakeAws]:
    found = stream.FakeAws()
    with stream.outside(found, time):
        yield found


def test_a_record_that_is_set_aside_is_read_again(aside: stream.FakeAws) -> None:
    def fail(record: Any) -> None:
        raise Permanent("never")

    handler: Any = kinesis_handler(settings=StreamSettings(set_aside_queue_url=stream.QUEUE))(fail)
    event = kinesis_event("a")
    assert returned_ids(handler(flat(event))) == []
    (written,) = aside.set_aside()
    assert [stream.unmarked(each) for each in StreamFailure.parse(written).records().records] == event["Records"]


@pytest.mark.parametrize("handler", [sqs_handler, kinesis_handler, dynamodb_stream_handler])
@pytest.mark.parametrize("batch", [[], [1], [{}], [None], [[]], ["x"], [{"messageId": ""}], [{"sequenceNumber": 7}]])
def test_another_list_is_refused(handler: Any, batch: list[Any]) -> None:
    with pytest.raises(InvalidEvent):
        handler(lambda record: None)(batch)


def test_records_of_another_source_are_refused() -> None:
    handler: Any = sqs_handler(lambda message: None)
    with pytest.raises(InvalidEvent, match="aws:kinesis"):
        handler([{**sqs_event("a")["Records"][0], "eventSource": "aws:kinesis"}])


# Dead letters.


def dead_letter(like: dict[str, Any], **context: Any) -> dict[str, Any]:
    info = {name: value for name, value in like.items() if name.endswith("BatchInfo")}
    return {
        "context": {"partnerResourceArn": PIPE, "condition": "RetryAttemptsExhausted", **context},
        "version": "1.0",
        "timestamp": "2024-03-08T00:00:00Z",
        **info,
    }


@pytest.mark.parametrize("like", [KINESIS, DYNAMODB])
def test_a_dead_letter_is_read(like: dict[str, Any]) -> None:
    record = dead_letter(like)
    for arrives in (record, json.dumps(record), sqs_event(record)["Records"][0]):
        failed = StreamFailure.parse(arrives)
        expected = StreamFailure.parse(like)
        assert (failed.pipe_arn, failed.condition) == (PIPE, "RetryAttemptsExhausted")
        assert (failed.request_id, failed.function, failed.function_arn) == ("", "", None)
        assert failed.timestamp == datetime(2024, 3, 8, tzinfo=UTC)
        for name in ("source", "stream_arn", "shard_id", "start_sequence_number", "batch_size", "first_arrived_at"):
            assert getattr(failed, name) == getattr(expected, name)
        assert expected.pipe_arn is None


def test_an_unknown_condition_is_kept() -> None:
    assert StreamFailure.parse(dead_letter(KINESIS, condition="PipeStopped")).condition == "PipeStopped"


@pytest.mark.parametrize(
    ("context", "at"),
    [({"condition": None}, "context.condition"), ({"partnerResourceArn": ""}, "context.partnerResourceArn")],
)
def test_what_is_wrong_in_it_is_named(context: dict[str, Any], at: str) -> None:
    with pytest.raises(InvalidRecord, match=at):
        StreamFailure.parse(dead_letter(KINESIS, **context))


def test_it_is_no_invocation_record() -> None:
    with pytest.raises(InvalidRecord, match=r"StreamFailure\.parse"):
        InvocationRecord.parse(dead_letter(KINESIS))
