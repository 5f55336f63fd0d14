"""A task that an `async def` function starts and does not await is part of its work: it is done, or the call fails."""

from __future__ import annotations

import asyncio
import contextvars
import time
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from redrive import (
    CircuitBreaker,
    CircuitPolicy,
    Idempotency,
    LocalCircuits,
    MemoryStore,
    async_handler,
    idempotent,
    kinesis_handler,
    sqs_handler,
)
from tests.support.runtime.sqs import queue
from tests.support.runtime.streams import stream

Function = Callable[[], Awaitable[Any]]
Call = Callable[[Function, Any], None]


class Fails(Exception): ...


def in_sqs(function: Function, context: Any, **options: Any) -> None:
    errors: list[BaseException] = []

    @sqs_handler(on_failure=lambda failure: errors.append(failure.error), **options)
    async def handler(message: Any) -> None:
        await function()

    answer = handler(queue.batch(1), context)
    assert len(answer["batchItemFailures"]) == len(errors)
    raise_all(errors)


def raise_all(errors: list[BaseException]) -> None:
    for error in errors:
        raise error


def in_sqs_with_idempotency(function: Function, context: Any) -> None:
    in_sqs(function, context, idempotency=Idempotency(store=MemoryStore()))


def in_tasks(function: Function, context: Any) -> None:
    in_sqs(function, context, concurrency=3)


def in_plain_sqs(function: Function, context: Any) -> None:
    errors: list[BaseException] = []
    sqs_handler(on_failure=lambda failure: errors.append(failure.error))(lambda message: function())(
        queue.batch(1), context
    )
    raise_all(errors)


def in_kinesis(function: Function, context: Any) -> None:
    errors: list[BaseException] = []

    @kinesis_handler(on_failure=lambda failure: errors.append(failure.error))
    async def handler(record: Any) -> None:
        await function()

    handler(stream.batch(1), context)
    raise_all(errors)


def in_async_handler(function: Function, context: Any) -> None:
    @async_handler
    async def handler(event: Any, attempt: Any) -> None:
        await function()

    handler({}, context)


def in_idempotent(function: Function, context: Any) -> None:
    store = MemoryStore()

    @idempotent(store=store)
    async def charge(order: int, context: Any) -> None:
        await function()

    try:
        asyncio.run(charge(7, context))
    except BaseException:
        assert store.records == {}
        raise


def in_breaker(function: Function, context: Any) -> None:
    payments = CircuitBreaker("payments", store=LocalCircuits(), policy=CircuitPolicy(failure_threshold=1))

    async def charge(context: Any) -> None:
        await function()

    try:
        asyncio.run(payments(charge)(context))
    except BaseException:
        assert payments.open_for()
        raise


PLACES: list[Call] = [
    in_sqs,
    in_sqs_with_idempotency,
    in_tasks,
    in_plain_sqs,
    in_kinesis,
    in_async_handler,
    in_idempotent,
    in_breaker,
]
every_place = pytest.mark.parametrize("place", PLACES)


async def work(done: list[int]) -> None:
    await asyncio.sleep(0.01)
    done.append(1)


async def starts_another(done: list[int]) -> None:
    asyncio.create_task(work(done))  # noqa: RUF006


STARTS: dict[str, Callable[[Any], object]] = {
    "create_task": asyncio.create_task,
    "ensure_future": asyncio.ensure_future,
    "gather": lambda coroutine: asyncio.gather(coroutine, asyncio.sleep(0)),
    "loop": lambda coroutine: asyncio.get_running_loop().create_task(coroutine),
    "named": lambda coroutine: asyncio.create_task(coroutine, name="audit"),
    "copied context": lambda coroutine: asyncio.create_task(coroutine, context=contextvars.copy_context()),
}


@every_place
@pytest.mark.parametrize("start", STARTS.values(), ids=STARTS)
def test_a_call_ends_with_the_tasks_it_has_started(place: Call, start: Callable[[Any], object]) -> None:
    done: list[int] = []

    async def function() -> None:
        start(work(done))
        start(starts_another(done))

    place(function, None)
    assert done == [1, 1]


@every_place
@pytest.mark.parametrize("seconds", [0.0, 0.01])
def test_the_error_of_a_task_is_the_error_of_the_call(place: Call, seconds: float) -> None:
    """The task may fail before the function returns, or after."""

    async def fails() -> None:
        await asyncio.sleep(seconds)
        raise Fails

    async def function() -> None:
        asyncio.create_task(fails())  # noqa: RUF006
        await asyncio.sleep(0.005)

    with pytest.raises(Fails):
        place(function, None)


def test_several_errors_are_a_group() -> None:
    async def fails(error: Exception) -> None:
        raise error

    async def function() -> None:
        for error in (Fails(), KeyError()):
            asyncio.create_task(fails(error))  # noqa: RUF006

    with pytest.raises(ExceptionGroup) as raised:
        in_async_handler(function, None)
    assert [type(error) for error in raised.value.exceptions] == [Fails, KeyError]


@every_place
def test_an_error_that_was_handled_is_none(place: Call) -> None:
    async def fails() -> None:
        raise Fails

    async def function() -> None:
        with pytest.raises(Fails):
            await asyncio.create_task(fails())
        await asyncio.gather(fails(), return_exceptions=True)
        asyncio.create_task(fails()).add_done_callback(lambda task: task.exception())
        asyncio.create_task(asyncio.sleep(60)).cancel()

    place(function, None)


@every_place
def test_a_task_that_is_not_done_in_time_is_a_failure(place: Call) -> None:
    cancelled: list[int] = []

    async def forever() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            cancelled.append(1)

    async def function() -> None:
        asyncio.create_task(forever())  # noqa: RUF006
        await asyncio.sleep(0)  # it begins, however slow the machine is

    context = queue.Context(time.time, 0.65)
    with pytest.raises(RuntimeError, match="without awaiting it, and it was not done in time"):
        place(function, context)
    assert cancelled == [1]
    assert context.get_remaining_time_in_millis() > 100


@every_place
def test_a_failed_call_leaves_nothing_running(place: Call) -> None:
    """Otherwise its retry could run beside it."""
    done: list[int] = []

    async def fails() -> None:
        raise Fails

    async def function() -> None:
        await asyncio.gather(work(done), fails())

    with pytest.raises(Fails):
        place(function, None)
    assert done == [1]


def test_tasks_belong_to_the_record_that_has_started_them() -> None:
    @sqs_handler(concurrency=3)
    async def handler(message: Any) -> None:
        async def fails() -> None:
            await asyncio.sleep(0.01)
            if message.id in "13":
                raise Fails

        asyncio.create_task(fails())  # noqa: RUF006

    assert queue.returned(handler(queue.batch(5))) == ["1", "3"]


def test_a_task_with_a_context_of_its_own_outlives_the_call() -> None:
    tasks: list[asyncio.Task[Any]] = []

    @sqs_handler
    async def handler(message: Any) -> None:
        if not tasks:
            tasks.append(asyncio.create_task(asyncio.Event().wait(), context=contextvars.Context()))

    assert queue.returned(handler(queue.batch(2))) == []
    assert not tasks[0].done()
    tasks[0].get_loop().run_until_complete(asyncio.wait([tasks[0]], timeout=0))
    tasks[0].cancel()
    tasks[0].get_loop().run_until_complete(asyncio.wait([tasks[0]]))


def test_the_task_factory_of_a_loop_is_kept() -> None:
    made: list[str] = []

    def factory(loop: asyncio.AbstractEventLoop, coroutine: Any, **options: Any) -> Any:
        made.append(coroutine.__name__)
        return asyncio.Task(coroutine, loop=loop, **options)

    done: list[int] = []

    @idempotent(store=MemoryStore())
    async def charge(order: int) -> None:
        asyncio.create_task(work(done))  # noqa: RUF006

    async def main() -> None:
        asyncio.get_running_loop().set_task_factory(factory)
        await charge(7)

    asyncio.run(main())
    assert "work" in made
    assert done == [1]
