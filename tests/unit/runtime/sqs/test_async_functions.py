"""An `async def` function is awaited, whatever it is wrapped into."""

from __future__ import annotations

import asyncio
import functools
import gc
import time
from collections.abc import Awaitable, Callable
from typing import Any
from unittest.mock import AsyncMock

import pytest

from redrive import SqsHandler, SqsMessage, sqs_handler
from tests.support.runtime.sqs.queue import Context, FakeSqs, batch, returned

Done = list[str]


async def work(done: Done, message: SqsMessage[str]) -> None:
    await asyncio.sleep(0)
    if message.id == "1":
        raise ValueError
    done.append(message.id)


class Worker:
    def __init__(self, done: Done) -> None:
        self.done = done

    async def __call__(self, message: SqsMessage[str]) -> None:
        await work(self.done, message)

    async def method(self, message: SqsMessage[str]) -> None:
        await work(self.done, message)


def plain_decorator(function: Callable[..., Awaitable[None]]) -> Callable[..., Awaitable[None]]:
    @functools.wraps(function)
    def wrapper(*args: Any) -> Awaitable[None]:
        return function(*args)

    return wrapper


class Job:
    """Something else that can be awaited."""

    def __init__(self, done: Done, message: SqsMessage[str]) -> None:
        self.done, self.message = done, message

    def __await__(self) -> Any:
        return work(self.done, self.message).__await__()


FUNCTIONS: dict[str, Callable[[Done], Any]] = {
    "partial": lambda done: functools.partial(work, done),
    "partial of a partial": lambda done: functools.partial(functools.partial(work, done)),
    "callable object": Worker,
    "partial of a callable object": lambda done: functools.partial(Worker(done)),
    "method": lambda done: Worker(done).method,
    "partial of a method": lambda done: functools.partial(Worker(done).method),
    "plain function around it": lambda done: lambda message: work(done, message),
    "plain decorator": lambda done: functools.partial(plain_decorator(work), done),
    "awaitable of another kind": lambda done: lambda message: Job(done, message),
    "mock": lambda done: AsyncMock(side_effect=functools.partial(work, done)),
}


@pytest.mark.parametrize("concurrency", [1, 3])
@pytest.mark.parametrize("kind", FUNCTIONS)
def test_an_async_function_is_never_mistaken_for_done(
    sqs: FakeSqs, context: Context, kind: str, concurrency: int
) -> None:
    done: Done = []
    handler = sqs_handler(concurrency=concurrency)(FUNCTIONS[kind](done))
    assert returned(handler(batch(4), context)) == ["1"]
    assert sorted(done) == ["0", "2", "3"]


def test_the_event_loop_is_kept_between_invocations() -> None:
    """A client that belongs to a loop can be made once and used again."""
    loops: list[asyncio.AbstractEventLoop] = []

    @sqs_handler
    async def handler(message: SqsMessage[str]) -> None:
        loops.append(asyncio.get_running_loop())

    handler(batch(2))
    handler(batch(1))
    assert len(loops) == 3
    assert len(set(loops)) == 1
    assert not loops[0].is_closed()


def test_the_event_loop_is_closed_with_its_handler() -> None:
    """A test that makes a handler leaves nothing behind that Python would warn of."""
    loops: list[asyncio.AbstractEventLoop] = []

    @sqs_handler
    async def handler(message: SqsMessage[str]) -> None:
        loops.append(asyncio.get_running_loop())

    handler(batch(1))
    del handler
    gc.collect()
    assert loops[0].is_closed()


def test_a_handler_called_inside_a_running_loop_says_so() -> None:
    handlers = [sqs_handler(functools.partial(work, []))]

    async def call() -> None:
        handlers[0](batch(1))

    with pytest.raises(RuntimeError, match="to_thread"):
        asyncio.run(call())
    gc.collect()  # pytest makes an error of the warning that a coroutine was never awaited


def test_a_handler_can_be_called_from_a_running_loop_in_a_thread() -> None:
    done: Done = []
    handler = sqs_handler(functools.partial(work, done))

    async def call() -> Any:
        return await asyncio.to_thread(handler, batch(1))

    assert returned(asyncio.run(call())) == []
    assert done == ["0"]


def generates(message: SqsMessage[str]) -> Any:
    yield message


async def generates_async(message: SqsMessage[str]) -> Any:
    yield message


class Generates:
    def __call__(self, message: SqsMessage[str]) -> Any:
        yield message


@pytest.mark.parametrize("function", [generates, generates_async, Generates(), functools.partial(generates)])
def test_a_generator_function_is_refused(function: Any) -> None:
    """Calling it runs none of it: every message would be deleted unprocessed."""
    with pytest.raises(TypeError, match="yield"):
        sqs_handler(function)


def test_what_a_failure_takes_does_not_stop_the_loop(sqs: FakeSqs, context: Context) -> None:
    """The hook, and the calls for a FIFO group, run in a thread."""
    ticks: list[int] = []
    ticked: list[bool] = []

    def wait_for_a_tick(failure: object) -> None:
        before = len(ticks)
        for _ in range(1000):
            if len(ticks) > before:
                break
            time.sleep(0.001)
        ticked.append(len(ticks) > before)

    @sqs_handler(concurrency=2, on_failure=wait_for_a_tick)
    async def handler(message: SqsMessage[str]) -> None:
        if message.id == "0":
            raise ValueError
        while not ticked:
            ticks.append(1)
            await asyncio.sleep(0.0005)

    assert returned(handler(batch(2), context)) == ["0"]
    assert ticked == [True]


@pytest.mark.parametrize("name", ["parse", "classify", "on_failure"])
def test_what_is_called_without_being_awaited_is_refused_as_async_def(name: str) -> None:
    async def callback(_: object) -> None: ...

    with pytest.raises(TypeError, match=f"{name}=.*without being awaited"):
        SqsHandler(lambda message: None, **{name: callback})  # pyright: ignore[reportArgumentType]
