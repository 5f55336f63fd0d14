"""Messages of dead-letter queues of queues: who put them there, and what goes back."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from redrive import DeadLetter, InvalidRecord, MessageAttribute, SqsMessage
from redrive.destinations.history import HISTORY, NOTE, History
from redrive.sqs.calls import DeadLetterReason, dead_letter_entry

SOURCE = "arn:aws:sqs:eu-west-1:111111111111:orders"
Attributes = dict[str, dict[str, Any]]


def text(value: str) -> dict[str, Any]:
    return {"DataType": "String", "StringValue": value}


def message(attributes: Attributes | None = None, **system: str) -> dict[str, Any]:
    """A message as boto3's `receive_message` returns it."""
    return {
        "MessageId": "dead-1",
        "ReceiptHandle": "handle",
        "Body": '{"id": 7}',
        "Attributes": {"ApproximateReceiveCount": "2", "SentTimestamp": "1767225600000", **system},
        "MessageAttributes": attributes or {},
    }


def moved(attributes: Attributes | None = None, **system: str) -> dict[str, Any]:
    return message(attributes, DeadLetterQueueSourceArn=SOURCE, **system)


def sent_by_helper(attributes: Attributes | None = None, **system: str) -> dict[str, Any]:
    """The dead letter that the helper makes of a message with some attributes."""
    given = {name: MessageAttribute(each["DataType"], each["StringValue"]) for name, each in (attributes or {}).items()}
    failed = SqsMessage("first", '{"id": 7}', message_attributes=given, attributes=system)
    reason = DeadLetterReason("own-dedup", "first", "no lines", "Permanent", "request-1", "orders-function")
    entry = dead_letter_entry(failed, reason, fifo=True)
    return message(entry["MessageAttributes"], **system)


def test_what_sqs_moved_says_from_where() -> None:
    letter = DeadLetter.parse(moved())
    assert (letter.kind, letter.came_from, letter.cause) == ("moved_by_sqs", SOURCE, None)
    assert (letter.message_id, letter.original_message_id, letter.receive_count) == ("dead-1", "dead-1", 2)
    assert letter.event == {"id": 7}
    assert letter.failed_at is not None
    assert letter.failed_at.year == 2026


def test_what_the_helper_sent_says_why() -> None:
    letter = DeadLetter.parse(sent_by_helper())
    assert (letter.kind, letter.came_from, letter.cause) == ("sent_by_helper", None, "no lines")
    assert (letter.error_type, letter.request_id, letter.failed_function) == (
        "Permanent",
        "request-1",
        "orders-function",
    )
    assert (letter.original_message_id, letter.deduplication_id) == ("first", "own-dedup")


def test_the_reason_of_an_earlier_failure_is_not_that_of_the_move() -> None:
    letter = DeadLetter.parse({**sent_by_helper(), "Attributes": moved()["Attributes"]})
    assert (letter.kind, letter.cause, letter.failed_function) == ("moved_by_sqs", None, None)
    assert letter.original_message_id == "first"


def as_event(received: dict[str, Any]) -> dict[str, Any]:
    """The same message as a record of a Lambda event."""
    return {
        "messageId": received["MessageId"],
        "body": received["Body"],
        "attributes": received["Attributes"],
        "messageAttributes": {
            name: {"dataType": each["DataType"], "stringValue": each["StringValue"]}
            for name, each in received["MessageAttributes"].items()
        },
    }


@pytest.mark.parametrize("form", [lambda each: each, as_event], ids=["boto3", "Lambda"])
def test_each_form_of_a_message_is_read_alike(form: Callable[[dict[str, Any]], object]) -> None:
    letter = DeadLetter.parse(form(sent_by_helper({"tenant": text("a")})))
    assert letter.reason == "no lines"
    assert letter.message_attributes == {"tenant": MessageAttribute("String", "a")}


@pytest.mark.parametrize(
    "received",
    [message(), message({"tenant": text("a")}), "text", {"Body": "without an id"}, None, 7],
    ids=["bare", "with attributes", "text", "no id", "nothing", "number"],
)
def test_anything_else_is_refused(received: object) -> None:
    with pytest.raises(InvalidRecord, match=r"no (dead letter|message of SQS)"):
        DeadLetter.parse(received)


def test_a_replay_keeps_the_senders_attributes_and_the_ids_and_drops_the_reason() -> None:
    entry = DeadLetter.parse(sent_by_helper({"tenant": text("a")})).entry(fifo=False)
    assert entry["MessageBody"] == '{"id": 7}'
    assert entry["MessageAttributes"] == {
        "tenant": text("a"),
        "RedriveDeduplicationId": text("own-dedup"),
        "RedriveMessageId": text("first"),
    }


def test_binary_attributes_come_back_as_they_were() -> None:
    binary = {"DataType": "Binary.png", "BinaryValue": b"\x00\xff"}
    entry = DeadLetter.parse(moved({"picture": binary})).entry(fifo=False)
    assert entry["MessageAttributes"]["picture"] == binary


def test_a_fifo_replay_has_the_dead_letters_own_id_as_deduplication_id() -> None:
    """With the original one, SQS would drop it without an error within five minutes."""
    letter = DeadLetter.parse(moved(MessageGroupId="group", MessageDeduplicationId="seen before"))
    entry = letter.entry(fifo=True)
    assert (entry["MessageGroupId"], entry["MessageDeduplicationId"]) == ("group", "dead-1")


def test_the_tenant_of_a_fair_queue_stays() -> None:
    entry = DeadLetter.parse(moved(MessageGroupId="tenant")).entry(fifo=False)
    assert entry["MessageGroupId"] == "tenant"
    assert "MessageDeduplicationId" not in entry


def test_the_trace_stays_without_the_part_that_counts_loops() -> None:
    entry = DeadLetter.parse(moved(AWSTraceHeader="Root=1-5;Parent=5;Sampled=1;Lineage=a:15")).entry(fifo=False)
    assert entry["MessageSystemAttributes"]["AWSTraceHeader"]["StringValue"] == "Root=1-5;Parent=5;Sampled=1"


def test_replays_are_counted_across_rounds() -> None:
    first = DeadLetter.parse(moved()).entry(fifo=False, history=History(1, "run-1", "fixed in 4711"))
    again = DeadLetter.parse(moved(first["MessageAttributes"]))
    assert again.history == History(1, "run-1", "fixed in 4711")
    assert again.message_attributes == {}
    second = again.entry(fifo=False, history=History(2, "run-2"))
    assert json.loads(second["MessageAttributes"][HISTORY]["StringValue"]) == {"times": 2, "run": "run-2"}
    assert NOTE not in second["MessageAttributes"]
    assert second["MessageAttributes"]["RedriveMessageId"] == text("dead-1")


def test_ten_attributes_of_the_sender_leave_no_room_and_stay() -> None:
    ten = {f"a{number}": text("x") for number in range(10)}
    entry = DeadLetter.parse(moved(ten)).entry(fifo=False, history=History(1, "run-1"))
    assert entry["MessageAttributes"] == ten


@pytest.mark.parametrize(
    "value", ["", "text", "[]", '{"times": true, "run": "r"}', '{"times": 0, "run": "r"}', '{"times": 1}']
)
def test_a_history_that_is_not_the_command_lines_is_none(value: str) -> None:
    assert DeadLetter.parse(moved({HISTORY: text(value)})).history == History()


def test_the_request_goes_to_the_queue_that_it_came_from() -> None:
    request = DeadLetter.parse(moved()).replay_request()
    assert (request.service, request.method) == ("sqs", "send_message")
    assert request.arguments["QueueUrl"] == "https://sqs.eu-west-1.amazonaws.com/111111111111/orders"


def test_the_helper_does_not_say_from_which_queue() -> None:
    letter = DeadLetter.parse(sent_by_helper())
    with pytest.raises(ValueError, match=r"give replay_request\(to=…\)"):
        letter.replay_request()
    url = "https://sqs.eu-west-1.amazonaws.com/111111111111/orders.fifo"
    assert letter.replay_request(url).arguments["MessageDeduplicationId"] == "dead-1"
