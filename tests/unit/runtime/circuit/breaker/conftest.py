"""Fixtures for the tests of circuit breakers: a clock, and the events of a circuit."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from redrive import CircuitBreaker, CircuitEvent, LocalCircuits, MemoryCircuits
from tests.support.runtime.circuit.circuits import FlakyStore, fleet
from tests.support.runtime.circuit.functions import POLICY
from tests.support.runtime.sqs.queue import VirtualTime


@pytest.fixture
def time() -> Iterator[VirtualTime]:
    time = VirtualTime()
    with fleet(time):
        yield time


@pytest.fixture
def events() -> list[CircuitEvent]:
    return []


@pytest.fixture(params=["in process", "shared"])
def breaker(request: pytest.FixtureRequest, time: VirtualTime, events: list[CircuitEvent]) -> CircuitBreaker:
    store = LocalCircuits() if request.param == "in process" else MemoryCircuits()
    return CircuitBreaker("payments", policy=POLICY, store=store, on_event=events.append)


@pytest.fixture
def store(time: VirtualTime) -> FlakyStore:
    return FlakyStore(MemoryCircuits())
