"""Where the helpers keep what outlives an invocation, in a simulation: in memory, one store for each table."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Check = Callable[[], None]


class Checked:
    """A store that an invocation which is over cannot change any more.

    Args:
        store: The store.
        check: Raises where the invocation that calls is over.
    """

    def __init__(self, store: Any, check: Check) -> None:
        self._store = store
        self._check = check

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._store, name)
        if callable(found):
            self._check()
        return found


class Stores:
    """Makes a store for a table's name, the same at each call.

    Args:
        make: Makes one.
        check: Raises where the invocation that calls is over.

    Attributes:
        made: The stores themselves, by the table's name.
    """

    def __init__(self, make: Callable[[], Any], check: Check) -> None:
        self.made: dict[str, Any] = {}
        self._make = make
        self._check = check

    def __call__(self, table: str) -> Any:
        """The store for a table."""
        store = self.made.get(table)
        if store is None:
            store = self.made[table] = self._make()
        return Checked(store, self._check)


def idempotency_store() -> Any:
    """A new store of idempotency records."""
    from redrive.idempotency_memory import MemoryStore

    return MemoryStore()


def circuit_store() -> Any:
    """A new store of circuits."""
    from redrive.circuit_store import MemoryCircuits

    return MemoryCircuits()
