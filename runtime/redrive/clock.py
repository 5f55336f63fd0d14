"""The one place where the helpers read the time."""

from __future__ import annotations

import time
from collections.abc import Callable

from redrive.seams import Seam

#: Answers the time as seconds since the epoch. Replace it with `clock.replaced(lambda: 1_700_000_000.0)`.
clock: Seam[Callable[[], float]] = Seam(time.time)


def now() -> float:
    """The time, in seconds since the epoch."""
    return clock.get()()
