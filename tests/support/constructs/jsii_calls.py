"""Counts the calls into Node.js, which take most of the time of an app in Python."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from jsii._kernel.providers.process import (  # pyright: ignore[reportMissingTypeStubs]  # jsii has no public seam for it
    _NodeProcess as NodeProcess,  # pyright: ignore[reportPrivateUsage]
)


class Calls:
    """The calls so far.

    Attributes:
        names: The kind of each call, what is called, and the object if there is one: `"GetRequest node Queue@10007"`.
    """

    def __init__(self) -> None:
        self.names: list[str] = []

    def __len__(self) -> int:
        return len(self.names)


@contextmanager
def counted() -> Iterator[Calls]:
    """Count the calls while the block runs."""
    calls, send = Calls(), NodeProcess.send

    def counting(self: Any, request: Any, response_type: Any) -> Any:
        named = (getattr(request, name, None) for name in ("property", "method", "fqn"))
        calls.names.append(f"{type(request).__name__} {next(filter(None, named), '')}{_object_of(request)}")
        return send(self, request, response_type)

    NodeProcess.send = counting
    try:
        yield calls
    finally:
        NodeProcess.send = send


def _object_of(request: Any) -> str:
    reference = getattr(request, "objref", None)
    return "" if reference is None else f" {reference.ref.rpartition('.')[2]}"
