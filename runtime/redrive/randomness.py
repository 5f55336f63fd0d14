"""Draws random numbers, for all helpers."""

from __future__ import annotations

from collections.abc import Callable

from redrive.seams import Seam


def _system_random() -> float:
    # Importing `random` takes several milliseconds, and only a failed message needs it.
    from random import random

    return random()


#: Returns a number in [0, 1). Replace it with `randomness.replaced(lambda: 0.5)` or a seeded `Random(7).random`.
randomness: Seam[Callable[[], float]] = Seam(_system_random)


def draw() -> float:
    """Return a random number in [0, 1)."""
    return randomness.get()()
