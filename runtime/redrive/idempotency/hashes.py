"""Makes hashes that are equal for equal values, in each process."""

from __future__ import annotations

import json
from hashlib import md5, sha256
from math import nan
from typing import cast


def hash_of(value: object, *, like_powertools: bool = False) -> str:
    """Return the hash of a value in hexadecimal, equal for equal values: SHA-256, or MD5 as Powertools makes it."""
    dump = getattr(type(value), "model_dump", None) if like_powertools else None
    # Powertools converts a model itself to JSON values, but a model within another value to Python values.
    return hash_of_text(text_of(value if dump is None else dump(value, mode="json")), like_powertools=like_powertools)


def hash_of_text(text: str, *, like_powertools: bool = False) -> str:
    """Return the hash of a text."""
    content = text.encode()
    return md5(content, usedforsecurity=False).hexdigest() if like_powertools else sha256(content).hexdigest()


def text_of(value: object, *, with_classes: bool = False) -> str:
    """Return a value as JSON, with sorted members; raise `TypeError` if it is unknown which values equal it.

    Args:
        value: The value.
        with_classes: Whether values of different classes differ, although JSON makes the same text of them.
    """
    return _class_encoder.encode(_by_name(value)) if with_classes else _encoder.encode(value)


def _plain(value: object) -> object:
    from dataclasses import asdict, is_dataclass
    from datetime import date, time
    from decimal import Decimal
    from enum import Enum
    from pathlib import PurePath
    from uuid import UUID

    if isinstance(value, Decimal) and value.is_nan():
        return nan
    if isinstance(value, (Decimal, UUID, PurePath)):
        return str(value)
    dump = getattr(type(value), "model_dump", None)  # pydantic's; a mock would have one itself
    if dump is not None:
        return dump(value)
    if is_dataclass(value) and not isinstance(value, type):
        return asdict(value)
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, (date, time)):
        return value.isoformat()
    if isinstance(value, (bytes, bytearray)):
        return value.hex()
    if isinstance(value, (set, frozenset)):
        return sorted(_encoder.encode(each) for each in cast("set[object]", value))
    raise TypeError(
        f"{value!r:.200} of the type {type(value).__name__} cannot be part of an idempotency key or payload: it is "
        "unknown whether two of them are equal; give key= a path or a function that picks what JSON has"
    )


def _with_class(value: object) -> object:
    from dataclasses import fields, is_dataclass
    from datetime import date, datetime, time
    from pathlib import PurePath

    kind = type(value)
    members: object
    if is_dataclass(value) and not isinstance(value, type):
        members = {field.name: getattr(value, field.name) for field in fields(value)}  # whose classes count, too
    elif isinstance(value, (set, frozenset)):
        members = sorted(text_of(each, with_classes=True) for each in cast("set[object]", value))
    else:
        members = _plain(value)
    # Values of these classes are equal to those of their subclasses.
    same = ((set, frozenset), (bytes, bytearray), datetime, date, time, PurePath)
    named = next((each if isinstance(each, type) else each[0] for each in same if isinstance(value, each)), kind)
    return _tagged(f"{named.__module__}.{named.__qualname__}", _by_name(members))


def _tagged(name: str, members: object) -> dict[str, object]:
    return {"class": name, "members": members}


def _by_name(value: object) -> object:
    """Return a value in which each object of JSON has its own names: JSON has only text, so 1 would become "1"."""
    if isinstance(value, (list, tuple)):
        return [_by_name(each) for each in cast("list[object]", value)]
    if not isinstance(value, dict):
        return value
    members = cast("dict[object, object]", value)
    if all(isinstance(name, str) for name in members) and members.keys() != {"class", "members"}:
        return {name: _by_name(each) for name, each in members.items()}
    pairs = [[text_of(name, with_classes=True), _by_name(each)] for name, each in members.items()]
    return _tagged("dict", sorted(pairs, key=lambda pair: str(pair[0])))


_encoder = json.JSONEncoder(default=_plain, sort_keys=True)
_class_encoder = json.JSONEncoder(default=_with_class, sort_keys=True)
