"""Tells which values are missing in a key: without them, calls that differ would share it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from redrive.idempotency.call import Call


class NoValue(Exception):
    """Nothing usable is in the place of a key, and nothing will be at the next delivery either."""


def is_missing(value: object) -> bool:
    """Return True if a value cannot identify a call: it is missing, empty, or a selection of missing values."""
    if isinstance(value, Mapping):
        members = list(cast("Mapping[object, object]", value).values())
    elif isinstance(value, (list, tuple, set, frozenset)):
        members = list(cast("list[object]", value))
    else:
        return value is None or value == "" or value == b""
    return all(member is None for member in members)


def lacks_a_part(found: object, call: Call) -> bool:
    """Return True if a function has selected values for a key, and one of them is missing.

    What is in the call as it is was not selected: an order may lack what it likes.
    """
    return _has_missing_part(found) and not _is_part_of_call(found, call)


def _has_missing_part(found: object) -> bool:
    return any(is_missing(part) or _has_missing_part(part) for part in _parts(found))


def _is_part_of_call(found: object, call: Call) -> bool:
    try:
        content = call.content()
    except Exception:  # it is not JSON, and the key is made of something else
        content = None
    return _holds(content, found) or _holds(call.arguments, found)


def _holds(content: object, found: object) -> bool:
    if type(content) is type(found) and content == found:
        return True
    return any(_holds(part, found) for part in _parts(content))


def _parts(value: Any) -> list[Any]:
    """Return the values in a collection, a dataclass or a model of pydantic."""
    if isinstance(value, Mapping):
        return list(cast("Mapping[Any, Any]", value).values())
    if isinstance(value, (list, tuple, set, frozenset)):
        return list(cast("list[Any]", value))
    kind = cast("type[Any]", type(value))
    if hasattr(kind, "__dataclass_fields__"):
        return [getattr(value, name, None) for name in kind.__dataclass_fields__]
    return list(cast("dict[str, Any]", vars(value)).values()) if hasattr(kind, "model_dump") else []
