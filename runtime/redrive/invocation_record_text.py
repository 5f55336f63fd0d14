"""JSON as it arrives, and what is said of it where it is wrong."""

from __future__ import annotations

import json
import re
import reprlib
from typing import Any, NoReturn, cast

from redrive.errors import InvalidRecord

#: What may help where something is missing.
AS_A_WHOLE = (
    "a message of a dead-letter queue is told by its attributes RequestID, ErrorCode and ErrorMessage, so hand it over "
    "whole, received with MessageAttributeNames=['All']"
)

_SPACE = re.compile(r"[ \t\n\r]*")
_shown = reprlib.Repr()
_shown.maxstring = 100
_shown.maxother = 100


def refuse(path: str, found: str, rule: str) -> NoReturn:
    """Raise the error for one value.

    Args:
        path: Where the value is.
        found: What it is.
        rule: What it must be, and what to do.

    Raises:
        InvalidRecord: Always.
    """
    raise InvalidRecord(f"not an invocation record: {path or 'what was given'} is {found}; {rule}")


def shown(value: object) -> str:
    """A value in an error message, cut short."""
    return _shown.repr(value)


def inside(path: str, name: str) -> str:
    """The path of a member."""
    return f"{path}.{name}" if path else name


def text_of(received: object, path: str) -> str | None:
    """A JSON text as Unicode; `None` for what is no text.

    Raises:
        InvalidRecord: It is not UTF-8.
    """
    try:
        if isinstance(received, (bytes, bytearray, memoryview)):
            return bytes(cast("bytes", received)).decode("utf-8-sig")
        if isinstance(received, str):
            received.encode()  # half a surrogate pair cannot be sent again
            return received
    except UnicodeError as error:
        refuse(path, f"not Unicode text ({error})", "AWS delivers JSON as UTF-8")
    return None


def json_of(text: str, path: str) -> Any:
    """A JSON text's value.

    Raises:
        InvalidRecord: It is no JSON.
    """
    try:
        return json.loads(text, parse_constant=no_constant)
    except (ValueError, RecursionError) as error:
        refuse(path, f"no JSON ({error}): {shown(text)}", f"an invocation record is a JSON object; {AS_A_WHOLE}")


def no_constant(name: str) -> NoReturn:
    """Refuse `NaN` and `Infinity`, which Python would read."""
    raise ValueError(f"{name} is no number in JSON")


def members(text: str) -> dict[str, str]:
    """The members of a JSON object, each as it was written: numbers lose digits on the way through `float`.

    Args:
        text: The text of an object that has been read without an error.

    Returns:
        The members' texts by name.
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
