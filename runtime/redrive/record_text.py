"""Handles the JSON text of records, and shows values in errors."""

from __future__ import annotations

import json
import re
import reprlib
from typing import NoReturn

_SPACE = re.compile(r"[ \t\n\r]*")
_shown = reprlib.Repr()
_shown.maxstring = 100
_shown.maxother = 100


def shown(value: object) -> str:
    """Return a value for an error message, cut short."""
    return _shown.repr(value)


def inside(path: str, name: str) -> str:
    """Return the path of a member."""
    return f"{path}.{name}" if path else name


def no_constant(name: str) -> NoReturn:
    """Refuse `NaN` and `Infinity`, which Python's JSON reader accepts."""
    raise ValueError(f"{name} is no number in JSON")


def members(text: str) -> dict[str, str]:
    """Return each member of a JSON object as its original text, because numbers lose digits on the way through `float`.

    Args:
        text: The text of an object that was already read without an error.
    """
    decode = json.JSONDecoder().raw_decode
    found: dict[str, str] = {}
    at = _next(text, 0)
    while text[at] != "}":
        at = _next(text, at + 1)  # past the brace or the comma
        if text[at] == "}":
            break
        name, at = decode(text, at)
        start = _next(text, _next(text, at) + 1)  # past the colon
        _, end = decode(text, start)
        found[name] = text[start:end]
        at = _next(text, end)
    return found


def _next(text: str, at: int) -> int:
    found = _SPACE.match(text, at)
    return at if found is None else found.end()
