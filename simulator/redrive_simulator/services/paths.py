"""Reads and changes parts of items by document paths, such as `order.lines[0]`.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Expressions.Attributes.html
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from redrive_simulator.services.refusals import invalid
from redrive_simulator.services.values import Item, Value

#: Names of attributes and positions in lists, from the item inwards.
Path = tuple[str | int, ...]
# Paths by their parts; an empty one ends a path.
_Tree = dict[str | int, "_Tree"]


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
    holder, last = _holder(item, path)
    if isinstance(last, str):
        holder["M"][last] = value
    else:
        holder["L"][last : last + 1] = [value]


def remove_at(item: Item, path: Path) -> None:
    """Remove the value at a path, if there is one."""
    holder, last = _holder(item, path)
    if isinstance(last, str):
        holder["M"].pop(last, None)
    else:
        del holder["L"][last : last + 1]


def check_holder(item: Item, path: Path) -> None:
    """Check that there is a map or list that can have a value at a path."""
    _holder(item, path)


def _holder(item: Item, path: Path) -> tuple[Value, str | int]:
    """Return the map or list that a value is in, and its name or position there."""
    *before, last = path
    holder = value_at(item, tuple(before))
    if holder is None or ("M" if isinstance(last, str) else "L") not in holder:
        raise invalid("The document path provided in the update expression is invalid for update")
    return holder, last


def check_apart(paths: Iterable[Path]) -> str | None:
    """Return what is wrong with paths of one expression of which one is within another, or which cannot both exist."""
    seen: list[Path] = []
    for path in paths:
        for other in seen:
            kind = _relation(other, path)
            if kind is not None:
                return (
                    f"Two document paths {kind} with each other; must remove or rewrite one of these paths; "
                    f"path one: {path_text(other)}, path two: {path_text(path)}"
                )
        seen.append(path)
    return None


def _relation(one: Path, other: Path) -> str | None:
    for part, with_part in zip(one, other, strict=False):
        if type(part) is not type(with_part):
            return "conflict"
        if part != with_part:
            return None
    return "overlap"


def path_text(path: Path) -> str:
    """Return a path as messages of the service have it, such as `[order, lines, [0]]`."""
    return f"[{', '.join(part if isinstance(part, str) else f'[{part}]' for part in path)}]"


def projected(item: Item, paths: Iterable[Path]) -> Item:
    """Return only the parts of an item at some paths; parts of lists close up."""
    tree: _Tree = {}
    for path in paths:
        below = tree
        for part in path:
            below = below.setdefault(part, {})
    found = _parts_of({"M": item}, tree)
    return {} if found is None else found["M"]


def _parts_of(value: Value, tree: _Tree) -> Value | None:
    if not tree:
        return value
    found = {
        part: kept
        for part, below in tree.items()
        if (inner := _part(value, part)) is not None and (kept := _parts_of(inner, below)) is not None
    }
    if not found:
        return None
    return {"M": found} if "M" in value else {"L": [found[part] for part in sorted(found)]}


def _part(value: Value | None, part: str | int) -> Value | None:
    if value is None:
        return None
    if isinstance(part, str):
        return value.get("M", {}).get(part)
    members: list[Value] = value.get("L", [])
    return members[part] if part < len(members) else None
