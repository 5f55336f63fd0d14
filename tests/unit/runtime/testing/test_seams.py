"""The seams that users replace in their tests are those that the helpers read."""

from __future__ import annotations

import pytest

from redrive import (
    Backoff,
    CircuitBreaker,
    CircuitOpen,
    CircuitPolicy,
    CircuitSettings,
    Idempotency,
    IdempotencySettings,
    MemoryCircuits,
    MemoryStore,
    idempotent,
)
from redrive.testing import LambdaContext, circuit_stores, clock, idempotency_stores, randomness


def test_time() -> None:
    now = [1_700_000_000.0]
    with clock.replaced(lambda: now[0]):
        context = LambdaContext(seconds=30)
        now[0] += 20
        assert context.get_remaining_time_in_millis() == 10_000


def test_the_store_of_a_table_of_idempotency() -> None:
    store = MemoryStore()
    options = Idempotency(settings=IdempotencySettings(table="done"), key="id")
    with idempotency_stores.replaced(lambda table: store):
        pay = idempotent(using=options)(lambda order: order["id"])
        assert [pay({"id": 7}), pay({"id": 7})] == [7, 7]
    assert [record.status for record in store.records.values()] == ["COMPLETED"]


def test_the_store_of_a_table_of_circuits_and_jitter() -> None:
    store = MemoryCircuits()
    policy = CircuitPolicy(failure_threshold=1, open_time=Backoff(60, cap=60, jitter="equal"))
    breaker = CircuitBreaker("payments", policy=policy, settings=CircuitSettings(table="circuits"))
    now = clock.replaced(lambda: 1_700_000_000.0)
    with circuit_stores.replaced(lambda table: store), randomness.replaced(lambda: 0.5), now:
        with pytest.raises(ZeroDivisionError):
            breaker.call(lambda: 1 / 0)
        with pytest.raises(CircuitOpen) as refused:
            breaker.call(lambda: 1)
    assert refused.value.after == 45
    assert store.read("payments").state.openings == 1
