"""Computes waits that grow with each retry."""

from __future__ import annotations


def growing_wait(base: float, factor: float, cap: float, number: int) -> float:
    """Return `min(base × factor^number, cap)` in seconds, where `number` is the count of earlier waits."""
    try:
        return min(base * factor**number, cap)
    except OverflowError:
        return cap
