"""Reads and changes parts of items by document paths, such as `order.lines[0]`; and compares values.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Expressions.Attributes.html
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from itertools import pairwise
from typing import Any

from redrive_simulator.services.refusals import invalid

#: An attribute value in DynamoDB's JSON format, such as `{"N": "7"}`, and an item of such values.
Value = dict[str, Any]
Item = dict[str, Value]
#: Names of attributes and positions in lists, from the item inwards.
Path = tuple[str | int, ...]


def value_at(item: Mapping[str, Value], path: Path) -> Value | None:
    """Return the value at a path, or `None`."""
    value: Value | None = {"M": item}
    for part in path:
        value = _part(value, part)
        if value is None:
            return None
    return value


def put_at(item: Item, path: Path, value: Value) -> None:
    """Set the value at a path; in a list, a position behind its end appends."""
    *before, last = path
    holder = value_at(item, tuple(before))
    if holder is not None and isinstance(last, str) and "M" in holder:
        holder["M"][last] = value
    elif holder is not None and isinstance(last, int) and "L" in holder:
        members: list[Value] = holder["L"]
        members[last : last + 1] = [value]
    else:
        raise invalid("The document path provided in the update expression is invalid for update")


def remove_at(item: Item, path: Path) -> None:
    """Remove the value at a path, if there is one."""
    *before, last = path
    holder = value_at(item, tuple(before))
    if holder is None:
        raise invalid("The document path provided in the update expression is invalid for update")
    if isinstance(last, str):
        holder.get("M", {}).pop(last, None)
    else:
        del holder.get("L", [])[last : last + 1]


def projected(item: Item, paths: list[Path]) -> Item:
    """Return only the parts of an item at some paths; parts of lists close up."""
    made: Item = {}
    for path in sorted(paths, key=lambda path: tuple(map(str, path))):
        value = value_at(item, path)
        if value is None:
            continue
        holder: Value = {"M": made}
        for part, after in pairwise(path):
            kind = "M" if isinstance(after, str) else "L"
            holder = _held(holder, part, kind)
        _hold(holder, path[-1], value)
    return made


def _held(holder: Value, part: str | int, kind: str) -> Value:
    """Return the map or list at a part of a projection, made if it is missing."""
    if "M" in holder:
        return holder["M"].setdefault(part, {kind: {} if kind == "M" else []})
    made: Value = {kind: {} if kind == "M" else []}
    holder["L"].append(made)
    return made


def _hold(holder: Value, part: str | int, value: Value) -> None:
    if "M" in holder:
        holder["M"][part] = value
    else:
        holder["L"].append(value)


def _part(value: Value | None, part: str | int) -> Value | None:
    if value is None:
        return None
    if isinstance(part, str):
        return value.get("M", {}).get(part)
    members: list[Value] = value.get("L", [])
    return members[part] if part < len(members) else None


def comparable(value: Value) -> tuple[str, Any]:
    """Return the kind and the content of a value such that equal values are equal, and ordered ones are in order."""
    ((kind, content),) = value.items()
    match kind:
        case "N":
            return kind, Decimal(content).normalize()
        case "S":
            return kind, str(content).encode()  # ordered by bytes
        case "B":
            return kind, bytes(content)
        case "NS":
            return kind, frozenset(Decimal(each).normalize() for each in content)
        case "SS" | "BS":
            return kind, frozenset(content)
        case "L":
            return kind, [comparable(each) for each in content]
        case "M":
            return kind, {name: comparable(each) for name, each in content.items()}
        case _:
            return kind, content


def size_of_item(item: Mapping[str, Value]) -> int:
    """Return the size of an item in bytes.

    https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html
    """
    return sum(len(name.encode()) + _size_of(value) for name, value in item.items())


def _size_of(value: Value) -> int:
    ((kind, content),) = value.items()
    match kind:
        case "S":
            return len(str(content).encode())
        case "N":
            return _size_of_number(content)
        case "B":
            return len(bytes(content))
        case "SS" | "NS" | "BS":
            return sum(_size_of({kind[0]: each}) for each in content)
        case "L":
            return 3 + sum(1 + _size_of(each) for each in content)
        case "M":
            return 3 + len(content) + size_of_item(content)
        case _:
            return 1


def _size_of_number(text: str) -> int:
    """Return about one byte for two significant digits, and one more; one for the sign of a negative number."""
    sign, digits, _ = Decimal(text).normalize().as_tuple()
    return (len(digits) + 1) // 2 + 1 + sign
