"""Counts the threads of a replay that have something in hand."""

from __future__ import annotations

from threading import Lock


class Busy:
    """Counts the threads that have something in hand."""

    def __init__(self) -> None:
        self._number = 0
        self._lock = Lock()

    def __enter__(self) -> None:
        with self._lock:
            self._number += 1

    def __exit__(self, *_: object) -> None:
        with self._lock:
            self._number -= 1

    @property
    def others(self) -> bool:
        """True if there is one."""
        return self._number > 0
