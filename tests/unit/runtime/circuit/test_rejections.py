"""A call that an open circuit rejects leaves nothing behind: its error, and so the event, is freed at once."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Awaitable, Callable, Iterator
from contextlib import suppress

import pytest

from redrive import Backoff, CircuitBreaker, CircuitOpen, CircuitPolicy, LocalCircuits

POLICY = CircuitPolicy(failure_threshold=1, open_time=Backoff(30, jitter="none"))


def fail() -> None:
    raise OSError


async def fail_later() -> None:
    raise OSError


Plain = Callable[[], object]
Async = Callable[[], Awaitable[object]]


def guarded(breaker: CircuitBreaker) -> Plain:
    def call() -> None:
        with breaker.guard():
            fail()

    return call


def guarded_async(breaker: CircuitBreaker) -> Async:
    async def call() -> None:
        async with breaker.guard():
            fail()

    return call


PLAIN: dict[str, Callable[[CircuitBreaker], Plain]] = {
    "decorated": lambda breaker: breaker(fail),
    "call": lambda breaker: lambda: breaker.call(fail),
    "with": guarded,
}
ASYNC: dict[str, Callable[[CircuitBreaker], Async]] = {
    "decorated": lambda breaker: breaker(fail_later),
    "call": lambda breaker: lambda: breaker.call(fail_later),
    "with": guarded_async,
}


@pytest.fixture
def left() -> Iterator[Callable[[], int]]:
    """Counts the errors that only garbage collection would free."""
    gc.collect()
    gc.disable()
    yield lambda: sum(isinstance(each, CircuitOpen) for each in gc.get_objects())
    gc.enable()


@pytest.fixture
def breaker() -> CircuitBreaker:
    return CircuitBreaker("Payments", policy=POLICY, store=LocalCircuits())


@pytest.mark.parametrize("way", PLAIN)
def test_the_error_is_no_garbage(way: str, breaker: CircuitBreaker, left: Callable[[], int]) -> None:
    call = PLAIN[way](breaker)
    for _ in range(10):
        with suppress(OSError, CircuitOpen):
            call()
    assert left() == 0


@pytest.mark.parametrize("way", ASYNC)
def test_the_error_of_an_async_call_is_no_garbage(way: str, breaker: CircuitBreaker, left: Callable[[], int]) -> None:
    call = ASYNC[way](breaker)

    async def calls() -> int:
        for _ in range(10):
            with suppress(OSError, CircuitOpen):
                await call()
        return left()

    assert asyncio.run(calls()) == 0


def test_a_guard_says_how_long_its_circuit_is_open(breaker: CircuitBreaker) -> None:
    with suppress(OSError):
        breaker.call(fail)
    call = breaker.guard()
    wait = call.begin()
    assert (call.circuit, wait) == ("Payments", pytest.approx(30, abs=5))  # pyright: ignore[reportUnknownMemberType]
