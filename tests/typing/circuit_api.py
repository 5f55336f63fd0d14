"""The circuit breaker as users write it. Nothing here runs: `pyright` reads it, in strict mode."""

# pyright: strict, reportUnusedFunction=false, reportUnnecessaryTypeIgnoreComment=true

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any, Literal, assert_type

from redrive import (
    Backoff,
    CircuitBreaker,
    CircuitEvent,
    CircuitOpen,
    CircuitPolicy,
    CircuitSettings,
    CircuitState,
    CircuitStore,
    DynamoDBCircuits,
    LocalCircuits,
    MemoryCircuits,
    Retry,
    StoredCircuit,
)

# The circuit that a construct has named, the only one there is, and one that no construct knows.

payments = CircuitBreaker("Payments")
only = CircuitBreaker()


def on_event(event: CircuitEvent) -> None:
    assert_type(event.kind, Literal["opened", "half_opened", "reopened", "closed", "rejected", "store_failed"])
    assert_type(event.open_for, float | None)
    assert_type(event.error, BaseException | None)
    assert_type(event.is_transition, bool)


stock = CircuitBreaker(
    "Stock",
    policy=CircuitPolicy(
        failure_rate=0.5, minimum_calls=20, window=30, open_time=Backoff(10, 2, 120, jitter="equal"), lease=10
    ),
    counts=lambda error: isinstance(error, OSError),
    on_store_failure="open",
    cache_age=2,
    unasked=0,
    on_event=on_event,
    settings=CircuitSettings(table="circuits"),
)
stores: list[CircuitStore] = [LocalCircuits(), MemoryCircuits(), DynamoDBCircuits("circuits")]
CircuitBreaker("Stock", store=stores[0])


class OwnStore:
    is_local = False

    def read(self, circuit: str) -> StoredCircuit:
        return StoredCircuit()

    def swap(self, circuit: str, before: str | None, after: StoredCircuit) -> StoredCircuit:
        return after


CircuitBreaker("Stock", store=OwnStore())

# Functions keep their signatures.


@payments
def charge(order: int, *, cents: int) -> str:
    return f"{order} {cents}"


def queued(order: int) -> str:
    return "queued"


@payments(fallback=queued)
def charge_or_queue(order: int) -> str:
    return "charged"


@stock
async def count(sku: str) -> int:
    return 0


kept: Callable[[int], str] = charge_or_queue
assert_type(charge(1, cents=2), str)
charge("1", cents=2)  # pyright: ignore[reportArgumentType]
charge(1)  # pyright: ignore[reportCallIssue]

assert_type(payments.call(charge, 1, cents=2), str)
payments.call(charge, 1)  # pyright: ignore[reportCallIssue]


@payments(fallback=len)  # pyright: ignore[reportArgumentType]
def of_another_signature(order: int) -> str:
    return ""


async def in_a_task() -> None:
    assert_type(await count("a"), int)
    assert_type(await stock.call(count, "a"), int)
    waiting: Coroutine[Any, Any, int] = stock.call(count, "a")
    waiting.close()
    async with stock.guard():
        pass


def by_hand() -> None:
    try:
        with payments.guard():
            pass
    except CircuitOpen as refused:
        assert_type(refused.after, float)
        assert_type(refused.circuit, str)
        again: Retry = refused
        raise again from None
    assert_type(payments.open_for(), float | None)
    state = payments.read()
    assert_type(state, CircuitState)
    assert_type(state.status(0), Literal["closed", "open", "half_open"])


# Nonsense is found before it runs.

CircuitBreaker("Stock", on_store_failure="retry")  # pyright: ignore[reportArgumentType]
CircuitBreaker("Stock", store=object())  # pyright: ignore[reportArgumentType]
CircuitPolicy(5)  # pyright: ignore[reportCallIssue]
