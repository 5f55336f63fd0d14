"""`CircuitBreaker.call` remembers the last function, and never calls another one in its place."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import pytest

from redrive import CircuitBreaker, CircuitPolicy


class Client:
    def __init__(self, name: str) -> None:
        self.name = name

    def __eq__(self, other: object) -> bool:
        return True

    def __hash__(self) -> int:
        return 1

    def __call__(self) -> str:
        return self.name

    def get(self) -> str:
        return self.name

    def put(self) -> str:
        return f"put {self.name}"


def test_functions_that_are_equal_are_not_taken_for_each_other() -> None:
    breaker = CircuitBreaker("payments")
    one, other = Client("one"), Client("other")
    calls = [one, other, one.get, other.get, one.get, one.put, partial(one.get), lambda: "lambda", other]
    assert [breaker.call(each) for each in calls] == [
        "one", "other", "one", "other", "one", "put one", "one", "lambda", "other",
    ]  # fmt: skip


def test_kinds_of_functions_may_alternate() -> None:
    breaker = CircuitBreaker("payments")

    async def later() -> str:
        return "later"

    for _ in range(3):
        assert breaker.call(lambda: "now") == "now"
        assert asyncio.run(breaker.call(later)) == "later"
        with pytest.raises(ZeroDivisionError):
            breaker.call(lambda: 1 // 0)


def test_threads_get_the_results_of_their_own_functions() -> None:
    breaker = CircuitBreaker("payments", policy=CircuitPolicy(failure_threshold=1000))

    def work(number: int) -> bool:
        def function() -> int:
            return number

        return all(breaker.call(function) == number for _ in range(300))

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(work, range(8)))
