"""Functions, objects and factories whose products have one name."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any, NamedTuple

REFUSED = "would have the same idempotency keys as another function"


def process(kind: Any, order: Any) -> Any:
    return [str(kind), order]


@dataclass(frozen=True)
class Frozen:
    name: str

    def process(self, order: Any) -> str:
        return self.name

    def __call__(self, order: Any) -> str:
        return self.name


class Pair(NamedTuple):
    name: str

    def process(self, order: Any) -> str:
        return self.name


class Service:
    """Has state, and nothing says which others equal it."""

    def __init__(self, name: str) -> None:
        self.name = name

    def process(self, order: Any) -> str:
        return self.name

    def __call__(self, order: Any) -> str:
        return self.name


@dataclass
class Counting:
    """Changes with each call, so it is no value."""

    name: str
    done: int = 0

    def process(self, order: Any) -> str:
        self.done += 1
        return self.name

    def __call__(self, order: Any) -> str:
        return self.name


class Slotted:
    __slots__ = ("name",)

    def __init__(self, name: str) -> None:
        self.name = name

    def process(self, order: Any) -> str:
        return self.name


def product(kind: Any) -> Callable[[Any], Any]:
    def made(order: Any) -> Any:
        return [str(kind), order]

    return made


def wrapping(function: Any) -> Any:
    @wraps(function)
    def call(order: Any) -> Any:
        return function(order)

    return call
