"""A record that will never succeed is set aside, in full, before anything behind it runs."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from redrive.core import Permanent
from redrive.failures.classification import FailureClass
from redrive.settings.base import encode
from redrive.settings.streams import StreamSettings
from redrive.streams.dynamodb import DynamoDBStreamRecord, dynamodb_stream_handler
from redrive.streams.kinesis import KinesisRecord, kinesis_handler
from redrive.streams.set_aside import Request, SetAside, body_of, request_for
from tests.support.runtime.log import Log
from tests.support.runtime.sqs.queue import MIB, Context, VirtualTime
from tests.support.runtime.streams.stream import (
    BUCKET,
    QUEUE,
    SHARD,
    STREAM,
    TABLE_STREAM,
    FakeAws,
    batch,
    checkpoint,
    dynamodb_record,
    event,
    kinesis_record,
)

TO_QUEUE = StreamSettings(set_aside_queue_url=QUEUE)
TO_BUCKET = StreamSettings(set_aside_bucket=BUCKET, set_aside_prefix="aside/")
TO_BOTH = TO_BUCKET.replace(set_aside_queue_url=QUEUE)


def refusing(*names: str, settings: StreamSettings | None = TO_QUEUE):
    """A handler for which the data of those names are permanently wrong, and what it was called with."""
    seen: list[str] = []

    @kinesis_handler(settings=settings)
    def handler(record: KinesisRecord[bytes]) -> None:
        seen.append(record.data.decode())
        if record.data.decode() in names:
            raise Permanent("an order needs a line")

    return handler, seen


def test_the_record_is_sent_in_full_and_those_behind_it_go_on(aws: FakeAws, context: Context) -> None:
    handler, seen = refusing("2")
    assert checkpoint(handler(batch(3), context)) is None
    assert seen == ["1", "2", "3"]
    (message,) = aws.messages
    assert message["QueueUrl"] == QUEUE
    (body,) = aws.set_aside()
    assert body == {
        "version": "redrive-1",
        "reason": "an order needs a line",
        "errorType": "Permanent",
        "function": "orders-function",
        "requestId": "c6af9ac6-7b61-11e6-9a41-93e8deadbeef",
        "eventSourceARN": STREAM,
        "shardId": SHARD,
        "sequenceNumber": "2",
        "timestamp": "2023-11-14T22:13:20.000Z",
        "record": batch(3)["Records"][1],
    }
    assert {name: value["StringValue"] for name, value in message["MessageAttributes"].items()} == {
        "RedriveReason": "an order needs a line",
        "RedriveErrorType": "Permanent",
        "RedriveSequenceNumber": "2",
        "RedriveRequestId": "c6af9ac6-7b61-11e6-9a41-93e8deadbeef",
        "RedriveFunction": "orders-function",
    }


def test_nothing_behind_it_runs_before_it_is_out_of_the_way(aws: FakeAws) -> None:
    @kinesis_handler(settings=TO_QUEUE)
    def handler(record: KinesisRecord[bytes]) -> None:
        if record.data == b"2":
            raise Permanent("x")
        if record.data == b"3":
            assert len(aws.messages) == 1

    assert checkpoint(handler(batch(3))) is None


def test_without_a_queue_it_is_written_to_the_bucket(aws: FakeAws) -> None:
    """The key says shard, day of arrival and sequence number."""
    handler, _ = refusing("1", settings=TO_BUCKET)
    assert checkpoint(handler(batch(1))) is None
    assert list(aws.objects) == [(BUCKET, f"aside/{SHARD}/2023/11/14/1")]
    assert aws.set_aside()[0]["record"] == batch(1)["Records"][0]
    assert aws.requests[0][1]["ContentType"] == "application/json"


def test_the_form_in_the_bucket_is_that_in_the_queue(aws: FakeAws) -> None:
    for settings in (TO_QUEUE, TO_BUCKET):
        refusing("1", settings=settings)[0](batch(1))
    in_queue, in_bucket = aws.set_aside()
    assert in_queue == in_bucket


def test_what_does_not_fit_into_a_message_goes_to_the_bucket(aws: FakeAws) -> None:
    """SQS takes 1 MiB; base64 makes four bytes of three."""
    handler = kinesis_handler(settings=TO_BOTH)(reject)
    small, large = kinesis_record(1, b"x" * 700_000), kinesis_record(2, b"x" * 800_000)
    assert checkpoint(handler(event(small, large))) is None
    assert len(aws.messages) == 1
    assert [key for _, key in aws.objects] == [f"aside/{SHARD}/2023/11/14/2"]


def reject(record: Any) -> None:
    raise Permanent("no lines")


def test_what_fits_nowhere_is_retried(aws: FakeAws, log: Log) -> None:
    handler = kinesis_handler(settings=TO_QUEUE)(reject)
    assert checkpoint(handler(event(kinesis_record(1, b"x" * 800_000)))) == "1"
    (line,) = log("redrive.stream.not_set_aside")
    assert "SQS takes 1,048,576: give a bucket for large ones" in line["error"]


@pytest.mark.parametrize("settings", [None, StreamSettings(function_timeout=30)])
def test_without_a_place_it_is_retried(aws: FakeAws, log: Log, settings: StreamSettings | None) -> None:
    handler, seen = refusing("2", settings=settings)
    assert checkpoint(handler(batch(3))) == "2"
    assert seen == ["1", "2"]
    assert aws.requests == []
    (line,) = log("redrive.stream.not_set_aside")
    assert line["error"].startswith(
        "no queue or bucket is known, so permanent failures are retried like any other: use"
    )
    assert line["sequence_number"] == "2"


@pytest.mark.parametrize("settings", [TO_QUEUE, TO_BUCKET])
@pytest.mark.parametrize("moment", ["before", "after"])
def test_what_is_not_confirmed_is_retried(aws: FakeAws, log: Log, settings: StreamSettings, moment: str) -> None:
    """The request may have been refused, or taken and the reply lost."""

    def fail(name: str, arguments: dict[str, Any]) -> None:
        raise OSError("no route to host")

    setattr(aws, moment, fail)
    handler, seen = refusing("2", settings=settings)
    assert checkpoint(handler(batch(3))) == "2"
    assert seen == ["1", "2"]
    (line,) = log("redrive.stream.not_set_aside")
    assert line["error"] == "OSError: no route to host"
    assert line["place"] == (QUEUE if settings is TO_QUEUE else f"s3://{BUCKET}/aside/{SHARD}/2023/11/14/2")
    assert log("redrive.stream.failure")[0]["outcome"] == "retried"


def test_a_record_whose_reply_was_lost_is_one_object_in_the_bucket(aws: FakeAws, time: VirtualTime) -> None:
    """Also on the next day: the key has the day on which the record arrived."""

    def lose(name: str, arguments: dict[str, Any]) -> None:
        raise TimeoutError

    aws.after = lose
    handler, _ = refusing("1", settings=TO_BUCKET)
    assert checkpoint(handler(batch(1))) == "1"
    aws.after = lambda name, arguments: None
    time.advance(86_400)
    assert checkpoint(handler(batch(1))) is None
    assert len(aws.requests) == 2
    assert len(aws.objects) == 1


def test_records_that_share_a_sequence_number_are_an_object_each(aws: FakeAws) -> None:
    """As those of an aggregate that Lambda has taken apart."""
    records = [kinesis_record(7, data) for data in (b"a", b"b", b"c")]
    assert checkpoint(kinesis_handler(settings=TO_BUCKET)(reject)(event(*records))) is None
    assert [key.rpartition("/")[2] for _, key in aws.objects] == ["7", "7-1", "7-2"]
    assert [each["record"] for each in aws.set_aside()] == records


def test_a_dynamodb_record_is_set_aside_as_it_came(aws: FakeAws) -> None:
    """Its shard is not known, and in the documentation's examples not even when it came."""
    record = dynamodb_record(7, NewImage={"id": {"S": "1"}, "n": {"N": "1.50"}})
    del record["dynamodb"]["ApproximateCreationDateTime"]
    for settings in (TO_QUEUE, TO_BUCKET):
        assert checkpoint(dynamodb_stream_handler(settings=settings)(reject)(event(record))) is None
    assert list(aws.objects) == [(BUCKET, "aside/shard/2023/11/14/7")]
    for aside in aws.set_aside():
        assert aside["record"] == record
        assert (aside["shardId"], aside["eventSourceARN"]) == (None, TABLE_STREAM)


def test_data_that_does_not_parse_is_set_aside(aws: FakeAws) -> None:
    @kinesis_handler(parse=json.loads, settings=TO_QUEUE)
    def handler(record: KinesisRecord[Any]) -> None:
        assert record.parsed == {"id": 7}

    assert checkpoint(handler(event(kinesis_record(1, b"no"), kinesis_record(2, b'{"id": 7}')))) is None
    (aside,) = aws.set_aside()
    assert aside["reason"].startswith("the data does not parse: Expecting value")
    assert aside["errorType"] == "JSONDecodeError"


def test_a_parser_may_have_trouble_of_its_own(aws: FakeAws) -> None:
    """Fetching something, say, which is not the record's fault."""

    def parse(data: bytes) -> object:
        raise ConnectionError

    assert checkpoint(kinesis_handler(parse=parse, settings=TO_QUEUE)(lambda record: None)(batch(2))) == "1"
    assert aws.requests == []


def test_a_dynamodb_parser_is_given_the_record(aws: FakeAws) -> None:
    parsed: list[Any] = []

    @dynamodb_stream_handler(parse=lambda record: (record.new_image or {})["n"], settings=TO_QUEUE)
    def handler(record: DynamoDBStreamRecord[int]) -> None:
        parsed.append(record.parsed)

    with_image = dynamodb_record(1, NewImage={"n": {"N": "3"}})
    assert checkpoint(handler(event(with_image, dynamodb_record(2)))) is None
    assert parsed == [3]
    assert aws.set_aside()[0]["reason"] == "the record does not parse: 'n'"


def test_the_users_classification_decides(aws: FakeAws) -> None:
    def classify(error: BaseException) -> FailureClass:
        return FailureClass.PERMANENT if isinstance(error, KeyError) else FailureClass.OTHER

    @kinesis_handler(classify=classify, settings=TO_QUEUE)
    def handler(record: KinesisRecord[bytes]) -> None:
        raise KeyError("lines") if record.data == b"1" else ValueError

    assert checkpoint(handler(batch(3))) == "2"
    assert [each["sequenceNumber"] for each in aws.set_aside()] == ["1"]


def test_a_record_that_the_function_has_spoilt_is_retried(aws: FakeAws, log: Log) -> None:
    """The record is the event's own, and what is no JSON cannot be written."""

    @kinesis_handler(settings=TO_QUEUE)
    def handler(record: KinesisRecord[bytes]) -> None:
        record[0]["kinesis"]["seen"] = object()
        raise Permanent("x")

    assert checkpoint(handler(batch(2))) == "1"
    assert "TypeError" in log("redrive.stream.not_set_aside")[0]["error"]


def test_the_construct_says_where_to(aws: FakeAws, monkeypatch: pytest.MonkeyPatch) -> None:
    other = StreamSettings(source_arn="arn:aws:kinesis:eu-west-1:1:stream/other", set_aside_queue_url="https://other")
    ours = StreamSettings(source_arn=STREAM, set_aside_queue_url=QUEUE, set_aside_bucket=BUCKET)
    monkeypatch.setenv("REDRIVE_STREAM_1", json.dumps(encode(other)))
    monkeypatch.setenv("REDRIVE_STREAM_2", json.dumps(encode(ours)))
    handler, _ = refusing("1", settings=None)
    assert checkpoint(handler(batch(1))) is None
    assert aws.messages[0]["QueueUrl"] == QUEUE


def test_what_is_given_by_hand_counts_more_than_what_the_construct_says(
    aws: FakeAws, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(
        "REDRIVE_STREAM_1", json.dumps(encode(StreamSettings(source_arn=STREAM, set_aside_queue_url="x")))
    )
    refusing("1", settings=TO_QUEUE)[0](batch(1))
    refusing("1", settings=TO_QUEUE.replace(source_arn="arn:aws:kinesis:eu-west-1:111122223333:stream/another"))[0](
        batch(1)
    )
    refusing("1", settings=TO_QUEUE.replace(source_arn=STREAM))[0](batch(1))
    assert [message["QueueUrl"] for message in aws.messages] == [QUEUE, "x", QUEUE]


def test_with_enhanced_fan_out_the_streams_settings_hold(aws: FakeAws, monkeypatch: pytest.MonkeyPatch) -> None:
    """Records name the consumer as their source then."""
    consumer = f"{STREAM}/consumer/con1:1540591608"
    monkeypatch.setenv(
        "REDRIVE_STREAM_1", json.dumps(encode(StreamSettings(source_arn=STREAM, set_aside_queue_url="x")))
    )
    handler, _ = refusing("1", settings=None)
    assert checkpoint(handler(batch(1, arn=consumer))) is None
    by_hand, _ = refusing("1", settings=TO_QUEUE.replace(source_arn=STREAM))
    assert checkpoint(by_hand(batch(1, arn=consumer))) is None
    monkeypatch.setenv(
        "REDRIVE_STREAM_2", json.dumps(encode(StreamSettings(source_arn=consumer, set_aside_queue_url="y")))
    )
    assert checkpoint(handler(batch(1, arn=consumer))) is None
    assert [message["QueueUrl"] for message in aws.messages] == ["x", QUEUE, "y"]


def test_settings_that_cannot_be_read_lose_nothing(aws: FakeAws, log: Log, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REDRIVE_STREAM_1", "{")
    assert checkpoint(refusing("1", settings=None)[0](batch(1))) == "1"
    assert checkpoint(refusing("1", settings=TO_QUEUE)[0](batch(1))) is None
    assert len(log("redrive.settings_unreadable")) == 2


texts = st.text(st.characters(), max_size=50)


@pytest.mark.parametrize("odd", ["\x00", "\x0b", "\x7f", "\ud83d", "\ufffe", "\uffff", "\U0001f600", "ü", '"\\'])
def test_characters_that_sqs_refuses_are_kept(aws: FakeAws, odd: str) -> None:
    """In JSON each has an escape; the attributes, which are for people, have a replacement instead."""

    @kinesis_handler(settings=TO_QUEUE)
    def handler(record: KinesisRecord[bytes]) -> None:
        raise Permanent(f"odd: {odd}")

    assert checkpoint(handler(event(kinesis_record(key=f"key {odd}")))) is None
    (aside,) = aws.set_aside()
    assert aside["reason"] == f"odd: {odd}"
    assert aside["record"] == kinesis_record(key=f"key {odd}")


@given(texts, texts, texts, texts, st.sampled_from([0, 50_000, 1_046_000, 1_047_800, 1_060_000]), st.booleans())
def test_whatever_is_in_a_record_sqs_and_s3_take_it_and_give_it_back(
    reason: str, key: str, request_id: str, error_type: str, size: int, has_bucket: bool
) -> None:
    """Odd characters, halves of surrogate pairs, and sizes around the limit."""
    record = {"kinesis": {"sequenceNumber": "7", "partitionKey": key, "data": "A" * size}, "eventID": "s:7"}
    made = _of(record)
    aside = SetAside(made, SHARD, 0, reason, error_type, request_id, "f", 1_700_000_000.0)
    request = request_for(aside, TO_BOTH if has_bucket else TO_QUEUE)
    if isinstance(request, str):
        assert len(body_of(aside).encode()) > MIB
        assert not has_bucket
        return
    assert isinstance(request, Request)
    aws = FakeAws()
    getattr(aws, request.method)(**request.arguments)
    (written,) = aws.set_aside()
    assert written["record"] == record
    assert (written["reason"], written["requestId"], written["errorType"]) == (reason, request_id, error_type)


def _of(record: dict[str, Any]) -> KinesisRecord[bytes]:
    seen: list[KinesisRecord[bytes]] = []
    kinesis_handler(seen.append)({"Records": [record]})
    return seen[0]
