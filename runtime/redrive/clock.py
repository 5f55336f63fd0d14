"""Reads the time and waits, for all helpers."""

from __future__ import annotations

import time
from collections.abc import Callable

from redrive.seams import Seam

#: Returns the time in seconds since the epoch. Replace it with `clock.replaced(lambda: 1_700_000_000.0)`.
clock: Seam[Callable[[], float]] = Seam(time.time)


def now() -> float:
    """Return the time, in seconds since the epoch."""
    return clock.get()()


#: Waits for some seconds. Replace it together with the clock: with a virtual clock, it advances the clock instead.
sleeper: Seam[Callable[[float], None]] = Seam(time.sleep)


def pause(seconds: float) -> None:
    """Wait for some seconds."""
    sleeper.get()(seconds)
