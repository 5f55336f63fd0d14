"""Waits for as long as something moves, however slow the machine is."""

from __future__ import annotations

import time
from collections.abc import Callable

#: Seconds without any change after which nothing more is expected.
SECONDS = 120


class Patience:
    """Ends when a state has been the same for too long.

    Args:
        seconds: How long.
    """

    def __init__(self, seconds: float = SECONDS) -> None:
        self._seconds = seconds
        self._state: object = None
        self._since = time.monotonic()

    def is_over(self, state: object) -> bool:
        """Returns whether the state has not changed for too long."""
        if state != self._state:
            self._state, self._since = state, time.monotonic()
        return time.monotonic() - self._since > self._seconds


def wait_for(number: Callable[[], int], enough: int) -> None:
    """Waits until a number is high enough, or does not change any more."""
    patience = Patience()
    while (now := number()) < enough and not patience.is_over(now):
        time.sleep(1)
