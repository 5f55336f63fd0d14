"""Defines the interface of stores for the state of circuits, and two stores in memory."""

from __future__ import annotations

from collections.abc import Callable
from threading import Lock

from redrive.circuit.pending_calls import PendingCalls
from redrive.circuit.policy import CircuitPolicy
from redrive.circuit.state import StoredCircuit
from redrive.core.frozen import Protocol
from redrive.core.system import Seam


class CircuitStore(Protocol):
    """Keeps the state of circuits. Implementations: `LocalCircuits`, `MemoryCircuits` and `DynamoDBCircuits`.

    Attributes:
        is_local: True if reading takes no request, so that breakers do not cache the state.
    """

    is_local: bool

    def read(self, circuit: str) -> StoredCircuit:
        """Return the latest state.

        Args:
            circuit: The circuit's name.

        Returns:
            The stored state.

        Raises:
            Exception: The state is unknown.
        """
        raise NotImplementedError

    def swap(self, circuit: str, before: str | None, after: StoredCircuit) -> StoredCircuit:
        """Write a state unless someone else wrote one since it was read; compare and write in one atomic step.

        Args:
            circuit: The circuit's name.
            before: The version from which the new state was made. `None`: nothing was stored.
            after: The new state, with a version that was never used before.

        Returns:
            The state that is stored now. It has the version of `after` if the write took effect, also if an earlier try
            of the same call wrote it and the reply was lost.

        Raises:
            Exception: It is unknown whether the state was written.
        """
        raise NotImplementedError


class LocalCircuits:
    """Keeps the state of circuits in this process only. Threads may share it.

    Each execution environment then has its own circuits: each one needs the full number of failures to open its own.

    Attributes:
        is_local: True: reading takes no request, so that breakers do not cache the state.
    """

    is_local = True

    def __init__(self) -> None:
        self._circuits: dict[str, StoredCircuit] = {}
        self._pending: dict[tuple[str, CircuitPolicy], PendingCalls] = {}
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

    def pending(self, circuit: str, policy: CircuitPolicy) -> PendingCalls:
        """Return the calls that are too few to open a circuit, so that no state is written for them.

        Args:
            circuit: The circuit's name.
            policy: The policy by which they count.

        Returns:
            The calls, the same object for all members of the circuit.
        """
        return self._pending.setdefault((circuit, policy), PendingCalls(policy))


class MemoryCircuits(LocalCircuits):
    """Keeps the state of circuits in memory, but is treated as shared over a network; for tests and the simulator.

    Breakers with the same object are members of the same circuits, each with its own cache.

    Attributes:
        is_local: False: a breaker caches the state that it has read.
    """

    is_local = False


_NOTHING = StoredCircuit()


def _in_dynamodb(table: str) -> CircuitStore:
    from redrive.circuit.dynamodb import DynamoDBCircuits

    return DynamoDBCircuits(table)


#: Makes the store for a table's name. Tests and the simulator replace it to get `MemoryCircuits`.
stores: Seam[Callable[[str], CircuitStore]] = Seam(_in_dynamodb)
