"""Everything that runs in threads also runs where no more threads can be started, and each piece of work once."""

from __future__ import annotations

import asyncio
import threading
from collections import Counter
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

import pytest

from redrive import Idempotency, MemoryStore, idempotent, kinesis_handler, sqs_handler
from redrive.core.parallel import in_thread, run_all, spread
from tests.support.runtime.sqs import queue
from tests.support.runtime.streams import stream

Allow = Callable[[int], None]
T = TypeVar("T")


@pytest.fixture
def threads(monkeypatch: pytest.MonkeyPatch) -> Allow:
    """Allow a number of threads, after which starting one fails as it does in a full Lambda environment."""
    start = threading.Thread.start
    left = [0]

    def limited(thread: threading.Thread) -> None:
        if left[0] <= 0:
            raise RuntimeError("can't start new thread")
        left[0] -= 1
        start(thread)

    monkeypatch.setattr(threading.Thread, "start", limited)

    def allow(number: int) -> None:
        left[0] = number

    return allow


def run(work: Coroutine[Any, Any, T]) -> T:
    # `asyncio.run` itself needs one more thread, to end its executor.
    loop = asyncio.new_event_loop()
    try:
        return loop.run_until_complete(work)
    finally:
        loop.close()


@pytest.mark.parametrize("allowed", [0, 1, 2, 50])
def test_each_item_is_worked_on_once(threads: Allow, allowed: int) -> None:
    threads(allowed)
    done: list[int] = []
    with ThreadPoolExecutor(8) as pool:
        spread(pool, 8, done.append, range(100))
    assert Counter(done) == Counter(range(100))


@pytest.mark.parametrize("allowed", [0, 1, 50])
def test_aws_calls_are_made(threads: Allow, allowed: int) -> None:
    threads(allowed)
    done: list[int] = []
    run_all(done.append, range(20), 5.0)
    assert sorted(done) == list(range(20))


@pytest.mark.parametrize("allowed", [0, 1, 2, 50])
def test_a_batch_is_processed(threads: Allow, allowed: int) -> None:
    ran: list[str] = []

    def count_orders(message: Any) -> None:
        ran.append(message.id)
        if message.id == "3":
            raise KeyError

    threads(allowed)
    handler = sqs_handler(concurrency=5)(count_orders)
    assert queue.returned(handler(queue.batch(9))) == ["3"]
    assert sorted(ran) == [str(number) for number in range(9)]


@pytest.mark.parametrize("allowed", [0, 1, 50])
def test_a_batch_of_a_stream_is_processed(threads: Allow, allowed: int) -> None:
    ran: list[Any] = []
    threads(allowed)
    assert kinesis_handler(concurrency=5, ordered_by="partition_key")(ran.append)(stream.batch(9)) == {
        "batchItemFailures": []
    }
    assert len(ran) == 9


@pytest.mark.parametrize("is_async", [False, True])
@pytest.mark.parametrize("allowed", [0, 1, 50])
def test_a_guarded_batch_is_processed_once(threads: Allow, allowed: int, is_async: bool) -> None:
    ran: list[str] = []
    store = MemoryStore()

    def plain(message: Any) -> None:
        ran.append(message.id)

    async def with_await(message: Any) -> None:
        ran.append(message.id)

    handler: Any = sqs_handler(concurrency=3, idempotency=Idempotency(store=store))(with_await if is_async else plain)
    for _ in range(2):
        threads(allowed)
        assert queue.returned(handler(queue.batch(9))) == []
    assert sorted(ran) == [str(number) for number in range(9)]


@pytest.mark.parametrize("allowed", [0, 1])
def test_a_call_runs_once(threads: Allow, allowed: int) -> None:
    ran: list[int] = []

    @idempotent(store=MemoryStore())
    async def charge(order: int) -> int:
        ran.append(order)
        return order

    async def twice() -> list[int]:
        return [await charge(7), await charge(7)]

    threads(allowed)
    assert run(twice()) == [7, 7]
    assert ran == [7]


def test_an_error_of_the_work_is_its_own(threads: Allow) -> None:
    """`RuntimeError` of the work is not taken for a missing thread: the work would run twice."""
    ran: list[int] = []

    def fails() -> None:
        ran.append(1)
        raise RuntimeError("can't start new thread")

    for allowed in (0, 1):
        threads(allowed)
        with pytest.raises(RuntimeError, match="new thread"):
            run(in_thread(fails))
    assert len(ran) == 2


def test_work_left_in_a_queue_does_not_run_again(threads: Allow) -> None:
    """An executor that cannot start a thread keeps the work, and does it when it can start one later."""
    ran: list[int] = []

    async def both() -> None:
        await in_thread(ran.append, 1)
        threads(1)
        await in_thread(ran.append, 2)

    run(both())
    assert ran == [1, 2]
