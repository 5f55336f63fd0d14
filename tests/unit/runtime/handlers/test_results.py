"""Results that are lazy, unfinished or a failure are no success, for every caller of the function."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import itertools
import sqlite3
import threading
import types
from collections.abc import AsyncIterator, Callable
from concurrent.futures import Future, ThreadPoolExecutor
from io import BytesIO
from multiprocessing.pool import ThreadPool
from typing import Any
from unittest.mock import MagicMock, Mock

import pytest

from redrive import (
    Permanent,
    Retry,
)
from tests.support.runtime.lazy_results import charge, numbers, transaction
from tests.support.runtime.result_places import PLACES, Function, Running


async def async_numbers() -> Any:
    yield 1


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
    "submitted": Running(lambda over: ThreadPoolExecutor(1).submit(over.wait, 30)),
    "list of futures": lambda: [Future()],
    "pool": Running(lambda over: in_process(over.wait)),
    "thread": Running(lambda over: started(threading.Thread(target=over.wait, args=(30,)))),
    "future of another loop": Running(lambda over: other_loops_future()),
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
    try:
        assert not place(result)
    finally:
        if isinstance(result, Running):
            result.end()


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
