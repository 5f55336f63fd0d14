"""The one place where the helpers read the time, and wait."""

from __future__ import annotations

import time
from collections.abc import Callable

from redrive.seams import Seam

#: Answers the time as seconds since the epoch. Replace it with `clock.replaced(lambda: 1_700_000_000.0)`.
clock: Seam[Callable[[], float]] = Seam(time.time)


def now() -> float:
    """The time, in seconds since the epoch."""
    return clock.get()()


#: Waits for some seconds. Replace it together with the clock: a virtual one is moved on instead.
sleeper: Seam[Callable[[float], None]] = Seam(time.sleep)


def pause(seconds: float) -> None:
    """Wait.

    Args:
        seconds: How long.
    """
    sleeper.get()(seconds)
