"""Where the state of circuits is kept: what such a store does, and the two that are in memory."""

from __future__ import annotations

from _thread import allocate_lock  # `threading` has the same under another name, and takes longer to import
from collections.abc import Callable

from redrive.circuit_state import CLOSED, CircuitState
from redrive.frozen import Frozen
from redrive.seams import Seam

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Protocol
else:
    Protocol = object

__all__ = ["CircuitStore", "LocalCircuits", "MemoryCircuits", "StoredCircuit", "stores"]


class StoredCircuit(Frozen):
    """A circuit's state as a store has it.

    Attributes:
        version: The token of whoever wrote it. `None`: nothing is stored.
        state: The state; closed where nothing is stored.
    """

    __slots__ = ("state", "version")
    version: str | None
    state: CircuitState

    def __init__(self, version: str | None = None, state: CircuitState = CLOSED) -> None:
        self._set(version=version, state=state)


class CircuitStore(Protocol):
    """Keeps the state of circuits. `LocalCircuits`, `MemoryCircuits` and `DynamoDBCircuits` are three of them.

    Attributes:
        is_local: Reading takes no request, so that nothing needs to be remembered of what was read.
    """

    is_local: bool

    def read(self, circuit: str) -> StoredCircuit:
        """The latest state.

        Args:
            circuit: The circuit's name.

        Returns:
            What is stored.

        Raises:
            Exception: It is not known.
        """
        raise NotImplementedError

    def swap(self, circuit: str, before: str | None, after: StoredCircuit) -> StoredCircuit:
        """Write a state if no one else has since, in one step with looking.

        Args:
            circuit: The circuit's name.
            before: The version that the new state was made from. `None`: nothing was stored.
            after: The new state, with a version that no one has used.

        Returns:
            What is stored now. It has the version of `after` if it was written, also where that was done by an earlier
            try of the same call whose reply was lost.

        Raises:
            Exception: It is not known whether it was written.
        """
        raise NotImplementedError


class LocalCircuits:
    """The state of circuits in this process, and nowhere else. Threads may share it.

    Each execution environment has circuits of its own then: it takes each of them the whole number of failures to open
    its own.
    """

    is_local = True

    def __init__(self) -> None:
        self._circuits: dict[str, StoredCircuit] = {}
        self._lock = allocate_lock()

    def read(self, circuit: str) -> StoredCircuit:
        """The latest state; see `CircuitStore`."""
        return self._circuits.get(circuit) or _NOTHING

    def swap(self, circuit: str, before: str | None, after: StoredCircuit) -> StoredCircuit:
        """Write a state if no one else has since; see `CircuitStore`."""
        with self._lock:
            found = self.read(circuit)
            if found.version != before:
                return found
            self._circuits[circuit] = after
            return after


class MemoryCircuits(LocalCircuits):
    """The state of circuits in memory, treated as one that is shared over a network: for tests and the simulator.

    Breakers that are given the same object are members of the same circuits, each with a cache of its own.
    """

    is_local = False


_NOTHING = StoredCircuit()


def _in_dynamodb(table: str) -> CircuitStore:
    from redrive.circuit_dynamodb import DynamoDBCircuits

    return DynamoDBCircuits(table)


#: Makes the store for a table's name. Tests and the simulator put a `MemoryCircuits` in its place.
stores: Seam[Callable[[str], CircuitStore]] = Seam(_in_dynamodb)
