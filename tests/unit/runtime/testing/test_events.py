"""Events that `redrive.testing` makes are like those that Lambda delivers, and handlers process them."""

from __future__ import annotations

import json
import re
from base64 import b64decode
from datetime import UTC, datetime
from hashlib import md5
from typing import Any

import pytest

from redrive import (
    DynamoDBStreamRecord,
    InvocationRecord,
    KinesisRecord,
    MessageAttribute,
    Permanent,
    Retry,
    SqsMessage,
    SqsSettings,
    StreamFailure,
    StreamSettings,
    dynamodb_stream_handler,
    kinesis_handler,
    sqs_handler,
)
from redrive.core.system import clock
from redrive.testing import (
    LambdaContext,
    dynamodb_stream_event,
    in_window,
    invocation_record,
    kinesis_event,
    recorded_calls,
    returned_ids,
    sqs_event,
    stream_failure,
)
from tests.support.runtime.sqs import queue
from tests.support.runtime.streams import stream

UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")


def form(value: Any) -> Any:
    """The names and types in a value."""
    if isinstance(value, dict):
        members: dict[str, Any] = value
        return {name: form(member) for name, member in members.items()}
    return str if isinstance(value, str) else float if isinstance(value, int) else type(value)


@pytest.mark.parametrize("name", ["orders", "ledger.fifo", "arn:aws:sqs:eu-west-1:111122223333:orders"])
def test_a_message_has_the_form_that_lambda_delivers(name: str) -> None:
    (made,) = sqs_event("a", queue=name)["Records"]
    arn = queue.FIFO if name.endswith(".fifo") else queue.STANDARD
    assert form(made) == form(queue.record("1", "a", arn=arn, group="1" if arn == queue.FIFO else None))
    assert UUID.fullmatch(made["messageId"])
    assert made["md5OfBody"] == md5(b"a").hexdigest()
    assert made["eventSourceARN"].endswith(name)
    assert made["awsRegion"] == made["eventSourceARN"].split(":")[3]
    json.dumps(made)


def test_a_message_is_the_same_at_its_next_receive() -> None:
    first, again = (sqs_event("a", "b", receive_count=count)["Records"] for count in (1, 2))
    assert [each["messageId"] for each in first] == [each["messageId"] for each in again]
    assert len({each["messageId"] for each in sqs_event("a", "a")["Records"]}) == 2
    assert [each["attributes"]["ApproximateReceiveCount"] for each in again] == ["2", "2"]


def test_a_message_of_ones_own_is_filled_in() -> None:
    own = SqsMessage[Any](
        "7", "b", receive_count=3, attributes={"SenderId": "me", "DeadLetterQueueSourceArn": queue.STANDARD}
    )
    made = sqs_event("a", own, queue="ledger.fifo", group_id="g")["Records"][1]
    assert made["messageId"] == "7"
    assert made["attributes"]["SenderId"] == "me"
    assert made["attributes"]["DeadLetterQueueSourceArn"] == queue.STANDARD
    assert made["attributes"]["MessageGroupId"] == "g"
    assert made["attributes"]["ApproximateReceiveCount"] == "3"
    assert made["eventSourceARN"].endswith(":ledger.fifo")


def test_attributes_arrive() -> None:
    sent = {"tenant": MessageAttribute("String", "a"), "key": MessageAttribute("Binary", b"\x00")}
    seen: list[Any] = []
    moment = datetime(2026, 1, 2, tzinfo=UTC)

    @sqs_handler
    def handler(message: SqsMessage[str]) -> None:
        seen.append((message.json(), dict(message.message_attributes), message.sent_at, message.group_id))

    handler(sqs_event({"id": 7}, message_attributes=sent, sent_at=moment, group_id="t"), LambdaContext())
    assert seen == [({"id": 7}, sent, moment, "t")]


def test_a_body_that_is_not_json_is_refused() -> None:
    with pytest.raises(TypeError):
        sqs_event(object())


def test_a_kinesis_record_has_the_form_that_lambda_delivers() -> None:
    made = kinesis_event(b"\xff", "text", {"id": 7}, KinesisRecord(b"x", sequence_number="9"), KinesisRecord(b"y"))
    records = made["Records"]
    assert all(form(each) == form(stream.kinesis_record()) for each in records)
    assert [b64decode(each["kinesis"]["data"]) for each in records] == [b"\xff", b"text", b'{"id": 7}', b"x", b"y"]
    numbers = [each["kinesis"]["sequenceNumber"] for each in records]
    assert numbers[3] == "9"
    assert len(set(numbers)) == 5
    assert int(numbers[0]) < int(numbers[1]) < int(numbers[2]) < int(numbers[4])
    assert all(each["eventID"].endswith(f":{each['kinesis']['sequenceNumber']}") for each in records)


def test_a_change_has_the_form_that_lambda_delivers() -> None:
    removed = DynamoDBStreamRecord[Any]("REMOVE", {"id": "8"}, old_image={"id": "8"})
    made = dynamodb_stream_event({"id": "7"}, removed)["Records"]
    assert form(made[0]) == form(stream.dynamodb_record(NewImage={"id": {"S": "7"}}))
    assert form(made[1]) == form(stream.dynamodb_record(OldImage={"id": {"S": "8"}}))
    numbers = [each["dynamodb"]["SequenceNumber"] for each in made]
    assert int(numbers[0]) < int(numbers[1])
    (both,) = dynamodb_stream_event({"pk": "a", "sk": 1, "x": None}, key=("pk", "sk"))["Records"]
    assert both["dynamodb"]["Keys"] == {"pk": {"S": "a"}, "sk": {"N": "1"}}
    with pytest.raises(ValueError, match="has no 'id'"):
        dynamodb_stream_event({"name": 1})


def test_a_window_has_the_form_that_lambda_delivers() -> None:
    made = in_window(kinesis_event("1", "2"), {"sum": 3}, is_final=True)
    like = stream.in_window(stream.batch(2), {"sum": 3}, final=True)
    assert {**form(made), "Records": 0} == {**form(like), "Records": 0}
    ended: list[Any] = []
    handler = kinesis_handler(window_end=ended.append)(lambda record, window: None)
    assert handler(in_window({}, {"sum": 3}, is_final=True)).get("state") == {"sum": 3}
    assert [window.state for window in ended] == [{"sum": 3}]


CONDITIONS = ["Success", "RetriesExhausted", "EventAgeExceeded", "ZeroReservedConcurrency"]


@pytest.mark.parametrize("condition", CONDITIONS)
def test_a_record_of_an_invocation_is_read(condition: str) -> None:
    made = invocation_record({"id": 7}, condition=condition, function="orders")
    for arrives in (made, sqs_event(made)["Records"][0], json.dumps(made)):
        record = InvocationRecord.parse(arrives)
        assert (record.payload, record.condition) == ({"id": 7}, condition)


@pytest.mark.parametrize("condition", ["RetryAttemptsExhausted", "RecordAgeExceeded"])
@pytest.mark.parametrize("event", [kinesis_event("a", "b"), dynamodb_stream_event({"id": 1}, {"id": 2})])
def test_a_record_of_a_stream_is_read(event: dict[str, Any], condition: Any) -> None:
    failed = StreamFailure.parse(sqs_event(stream_failure(event, condition=condition, with_payload=True))["Records"][0])
    assert (failed.batch_size, failed.condition) == (2, condition)
    assert failed.payload == event
    with pytest.raises(ValueError, match="no records"):
        stream_failure({"Records": []})


def test_the_context_counts_down_on_the_clock_of_the_helpers() -> None:
    moments = [100.0, 101.5, 131.0]
    with clock.replaced(lambda: moments.pop(0)):
        context = LambdaContext(30, qualifier="3", function_name="orders", memory=512)
        assert [context.get_remaining_time_in_millis() for _ in range(2)] == [28_500, 0]
    assert context.function_version == "3"
    assert context.invoked_function_arn.endswith(":function:orders:3")
    assert context.memory_limit_in_mb == "512"
    assert LambdaContext(qualifier="live").function_version == "$LATEST"
    with pytest.raises(ValueError, match="nan"):
        LambdaContext(float("nan"))


def test_the_handlers_calls_are_kept() -> None:
    def run(event: str) -> None:
        if event == "bad":
            raise Permanent("never")
        raise Retry(after=7)

    event = sqs_event("bad", "later")
    handler = sqs_handler(settings=SqsSettings(dead_letter_queue_url="https://sqs/1/dlq"))(
        lambda message: run(message.body)
    )
    with recorded_calls() as calls:
        back = returned_ids(handler(event, LambdaContext()))
    assert back == [event["Records"][1]["messageId"]]
    assert [entry["MessageBody"] for entry in calls.sent_to("https://sqs/1/dlq")] == ["bad"]
    assert calls.waits == {event["Records"][1]["receiptHandle"]: 7}
    with pytest.raises(AttributeError, match="not for get_item"):
        calls.get_item()


def test_what_is_set_aside_is_kept() -> None:
    def fail(record: Any) -> None:
        raise Permanent("never")

    with recorded_calls() as calls:
        queued = kinesis_handler(settings=StreamSettings(set_aside_queue_url="https://sqs/1/aside"))(fail)
        assert returned_ids(queued(kinesis_event("a"))) == []
        stored = dynamodb_stream_handler(settings=StreamSettings(set_aside_bucket="bucket"))(fail)
        assert returned_ids(stored(dynamodb_stream_event({"id": 7}))) == []
    assert len(calls.sent_to("https://sqs/1/aside")) == 1
    ((address, body),) = calls.objects.items()
    assert address.startswith("s3://bucket/")
    assert json.loads(body)["reason"] == "never"
