"""Defines the interface of stores for the state of circuits, and two stores in memory."""

from __future__ import annotations

from collections.abc import Callable
from threading import Lock

from redrive.circuit.state import CircuitStore, StoredCircuit
from redrive.core.system import Seam


class LocalCircuits:
    """Keeps the state of circuits in this process only. Threads may share it.

    Each execution environment then has its own circuits: each one needs the full number of failures to open its own.
    """

    is_local = True

    def __init__(self) -> None:
        self._circuits: dict[str, StoredCircuit] = {}
        self._lock = Lock()

    def read(self, circuit: str) -> StoredCircuit:
        """Return the latest state; see `CircuitStore`."""
        return self._circuits.get(circuit) or _NOTHING

    def swap(self, circuit: str, before: str | None, after: StoredCircuit) -> StoredCircuit:
        """Write a state unless someone else wrote one since it was read; see `CircuitStore`."""
        with self._lock:
            found = self.read(circuit)
            if found.version != before:
                return found
            self._circuits[circuit] = after
            return after


class MemoryCircuits(LocalCircuits):
    """Keeps the state of circuits in memory, but is treated as shared over a network; for tests and the simulator.

    Breakers with the same object are members of the same circuits, each with its own cache.
    """

    is_local = False


_NOTHING = StoredCircuit()


def _in_dynamodb(table: str) -> CircuitStore:
    from redrive.circuit.dynamodb import DynamoDBCircuits

    return DynamoDBCircuits(table)


#: Makes the store for a table's name. Tests and the simulator replace it to get `MemoryCircuits`.
stores: Seam[Callable[[str], CircuitStore]] = Seam(_in_dynamodb)
