"""A call that has failed while work of it still runs keeps its claim: its next delivery must not run beside it."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import pytest

from redrive import Idempotency, idempotent, sqs_handler
from tests.support.runtime.idempotency.functions import Store
from tests.support.runtime.sqs import queue


class Work:
    """Work in threads, which ends with the test."""

    def __init__(self) -> None:
        self.ends = threading.Event()
        self.pool = ThreadPoolExecutor(2)

    def run(self) -> None:
        self.ends.wait(10)

    def submit(self) -> Future[None]:
        future = self.pool.submit(self.run)
        while not future.running():
            time.sleep(0.001)
        return future

    def thread(self) -> threading.Thread:
        thread = threading.Thread(target=self.run)
        thread.start()
        return thread


@pytest.fixture
def work() -> Iterator[Work]:
    work = Work()
    yield work
    work.ends.set()
    work.pool.shutdown()


RETURNED: dict[str, Callable[[Work], Any]] = {
    "future": Work.submit,
    "in a list": lambda work: [1, work.submit()],
    "in a dict in a list": lambda work: [{"charge": work.submit()}],
    "thread": Work.thread,
}


@pytest.mark.parametrize("what", RETURNED)
def test_work_that_is_returned_and_runs(what: str, work: Work) -> None:
    store = Store()

    @idempotent(store=store)
    def charge(order: int) -> Any:
        return RETURNED[what](work)

    with pytest.raises(TypeError, match="may not be done"):
        charge(7)
    assert store.statuses == ["INPROGRESS"]


@pytest.mark.parametrize("what", ["future", "in a list"])
def test_of_a_message(what: str, work: Work) -> None:
    store = Store()
    handler = sqs_handler(idempotency=Idempotency(store=store))(lambda message: RETURNED[what](work))
    assert queue.returned(handler(queue.batch(1))) == ["0"]
    assert store.statuses == ["INPROGRESS"]


def test_work_of_a_thread_that_nothing_awaits(work: Work) -> None:
    store = Store()

    @sqs_handler(idempotency=Idempotency(store=store))
    async def handler(message: Any) -> None:
        asyncio.get_running_loop().run_in_executor(work.pool, work.run)

    assert queue.returned(handler(queue.batch(1), queue.Context(time.time, 0.65))) == ["0"]
    assert store.statuses == ["INPROGRESS"]


def numbers() -> Iterator[int]:
    yield 1


def cancelled() -> Future[None]:
    future: Future[None] = Future()
    return future


NOT_RUNNING: dict[str, Callable[[], Any]] = {
    "generator": numbers,
    "error": lambda: ValueError("no lines"),
    "future that was cancelled in time": cancelled,
    "thread that has not begun": lambda: threading.Thread(target=print),
}


@pytest.mark.parametrize("what", NOT_RUNNING)
def test_what_does_not_run_may_run_again(what: str) -> None:
    store = Store()

    @idempotent(store=store)
    def charge(order: int) -> Any:
        return NOT_RUNNING[what]()

    with pytest.raises(TypeError, match="has returned"):
        charge(7)
    assert store.statuses == []
