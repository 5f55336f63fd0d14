"""Reads and checks the JSON text and the members of a record, and refuses anything that is not such a record."""

from __future__ import annotations

import json
import re
import reprlib
from collections.abc import Collection, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any, NamedTuple, NoReturn, cast

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


def as_received(value: object) -> object:
    """Return what AWS delivers in place of an object that stands for it: a message or an object of the simulator."""
    stands_for: Any = getattr(value, "as_received", None)
    return value if stands_for is None else stands_for()


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


JsonObject = Mapping[str, Any]


class InvalidRecord(ValueError):
    """The input is not a record of a failure or of an asynchronous invocation in the form that AWS documents."""


class Request(NamedTuple):
    """The request that a record from Lambda is about.

    Attributes:
        context: The record's `requestContext`.
        path: Its place.
        condition: Why Lambda wrote the record.
    """

    context: JsonObject
    path: str
    condition: str
    id: str
    function_arn: str
    version: str
    timestamp: datetime


# https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html
_FUNCTION_ARN = re.compile(r"arn:[^:]+:lambda:[^:]+:\d{12}:function:[^:]+(:[^:]+)?", re.ASCII)


class RecordForm(NamedTuple):
    """One form of record. All methods raise `InvalidRecord`, with the place, the value and the rule.

    Attributes:
        name: The name of the form, with its article.
        hint: Advice for an error about something missing.
    """

    name: str
    hint: str

    def refuse(self, path: str, found: str, rule: str) -> NoReturn:
        """Raise the error for one value.

        Args:
            path: The place of the value.
            found: The value, as the error shows it.
            rule: The rule, and what the user can do.
        """
        raise InvalidRecord(f"not {self.name}: {path or 'what was given'} is {found}; {rule}")

    def text_of(self, received: object, path: str) -> str | None:
        """Return a JSON text as Unicode; `None` if the input is not text."""
        try:
            if isinstance(received, (bytes, bytearray, memoryview)):
                return bytes(cast("bytes", received)).decode("utf-8-sig")
            if isinstance(received, str):
                received.encode()  # refuses a lone surrogate, which cannot be sent again
                return received
        except UnicodeError as error:
            self.refuse(path, f"not Unicode text ({error})", "AWS delivers JSON as UTF-8")
        return None

    def json_of(self, text: str, path: str) -> Any:
        """Return the value of a JSON text."""
        try:
            return json.loads(text, parse_constant=no_constant)
        except (ValueError, RecursionError) as error:
            self.refuse(path, f"no JSON ({error}): {shown(text)}", f"{self.name} is a JSON object; {self.hint}")

    def object_of(self, received: object, path: str) -> tuple[JsonObject, str | None]:
        """Return an object that arrived as such or as JSON, and its JSON text if there was one."""
        text = self.text_of(received, path)
        value: object = received if text is None else self.json_of(text, path)
        if not isinstance(value, Mapping):
            self.refuse(path, f"{type(value).__name__} {shown(value)}", f"{self.name} is a JSON object; {self.hint}")
        return cast("JsonObject", value), text

    def given(self, values: JsonObject, name: str, path: str, rule: str) -> Any:
        """Return a required member."""
        if name not in values:
            self.refuse(inside(path, name), "missing", f"it must be {rule}; {self.hint}")
        return values[name]

    def text(self, values: JsonObject, name: str, path: str, rule: str) -> str:
        """Return a member that is a string and not empty."""
        value = self.given(values, name, path, f"a string, {rule}")
        if not isinstance(value, str) or not value:
            self.refuse(inside(path, name), shown(value), f"it must be a string, {rule}")
        return value

    def whole(self, values: JsonObject, name: str, path: str) -> int:
        """Return a member that is a whole number."""
        value = self.given(values, name, path, "a whole number")
        if not isinstance(value, int) or isinstance(value, bool):
            self.refuse(inside(path, name), shown(value), "it must be a whole number")
        return value

    def object(self, values: JsonObject, name: str, path: str) -> JsonObject:
        """Return a member that is an object."""
        value = self.given(values, name, path, "an object")
        if not isinstance(value, Mapping):
            self.refuse(inside(path, name), shown(value), "it must be an object")
        return cast("JsonObject", value)

    def time(self, values: JsonObject, name: str, path: str) -> datetime:
        """Return a member that is a time, in UTC."""
        rule = "a time with its zone, such as '2026-11-21T08:00:00.123Z'"
        value = self.text(values, name, path, rule)
        time = None
        with suppress(ValueError, OverflowError):
            given = datetime.fromisoformat(value)
            time = None if given.tzinfo is None else given.astimezone(UTC)
        if time is None:
            self.refuse(inside(path, name), shown(value), f"it must be {rule}")
        return time

    def request(self, values: JsonObject, path: str, conditions: Collection[str]) -> Request:
        """Return the request of a record from Lambda.

        Args:
            values: The record.
            path: The place of the record.
            conditions: The conditions that are known; another one is kept as it is, since AWS may add some.
        """
        context, at = self.object(values, "requestContext", path), inside(path, "requestContext")
        return Request(
            context,
            at,
            self.text(context, "condition", at, f"such as {', '.join(conditions)}"),
            self.text(context, "requestId", at, "the id of the request"),
            self._function_arn(context, at),
            self.version(values, path),
            self.time(values, "timestamp", path),
        )

    def version(self, values: JsonObject, path: str) -> str:
        """Return the version of a record from AWS."""
        version = self.text(values, "version", path, "such as '1.0'")
        if not version.startswith("1."):
            self.refuse(inside(path, "version"), shown(version), "versions 1.x are known here, such as '1.0'")
        return version

    def _function_arn(self, values: JsonObject, path: str) -> str:
        function_arn = self.text(values, "functionArn", path, "the function's ARN")
        if _FUNCTION_ARN.fullmatch(function_arn) is None:
            self.refuse(
                inside(path, "functionArn"),
                shown(function_arn),
                "it must be a function's ARN, such as 'arn:aws:lambda:eu-west-1:111111111111:function:orders:$LATEST'",
            )
        return function_arn
