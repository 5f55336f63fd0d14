"""Errors that do anything when they are looked at, and functions that raise them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from redrive import (
    Permanent,
    Retry,
)


class RaisesInStr(Exception):
    def __str__(self) -> str:
        raise ValueError("no text")


class LeavesInStr(Exception):
    def __str__(self) -> str:
        raise SystemExit


class NoText(Exception):
    def __str__(self) -> Any:
        return 7  # noqa: PLE0307


class OddText(str):
    __slots__ = ()

    def __len__(self) -> int:
        raise ValueError("no length")

    def __getitem__(self, key: Any) -> Any:
        raise ValueError("no characters")


class SaysOddText(Exception):
    def __str__(self) -> str:
        return OddText("odd")


def raising(self: object) -> Any:
    raise RuntimeError("no attribute")


class Properties(Exception):
    """Each attribute that Python's own errors have raises."""

    __cause__ = __context__ = __traceback__ = __suppress_context__ = property(raising)  # type: ignore[assignment]
    args = response = after = reason = property(raising)  # type: ignore[assignment]


class Everything(Exception):
    def __getattr__(self, name: str) -> Any:
        raise KeyError(name)


class Class(Exception):
    __class__ = property(raising)  # type: ignore[assignment]


class Falsy(Exception):
    def __bool__(self) -> bool:
        raise ValueError("neither true nor false")

    def __eq__(self, other: object) -> bool:
        raise ValueError("not comparable")

    __hash__ = None  # type: ignore[assignment]


class Meta(type):
    __name__ = property(raising)  # type: ignore[assignment]


class Nameless(Exception, metaclass=Meta): ...


class RetryWithout(Retry):
    def __init__(self) -> None: ...


class RetryWith(Retry):
    def __init__(self, after: Any) -> None:
        self.after = after


class Group(ExceptionGroup[Exception]):
    exceptions = property(raising)  # type: ignore[assignment]


def aws(response: Any) -> ClientError:
    error = ClientError({}, "PutItem")
    error.response = response
    return error


def nested(depth: int, error: Exception, kind: type[ExceptionGroup[Any]] = ExceptionGroup) -> Exception:
    for _ in range(depth):
        error = kind("deeper", [error])
    return error


def shared(depth: int) -> Exception:
    """Two references to the same group at each level: 2 ** depth ways to the error."""
    error: Exception = ValueError()
    for _ in range(depth):
        twice: list[Exception] = [error, error]
        error = ExceptionGroup("twice", twice)
    return error


def chain(depth: int) -> Exception:
    error = Retry(1)
    for _ in range(depth):
        above = Retry(1)
        above.__cause__ = error
        error = above
    return error


def circle() -> Exception:
    one, other = Retry(1), Retry(2)
    one.__cause__, other.__cause__ = other, one
    return one


ODD: dict[str, Callable[[], BaseException]] = {
    "str raises": RaisesInStr,
    "str leaves": LeavesInStr,
    "str is no text": NoText,
    "str is odd": SaysOddText,
    "properties": Properties,
    "getattr": Everything,
    "class": Class,
    "falsy": Falsy,
    "cause": lambda: caused_by(Falsy()),
    "retry caused": lambda: caused_by(RaisesInStr(), Retry(5)),
    "nameless": Nameless,
    "no wait": RetryWithout,
    **{f"wait {wait!r:.20}": lambda wait=wait: RetryWith(wait) for wait in (-1, float("nan"), "soon", [], 10**400)},
    **{f"response {response!r}": lambda response=response: aws(response) for response in (None, 7, [], {"Error": 7})},
    "code": lambda: aws({"Error": {"Code": ["Throttling"]}}),
    "deep group": lambda: nested(5000, ValueError()),
    "odd group": lambda: Group("odd", [ValueError()]),
    "shared group": lambda: shared(200),
    "chain": lambda: chain(5000),
    "circle": circle,
    "surrogate": lambda: ValueError("\ud83d\x00"),
    "SystemExit": lambda: SystemExit([object()]),
}

every_error = pytest.mark.parametrize("make", ODD.values(), ids=ODD)


def caused_by(cause: BaseException, error: BaseException | None = None) -> BaseException:
    error = error or Permanent("no lines")
    error.__cause__ = cause
    return error


def fails(make: Callable[[], BaseException]) -> Callable[..., None]:
    def function(record: Any) -> None:
        if getattr(record, "id", "") == "1" or getattr(record, "sequence_number", "") == "2":
            raise make()

    return function
