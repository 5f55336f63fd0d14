"""A call inside another call of the same circuit belongs to the outer one."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from contextvars import copy_context
from typing import Any

import pytest

from redrive import CircuitBreaker, CircuitOpen, CircuitPolicy, DynamoDBCircuits, LocalCircuits, MemoryCircuits
from redrive.circuit.stores import CircuitStore
from tests.support.runtime.circuit.circuits import Table, fleet
from tests.support.runtime.sqs.queue import VirtualTime

POLICY = CircuitPolicy(failure_threshold=3, success_threshold=2)
Run = Callable[[CircuitBreaker, CircuitBreaker, Callable[[], Any]], Any]


class Down(Exception):
    pass


def fail() -> Any:
    raise Down


def answer() -> str:
    return "done"


@pytest.fixture
def time() -> Iterator[VirtualTime]:
    time = VirtualTime()
    with fleet(time, Table()):
        yield time


@pytest.fixture(params=[LocalCircuits, MemoryCircuits, lambda: DynamoDBCircuits("circuits")])
def store(request: pytest.FixtureRequest) -> CircuitStore:
    return request.param()


def breaker_of(store: CircuitStore, name: str = "payments") -> CircuitBreaker:
    return CircuitBreaker(name, policy=POLICY, store=store, unasked=0, cache_age=0)


def decorated(outer: CircuitBreaker, inner: CircuitBreaker, function: Callable[[], Any]) -> Any:
    return outer(inner(function))()


def guarded(outer: CircuitBreaker, inner: CircuitBreaker, function: Callable[[], Any]) -> Any:
    with outer.guard(), inner.guard(), outer.guard():
        return function()


def called(outer: CircuitBreaker, inner: CircuitBreaker, function: Callable[[], Any]) -> Any:
    return outer.call(inner.call, function)


def around_another_circuit(outer: CircuitBreaker, inner: CircuitBreaker, function: Callable[[], Any]) -> Any:
    return outer(CircuitBreaker("other", store=LocalCircuits())(inner(function)))()


def in_a_thread_with_the_context(outer: CircuitBreaker, inner: CircuitBreaker, function: Callable[[], Any]) -> Any:
    with outer.guard(), ThreadPoolExecutor(1) as pool:
        return pool.submit(copy_context().run, inner.call, function).result()


def asynchronously(outer: CircuitBreaker, inner: CircuitBreaker, function: Callable[[], Any]) -> Any:
    async def work() -> Any:
        await asyncio.sleep(0)
        return function()

    async def run() -> Any:
        async with outer.guard():
            task = asyncio.create_task(inner(work)())
            in_thread = asyncio.create_task(asyncio.to_thread(inner.call, function))
            await asyncio.wait([task, in_thread])
            return (await task, await in_thread)[0]

    return asyncio.run(run())


RUNS = [decorated, guarded, called, around_another_circuit, in_a_thread_with_the_context, asynchronously]


def open_it(breaker: CircuitBreaker, time: VirtualTime) -> None:
    for _ in range(3):
        with suppress(Down):
            breaker.call(fail)
    assert breaker.read().open_until is not None
    time.advance(30)


@pytest.mark.parametrize("run", RUNS)
@pytest.mark.parametrize("same", [True, False], ids=["one breaker", "two breakers"])
def test_probes_close_a_circuit_that_is_used_inside_itself(
    run: Run, same: bool, store: CircuitStore, time: VirtualTime
) -> None:
    outer = breaker_of(store)
    inner = outer if same else breaker_of(store)
    open_it(outer, time)
    assert [run(outer, inner, answer) for _ in range(2)] == ["done", "done"]
    assert outer.read().open_until is None


@pytest.mark.parametrize("run", RUNS)
def test_a_failure_counts_once(run: Run, store: CircuitStore, time: VirtualTime) -> None:
    breaker = breaker_of(store)
    for _ in range(2):
        with suppress(Down):
            run(breaker, breaker, fail)
        time.advance(1)
    assert breaker.read().open_until is None
    with suppress(Down):
        run(breaker, breaker, fail)
    assert breaker.read().open_until is not None
    assert breaker.read().openings == 1


def test_a_failed_probe_opens_it_once(store: CircuitStore, time: VirtualTime) -> None:
    breaker = breaker_of(store)
    open_it(breaker, time)
    with suppress(Down):
        decorated(breaker, breaker, fail)
    assert breaker.read().openings == 2


def test_the_outer_call_decides_about_an_inner_failure_that_it_handles(store: CircuitStore, time: VirtualTime) -> None:
    breaker = breaker_of(store)
    open_it(breaker, time)
    for _ in range(2):
        with breaker.guard(), suppress(Down):
            breaker.call(fail)
    assert breaker.read().open_until is None


def test_a_function_that_calls_itself(store: CircuitStore, time: VirtualTime) -> None:
    breaker = breaker_of(store)

    @breaker
    def factorial(number: int) -> int:
        return 1 if number == 0 else number * factorial(number - 1)

    open_it(breaker, time)
    assert [factorial(5), factorial(5)] == [120, 120]
    assert breaker.read().open_until is None


def test_circuits_with_another_name_or_store_are_others(time: VirtualTime) -> None:
    outer = breaker_of(LocalCircuits())
    for other in (breaker_of(LocalCircuits()), breaker_of(LocalCircuits(), "search")):
        for _ in range(3):
            with outer.guard(), suppress(Down):
                other.call(fail)
        with outer.guard(), pytest.raises(CircuitOpen):
            other.call(answer)
    one = breaker_of(DynamoDBCircuits("one"))
    with breaker_of(DynamoDBCircuits("another")).guard():
        open_it(one, time)


def test_a_task_that_outlives_the_outer_call_counts_itself(store: CircuitStore, time: VirtualTime) -> None:
    breaker = breaker_of(store)

    async def run() -> None:
        ended = asyncio.Event()

        async def later() -> None:
            await ended.wait()
            open_it(breaker, time)

        async with breaker.guard():
            task = asyncio.create_task(later())
            await asyncio.sleep(0)
        ended.set()
        await task

    asyncio.run(run())
    assert breaker.read().open_until is not None


def test_after_the_outer_call_everything_counts_again(store: CircuitStore, time: VirtualTime) -> None:
    breaker = breaker_of(store)
    with ExitStack() as stack:
        stack.enter_context(breaker.guard())
        stack.enter_context(breaker.guard())
    open_it(breaker, time)
    # A thread without the context of the call makes another call.
    with breaker.guard(), ThreadPoolExecutor(1) as pool, pytest.raises(CircuitOpen):
        pool.submit(breaker.call, answer).result()
    assert breaker.read().open_until is not None


def test_calls_that_end_in_another_order_than_they_began(time: VirtualTime) -> None:
    breaker = breaker_of(LocalCircuits())

    def lines() -> Generator[int]:
        with breaker.guard():
            yield 1
            yield 2

    one, other = lines(), lines()
    assert next(one) == next(other) == 1
    one.close()
    other.close()
    open_it(breaker, time)
    assert breaker.read().open_until is not None
