"""Gathers the seams that tests of users replace: `with clock.replaced(lambda: 1_700_000_000.0): …`."""

from __future__ import annotations

from redrive.circuit.stores import stores as circuit_stores
from redrive.core.system import clock, randomness, sleeper
from redrive.idempotency.stores import stores as idempotency_stores

__all__ = ["circuit_stores", "clock", "idempotency_stores", "randomness", "sleeper"]
