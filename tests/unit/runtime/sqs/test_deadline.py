"""No message is started when the invocation's time is nearly up, and nothing waits for AWS beyond it."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from redrive import Permanent, SqsFailure, SqsMessage, SqsSettings, sqs_handler
from tests.support.runtime.log import Log
from tests.support.runtime.sqs.queue import (
    DEAD_LETTERS,
    FIFO,
    Context,
    FakeSqs,
    VirtualTime,
    batch,
    event,
    record,
    returned,
)


def taking(time: VirtualTime, seconds: float, **options: Any):
    """A handler that takes a while for each message, and the ids it was called with."""
    seen: list[str] = []

    @sqs_handler(**options)
    def handler(message: SqsMessage[Any]) -> None:
        seen.append(message.id)
        time.advance(seconds)

    return handler, seen


def test_what_there_is_no_time_for_is_returned_and_visible_soon(sqs: FakeSqs, time: VirtualTime, log: Log) -> None:
    handler, seen = taking(time, 10)
    assert returned(handler(batch(9), Context(time, 60))) == ["5", "6", "7", "8"]
    assert seen == ["0", "1", "2", "3", "4"]  # and then 10 seconds are left: 6 to answer in, too few for a sixth
    assert sqs.visibility == {f"handle-{number}": 1 for number in range(5, 9)}
    assert log("redrive.sqs.batch")[0]["deferred"] == 4


def test_the_margin_grows_with_the_slowest_message(sqs: FakeSqs, time: VirtualTime) -> None:
    """A tenth of the time, to answer in, and as long as the slowest has taken."""
    context = Context(time, 100)
    started: list[int] = []

    @sqs_handler
    def handler(message: SqsMessage[str]) -> None:
        started.append(context.get_remaining_time_in_millis() // 1000)
        time.advance(30 if message.id == "1" else 1)

    handler(batch(100), context)
    assert started == [100, 99, *range(69, 39, -1)]


@pytest.mark.parametrize(("seconds", "reserve"), [(900, 10), (100, 10), (60, 6), (10, 1), (3, 0.5), (1, 0.5)])
def test_time_to_answer_in_is_kept(sqs: FakeSqs, time: VirtualTime, seconds: float, reserve: float) -> None:
    """A tenth of the invocation's time, from half a second to ten."""
    handler, _ = taking(time, seconds / 1000)
    context = Context(time, seconds)
    assert len(returned(handler(batch(1000), context))) > 0
    left = context.get_remaining_time_in_millis()
    assert reserve * 1000 - 1 <= left <= reserve * 1000 + seconds * 2


@pytest.mark.parametrize("margin", [0.4, 2, 30])
def test_the_margin_can_be_given(sqs: FakeSqs, time: VirtualTime, margin: float) -> None:
    handler, seen = taking(time, 1, deadline_margin=margin)
    handler(batch(100), Context(time, 60))
    assert len(seen) == pytest.approx(60 - margin, abs=1)


def test_with_too_little_time_at_the_start_one_message_is_started(sqs: FakeSqs, time: VirtualTime) -> None:
    handler, seen = taking(time, 0.1)
    assert returned(handler(batch(3), Context(time, 0.4))) == ["1", "2"]
    assert seen == ["0"]


@pytest.mark.parametrize("received", ["noon", "9" * 30])
def test_a_message_with_an_odd_time_of_receipt_is_visible_soon_too(
    sqs: FakeSqs, time: VirtualTime, received: str
) -> None:
    handler, _ = taking(time, 0.01)
    odd = record("1", ApproximateFirstReceiveTimestamp=received)
    assert returned(handler(event(record("0"), odd), Context(time, 0.4))) == ["1"]
    assert sqs.visibility == {"handle-1": 1}


def test_without_a_context_there_is_no_deadline(sqs: FakeSqs, time: VirtualTime) -> None:
    handler, seen = taking(time, 10_000)
    assert returned(handler(batch(9))) == []
    assert len(seen) == 9


@pytest.mark.parametrize("size", [3, 33, 100, 1000])
def test_the_deadline_holds_however_quick_the_messages_before_were(sqs: FakeSqs, time: VirtualTime, size: int) -> None:
    """The context is not asked after each of a thousand messages that take no time."""
    seen: list[str] = []

    @sqs_handler
    def handler(message: SqsMessage[str]) -> None:
        seen.append(message.id)
        if message.id == str(size - 2):
            time.advance(58)

    assert returned(handler(batch(size), Context(time, 60))) == [str(size - 1)]
    assert len(seen) == size - 1


def test_a_slow_message_of_one_worker_is_a_warning_to_the_others(sqs: FakeSqs, time: VirtualTime) -> None:
    """One has met a message of 50 seconds; with 50 left, the other starts none that may take as long."""
    both_started, slow_noted = threading.Event(), threading.Event()
    seen: list[str] = []

    class Watched(Context):
        def get_remaining_time_in_millis(self) -> int:
            left = super().get_remaining_time_in_millis()
            if left == 50_000:  # the worker of the slow message asks, and notes how long it took
                threading.Timer(0.005, slow_noted.set).start()
            return left

    @sqs_handler(concurrency=2)
    def handler(message: SqsMessage[str]) -> None:
        seen.append(message.id)
        if message.id == "0":
            assert both_started.wait(5)
            time.advance(50)
        else:
            both_started.set()
            assert slow_noted.wait(5)

    assert returned(handler(batch(4), Watched(time, 100))) == ["2", "3"]
    assert sorted(seen) == ["0", "1"]


@pytest.mark.parametrize("concurrency", [1, 3])
def test_the_deadline_holds_for_tasks(sqs: FakeSqs, time: VirtualTime, concurrency: int) -> None:
    seen: list[str] = []

    @sqs_handler(concurrency=concurrency)
    async def handler(message: SqsMessage[str]) -> None:
        seen.append(message.id)
        await asyncio.sleep(0)
        time.advance(10)

    end = time.now + 60
    left = returned(handler(batch(20), Context(time, 60)))
    assert sorted([*seen, *left], key=int) == [str(number) for number in range(20)]
    assert len(seen) >= concurrency
    assert time.now < end
    assert sqs.visibility == {f"handle-{id}": 1 for id in left}


def test_the_deadline_holds_within_and_between_the_groups_of_a_fifo_queue(sqs: FakeSqs, time: VirtualTime) -> None:
    handler, seen = taking(time, 10)
    records = [record(id, arn=FIFO, group=id[0]) for id in ("a1", "a2", "a3", "a4", "b1", "b2", "b3", "c1")]
    assert returned(handler(event(*records), Context(time, 60))) == ["b2", "b3", "c1"]
    assert seen == ["a1", "a2", "a3", "a4", "b1"]
    assert sqs.visibility == {"handle-b2": 0, "handle-b3": 0, "handle-c1": 1}


@contextmanager
def hanging(sqs: FakeSqs, name: str) -> Iterator[None]:
    """The calls of one name get no answer before the end of the block."""
    end = threading.Event()

    def hang(called: str) -> None:
        if called == name:
            end.wait(10)

    sqs.before = hang
    try:
        yield
    finally:
        end.set()


def test_nobody_waits_for_aws_beyond_the_deadline(sqs: FakeSqs, time: VirtualTime, log: Log) -> None:
    """The answer is given in time: a batch that runs into its timeout is received again as a whole."""

    @sqs_handler
    def handler(message: SqsMessage[str]) -> None:
        if message.id != "0":
            time.advance(59.68)
            raise ValueError

    with hanging(sqs, "ChangeMessageVisibilityBatch"):
        assert returned(handler(batch(3), Context(time, 60))) == ["1", "2"]
    assert log("redrive.sqs.call_failed")[0]["entries"] == 2


def test_a_dead_letter_that_is_not_confirmed_in_time_is_retried(sqs: FakeSqs, time: VirtualTime, log: Log) -> None:
    @sqs_handler(settings=SqsSettings(dead_letter_queue_url=DEAD_LETTERS))
    def handler(message: SqsMessage[str]) -> None:
        time.advance(59.68)
        raise Permanent("x")

    with hanging(sqs, "SendMessageBatch"):
        assert returned(handler(batch(1), Context(time, 60))) == ["0"]
    (line,) = log("redrive.sqs.failure")
    assert line["outcome"] == "retried"


def test_no_call_is_begun_right_before_the_deadline(sqs: FakeSqs, time: VirtualTime, log: Log) -> None:
    @sqs_handler(settings=SqsSettings(dead_letter_queue_url=DEAD_LETTERS))
    def handler(message: SqsMessage[str]) -> None:
        time.advance(59.9)
        raise Permanent("x")

    assert returned(handler(batch(30), Context(time, 60))) == [str(number) for number in range(30)]
    assert sqs.requests == []
    assert {line["call"]: line["entries"] for line in log("redrive.sqs.call_failed")} == {
        "SendMessageBatch": 1,
        "ChangeMessageVisibilityBatch": 30,
    }


def test_telling_of_failures_does_not_run_into_the_timeout(sqs: FakeSqs, time: VirtualTime, log: Log) -> None:
    """The hook is called for permanent failures at the end; where it is slow, calls of it may be left out."""
    reported: list[str] = []

    def slow(failure: SqsFailure) -> None:
        reported.append(failure.message.id)
        time.advance(0.1)

    @sqs_handler(on_failure=slow, settings=SqsSettings(dead_letter_queue_url=DEAD_LETTERS))
    def handler(message: SqsMessage[str]) -> None:
        raise Permanent("no lines")

    context = Context(time, 3)
    assert returned(handler(batch(100), context)) == []
    assert len(sqs.sent) == 100
    assert context.get_remaining_time_in_millis() > 0
    assert 0 < len(reported) < 100
    assert log("redrive.sqs.batch")[0]["not_reported"] == 100 - len(reported)
