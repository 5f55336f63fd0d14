"""Lets waits take virtual time: for events, conditions, queues, futures, and for the end of a thread."""

from __future__ import annotations

import math
import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager
from functools import cache
from typing import Any, Protocol

from redrive_simulator.handlers.names import has_other_threads

# Seconds of real time for which a wait looks whether a thread of the handler ends it, before virtual time continues.
_FOR_THREADS = 0.5


class Waiter(Protocol):
    """The clock of a simulation, as far as waits need it."""

    def is_handler(self) -> bool:
        """Decide if a handler runs in the calling thread, rather than code in a thread that it has started."""
        ...

    def take(self, seconds: float) -> None:
        """Let virtual time pass for the calling handler."""
        ...

    def spin(self) -> None:
        """Note that the calling handler has waited for no time: after many such waits in a row, some passes."""
        ...


_waiters: list[Waiter] = []


@contextmanager
def virtual_waits(waiter: Waiter) -> Generator[None]:
    """Let the waits of handlers take virtual time."""
    _install()
    _waiters.append(waiter)
    try:
        yield
    finally:
        _waiters.remove(waiter)


def _waiter() -> Waiter | None:
    waiter = _waiters[-1] if _waiters else None
    return waiter if waiter is not None and waiter.is_handler() else None


@cache
def _install() -> None:
    condition: Any = threading.Condition
    event: Any = threading.Event
    thread: Any = threading.Thread
    condition.wait = _of_conditions(condition.wait)
    event.wait = _of_events(event.wait)
    thread.join = _of_threads(thread.join)


def _of_conditions(wait: Callable[..., bool]) -> Callable[..., bool]:
    def virtual(self: Any, timeout: float | None = None) -> bool:
        waiter = _waiter()
        if waiter is None:
            return wait(self, timeout)
        if timeout is not None and timeout <= 0:
            came = wait(self, timeout)
            if not came:
                waiter.spin()
            return came
        while has_other_threads():
            if wait(self, _FOR_THREADS):
                return True
            if timeout is not None:
                break
        # Another invocation may need the lock meanwhile.
        saved = self._release_save()
        try:
            waiter.take(math.inf if timeout is None else timeout)
        finally:
            self._acquire_restore(saved)
        return False

    return virtual


def _of_events(wait: Callable[..., bool]) -> Callable[..., bool]:
    def virtual(self: Any, timeout: float | None = None) -> bool:
        return wait(self, timeout) or (_waiter() is not None and self.is_set())

    return virtual


def _of_threads(join: Callable[..., None]) -> Callable[..., None]:
    def virtual(self: threading.Thread, timeout: float | None = None) -> None:
        waiter = _waiter()
        if waiter is None or timeout is None or timeout <= 0:
            join(self, timeout)
            return
        join(self, _FOR_THREADS)
        if self.is_alive():
            waiter.take(timeout)

    return virtual
