"""Whatever can be awaited is awaited, for every caller of the function."""

from __future__ import annotations

import asyncio
import operator
import types
from collections.abc import Callable
from typing import Any
from unittest.mock import AsyncMock

import pytest

from redrive import (
    MemoryStore,
    idempotent,
)
from tests.support.runtime.lazy_results import numbers
from tests.support.runtime.result_places import PLACES, Function, breaker


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
