"""Checks what DynamoDB checks of an item that is written."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, cast

from redrive_model.limits import LARGEST_ITEM, LONGEST_KEYS
from redrive_simulator.services.refusals import invalid

_SETS = frozenset({"SS", "NS", "BS"})
_CONTAINER = 3


def check_item(item: Mapping[str, Any], keys: Sequence[str]) -> None:
    """Refuse an item that is too large, or has a key or a set that DynamoDB does not take."""
    for name, most in zip(keys, LONGEST_KEYS, strict=False):
        size = _size(item[name])
        if size == 0:
            raise invalid(f"The AttributeValue for a key attribute cannot contain an empty string value. Key: {name}")
        if size > most:
            raise invalid(f"Size of the key {name} is {size:,} bytes: DynamoDB takes up to {most:,}")
    size = sum(len(name.encode()) + _size(value) for name, value in item.items())
    if size > LARGEST_ITEM:
        raise invalid(f"Item size has exceeded the maximum allowed size: {size:,} bytes of {LARGEST_ITEM:,}")


def _size(value: Mapping[str, Any]) -> int:
    """Return the size of a value: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html."""
    ((kind, content),) = value.items()
    match kind:
        case "S":
            return len(content.encode())
        case "N":
            return (len(content.strip("-0.")) + 1) // 2 + 1
        case "B":
            return len(content)
        case "L":
            return _CONTAINER + sum(1 + _size(each) for each in cast("list[Any]", content))
        case "M":
            members = cast("Mapping[str, Any]", content)
            return _CONTAINER + sum(1 + len(name.encode()) + _size(each) for name, each in members.items())
        case _ if kind in _SETS:
            if not content:
                raise invalid("One or more parameter values were invalid: a set may not be empty")
            return sum(_size({kind[0]: each}) for each in content)
        case _:
            return 1
