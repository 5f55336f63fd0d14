"""Limits how many events are sent in a second, over all threads."""

from __future__ import annotations

from threading import Event, Lock

from redrive.core.system import now


class Rate:
    """A limit of events a second.

    Args:
        most: Events a second; `None`: no limit.
        stop: Ends all waits.
    """

    def __init__(self, most: float | None, stop: Event) -> None:
        self._most = most
        self._stop = stop
        self._lock = Lock()
        self._next = 0.0

    def batch(self, most: int, seconds: float) -> int:
        """Return how many events can be sent in some seconds, at least 1 and at most `most`."""
        return most if self._most is None else max(1, min(most, int(self._most * seconds)))

    def wait(self, number: int) -> bool:
        """Wait until some more events may be sent; return `False` if that was stopped."""
        if self._most is None:
            return not self._stop.is_set()
        with self._lock:
            start = max(self._next, now())
            self._next = start + number / self._most
        return not self._stop.wait(max(0.0, start - now())) and not self._stop.is_set()
