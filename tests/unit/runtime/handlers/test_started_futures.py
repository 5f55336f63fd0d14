"""Work that stands behind a future, and that nothing awaits, fails its record: executors, `gather`, `shield`."""

from __future__ import annotations

import asyncio
import gc
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any

import pytest

from redrive import MemoryStore, idempotent, sqs_handler
from tests.support.runtime.sqs import queue


class Fails(Exception): ...


def fails() -> None:
    time.sleep(0.01)
    raise Fails


async def fails_later() -> None:
    await asyncio.sleep(0.01)
    raise Fails


def in_thread(work: Callable[[], None] = fails, executor: Any = None) -> Any:
    return asyncio.get_running_loop().run_in_executor(executor, work)


async def gathers() -> None:
    asyncio.gather(fails_later(), fails_later())


async def in_group() -> None:
    async with asyncio.TaskGroup() as group:
        group.create_task(fails_later())


async def with_time_limit() -> None:
    await asyncio.wait_for(in_thread(), 5)


STARTS: dict[str, Callable[[ThreadPoolExecutor], object]] = {
    "run_in_executor": lambda _: in_thread(),
    "an executor of one's own": lambda pool: in_thread(executor=pool),
    "wrap_future": lambda pool: asyncio.wrap_future(pool.submit(fails)),
    "to_thread in a task": lambda _: asyncio.create_task(asyncio.to_thread(fails)),
    "gather": lambda _: asyncio.gather(fails_later(), fails_later()),
    "gather in gather": lambda _: asyncio.gather(asyncio.gather(fails_later())),
    "gather in a task": lambda _: asyncio.create_task(gathers()),
    "gather of an executor": lambda _: asyncio.gather(in_thread(), asyncio.sleep(0)),
    "gather that returns errors": lambda _: asyncio.gather(fails_later(), return_exceptions=True),
    "shield": lambda _: asyncio.shield(fails_later()),
    "shield of an executor": lambda _: asyncio.shield(in_thread()),
    "task group in a task": lambda _: asyncio.create_task(in_group()),
    "wait_for in a task": lambda _: asyncio.create_task(with_time_limit()),
}


@pytest.fixture(scope="module")
def pool() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(2) as found:
        yield found


@pytest.mark.parametrize("returns_at_once", [True, False])
@pytest.mark.parametrize("start", STARTS.values(), ids=STARTS)
def test_a_failure_that_nothing_awaits_fails_the_record(
    start: Callable[[ThreadPoolExecutor], object], returns_at_once: bool, pool: ThreadPoolExecutor
) -> None:
    errors: list[BaseException] = []
    kept: list[object] = []

    @sqs_handler(on_failure=lambda failure: errors.append(failure.error))
    async def handler(message: Any) -> None:
        kept.append(start(pool))
        if not returns_at_once:
            await asyncio.sleep(0.03)

    assert queue.returned(handler(queue.batch(1))) == ["0"]
    [error] = errors
    while isinstance(error, ExceptionGroup):
        error = error.exceptions[0]
    assert type(error) is Fails


async def handles_each() -> None:
    with pytest.raises(Fails):
        await in_thread()
    with pytest.raises(Fails):
        await asyncio.to_thread(fails)
    with pytest.raises(Fails):
        await asyncio.gather(fails_later(), in_thread())
    with pytest.raises(Fails):
        await asyncio.shield(fails_later())
    results: list[Any] = await asyncio.gather(fails_later(), in_thread(), return_exceptions=True)
    assert [type(each) for each in results] == [Fails, Fails]


async def handles_later() -> None:
    gathered = asyncio.gather(fails_later(), return_exceptions=True)
    await asyncio.wait([gathered])
    assert [type(each) for each in gathered.result()] == [Fails]
    in_thread().add_done_callback(lambda future: future.exception())


async def cancels() -> None:
    task = asyncio.gather(asyncio.sleep(60), asyncio.sleep(60))
    task.cancel()
    with suppress(TimeoutError):
        await asyncio.wait_for(asyncio.shield(asyncio.create_task(asyncio.sleep(0.02))), 0.01)
    child = asyncio.create_task(asyncio.sleep(60))
    asyncio.gather(child)
    child.cancel()


async def succeeds() -> None:
    in_thread(lambda: None)
    asyncio.gather(asyncio.sleep(0), in_thread(lambda: None))
    asyncio.shield(asyncio.sleep(0))
    asyncio.gather()


async def waits_for_nothing() -> None:
    """A library may have futures that are done at the end of a connection."""
    asyncio.get_running_loop().create_future()


@pytest.mark.parametrize("function", [handles_each, handles_later, cancels, succeeds, waits_for_nothing])
def test_what_was_handled_cancelled_or_done_is_no_failure(function: Callable[[], Any]) -> None:
    @sqs_handler
    async def handler(message: Any) -> None:
        await function()

    assert queue.returned(handler(queue.batch(2))) == []


def test_a_call_ends_with_its_threads_work() -> None:
    done: list[str] = []

    def work() -> None:
        time.sleep(0.03)
        done.append("done")

    @idempotent(store=MemoryStore())
    async def charge(order: int) -> None:
        in_thread(work)
        asyncio.gather(asyncio.to_thread(work))

    async def main() -> None:
        await charge(7)
        assert done == ["done", "done"]

    asyncio.run(main())


class Large:
    """A result that takes much memory."""


LARGE: dict[str, Callable[[], Any]] = {
    "to_thread": lambda: asyncio.to_thread(Large),
    "run_in_executor": lambda: asyncio.get_running_loop().run_in_executor(None, Large),
    "task": lambda: asyncio.create_task(asyncio.to_thread(Large)),
    "gather": lambda: asyncio.gather(asyncio.to_thread(Large), asyncio.to_thread(Large)),
    "shield": lambda: asyncio.shield(asyncio.to_thread(Large)),
}


@pytest.mark.parametrize("work", LARGE.values(), ids=LARGE)
def test_results_are_not_kept_until_the_call_ends(work: Callable[[], Any]) -> None:
    forgotten: list[bool] = []

    @sqs_handler
    async def handler(message: Any) -> None:
        for _ in range(3):
            await work()
        for _ in range(500):  # the thread lets its last result go a moment after it has given it
            await asyncio.sleep(0.01)
            if not any(isinstance(each, Large) for each in gc.get_objects()):
                forgotten.append(True)
                return

    assert queue.returned(handler(queue.batch(1))) == []
    assert forgotten == [True]


def test_work_of_a_thread_that_is_not_done_in_time_is_a_failure() -> None:
    errors: list[BaseException] = []

    @sqs_handler(on_failure=lambda failure: errors.append(failure.error))
    async def handler(message: Any) -> None:
        in_thread(lambda: time.sleep(0.4))

    context = queue.Context(time.time, 0.65)
    assert queue.returned(handler(queue.batch(1), context)) == ["0"]
    assert "without awaiting it, and it was not done in time" in str(errors[0])


def test_outside_of_the_helpers_nothing_changes() -> None:
    unseen: list[str] = []

    async def main() -> None:
        asyncio.get_running_loop().set_exception_handler(lambda _, found: unseen.append(found["message"]))
        asyncio.gather(fails_later())
        await asyncio.sleep(0.02)
        in_thread()
        await asyncio.sleep(0.05)

    asyncio.run(main())
    assert [text.partition(" ")[2] for text in unseen] == ["exception was never retrieved"] * 2
