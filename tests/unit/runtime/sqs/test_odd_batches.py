"""Batches at the edges: queues in other places, records that cannot be read, and the order of few receives."""

from __future__ import annotations

from typing import Any

import pytest

from redrive import Backoff, CircuitOpen, Permanent, SqsMessage, SqsSettings, sqs_handler
from tests.support.runtime.log import Log
from tests.support.runtime.metrics.emf import Published
from tests.support.runtime.sqs.queue import (
    DEAD_LETTERS,
    FIFO,
    FIFO_DEAD_LETTERS,
    Context,
    FakeSqs,
    VirtualTime,
    event,
    record,
    returned,
)

KNOWN = SqsSettings(dead_letter_queue_url=DEAD_LETTERS, max_receive_count=5)


def test_a_message_is_sent_back_to_the_url_that_the_settings_give(
    sqs: FakeSqs, context: Context, time: VirtualTime
) -> None:
    elsewhere = "http://localhost:4566/111122223333/orders"
    handler = sqs_handler(settings=KNOWN.replace(queue_url=elsewhere))(lambda message: time.advance(55))
    handler(event(record("0", receive_count=9), record("1", receive_count=5)), context)
    assert list(sqs.sent_to) == [elsewhere]


def test_a_message_at_its_second_receive_starts_before_one_at_its_first(sqs: FakeSqs, context: Context) -> None:
    seen: list[str] = []
    sqs_handler(lambda message: seen.append(message.id))(event(record("1"), record("2", receive_count=2)), context)
    assert seen == ["2", "1"]


@pytest.mark.parametrize("error", [Permanent("no"), ValueError("no")], ids=["permanent", "other"])
def test_a_failure_that_cannot_be_decided_is_retried_and_told(
    sqs: FakeSqs, context: Context, log: Log, metrics: Published, error: Exception
) -> None:
    @sqs_handler(settings=KNOWN)
    def handler(message: SqsMessage[str]) -> None:
        raise error

    odd = record("1", ApproximateReceiveCount="often")
    assert returned(handler(event(odd), context)) == ["1"]
    assert sqs.requests == []
    assert {line["message_id"] for line in log("redrive.sqs.unreadable_record")} == {"1"}
    (line,) = log("redrive.sqs.failure")
    assert (line["outcome"], line["error_type"]) == ("retried", type(error).__name__)
    assert metrics.totals()["Retried"] == 1


@pytest.mark.parametrize("why", ["deferred", "circuit_open"])
def test_what_was_not_started_and_cannot_be_read_comes_back_after_its_wait(
    sqs: FakeSqs, context: Context, time: VirtualTime, log: Log, why: str
) -> None:
    @sqs_handler(settings=KNOWN, backoff=Backoff(1, jitter="none"))
    def handler(message: SqsMessage[str]) -> None:
        if why == "deferred":
            time.advance(55)
        else:
            raise CircuitOpen("bank", after=19.5)

    response = handler(event(record("1"), record("2", ApproximateReceiveCount="often")), context)
    assert "2" in returned(response)
    assert sqs.visibility["handle-2"] == (1 if why == "deferred" else 20)
    (line,) = log("redrive.sqs.batch")
    assert (line[why], line["untried_at_last_receive"]) == (1, 0)


def test_an_open_circuit_sends_back_in_whole_seconds(sqs: FakeSqs, context: Context) -> None:
    @sqs_handler(settings=KNOWN, backoff=Backoff(1, jitter="none"))
    def handler(message: SqsMessage[str]) -> None:
        raise CircuitOpen("bank", after=19.5)

    handler(event(record("1", receive_count=6), record("2", receive_count=5)), context)
    (entry,) = sqs.sent
    assert entry["DelaySeconds"] == 20


def test_at_its_last_receive_a_held_message_stays_behind_the_failed_one(
    sqs: FakeSqs, time: VirtualTime, log: Log
) -> None:
    """Only what was not started for lack of time is dead-lettered."""

    @sqs_handler(settings=SqsSettings(dead_letter_queue_url=FIFO_DEAD_LETTERS, max_receive_count=5))
    def handler(message: SqsMessage[str]) -> None:
        if message.group_id == "slow":
            time.advance(55)
        else:
            raise ValueError

    options: dict[str, Any] = {"arn": FIFO, "receive_count": 5}
    records = [
        record("1", arn=FIFO, group="failing"),
        record("2", group="failing", **options),
        record("3", arn=FIFO, group="slow"),
        record("4", group="slow", **options),
    ]
    assert returned(handler(event(*records), Context(time))) == ["1", "2"]
    assert [entry["MessageDeduplicationId"] for entry in sqs.sent] == ["4"]
    (line,) = log("redrive.sqs.batch")
    assert (line["retried"], line["held"], line["dead_lettered"]) == (1, 1, 1)
