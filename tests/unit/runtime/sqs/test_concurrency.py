"""Several messages at a time: in threads, or in tasks for `async def`."""

from __future__ import annotations

import asyncio
import threading
from contextvars import ContextVar
from typing import Any

import pytest

from redrive import Permanent, SqsMessage, SqsSettings, sqs_handler
from tests.support.runtime.sqs.queue import FIFO, FIFO_DEAD_LETTERS, Context, FakeSqs, batch, event, record, returned


class Gauge:
    """Counts the threads or tasks that are inside at the same time, and their maximum."""

    def __init__(self) -> None:
        self.inside = self.most = 0
        self._lock = threading.Lock()

    def __enter__(self) -> None:
        with self._lock:
            self.inside += 1
            self.most = max(self.most, self.inside)

    def __exit__(self, *_: object) -> None:
        with self._lock:
            self.inside -= 1


@pytest.mark.parametrize("arn", ["arn:aws:sqs:eu-west-1:111122223333:orders", FIFO])
@pytest.mark.parametrize("concurrency", [2, 4])
def test_that_many_messages_run_in_threads_at_a_time(concurrency: int, arn: str) -> None:
    gauge, meeting = Gauge(), threading.Barrier(concurrency)

    @sqs_handler(concurrency=concurrency)
    def handler(message: SqsMessage[str]) -> None:
        with gauge:
            meeting.wait(5)

    records = [record(str(number), arn=arn, group=str(number)) for number in range(concurrency * 3)]
    assert returned(handler(event(*records))) == []
    assert gauge.most == concurrency


@pytest.mark.parametrize("arn", ["arn:aws:sqs:eu-west-1:111122223333:orders", FIFO])
@pytest.mark.parametrize("concurrency", [1, 2, 4])
def test_that_many_messages_run_in_tasks_at_a_time(concurrency: int, arn: str) -> None:
    gauge = Gauge()

    @sqs_handler(concurrency=concurrency)
    async def handler(message: SqsMessage[str]) -> None:
        with gauge:
            for _ in range(3):
                await asyncio.sleep(0)

    records = [record(str(number), arn=arn, group=str(number)) for number in range(concurrency * 3)]
    assert returned(handler(event(*records))) == []
    assert gauge.most == concurrency


def test_by_default_one_message_runs_at_a_time_in_the_thread_of_the_invocation() -> None:
    threads: set[int] = set()
    sqs_handler(lambda message: threads.add(threading.get_ident()))(batch(20))
    assert threads == {threading.get_ident()}


@pytest.mark.parametrize("is_async", [False, True])
@pytest.mark.parametrize("concurrency", [2, 3, 8])
def test_the_messages_of_a_group_never_overlap_and_stay_in_order(
    sqs: FakeSqs, context: Context, concurrency: int, is_async: bool
) -> None:
    gauges = {group: Gauge() for group in "abcd"}
    seen: list[str] = []

    async def in_task(message: SqsMessage[str]) -> None:
        with gauges[message.id[0]]:
            await asyncio.sleep(0)
            finish(message)

    def in_thread(message: SqsMessage[str]) -> None:
        with gauges[message.id[0]]:
            threading.Event().wait(0.0005)
            finish(message)

    def finish(message: SqsMessage[str]) -> None:
        seen.append(message.id)
        if message.id == "b1":
            raise Permanent("x")
        if message.id == "c1":
            raise ValueError

    settings = SqsSettings(dead_letter_queue_url=FIFO_DEAD_LETTERS)
    handler = sqs_handler(concurrency=concurrency, settings=settings)(in_task if is_async else in_thread)
    records = [record(f"{group}{number}", arn=FIFO, group=group) for number in range(3) for group in "abcd"]
    assert returned(handler(event(*records), context)) == ["c1", "c2"]
    for group in "abd":
        assert [id for id in seen if id[0] == group] == [f"{group}{number}" for number in range(3)]
    assert [id for id in seen if id[0] == "c"] == ["c0", "c1"]
    assert all(gauge.most == 1 for gauge in gauges.values())


@pytest.mark.parametrize("is_async", [False, True])
def test_failures_of_many_workers_are_all_recorded(sqs: FakeSqs, context: Context, is_async: bool) -> None:
    def decide(message: SqsMessage[str]) -> None:
        if int(message.id) % 3:
            raise ValueError

    async def in_task(message: SqsMessage[str]) -> None:
        decide(message)

    handler = sqs_handler(concurrency=4)(in_task if is_async else decide)
    assert returned(handler(batch(200), context)) == [str(number) for number in range(200) if number % 3]


def test_context_variables_reach_the_threads() -> None:
    """A tracer's or a logger's, for instance."""
    request = ContextVar("request", default="none")
    request.set("request-1")
    seen: set[str] = set()

    @sqs_handler(concurrency=3)
    def handler(message: SqsMessage[Any]) -> None:
        seen.add(request.get())

    handler(batch(6))
    request.set("request-2")
    handler(batch(6))
    assert seen == {"request-1", "request-2"}


def test_context_variables_reach_the_tasks_of_each_invocation() -> None:
    request = ContextVar("request", default="none")
    seen: list[str] = []

    @sqs_handler
    async def handler(message: SqsMessage[Any]) -> None:
        seen.append(request.get())

    for number in range(3):
        request.set(f"request-{number}")
        handler(batch(1))
    assert seen == ["request-0", "request-1", "request-2"]


def test_more_workers_than_messages_are_no_trouble() -> None:
    seen: list[str] = []
    sqs_handler(concurrency=500)(lambda message: seen.append(message.id))(batch(2))
    assert sorted(seen) == ["0", "1"]
