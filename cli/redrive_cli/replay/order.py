"""Divides events into waves, so that the order of each group holds although calls take several at once."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Sequence
from typing import TypeVar

T = TypeVar("T")


def waves(items: Sequence[T], group: Callable[[T], Hashable]) -> Iterator[list[T]]:
    """Yield the first of all groups, then the second, and so on."""
    left = list(items)
    while left:
        seen: set[Hashable] = set()
        wave: list[T] = []
        rest: list[T] = []
        for item in left:
            (rest if group(item) in seen else wave).append(item)
            seen.add(group(item))
        yield wave
        left = rest
