"""Functions that fail or answer, and the ways to call them through a circuit breaker."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from redrive import CircuitBreaker, CircuitPolicy

POLICY = CircuitPolicy(failure_threshold=3, success_threshold=2)


class Down(Exception):
    pass


def fail(error: BaseException | None = None) -> Any:
    raise error or Down("down")


async def fail_async() -> Any:
    raise Down("down")


def answer(value: Any = "done") -> Any:
    return value


async def answer_async(value: Any = "done") -> Any:
    await asyncio.sleep(0)
    return value


Way = Callable[[CircuitBreaker, bool], object]


def by_decorator(breaker: CircuitBreaker, fails: bool) -> object:
    return breaker(fail)() if fails else breaker(answer)()


def by_call(breaker: CircuitBreaker, fails: bool) -> object:
    return breaker.call(fail) if fails else breaker.call(answer)


def by_guard(breaker: CircuitBreaker, fails: bool) -> object:
    with breaker.guard():
        return fail() if fails else "done"


def by_async_decorator(breaker: CircuitBreaker, fails: bool) -> object:
    return asyncio.run(breaker(fail_async)() if fails else breaker(answer_async)())


def by_async_call(breaker: CircuitBreaker, fails: bool) -> object:
    async def call() -> object:
        return await (breaker.call(fail_async) if fails else breaker.call(answer_async))

    return asyncio.run(call())


def by_async_guard(breaker: CircuitBreaker, fails: bool) -> object:
    async def call() -> object:
        async with breaker.guard():
            return await fail_async() if fails else "done"

    return asyncio.run(call())


WAYS = [by_decorator, by_call, by_guard, by_async_decorator, by_async_call, by_async_guard]


def open_it(breaker: CircuitBreaker) -> None:
    for _ in range(3):
        with pytest.raises(Down):
            by_call(breaker, True)
    assert breaker.open_for() is not None
