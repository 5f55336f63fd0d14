"""Members of one circuit: environments that share a store."""

from __future__ import annotations

from typing import Any

from redrive import CircuitBreaker, CircuitEvent, CircuitOpen
from tests.support.runtime.circuit.circuits import FlakyStore
from tests.support.runtime.circuit.functions import POLICY, Down, answer, fail


def member(store: FlakyStore, events: list[CircuitEvent] | None = None, **options: Any) -> CircuitBreaker:
    return CircuitBreaker(
        "payments",
        store=store,
        **{"policy": POLICY, "unasked": 0, "on_event": None if events is None else events.append, **options},
    )


def attempt(breaker: CircuitBreaker, *, works: bool) -> str:
    try:
        return (breaker.call(answer) if works else breaker.call(fail)) or ""
    except Down:
        return "failed"
    except CircuitOpen:
        return "open"


def open_it(*breakers: CircuitBreaker) -> None:
    for number in range(3):
        assert attempt(breakers[number % len(breakers)], works=False) == "failed"


def requests(store: FlakyStore) -> list[str]:
    seen, store.requests = store.requests, []
    return seen
