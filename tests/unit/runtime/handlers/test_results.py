"""Results that are lazy, unfinished or a failure are no success, for every caller of the function."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import itertools
import operator
import sqlite3
import threading
import types
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from io import BytesIO
from multiprocessing.pool import ThreadPool
from typing import Any
from unittest.mock import AsyncMock, MagicMock, Mock

import pytest

from redrive import (
    CircuitBreaker,
    CircuitPolicy,
    Idempotency,
    LocalCircuits,
    MemoryStore,
    Permanent,
    Retry,
    async_handler,
    dynamodb_stream_handler,
    idempotent,
    kinesis_handler,
    sqs_handler,
)
from redrive.idempotency.record import Stored
from tests.support.runtime.sqs import queue
from tests.support.runtime.streams import stream

Log = Callable[[str], list[dict[str, Any]]]
Function = Callable[[], Any]


def is_done(records: Iterable[Stored]) -> bool:
    """The only record says so; a claim that is left, as for work that still runs, does not."""
    return [each.status for each in records if each.status != "INPROGRESS"] == ["COMPLETED"]


def in_sqs(function: Function, **options: Any) -> bool:
    answer = sqs_handler(lambda message: function(), **options)(queue.batch(1))
    return answer == {"batchItemFailures": []}


def in_sqs_with_idempotency(function: Function) -> bool:
    store = MemoryStore()
    succeeded = in_sqs(function, idempotency=Idempotency(store=store))
    assert is_done(store.records.values()) == succeeded
    return succeeded


def in_threads(function: Function) -> bool:
    return in_sqs(function, concurrency=2)


def in_async_sqs(function: Function, **options: Any) -> bool:
    @sqs_handler(**options)
    async def handler(message: Any) -> Any:
        return function()

    return handler(queue.batch(1)) == {"batchItemFailures": []}


def in_kinesis(function: Function) -> bool:
    handler = kinesis_handler(lambda record: function())
    return handler(stream.batch(1)) == {"batchItemFailures": []}


def in_dynamodb_stream(function: Function) -> bool:
    handler = dynamodb_stream_handler(lambda record: function())
    return handler(stream.event(stream.dynamodb_record())) == {"batchItemFailures": []}


def in_window(function: Function) -> bool:
    handler = kinesis_handler(lambda record, window: function(), window_end=lambda window: None)  # pyright: ignore[reportCallIssue]
    return not handler(window_event())["batchItemFailures"]


def at_window_end(function: Function) -> bool:
    handler = kinesis_handler(lambda record, window: None, window_end=lambda window: function())  # pyright: ignore[reportCallIssue]
    return succeeds(handler, window_event())


def window_event() -> dict[str, Any]:
    times = {"start": "2026-11-21T08:00:00Z", "end": "2026-11-21T08:01:00Z"}
    return {**stream.batch(1), "window": times, "state": {}, "isFinalInvokeForWindow": True}


def in_async_handler(function: Function) -> bool:
    return succeeds(async_handler(lambda event, attempt: function()), {})


def in_idempotent(function: Function) -> bool:
    store = MemoryStore()
    succeeded = succeeds(idempotent(store=store)(lambda order: function()), 7)
    assert is_done(store.records.values()) == succeeded
    return succeeded


def in_async_idempotent(function: Function) -> bool:
    store = MemoryStore()

    @idempotent(store=store)
    async def charge(order: int) -> Any:
        return function()

    succeeded = succeeds(lambda: asyncio.run(charge(7)))
    assert is_done(store.records.values()) == succeeded
    return succeeded


def breaker() -> CircuitBreaker:
    return CircuitBreaker("payments", store=LocalCircuits(), policy=CircuitPolicy(failure_threshold=1))


def in_breaker(function: Function) -> bool:
    payments = breaker()
    succeeded = succeeds(payments(lambda: function()))  # noqa: PLW0108
    assert (payments.open_for() is None) == succeeded
    return succeeded


def in_async_breaker(function: Function) -> bool:
    payments = breaker()

    @payments
    async def charge() -> Any:
        return function()

    succeeded = succeeds(lambda: asyncio.run(charge()))
    assert (payments.open_for() is None) == succeeded
    return succeeded


def succeeds(call: Callable[..., Any], *arguments: Any) -> bool:
    try:
        call(*arguments)
    except TypeError:
        return False
    return True


PLACES = [
    in_sqs,
    in_sqs_with_idempotency,
    in_threads,
    in_async_sqs,
    in_kinesis,
    in_dynamodb_stream,
    in_window,
    at_window_end,
    in_async_handler,
    in_idempotent,
    in_async_idempotent,
    in_breaker,
    in_async_breaker,
]


def numbers() -> Iterator[int]:
    yield 1


async def async_numbers() -> Any:
    yield 1


@contextlib.contextmanager
def transaction() -> Iterator[None]:
    yield


@contextlib.asynccontextmanager
async def async_transaction() -> AsyncIterator[None]:
    yield


class Countdown:
    """An iterator of the user's own."""

    def __iter__(self) -> Countdown:
        return self

    def __next__(self) -> int:
        raise StopIteration


class NoSuchOrder(Permanent): ...


def in_process(work: Callable[[], object]) -> Any:
    with ThreadPool(1) as pool:
        return pool.apply_async(work)


def other_loops_future() -> asyncio.Future[None]:
    loop = asyncio.new_event_loop()
    future = loop.create_future()
    loop.close()
    return future


async def charge() -> None: ...


LAZY: dict[str, Function] = {
    "generator": numbers,
    "generator expression": lambda: (each for each in [1]),
    "async generator": async_numbers,
    "map": lambda: map(print, [1]),
    "filter": lambda: filter(print, [1]),
    "zip": lambda: zip([1], [2], strict=True),
    "enumerate": lambda: enumerate([1]),
    "itertools": lambda: itertools.starmap(print, [(1,)]),
    "iterator of a class": Countdown,
    "context manager": transaction,
    "async context manager": async_transaction,
    "function": lambda: numbers,
    "partial": lambda: functools.partial(print, 1),
    "method": lambda: [].append,
    "list of coroutines": lambda: [charge(), charge()],
    "tuple with a generator": lambda: (1, numbers()),
    "dict with a coroutine": lambda: {"a": charge()},
}
UNFINISHED: dict[str, Function] = {
    "future": Future,
    "submitted": lambda: ThreadPoolExecutor(1).submit(threading.Event().wait, 0.01),
    "list of futures": lambda: [Future()],
    "pool": lambda: in_process(lambda: None),
    "thread": lambda: started(threading.Thread(target=threading.Event().wait, args=(0.3,))),
    "future of another loop": other_loops_future,
}
FAILED: dict[str, Function] = {
    "Permanent": lambda: Permanent("no lines"),
    "subclass": lambda: NoSuchOrder("7"),
    "Retry": lambda: Retry(after=5),
    "error": lambda: ValueError("no lines"),
    "class": lambda: Permanent,
    "class of errors": lambda: KeyError,
    "SystemExit": lambda: SystemExit(1),
    "group": lambda: ExceptionGroup("several", [ValueError()]),
    "results with an error": lambda: ["done", ValueError("no lines")],
    "response": lambda: {"batchItemFailures": [{"itemIdentifier": "1"}]},
    "response with more": lambda: types.MappingProxyType({"batchItemFailures": [{"itemIdentifier": ""}], "state": {}}),
}


def started(thread: threading.Thread) -> threading.Thread:
    thread.start()
    return thread


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("result", (every := LAZY | UNFINISHED | FAILED).values(), ids=every)
def test_a_result_that_shows_work_undone_is_a_failure(place: Callable[[Function], bool], result: Function) -> None:
    assert not place(result)


def finished_future(value: object = 7) -> asyncio.Future[Any]:
    future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
    future.set_result(value)
    return future


def cursor() -> Any:
    with contextlib.closing(sqlite3.connect(":memory:")) as database:
        return database.execute("select 1")


FINE: dict[str, Function] = {
    "nothing": lambda: None,
    "false": lambda: False,
    "response": lambda: {"batchItemFailures": []},
    "API response": lambda: {"statusCode": 200, "body": "{}"},
    "empty": dict,
    "list": lambda: [1, "a", None, {"b": [2]}],
    "range": lambda: range(3),
    "large": lambda: list(range(10_000)),
    "bytes": lambda: b"x",
}
#: Results that are no JSON, which is no failure where they are not stored.
FINE_OBJECTS: dict[str, Function] = {
    "mock": Mock,
    "magic mock": MagicMock,
    "object": object,
    "file": BytesIO,
    "cursor": cursor,
    "class": lambda: dict,
    "set": lambda: {1},
}


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("result", (fine := FINE | FINE_OBJECTS).values(), ids=fine)
def test_any_other_result_is_a_success(place: Callable[[Function], bool], result: Function) -> None:
    assert place(result)


class Job:
    def __init__(self, work: Function) -> None:
        self.work = work

    def __await__(self) -> Any:
        yield from asyncio.sleep(0).__await__()
        return self.work()


async def later(work: Function) -> Any:
    await asyncio.sleep(0)
    return work()


@types.coroutine
def old_style(work: Function) -> Any:
    yield from asyncio.sleep(0).__await__()
    return work()


AWAITABLES: dict[str, Callable[[Function], Any]] = {
    "coroutine": later,
    "object": Job,
    "coroutine of a generator": old_style,
    "coroutine of a coroutine": lambda work: later(lambda: later(work)),
    "object of a coroutine of an object": lambda work: Job(lambda: later(lambda: Job(work))),
    "mock": lambda work: AsyncMock(side_effect=work)(),
    "task of a coroutine": lambda work: later(lambda: asyncio.create_task(later(work))),
    "gathered": lambda work: later(lambda: asyncio.gather(later(work), asyncio.sleep(0))),
}


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("awaitable", AWAITABLES.values(), ids=AWAITABLES)
def test_whatever_can_be_awaited_is_awaited(place: Callable[[Function], bool], awaitable: Callable[..., Any]) -> None:
    ran: list[int] = []
    assert place(lambda: awaitable(lambda: ran.append(1)))
    assert ran == [1]
    assert not place(lambda: awaitable(numbers))
    assert not place(lambda: awaitable(lambda: operator.index("not a number")))  # type: ignore[arg-type]


class Pool:
    """Comes to itself, as connection pools do."""

    def __await__(self) -> Any:
        yield from asyncio.sleep(0).__await__()
        return self


async def forever() -> Any:
    return forever()


@pytest.mark.parametrize("place", PLACES)
def test_awaiting_comes_to_an_end(place: Callable[[Function], bool]) -> None:
    assert place(Pool)
    assert not place(forever)


MESSAGES = [
    (numbers, "has returned a generator: calling it runs none of it, and it would count as done; take the `yield` out"),
    (transaction, "has returned a context manager: calling it runs none of it.*`with`"),
    (lambda: map(print, [1]), r"has returned an iterator \(map\): calling it runs none of it"),
    (Future, "has returned Future, whose work may not be done"),
    (lambda: Permanent("no lines"), "has returned the error Permanent instead of raising it.*`raise`"),
    (lambda: [charge()], "has returned list with coroutine, which nothing awaits.*gather"),
    (lambda: {"batchItemFailures": [1]}, "has returned batchItemFailures.*raise an error"),
]


@pytest.mark.parametrize(("result", "says"), MESSAGES, ids=lambda value: value[:30] if isinstance(value, str) else "")
def test_the_error_says_what_to_do(result: Function, says: str) -> None:
    with pytest.raises(TypeError, match=says):
        async_handler(lambda event, attempt: result())({})


def test_a_failure_is_logged_with_the_function(log: Log) -> None:
    assert not in_sqs(numbers)
    (line,) = log("redrive.sqs.failure")
    assert line["error_type"] == "TypeError"
    assert "has returned a generator" in line["error"]


def test_the_returned_error_is_the_cause() -> None:
    error = Permanent("no lines")
    with pytest.raises(TypeError) as raised:
        async_handler(lambda event, attempt: error)({})
    assert raised.value.__cause__ is error


def test_work_that_has_not_begun_is_cancelled() -> None:
    future: Future[None] = Future()
    assert not in_sqs(lambda: future)
    assert future.cancelled()


@pytest.mark.parametrize("make", [idempotent(store=MemoryStore()), breaker()], ids=["idempotent", "breaker"])
def test_a_plain_function_cannot_be_awaited_in_a_running_loop(make: Callable[[Any], Any]) -> None:
    ran: list[int] = []

    async def call() -> None:
        make(lambda order: later(lambda: ran.append(order)))(7)

    with pytest.raises(RuntimeError, match="make the function `async def`"):
        asyncio.run(call())
    assert ran == []


def test_a_fallback_is_awaited_too() -> None:
    payments = breaker()
    with pytest.raises(ValueError, match="invalid literal"):
        payments.call(int, "x")
    call: Function = lambda: 1  # noqa: E731
    assert payments(fallback=lambda: later(lambda: 7))(call)() == 7
    with pytest.raises(TypeError, match="generator"):
        payments(fallback=lambda: (each for each in [1]))(call)()
