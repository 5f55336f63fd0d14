"""At its last receive, a message that there was no time for is sent back to its queue as a new message."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from redrive import (
    CircuitOpen,
    Idempotency,
    MemoryStore,
    Permanent,
    SqsFailure,
    SqsMessage,
    SqsSettings,
    sqs_handler,
)
from tests.support.runtime.log import Log
from tests.support.runtime.metrics.emf import Published
from tests.support.runtime.sqs.queue import (
    DEAD_LETTERS,
    FIFO,
    FIFO_DEAD_LETTERS,
    HOUR,
    MIB,
    QUEUE_URL,
    Context,
    Entry,
    FakeSqs,
    VirtualTime,
    event,
    outside,
    record,
    returned,
)

DAY = 24 * HOUR
KNOWN = SqsSettings(dead_letter_queue_url=DEAD_LETTERS, max_receive_count=5, retention_period=4 * DAY)
FIFO_KNOWN = SqsSettings(dead_letter_queue_url=FIFO_DEAD_LETTERS, max_receive_count=5, retention_period=4 * DAY)


def slow(time: VirtualTime, **options: Any) -> Callable[..., Any]:
    """A handler in which the first message takes all the time."""
    return sqs_handler(**{"settings": KNOWN, **options})(lambda message: time.advance(55))


def last(id: str = "1", body: str = "{}", **options: Any) -> dict[str, Any]:
    return record(id, body, receive_count=5, **options)


def first(**options: Any) -> dict[str, Any]:
    return record("0", "first", receive_count=99, **options)


def text(value: str) -> dict[str, str]:
    return {"DataType": "String", "StringValue": value}


def attribute(value: str) -> dict[str, str]:
    return {"dataType": "String", "stringValue": value}


def attributes_of(entry: Entry) -> dict[str, dict[str, str]]:
    """The attributes of a message that was sent, as Lambda delivers them."""
    return {name: attribute(value["StringValue"]) for name, value in entry["MessageAttributes"].items()}


def test_it_is_sent_back_with_what_it_was_and_counts_as_done(
    sqs: FakeSqs, context: Context, time: VirtualTime, metrics: Published, log: Log
) -> None:
    sent_at = time.now - 1000
    sender = {"tenant": attribute("acme")}
    message = last("m-1", '{"id": 7}', group="acme", sent_at=sent_at, message_attributes=sender)
    assert returned(slow(time)(event(first(), message, record("2")), context)) == ["2"]
    assert list(sqs.sent_to) == [QUEUE_URL]
    (entry,) = sqs.sent
    origin = {"messageId": "m-1", "firstSent": int(sent_at * 1000), "sent": int(time.now * 1000), "times": 1}
    assert entry["MessageBody"] == '{"id": 7}'
    assert entry["MessageGroupId"] == "acme"
    assert 8 <= entry["DelaySeconds"] <= 16
    assert entry["MessageAttributes"] == {"tenant": text("acme"), "RedriveSentBack": text(json.dumps(origin))}
    assert sqs.visibility == {"handle-2": 1}
    assert metrics.totals() == {"SentBack": 1, "Deferred": 1, "ReceiveCount": 99}
    line = log("redrive.sqs.batch")[0]
    assert (line["sent_back"], line["deferred"], line["untried_at_last_receive"]) == (1, 1, 0)


def test_a_message_that_was_sent_back_starts_before_newer_ones(sqs: FakeSqs, time: VirtualTime) -> None:
    slow(time)(event(first(), last("1", "old")), Context(time))
    back = record("2", "old", message_attributes=attributes_of(sqs.sent[0]))
    seen: list[str] = []

    @sqs_handler(settings=KNOWN)
    def handler(message: SqsMessage[str]) -> None:
        seen.append(message.body)

    handler(event(record("a", "once"), record("b", "twice", receive_count=2), back, record("c", "once more")))
    assert seen == ["old", "twice", "once", "once more"]


def test_groups_that_were_received_most_often_start_first(sqs: FakeSqs) -> None:
    """And each in its order."""
    seen: list[str] = []
    records = [
        record(id, id, arn=FIFO, group=id[0], receive_count=count)
        for id, count in (("a1", 1), ("b1", 3), ("a2", 1), ("b2", 1), ("c1", 2))
    ]
    sqs_handler(lambda message: seen.append(message.body))(event(*records))
    assert seen == ["b1", "b2", "c1", "a1", "a2"]


def test_a_later_dead_letter_has_the_original_id(sqs: FakeSqs, time: VirtualTime, log: Log) -> None:
    slow(time)(event(first(), last("m-1", "old")), Context(time))
    back = record("m-2", "old", message_attributes=attributes_of(sqs.sent[0]))

    @sqs_handler(settings=KNOWN)
    def handler(message: SqsMessage[str]) -> None:
        assert (message.id, message.original_id) == ("m-2", "m-1")
        raise Permanent("no lines")

    assert returned(handler(event(back), Context(time))) == []
    (dead,) = sqs.sent_to[DEAD_LETTERS]
    assert dead["MessageAttributes"]["RedriveMessageId"] == text("m-1")
    assert "RedriveSentBack" not in dead["MessageAttributes"]
    line = log("redrive.sqs.failure")[0]
    assert (line["message_id"], line["original_id"]) == ("m-2", "m-1")


def test_it_remains_the_message_that_was_replayed(sqs: FakeSqs, time: VirtualTime) -> None:
    """Otherwise idempotency would answer it with its earlier failure."""
    store, ran = MemoryStore(), []

    @sqs_handler(settings=KNOWN, idempotency=Idempotency(store=store))
    def handler(message: SqsMessage[str]) -> None:
        ran.append(message.body)
        if ran == ["old"]:
            raise Permanent("no lines")

    handler(event(record("m-1", "old")), Context(time))
    replayed = last("m-2", "old", message_attributes=attributes_of(sqs.sent[0]))
    slow(time)(event(first(), replayed), Context(time))
    (entry,) = sqs.sent_to[QUEUE_URL]
    assert set(entry["MessageAttributes"]) == {"RedriveSentBack"}
    back = event(record("m-3", "old", message_attributes=attributes_of(entry)))
    assert returned(handler(back, Context(time))) == []
    assert ran == ["old", "old"]


@pytest.mark.parametrize("trace", [None, "Root=1-5759e988-bd862e3fe1be46a994272793;Lineage=1:a87bd80c:0"])
def test_lambda_does_not_take_it_for_a_recursive_loop(
    sqs: FakeSqs, context: Context, time: VirtualTime, trace: str | None
) -> None:
    """Its trace header is not that of the invocation, which counts the rounds."""
    traced = {} if trace is None else {"AWSTraceHeader": trace}
    slow(time)(event(first(), last(**traced)), context)
    header = sqs.sent[0]["MessageSystemAttributes"]["AWSTraceHeader"]["StringValue"]
    if trace is None:
        root, moment, random = header.split("-")
        assert (root, len(moment), len(random)) == ("Root=1", 8, 24)
        assert int(moment, 16) == int(time.now)
        assert int(random, 16)
    else:
        assert header == trace


@pytest.mark.parametrize("senders", range(11))
def test_its_identity_needs_one_attribute_of_ten(
    sqs: FakeSqs, context: Context, time: VirtualTime, senders: int
) -> None:
    sent = {f"attribute-{number}": attribute("x") for number in range(senders)}
    assert returned(slow(time)(event(first(), last(message_attributes=sent)), context)) == []
    if senders < 10:
        (entry,) = sqs.sent_to[QUEUE_URL]
        assert set(entry["MessageAttributes"]) == {*sent, "RedriveSentBack"}
    else:
        (entry,) = sqs.sent_to[DEAD_LETTERS]
        assert set(entry["MessageAttributes"]) == set(sent)


def test_attributes_of_an_earlier_failure_make_room(sqs: FakeSqs, context: Context, time: VirtualTime) -> None:
    names = ("RedriveReason", "RedriveMessageId", "RedriveErrorType", "RedriveRequestId", "RedriveFunction")
    sent = {**{f"attribute-{number}": attribute("x") for number in range(5)}, **dict.fromkeys(names, attribute("y"))}
    slow(time)(event(first(), last(message_attributes=sent)), context)
    (entry,) = sqs.sent_to[QUEUE_URL]
    assert len(entry["MessageAttributes"]) == 6


@pytest.mark.parametrize("free", [0, 50, 100, 300])
def test_a_message_without_room_for_its_identity_is_dead_lettered(
    sqs: FakeSqs, context: Context, time: VirtualTime, metrics: Published, log: Log, free: int
) -> None:
    assert returned(slow(time)(event(first(), last("m-1", "x" * (MIB - free))), context)) == []
    if free == 300:
        assert list(sqs.sent_to) == [QUEUE_URL]
        return
    assert list(sqs.sent_to) == [DEAD_LETTERS]
    assert metrics.by_error() == {("DeadLettered", "NotStarted"): 1}
    line = log("redrive.sqs.failure")[0]
    assert (line["message_id"], line["outcome"]) == ("m-1", "dead_lettered")
    assert "no time left" in line["error"]
    assert "too large to be sent back" in line["error"]


def test_after_the_retention_it_is_dead_lettered_with_the_reason(
    sqs: FakeSqs, context: Context, time: VirtualTime, metrics: Published
) -> None:
    failures: list[SqsFailure] = []
    message = last("m-1", sent_at=time.now - 4 * DAY)
    assert returned(slow(time, on_failure=failures.append)(event(first(), message), context)) == []
    (entry,) = sqs.sent_to[DEAD_LETTERS]
    reason = entry["MessageAttributes"]["RedriveReason"]["StringValue"]
    assert reason.startswith("not started at receive 5, its last: no time left in the invocation")
    assert entry["MessageAttributes"]["RedriveErrorType"] == text("NotStarted")
    assert [(each.outcome, each.error_type, each.reason) for each in failures] == [
        ("dead_lettered", "NotStarted", reason)
    ]
    assert metrics.totals() == {"DeadLettered": 1, "ReceiveCount": 99}


def test_a_fifo_message_is_dead_lettered_with_the_reason(
    sqs: FakeSqs, context: Context, time: VirtualTime, metrics: Published
) -> None:
    records = [first(arn=FIFO, group="a"), last("1", arn=FIFO, group="b"), record("2", arn=FIFO, group="b")]
    assert returned(slow(time, settings=FIFO_KNOWN)(event(*records), context)) == ["2"]
    (entry,) = sqs.sent_to[FIFO_DEAD_LETTERS]
    assert "no time left" in entry["MessageAttributes"]["RedriveReason"]["StringValue"]
    assert sqs.visibility == {"handle-2": 12}  # the group waits as a whole
    assert metrics.totals() == {"DeadLettered": 1, "Deferred": 1, "ReceiveCount": 99}


@pytest.mark.parametrize("trouble", ["down", "answer lost", "refused"])
@pytest.mark.parametrize("arn", ["standard", "fifo"])
def test_a_message_that_could_not_be_sent_is_returned(
    time: VirtualTime, metrics: Published, log: Log, trouble: str, arn: str
) -> None:
    """SQS moves it, and the metric says so; if only the answer was lost, there are two, which is better than none."""

    def fail(name: str) -> None:
        if name == "SendMessageBatch":
            raise TimeoutError

    options: dict[str, Any] = {
        "down": {"before": fail},
        "answer lost": {"after": fail},
        "refused": {"refuse": lambda entry: "AccessDenied" if "MessageBody" in entry else None},
    }
    fifo: dict[str, Any] = {"arn": FIFO, "group": "b"} if arn == "fifo" else {}
    aws = FakeSqs(**options[trouble])
    with outside(aws, time):
        handler = slow(time, settings=FIFO_KNOWN if fifo else KNOWN)
        before = first(**{**fifo, "group": "a"} if fifo else {})
        assert returned(handler(event(before, last(**fifo)), Context(time))) == ["1"]
    assert len(aws.lost) == (trouble == "answer lost")
    assert list(aws.visibility) == ["handle-1"]
    assert metrics.totals() == {"Deferred": 1, "Untried": 1, "ReceiveCount": 99}
    assert log("redrive.sqs.batch")[0]["untried_at_last_receive"] == 1
    assert log("redrive.sqs.call_failed")[0]["call"] == "SendMessageBatch"
    assert log("redrive.sqs.failure") == []


def test_one_refused_entry_concerns_its_message_only(time: VirtualTime, context: Context) -> None:
    aws = FakeSqs(refuse=lambda entry: "InternalError" if entry.get("MessageBody") == "7" else None)
    with outside(aws, time):
        messages = [last(str(number), str(number)) for number in range(1, 26)]
        assert returned(slow(time)(event(first(), *messages), context)) == ["7"]
    assert len(aws.sent_to[QUEUE_URL]) == 24
    assert [len(entries) for entries in aws.calls("SendMessageBatch")] == [10, 10, 5]


def test_what_an_open_circuit_kept_from_starting_is_sent_back_too(
    sqs: FakeSqs, context: Context, metrics: Published
) -> None:
    @sqs_handler(settings=KNOWN)
    def handler(message: SqsMessage[str]) -> None:
        raise CircuitOpen("Warehouse", 20)

    assert returned(handler(event(first(), last("1"), record("2")), context)) == ["0", "2"]
    (entry,) = sqs.sent
    assert (entry["MessageBody"], entry["DelaySeconds"]) == ("{}", 20)
    assert {"Held": 1, "SentBack": 1}.items() <= metrics.totals().items()


@pytest.mark.parametrize("sent", ["noon", "9" * 30])
def test_a_message_with_an_odd_time_is_returned(sqs: FakeSqs, context: Context, time: VirtualTime, sent: str) -> None:
    assert returned(slow(time)(event(first(), last("1", SentTimestamp=sent), last("2")), context)) == ["1"]
    assert sqs.visibility == {"handle-1": 1}


@pytest.mark.parametrize("times", ["NaN", "1e999", "-1", "7.5"])
@pytest.mark.parametrize("sent", ["NaN", "1e999", "-1e999", "0", "1700000000000"])
def test_an_attribute_that_someone_else_wrote_costs_no_message(
    sqs: FakeSqs, context: Context, time: VirtualTime, times: str, sent: str
) -> None:
    value = f'{{"messageId": "x", "firstSent": {sent}, "sent": {sent}, "times": {times}}}'
    odd = last("1", "odd", message_attributes={"RedriveSentBack": attribute(value)})
    ran: list[str] = []

    @sqs_handler(settings=KNOWN)
    def handler(message: SqsMessage[str]) -> None:
        ran.append(message.id)
        time.advance(55)

    answer = returned(handler(event(first(), odd, last("2", "2")), context))
    sent_on = [json.loads(entry["MessageAttributes"]["RedriveSentBack"]["StringValue"]) for entry in sqs.sent]
    ids = [str(each["messageId"]).replace("x", "1") for each in sent_on]
    assert sorted([*ran, *answer, *ids]) == ["0", "1", "2"]


def test_without_known_settings_sqs_moves_it(sqs: FakeSqs, context: Context, time: VirtualTime) -> None:
    assert returned(slow(time, settings=None)(event(first(), last()), context)) == ["1"]
    assert sqs.sent == []
    assert 8 <= sqs.visibility["handle-1"] <= 16


def test_a_large_batch_keeps_time_to_send_back_what_it_does_not_start(sqs: FakeSqs, time: VirtualTime) -> None:
    """A tenth of the time is kept for the answer, and a thousandth of a second for each message."""
    context = Context(time, 60)

    @sqs_handler(settings=KNOWN)
    def handler(message: SqsMessage[str]) -> None:
        time.advance(1)

    assert returned(handler(event(*(last(str(number)) for number in range(4000))), context)) == []
    assert context.get_remaining_time_in_millis() == pytest.approx(10_000, abs=10)
    assert len(sqs.sent) == 3950


@pytest.mark.parametrize("body", ["{}", "done"])
def test_what_was_done_before_is_not_done_again_after_being_sent_back(
    sqs: FakeSqs, time: VirtualTime, body: str
) -> None:
    store, ran = MemoryStore(), []

    @sqs_handler(settings=KNOWN, idempotency=Idempotency(store=store))
    def handler(message: SqsMessage[str]) -> None:
        ran.append(message.body)

    handler(event(record("m-1", "done")), Context(time))
    slow(time)(event(first(), last("m-1", body)), Context(time))
    back = event(record("m-2", body, message_attributes=attributes_of(sqs.sent[0])))
    assert returned(handler(back, Context(time))) == []
    assert ran == (["done"] if body == "done" else ["done", "{}"])
