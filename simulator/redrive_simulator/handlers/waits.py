"""Lets waits take virtual time: for events, conditions, queues, futures, and for the end of a thread."""

from __future__ import annotations

import threading
from _thread import allocate_lock
from collections.abc import Callable, Generator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from functools import cache
from typing import Any, Protocol, TypeVar

T = TypeVar("T")


class Waiter(Protocol):
    """The clock of a simulation, as far as waits need it."""

    def takes_part(self) -> bool:
        """Decide if a handler, or a thread that it has started, runs in the calling thread."""
        ...

    def wait(self, real: Callable[[float | None], T], seconds: float | None) -> T:
        """Wait in virtual time; `real` waits in real time, and its result is true if the wait has ended early."""
        ...

    def spin(self) -> None:
        """Note that the caller has waited for no time: for a handler, some passes after many such waits in a row."""
        ...

    def begin(self, thread: threading.Thread) -> None:
        """Note that the caller is about to start a thread."""
        ...

    def given(self, pool: ThreadPoolExecutor, function: Callable[..., T]) -> tuple[Callable[..., T], Any]:
        """Return what a pool is to call in place of a function that the caller gives to it, and the work that it is."""
        ...

    def gone(self, thread: threading.Thread) -> None:
        """Note that a thread could not be started."""
        ...


_waiters: list[Waiter] = []


@contextmanager
def virtual_waits(waiter: Waiter) -> Generator[None]:
    """Let the waits of handlers and their threads take virtual time."""
    _install()
    _waiters.append(waiter)
    try:
        yield
    finally:
        _waiters.remove(waiter)


def current_waiter() -> Waiter | None:
    """Return what waits for the calling thread, `None` if it is no handler's and waits in real time."""
    waiter = _waiters[-1] if _waiters else None
    return waiter if waiter is not None and waiter.takes_part() else None


@cache
def _install() -> None:
    condition: Any = threading.Condition
    thread: Any = threading.Thread
    condition.wait = _of_conditions(condition.wait)
    thread.join = _of_threads(thread.join)
    thread.start = _of_starts(thread.start)
    pool: Any = ThreadPoolExecutor
    pool.submit = _of_pools(pool.submit)


def _of_conditions(wait: Callable[..., bool]) -> Callable[..., bool]:
    def virtual(self: Any, timeout: float | None = None) -> bool:
        waiter = current_waiter()
        if waiter is None or (timeout is not None and timeout <= 0) or not self._is_owned():
            came = wait(self, timeout)
            if waiter is not None and not came:
                waiter.spin()
            return came
        # As `wait` does it: in line for `notify` for the whole wait, which consists of many in real time.
        notified = allocate_lock()
        notified.acquire()
        self._waiters.append(notified)
        saved = self._release_save()
        came = False
        try:
            came = waiter.wait(lambda seconds: notified.acquire(True, -1 if seconds is None else seconds), timeout)
        finally:
            self._acquire_restore(saved)
            if not came and notified in self._waiters:
                self._waiters.remove(notified)
        return came

    return virtual


def _of_threads(join: Callable[..., None]) -> Callable[..., None]:
    def virtual(self: threading.Thread, timeout: float | None = None) -> None:
        waiter = current_waiter()
        if waiter is None or (timeout is not None and timeout <= 0):
            join(self, timeout)
            return

        def real(seconds: float | None) -> bool:
            join(self, seconds)
            return not self.is_alive()

        if not real(0):
            waiter.wait(real, timeout)

    return virtual


def _of_pools(submit: Callable[..., Future[Any]]) -> Callable[..., Future[Any]]:
    def virtual(self: ThreadPoolExecutor, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        waiter = current_waiter()
        if waiter is None:
            return submit(self, fn, *args, **kwargs)
        function, work = waiter.given(self, fn)
        try:
            future = submit(self, function, *args, **kwargs)
        except BaseException:
            if work is not None:
                work.has_begun = True
            raise
        if work is not None:
            work.future = future
        return future

    return virtual


def _of_starts(start: Callable[..., None]) -> Callable[..., None]:
    def virtual(self: threading.Thread) -> None:
        waiter = current_waiter()
        if waiter is None:
            start(self)
            return
        waiter.begin(self)
        try:
            start(self)
        except BaseException:
            waiter.gone(self)
            raise

    return virtual
