"""Errors that end a program or a task elsewhere are one message's failure here."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from redrive import SqsMessage, sqs_handler
from tests.support.runtime.sqs.queue import FIFO, Context, FakeSqs, batch, event, record, returned

Function = Callable[[SqsMessage[str]], Any]


def leave(message: SqsMessage[str]) -> None:
    sys.exit(3)


def cancelled(message: SqsMessage[str]) -> None:
    raise asyncio.CancelledError


def generator_exit(message: SqsMessage[str]) -> None:
    raise GeneratorExit


def stop_iteration(message: SqsMessage[str]) -> None:
    raise StopIteration


async def leave_async(message: SqsMessage[str]) -> None:
    await asyncio.sleep(0)
    sys.exit(3)


async def leave_in_a_task_of_its_own(message: SqsMessage[str]) -> None:
    await asyncio.gather(leave_async(message), asyncio.sleep(0))


async def leave_in_a_group(message: SqsMessage[str]) -> None:
    async with asyncio.TaskGroup() as group:
        group.create_task(leave_async(message))
        group.create_task(asyncio.sleep(1))


async def cancelled_async(message: SqsMessage[str]) -> None:
    raise asyncio.CancelledError


def own_task() -> asyncio.Task[Any]:
    task = asyncio.current_task()
    assert task is not None
    return task


async def cancel_itself(message: SqsMessage[str]) -> None:
    own_task().cancel()
    await asyncio.sleep(1)


async def cancel_itself_and_fail(message: SqsMessage[str]) -> None:
    """The error comes before the cancellation is delivered, so that asyncio reports a cancelled task."""
    own_task().cancel()
    raise ValueError


async def cancel_itself_and_return(message: SqsMessage[str]) -> None:
    own_task().cancel()


async def cancelled_from_a_future(message: SqsMessage[str]) -> None:
    future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
    future.cancel()
    await future


async def run_out_of_time(message: SqsMessage[str]) -> None:
    async with asyncio.timeout(0.001):
        await asyncio.sleep(1)


PLAIN = [leave, cancelled, generator_exit, stop_iteration]
ASYNC = [
    leave_async,
    leave_in_a_task_of_its_own,
    leave_in_a_group,
    cancelled_async,
    cancel_itself,
    cancel_itself_and_fail,
    cancel_itself_and_return,
    cancelled_from_a_future,
    run_out_of_time,
]


def crashing_for(id: str, crash: Function, seen: list[str]) -> Function:
    """A function that crashes for one message."""

    async def in_task(message: SqsMessage[str]) -> None:
        if message.id == id:
            await crash(message)
            return
        seen.append(message.id)

    def plain(message: SqsMessage[str]) -> None:
        if message.id == id:
            crash(message)
            return
        seen.append(message.id)

    return in_task if crash in ASYNC else plain


@pytest.mark.parametrize("concurrency", [1, 3])
@pytest.mark.parametrize("crash", [*PLAIN, *ASYNC])
def test_a_crash_is_the_failure_of_its_message_alone(
    sqs: FakeSqs, context: Context, crash: Function, concurrency: int
) -> None:
    seen: list[str] = []
    handler = sqs_handler(concurrency=concurrency)(crashing_for("2", crash, seen))
    assert returned(handler(batch(7), context)) == ["2"]
    assert sorted(seen) == ["0", "1", "3", "4", "5", "6"]


@pytest.mark.parametrize("crash", [*PLAIN, *ASYNC])
def test_a_crash_holds_the_rest_of_its_fifo_group(sqs: FakeSqs, context: Context, crash: Function) -> None:
    seen: list[str] = []
    handler = sqs_handler(crashing_for("a2", crash, seen))
    records = [record(id, arn=FIFO, group=id[0]) for id in ("a1", "b1", "a2", "a3", "b2")]
    assert returned(handler(event(*records), context)) == ["a2", "a3"]
    assert sorted(seen) == ["a1", "b1", "b2"]


@pytest.mark.parametrize("crash", [*PLAIN, *ASYNC])
def test_the_next_invocation_runs_as_if_nothing_had_happened(sqs: FakeSqs, context: Context, crash: Function) -> None:
    seen: list[str] = []
    handler = sqs_handler(crashing_for("1", crash, seen))
    assert returned(handler(batch(2), context)) == ["1"]
    assert returned(handler(event(record("9")), context)) == []
    assert seen == ["0", "9"]


@pytest.mark.parametrize("crash", [leave_async, leave_in_a_task_of_its_own, cancel_itself, cancelled_async])
def test_a_crash_of_an_async_function_behind_a_plain_one_is_its_messages_failure_too(
    sqs: FakeSqs, context: Context, crash: Callable[[SqsMessage[str]], Awaitable[None]]
) -> None:
    inner = crashing_for("1", crash, seen := [])

    @sqs_handler
    def handler(message: SqsMessage[str]) -> Awaitable[None]:
        return inner(message)

    assert returned(handler(batch(3), context)) == ["1"]
    assert seen == ["0", "2"]


def every_task() -> list[asyncio.Task[Any]]:
    """The first is the one that waits for all others."""
    return sorted(asyncio.all_tasks(), key=lambda task: "EventLoop.run" not in repr(task.get_coro()))


@pytest.mark.parametrize("concurrency", [1, 2])
@pytest.mark.parametrize("spared", [0, 1], ids=["every task", "all but the first"])
def test_a_function_that_cancels_the_others_tasks_fails_the_batch_rather_than_lose_a_message(
    sqs: FakeSqs, context: Context, concurrency: int, spared: int
) -> None:
    @sqs_handler(concurrency=concurrency)
    async def handler(message: SqsMessage[str]) -> None:
        if message.id == "1":
            for task in every_task()[spared:]:
                task.cancel()
        await asyncio.sleep(0)

    with pytest.raises(asyncio.CancelledError):
        handler(batch(3), context)
    assert returned(handler(event(record("9")), context)) == []


@pytest.mark.parametrize("concurrency", [1, 2])
@pytest.mark.parametrize("is_async", [False, True])
def test_a_keyboard_interrupt_is_for_the_whole_run(
    sqs: FakeSqs, context: Context, is_async: bool, concurrency: int
) -> None:
    """Someone at a keyboard; Lambda has none."""

    seen: list[str] = []

    def interrupt(message: SqsMessage[str]) -> None:
        if message.id == "1":
            raise KeyboardInterrupt
        seen.append(message.id)

    async def interrupt_async(message: SqsMessage[str]) -> None:
        interrupt(message)

    handler = sqs_handler(concurrency=concurrency)(interrupt_async if is_async else interrupt)
    with pytest.raises(KeyboardInterrupt):
        handler(batch(30), context)
    seen.clear()
    assert returned(handler(event(record("99")), context)) == []
    assert seen == ["99"], "nothing of the interrupted run goes on"
