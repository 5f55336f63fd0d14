"""Reads the values of a resource's properties."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, cast


def fields(value: Any) -> Mapping[str, Any]:
    """Return a property that is an object, or JSON text of one as policies may be; empty if it is missing."""
    found: Any = json.loads(value) if isinstance(value, str) else value
    return found or {}


def seconds(value: Any, default: float) -> float:
    """Return a property that is a number of seconds."""
    return float(default if value is None else value)


def count(value: Any) -> int | None:
    """Return a property that is a whole number, or `None` if it is missing."""
    return None if value is None else int(value)


def limit(value: Any) -> int | None:
    """Return a limit as a whole number; `None` for -1, which means no limit."""
    number = -1 if value is None else int(value)
    return None if number < 0 else number


def flag(value: Any) -> bool:
    """Return a property that is a boolean, or text of one."""
    return value is True or (isinstance(value, str) and value.lower() == "true")


def text(value: Any) -> str:
    """Return a value as CloudFormation writes it into a text; a text stays what it is, also one that is not known."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def tags(value: Any) -> tuple[tuple[str, str], ...]:
    """Return the keys and values of `Tags`."""
    given = cast("list[Mapping[str, Any]]", value) if isinstance(value, list) else []
    known = [each for each in given if isinstance(each, Mapping) and "Key" in each]  # pyright: ignore[reportUnnecessaryIsInstance]
    return tuple((text(each["Key"]), text(each.get("Value", ""))) for each in known)
