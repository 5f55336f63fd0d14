"""Counts the capacity units that a request to DynamoDB consumes.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/read-write-operations.html
"""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil
from typing import Any

from redrive_simulator.services.values import Item, size_of_item

_WRITTEN = 1_024
_READ = 4_096


def written(items: Sequence[Item | None]) -> float:
    """Return the units of a write: those of the larger one of the items before and after it."""
    return float(max(1, *(ceil(_size(item) / _WRITTEN) for item in items)))


def read(items: Sequence[Item | None], *, consistent: bool) -> float:
    """Return the units of a read of some items, half as many if it is eventually consistent."""
    units = max(1, ceil(sum(map(_size, items)) / _READ))
    return float(units if consistent else units / 2)


def _size(item: Item | None) -> int:
    return 0 if item is None else size_of_item(item)


def consumed(table: str, units: float, wanted: str) -> dict[str, Any]:
    """Return the part of a reply that `ReturnConsumedCapacity` asks for."""
    of_table = {"Table": {"CapacityUnits": units}} if wanted == "INDEXES" else {}
    return {"ConsumedCapacity": {"TableName": table, "CapacityUnits": units, **of_table}}
