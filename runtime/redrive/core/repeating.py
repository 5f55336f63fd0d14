"""Calls functions again and again, all of them in one thread, which ends when none is left."""

from __future__ import annotations

import os
from collections.abc import Callable
from itertools import count
from threading import Event, Lock, Thread
from time import monotonic

# In seconds between two looks for what is new: nothing wakes the thread, so that adding costs next to nothing.
_LONGEST_WAIT = 5.0


class _Repeating:
    def __init__(self) -> None:
        self._lock = Lock()
        self._numbers = count()
        # By number: when it is due, and the function.
        self._waiting: dict[int, tuple[float, Callable[[], float | None]]] = {}
        self._thread: Thread | None = None

    def add(self, seconds: float, work: Callable[[], float | None]) -> Callable[[], object]:
        waiting = self._waiting
        with self._lock:
            if self._thread is None:
                # A daemon, without context variables of whoever comes first: it keeps neither process nor invocation.
                thread = Thread(target=self._run, name="redrive-repeating", daemon=True)
                thread.start()
                self._thread = thread
            number = next(self._numbers)
            waiting[number] = (monotonic() + seconds, work)
        return lambda: waiting.pop(number, None)

    def _run(self) -> None:
        pause = Event()
        while True:
            pause.wait(self._until_next())
            for number, (due, work) in list(self._waiting.items()):
                if due <= monotonic():
                    self._plan(number, work(), work)
            with self._lock:
                if not self._waiting:
                    self._thread = None
                    return

    def _until_next(self) -> float:
        moment = monotonic()
        due = min((due for due, _ in list(self._waiting.values())), default=moment + _LONGEST_WAIT)
        return min(_LONGEST_WAIT, max(0.0, due - moment))

    def _plan(self, number: int, seconds: float | None, work: Callable[[], float | None]) -> None:
        with self._lock:
            if number not in self._waiting:  # cancelled in the meantime
                return
            if seconds is None:
                del self._waiting[number]
            else:
                self._waiting[number] = (monotonic() + seconds, work)


_repeating = [_Repeating()]


def repeat(seconds: float, work: Callable[[], float | None]) -> Callable[[], object]:
    """Call work after some seconds, and again after those that it returns, until it returns `None`.

    Args:
        seconds: Seconds until the first call, which may come five seconds later.
        work: Must not raise.

    Returns:
        Cancels all further calls.

    Raises:
        RuntimeError: No more threads are allowed.
    """
    return _repeating[0].add(seconds, work)


def _begin_anew() -> None:
    """Forget all work: it is that of the process from which this one was forked, and so is the thread."""
    _repeating[0] = _Repeating()


if hasattr(os, "register_at_fork"):  # not on Windows
    os.register_at_fork(after_in_child=_begin_anew)
