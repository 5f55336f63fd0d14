"""`raise Permanent`: the message is in the dead-letter queue, or it is retried; never neither."""

from __future__ import annotations

from typing import Any

import pytest

from redrive import FailureClass, MessageAttribute, Permanent, SqsMessage, SqsSettings, sqs_handler
from redrive.sqs.calls import DeadLetterReason, dead_letter_entry
from tests.support.runtime.log import Log
from tests.support.runtime.sqs.queue import (
    DEAD_LETTERS,
    FIFO,
    FIFO_DEAD_LETTERS,
    MIB,
    Context,
    Entry,
    FakeSqs,
    batch,
    event,
    record,
    returned,
)

REASON = DeadLetterReason("", "1", "no lines", "Permanent", "request-1", "orders-function")


def rejecting(reason: str = "an order needs a line", **settings: Any):
    """A handler that finds every message permanently wrong."""

    @sqs_handler(settings=SqsSettings(**{"dead_letter_queue_url": DEAD_LETTERS, **settings}))
    def handler(message: SqsMessage[str]) -> None:
        raise Permanent(reason)

    return handler


def text(value: str) -> Entry:
    return {"DataType": "String", "StringValue": value}


def entry_size(entry: Entry) -> int:
    attributes: dict[str, Entry] = entry["MessageAttributes"]
    return len(entry["MessageBody"].encode()) + sum(
        len(name) + len(value["DataType"]) + len(value.get("StringValue", "").encode() or value.get("BinaryValue", b""))
        for name, value in attributes.items()
    )


def test_a_permanent_failure_is_dead_lettered_at_once_and_reported_as_done(sqs: FakeSqs, context: Context) -> None:
    """Body unchanged, with the reason, error type, function, request id and original message id as attributes."""
    assert returned(rejecting()(event(record("m-1", '{"lines": []}')), context)) == []
    assert sqs.requests[0][1] == DEAD_LETTERS
    (entry,) = sqs.sent
    assert entry["MessageBody"] == '{"lines": []}'
    assert entry["MessageAttributes"] == {
        "RedriveReason": text("an order needs a line"),
        "RedriveErrorType": text("Permanent"),
        "RedriveFunction": text("orders-function"),
        "RedriveRequestId": text(context.aws_request_id),
        "RedriveMessageId": text("m-1"),
    }


def test_a_message_that_is_done_gets_no_visibility_timeout(sqs: FakeSqs, context: Context) -> None:
    rejecting()(batch(3), context)
    assert sqs.visibility == {}


def test_a_permanent_error_of_ones_own_is_named_as_the_error_type(sqs: FakeSqs, context: Context) -> None:
    class EmptyOrder(Permanent):
        pass

    @sqs_handler(settings=SqsSettings(dead_letter_queue_url=DEAD_LETTERS))
    def handler(message: SqsMessage[str]) -> None:
        raise EmptyOrder("no lines")

    assert returned(handler(batch(1), context)) == []
    assert sqs.sent[0]["MessageAttributes"]["RedriveErrorType"] == text("EmptyOrder")


def test_a_permanent_error_raised_from_another_names_that_ones_type(sqs: FakeSqs, context: Context) -> None:
    @sqs_handler(settings=SqsSettings(dead_letter_queue_url=DEAD_LETTERS))
    def handler(message: SqsMessage[str]) -> None:
        try:
            int("x")
        except ValueError as error:
            raise Permanent("the quantity is no number") from error

    handler(batch(1), context)
    attributes = sqs.sent[0]["MessageAttributes"]
    assert attributes["RedriveErrorType"] == text("ValueError")
    assert attributes["RedriveReason"] == text("the quantity is no number")


def test_a_permanent_failure_without_a_reason_says_at_least_its_type(sqs: FakeSqs, context: Context) -> None:
    assert returned(rejecting("")(batch(1), context)) == []
    assert sqs.sent[0]["MessageAttributes"]["RedriveReason"] == text("Permanent")


def test_the_senders_attributes_stay_as_they_are(sqs: FakeSqs, context: Context) -> None:
    sent = {
        "tenant": {"dataType": "String", "stringValue": "acme"},
        "weight": {"dataType": "Number.float", "stringValue": "1.5"},
        "thumbnail": {"dataType": "Binary.png", "binaryValue": "AP8="},
    }
    assert returned(rejecting()(event(record("1", message_attributes=sent)), context)) == []
    attributes = sqs.sent[0]["MessageAttributes"]
    assert attributes["tenant"] == text("acme")
    assert attributes["weight"] == {"DataType": "Number.float", "StringValue": "1.5"}
    assert attributes["thumbnail"] == {"DataType": "Binary.png", "BinaryValue": b"\x00\xff"}
    assert len(attributes) == 8


@pytest.mark.parametrize("senders", range(11))
def test_a_message_has_ten_attributes_at_most(sqs: FakeSqs, context: Context, senders: int) -> None:
    """The sender's all stay; of ours, what the message was comes before the reason."""
    sent = {f"attribute-{number}": {"dataType": "String", "stringValue": "x"} for number in range(senders)}
    assert returned(rejecting()(event(record("1", message_attributes=sent)), context)) == []
    attributes = sqs.sent[0]["MessageAttributes"]
    assert set(sent) <= set(attributes)
    assert len(attributes) == min(10, senders + 5)
    assert ("RedriveMessageId" in attributes) == (senders < 10)
    assert ("RedriveReason" in attributes) == (senders < 9)


def test_a_message_that_came_back_from_the_dead_letter_queue_keeps_its_first_id_and_gets_the_new_reason(
    sqs: FakeSqs, context: Context
) -> None:
    old = {
        name: {"dataType": "String", "stringValue": "of the last time"}
        for name in ("RedriveReason", "RedriveMessageId", "RedriveErrorType", "RedriveRequestId", "RedriveFunction")
    }
    sender = {f"attribute-{number}": {"dataType": "String", "stringValue": "x"} for number in range(5)}
    rejecting("still no lines")(event(record("m-2", message_attributes=sender | old)), context)
    attributes = sqs.sent[0]["MessageAttributes"]
    assert attributes["RedriveReason"] == text("still no lines")
    assert attributes["RedriveMessageId"] == text("of the last time")
    assert len(attributes) == 10


@pytest.mark.parametrize("free", [0, 1, 18, 19, 20, 40, 60, 200, 5000])
def test_a_message_has_one_mebibyte_at_most(sqs: FakeSqs, context: Context, free: int) -> None:
    """Names, types and values of the attributes count; ours are cut short or left out."""
    body = "ä" * ((MIB - free) // 2) + "x" * (free % 2)
    assert returned(rejecting("wrong, and ü " * 50)(event(record("1", body)), context)) == []
    (entry,) = sqs.sent
    assert entry["MessageBody"] == body
    assert entry_size(entry) <= MIB


def test_a_request_has_one_mebibyte_at_most(sqs: FakeSqs, context: Context) -> None:
    records = [record(str(number), "x" * 400_000) for number in range(5)]
    assert returned(rejecting()(event(*records), context)) == []
    assert sorted(map(len, sqs.calls("SendMessageBatch"))) == [1, 2, 2]


def test_a_request_has_ten_messages_at_most(sqs: FakeSqs, context: Context) -> None:
    assert returned(rejecting()(batch(25), context)) == []
    assert sorted(map(len, sqs.calls("SendMessageBatch"))) == [5, 10, 10]
    assert sorted(int(entry["MessageBody"]) for entry in sqs.sent) == list(range(25))


def test_characters_that_sqs_refuses_are_replaced_in_the_reason(sqs: FakeSqs, context: Context) -> None:
    assert returned(rejecting("a\x00b\x1bc\ud800d\uffffe\tf\U0001f600")(batch(1), context)) == []
    assert sqs.sent[0]["MessageAttributes"]["RedriveReason"] == text("a\ufffdb\ufffdc\ufffdd\ufffde\tf\U0001f600")


def test_a_long_reason_is_cut(sqs: FakeSqs, context: Context) -> None:
    assert returned(rejecting("x" * 2_000_000)(batch(1), context)) == []
    assert len(sqs.sent[0]["MessageAttributes"]["RedriveReason"]["StringValue"]) <= 1024


def test_the_trace_goes_on_in_the_dead_letter_queue(sqs: FakeSqs, context: Context) -> None:
    trace = "Root=1-5759e988-bd862e3fe1be46a994272793"
    rejecting()(event(record("1", AWSTraceHeader=trace), record("2")), context)
    assert sqs.sent[0]["MessageSystemAttributes"] == {"AWSTraceHeader": text(trace)}
    assert "MessageSystemAttributes" not in sqs.sent[1]


def test_the_tenant_of_a_fair_queue_is_kept(sqs: FakeSqs, context: Context) -> None:
    rejecting()(event(record("1", group="tenant-7")), context)
    assert sqs.sent[0]["MessageGroupId"] == "tenant-7"
    assert "MessageDeduplicationId" not in sqs.sent[0]


def test_a_fifo_message_keeps_its_group_and_is_deduplicated_by_its_id(sqs: FakeSqs, context: Context) -> None:
    """Two messages never pass for one, and a message that is sent twice because an answer was lost does."""
    handler = rejecting(dead_letter_queue_url=FIFO_DEAD_LETTERS)
    same: dict[str, Any] = {"arn": FIFO, "group": "customer-7", "MessageDeduplicationId": "the sender's"}
    assert returned(handler(event(record("m-1", **same), record("m-2", **same)), context)) == []
    assert [entry["MessageGroupId"] for entry in sqs.sent] == ["customer-7", "customer-7"]
    assert [entry["MessageDeduplicationId"] for entry in sqs.sent] == ["m-1", "m-2"]


def test_a_failed_send_is_retried_like_any_failure(sqs: FakeSqs, context: Context, log: Log) -> None:
    def down(name: str) -> None:
        if name == "SendMessageBatch":
            raise OSError("no route to host")

    sqs.before = down
    assert returned(rejecting()(batch(2, receive_count=3), context)) == ["0", "1"]
    assert sqs.visibility == {"handle-0": 15, "handle-1": 15}
    assert [line["outcome"] for line in log("redrive.sqs.failure")] == ["retried", "retried"]
    (line,) = log("redrive.sqs.call_failed")
    assert (line["call"], line["entries"]) == ("SendMessageBatch", 2)
    assert "no route to host" in line["error"]


def test_a_send_whose_answer_was_lost_is_retried(sqs: FakeSqs, context: Context) -> None:
    """The dead-letter queue may hold it twice then, which is better than not at all."""

    def lost(name: str) -> None:
        if name == "SendMessageBatch":
            raise TimeoutError

    sqs.after = lost
    assert returned(rejecting()(batch(2), context)) == ["0", "1"]
    assert len(sqs.lost) == 2


def test_what_sqs_refuses_of_a_send_is_retried(sqs: FakeSqs, context: Context, log: Log) -> None:
    sqs.refuse = lambda entry: "InternalError" if entry.get("MessageBody") in ("1", "12") else None
    assert returned(rejecting()(batch(13), context)) == ["1", "12"]
    assert len(sqs.sent) == 11
    (line,) = log("redrive.sqs.call_failed")
    assert line["entries"] == 2
    assert "InternalError" in line["error"]


def test_an_answer_that_confirms_nothing_counts_as_not_sent(sqs: FakeSqs, context: Context) -> None:
    sqs.send_message_batch = lambda **request: {}  # pyright: ignore[reportAttributeAccessIssue]
    assert returned(rejecting()(batch(1), context)) == ["0"]


def test_without_a_dead_letter_queue_a_permanent_failure_is_retried(sqs: FakeSqs, context: Context, log: Log) -> None:
    assert returned(rejecting(dead_letter_queue_url=None)(batch(2), context)) == ["0", "1"]
    assert sqs.sent == []
    assert len(sqs.visibility) == 2
    (line,) = log("redrive.sqs.no_dead_letter_queue")
    assert "SqsConsumer" in line["remedy"]


def test_a_message_whose_attributes_cannot_be_read_is_retried(sqs: FakeSqs, context: Context, log: Log) -> None:
    broken = record("1", message_attributes={"raw": {"dataType": "Binary", "binaryValue": "half of bas"}})
    assert returned(rejecting()(event(record("0"), broken, record("2")), context)) == ["1"]
    assert len(sqs.sent) == 2
    assert log("redrive.sqs.unreadable_record")[0]["message_id"] == "1"


def test_the_function_is_named_even_without_a_context(sqs: FakeSqs, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_LAMBDA_FUNCTION_NAME", "orders-function")
    rejecting()(batch(1))
    assert sqs.sent[0]["MessageAttributes"]["RedriveFunction"] == text("orders-function")


def test_what_is_not_known_makes_no_attribute() -> None:
    """SQS refuses an attribute without a value."""
    entry = dead_letter_entry(
        SqsMessage("1", "body"), DeadLetterReason("", "1", "reason", "Permanent", "", ""), fifo=False
    )
    assert set(entry["MessageAttributes"]) == {"RedriveReason", "RedriveMessageId", "RedriveErrorType"}


def test_a_binary_attribute_made_by_hand_is_sent_as_bytes() -> None:
    message = SqsMessage("1", "body", message_attributes={"raw": MessageAttribute("Binary", b"\x00\xff")})
    entry = dead_letter_entry(message, REASON, fifo=False)
    assert entry["MessageAttributes"]["raw"] == {"DataType": "Binary", "BinaryValue": b"\x00\xff"}


def test_of_a_group_of_errors_the_reason_is_that_of_its_parts(sqs: FakeSqs, context: Context) -> None:
    """As `asyncio.TaskGroup` raises them."""
    handler = sqs_handler(
        settings=SqsSettings(dead_letter_queue_url=DEAD_LETTERS), classify=lambda _: FailureClass.OTHER
    )

    @handler
    def fail(message: SqsMessage[str]) -> None:
        parts = [Permanent("no lines")] if message.id == "1" else [Permanent("no lines"), Permanent("no customer")]
        raise ExceptionGroup("unhandled errors in a TaskGroup", parts)

    assert returned(fail(event(record("1", "one"), record("2", "two")), context)) == []
    reasons = {entry["MessageBody"]: entry["MessageAttributes"]["RedriveReason"]["StringValue"] for entry in sqs.sent}
    assert reasons == {"one": "no lines", "two": "no lines; no customer"}
