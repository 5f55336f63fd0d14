"""Keeps the helpers' state between invocations in memory, one store per table."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Check = Callable[[], None]


class Checked:
    """A store that raises an error when an ended invocation calls it."""

    def __init__(self, store: Any, check: Check) -> None:
        self._store = store
        self._check = check

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._store, name)
        if callable(found):
            self._check()
        return found


class Stores:
    """Returns the store of a table, always the same one for a name.

    Args:
        make: Makes a store.
        check: Raises an error if the calling invocation has ended.

    Attributes:
        made: The stores by table.
    """

    def __init__(self, make: Callable[[], Any], check: Check) -> None:
        self.made: dict[str, Any] = {}
        self._make = make
        self._check = check

    def __call__(self, table: str) -> Any:
        """Return the store of a table."""
        store = self.made.get(table)
        if store is None:
            store = self.made[table] = self._make()
        return Checked(store, self._check)


def idempotency_store() -> Any:
    """Make a store of idempotency records."""
    from redrive.idempotency.memory import MemoryStore

    return MemoryStore()


def circuit_store() -> Any:
    """Make a store of circuits."""
    from redrive.circuit.stores import MemoryCircuits

    return MemoryCircuits()
