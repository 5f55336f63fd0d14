"""Messages of a FIFO queue: in order within a group, whatever happens."""

from __future__ import annotations

from typing import Any

import pytest

from redrive import Backoff, Permanent, Retry, SqsMessage, SqsSettings, sqs_handler
from tests.support.runtime.log import Log
from tests.support.runtime.sqs.queue import (
    FIFO,
    FIFO_DEAD_LETTERS,
    Context,
    Entry,
    FakeSqs,
    VirtualTime,
    event,
    record,
    returned,
)

SETTINGS = SqsSettings(dead_letter_queue_url=FIFO_DEAD_LETTERS)


def fifo_event(*ids: str, arn: str = FIFO) -> dict[str, Any]:
    """Messages whose group is their first letter."""
    return event(*(record(id, id, arn=arn, group=id[0]) for id in ids))


def test_after_a_failure_the_rest_of_the_group_is_returned_unprocessed(sqs: FakeSqs, context: Context) -> None:
    """Other groups go on."""
    seen: list[str] = []

    @sqs_handler
    def handler(message: SqsMessage[str]) -> None:
        seen.append(message.id)
        if message.id == "a2":
            raise ValueError

    assert returned(handler(fifo_event("a1", "b1", "a2", "c1", "a3", "b2", "a4"), context)) == ["a2", "a3", "a4"]
    assert sorted(seen) == ["a1", "a2", "b1", "b2", "c1"]


def test_the_messages_of_a_group_run_in_order(sqs: FakeSqs, context: Context) -> None:
    seen: list[str] = []
    ids = ["a1", "b1", "a2", "b2", "a3", "c1"]
    assert returned(sqs_handler(lambda message: seen.append(message.id))(fifo_event(*ids), context)) == []
    assert [id for id in seen if id[0] == "a"] == ["a1", "a2", "a3"]
    assert [id for id in seen if id[0] == "b"] == ["b1", "b2"]


def test_the_group_waits_as_a_whole(sqs: FakeSqs, context: Context) -> None:
    """SQS delivers none of a group while one of it is in flight, so all of it gets the wait of the one that failed."""

    @sqs_handler
    def handler(message: SqsMessage[str]) -> None:
        if message.id == "a1":
            raise Retry(after=45)
        if message.id == "b1":
            raise Retry(after=7)

    assert returned(handler(fifo_event("a1", "a2", "b1", "a3", "b2"), context)) == ["a1", "a2", "b1", "a3", "b2"]
    assert sqs.visibility == {
        "handle-a1": 45,
        "handle-a2": 45,
        "handle-a3": 45,
        "handle-b1": 7,
        "handle-b2": 7,
    }


def test_each_of_the_group_stays_within_its_own_12_hours(sqs: FakeSqs, context: Context, time: VirtualTime) -> None:
    """One that was received before may have less left than the one it waits for."""

    @sqs_handler
    def handler(message: SqsMessage[str]) -> None:
        raise Retry(after=7200)

    first = record("a1", arn=FIFO, group="a", first_received_at=time.now)
    second = record("a2", arn=FIFO, group="a", first_received_at=time.now - 11.5 * 3600)
    assert returned(handler(event(first, second), context)) == ["a1", "a2"]
    assert sqs.visibility["handle-a1"] == 7200
    assert 1700 <= sqs.visibility["handle-a2"] <= 1800


def test_once_a_permanent_failure_is_out_of_the_way_the_group_goes_on(sqs: FakeSqs, context: Context) -> None:
    seen: list[str] = []

    @sqs_handler(settings=SETTINGS)
    def handler(message: SqsMessage[str]) -> None:
        seen.append(message.id)
        if message.id == "a2":
            assert sqs.sent == []
            raise Permanent("no such account")
        if message.id == "a3":
            assert [entry["MessageBody"] for entry in sqs.sent] == ["a2"]

    assert returned(handler(fifo_event("a1", "a2", "a3"), context)) == []
    assert seen == ["a1", "a2", "a3"]


@pytest.mark.parametrize("trouble", ["refused", "lost", "down", "unknown"])
def test_while_a_permanent_failure_is_in_the_way_the_group_waits(sqs: FakeSqs, context: Context, trouble: str) -> None:
    def failing(name: str) -> None:
        if name == "SendMessageBatch":
            raise OSError

    match trouble:
        case "refused":
            sqs.refuse = lambda entry: "InternalError" if "MessageBody" in entry else None
        case "lost":
            sqs.after = failing
        case "down":
            sqs.before = failing
        case _:
            pass
    seen: list[str] = []

    @sqs_handler(backoff=Backoff(20, jitter="none"), settings=None if trouble == "unknown" else SETTINGS)
    def handler(message: SqsMessage[str]) -> None:
        seen.append(message.id)
        if message.id == "a1":
            raise Permanent("no such account")

    assert returned(handler(fifo_event("a1", "a2", "b1"), context)) == ["a1", "a2"]
    assert seen == ["a1", "b1"]
    assert sqs.visibility == {"handle-a1": 20, "handle-a2": 20}


def test_permanent_failures_of_a_group_reach_the_dead_letter_queue_in_order(sqs: FakeSqs, context: Context) -> None:
    @sqs_handler(settings=SETTINGS, concurrency=3)
    def handler(message: SqsMessage[str]) -> None:
        raise Permanent("x")

    ids = ["a1", "b1", "a2", "b2", "a3", "c1"]
    assert returned(handler(fifo_event(*ids), context)) == []
    bodies = [entry["MessageBody"] for entry in sqs.sent]
    assert [id for id in bodies if id[0] == "a"] == ["a1", "a2", "a3"]
    assert [id for id in bodies if id[0] == "b"] == ["b1", "b2"]
    assert len(bodies) == 6


def test_the_rest_of_a_group_is_counted_not_logged_one_by_one(sqs: FakeSqs, context: Context, log: Log) -> None:
    @sqs_handler
    def handler(message: SqsMessage[str]) -> None:
        raise ValueError

    handler(fifo_event("a1", "a2", "a3", "b1"), context)
    assert [line["message_id"] for line in log("redrive.sqs.failure")] == ["a1", "b1"]
    (line,) = log("redrive.sqs.batch")
    assert (line["messages"], line["retried"], line["held"]) == (4, 2, 2)


def test_the_groups_of_a_fair_standard_queue_do_not_wait(sqs: FakeSqs, context: Context) -> None:
    """There the group marks a tenant, without order."""
    seen: list[str] = []

    @sqs_handler
    def handler(message: SqsMessage[str]) -> None:
        seen.append(message.id)
        if message.id == "a1":
            raise ValueError

    fair = "arn:aws:sqs:eu-west-1:111122223333:orders"
    assert returned(handler(fifo_event("a1", "a2", "a3", arn=fair), context)) == ["a1"]
    assert seen == ["a1", "a2", "a3"]


def test_a_fifo_entry_has_what_a_fifo_queue_asks_for(sqs: FakeSqs, context: Context) -> None:
    @sqs_handler(settings=SETTINGS)
    def handler(message: SqsMessage[str]) -> None:
        raise Permanent("x")

    handler(fifo_event("a1"), context)
    entry: Entry = sqs.sent[0]
    assert (entry["MessageGroupId"], entry["MessageDeduplicationId"]) == ("a", "a1")


def last_receives(*ids: str) -> dict[str, Any]:
    return event(*(record(id, id, arn=FIFO, group=id[0], receive_count=5) for id in ids))


def test_a_message_that_fails_at_its_last_receive_does_not_take_its_group_along(sqs: FakeSqs, context: Context) -> None:
    """SQS would move it next, and those held behind it, which have been received as often, untried with it."""
    seen: list[str] = []

    @sqs_handler(settings=SETTINGS.replace(max_receive_count=5))
    def handler(message: SqsMessage[str]) -> None:
        seen.append(message.id)
        if message.id == "a1":
            raise ValueError("no answer")

    assert returned(handler(last_receives("a1", "a2", "a3"), context)) == []
    assert seen == ["a1", "a2", "a3"]
    (entry,) = sqs.sent
    assert entry["MessageBody"] == "a1"
    assert entry["MessageAttributes"]["RedriveReason"]["StringValue"] == "failed at receive 5, its last: no answer"


@pytest.mark.parametrize(
    "settings", [SETTINGS, SETTINGS.replace(max_receive_count=6), SqsSettings(max_receive_count=5)]
)
def test_at_any_other_receive_or_without_a_dead_letter_queue_the_group_waits(
    sqs: FakeSqs, context: Context, settings: SqsSettings
) -> None:
    @sqs_handler(settings=settings)
    def handler(message: SqsMessage[str]) -> None:
        raise ValueError

    assert returned(handler(last_receives("a1", "a2"), context)) == ["a1", "a2"]
    assert sqs.sent == []


def test_held_messages_that_will_be_moved_untried_are_counted(sqs: FakeSqs, context: Context, log: Log) -> None:
    sqs.refuse = lambda entry: "InternalError" if "MessageBody" in entry else None

    @sqs_handler(settings=SETTINGS.replace(max_receive_count=5))
    def handler(message: SqsMessage[str]) -> None:
        raise ValueError

    assert returned(handler(last_receives("a1", "a2", "a3"), context)) == ["a1", "a2", "a3"]
    assert log("redrive.sqs.batch")[0]["untried_at_last_receive"] == 2
