"""Reading the values of settings out of JSON, each with a clear error where it is not what it should be."""

from __future__ import annotations

from redrive.backoff import Backoff
from redrive.errors import SettingsError


def text(name: str, value: object) -> str:
    """A text."""
    if not isinstance(value, str):
        raise SettingsError(f"{name} is {value!r}, expected str")
    return value


def whole_number(name: str, value: object) -> int:
    """A whole number."""
    if not isinstance(value, int) or isinstance(value, bool):
        raise SettingsError(f"{name} is {value!r}, expected int")
    return value


def number(name: str, value: object) -> float:
    """A number."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise SettingsError(f"{name} is {value!r}, expected a number")
    return float(value)


def seconds(name: str, value: object) -> float:
    """A number of seconds."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise SettingsError(f"{name} is {value!r}, expected a number of seconds")
    return float(value)


def backoff(name: str, value: object) -> Backoff:
    """A backoff policy; what is left out is as in `Backoff`."""
    if not isinstance(value, dict):
        raise SettingsError(f"{name} is {value!r}, expected an object")
    fields: dict[str, object] = value  # pyright: ignore[reportUnknownVariableType]
    readers = {"base": seconds, "factor": seconds, "cap": seconds, "jitter": text}
    given = {each: read(each, fields[each]) for each, read in readers.items() if fields.get(each) is not None}
    return Backoff().replace(**given)
