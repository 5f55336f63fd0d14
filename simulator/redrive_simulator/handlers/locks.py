"""Lets handlers wait in virtual time for the locks and simple queues that they make.

The methods of these types cannot be replaced, so what makes them is. Locks that exist before wait in real time.
"""

from __future__ import annotations

import queue
import threading
from _thread import LockType, allocate_lock
from _thread import RLock as ReentrantLock
from collections.abc import Callable
from typing import Any, TypeVar

from redrive_simulator.handlers.waits import current_waiter

T = TypeVar("T")

_original_rlock = threading.RLock
_original_queue = queue.SimpleQueue


class _InPlace(type):
    """Makes a class in the place of another: the instances of that one are its own, too."""

    def __instancecheck__(cls, instance: object) -> bool:
        # As globals of this module they are not replaced, as attributes of a class they would be.
        original = LockType if cls is Lock else _original_queue
        return isinstance(instance, original) or type.__instancecheck__(cls, instance)


class Lock(metaclass=_InPlace):
    """A lock that a handler makes. Outside of handlers this makes one of Python's own."""

    __slots__ = ("__weakref__", "_lock")

    def __new__(cls) -> Any:
        """Make a lock."""
        return allocate_lock() if current_waiter() is None else super().__new__(cls)

    def __init__(self) -> None:
        self._lock = allocate_lock()

    def acquire(self, blocking: bool = True, timeout: float = -1) -> bool:
        """Acquire the lock, as `threading.Lock` does."""
        return _acquired(self._lock.acquire, blocking, timeout)

    def release(self) -> None:
        """Release the lock."""
        self._lock.release()

    def locked(self) -> bool:
        """Return whether somebody has the lock."""
        return self._lock.locked()

    def __enter__(self) -> bool:
        return self.acquire()

    def __exit__(self, *_: object) -> None:
        self._lock.release()

    def _at_fork_reinit(self) -> None:
        self._lock = allocate_lock()


class _RLock(ReentrantLock):  # pyright: ignore[reportGeneralTypeIssues]
    """A reentrant lock that a handler makes."""

    def acquire(self, blocking: bool = True, timeout: float = -1) -> bool:
        return _acquired(super().acquire, blocking, timeout)

    __enter__ = acquire


class SimpleQueue(queue.SimpleQueue[T], metaclass=_InPlace):
    """A simple queue, whose waits take virtual time in handlers."""

    def get(self, block: bool = True, timeout: float | None = None) -> T:
        """Remove an item and return it, as `queue.SimpleQueue` does."""
        waiter = current_waiter()
        take = super().get
        if waiter is None or not block or (timeout is not None and timeout <= 0):
            return take(block, timeout)

        def real(seconds: float | None) -> tuple[T] | None:
            try:
                return (take(seconds is None or seconds > 0, seconds),)
            except queue.Empty:
                return None

        came = waiter.wait(real, timeout)
        if came is None:
            raise queue.Empty
        return came[0]


def replacements() -> list[tuple[object, Any]]:
    """Return what makes locks and queues, each with its replacement."""
    makers = {id(each): (each, Lock) for each in (allocate_lock, threading.Lock)}
    return [*makers.values(), (_original_rlock, _rlock), (_original_queue, SimpleQueue)]


def _rlock(*arguments: Any) -> Any:
    return _original_rlock(*arguments) if current_waiter() is None else _RLock()


def _acquired(acquire: Callable[..., bool], blocking: bool, timeout: float) -> bool:
    """Acquire a lock by its own method, and wait in virtual time if somebody has it."""
    waiter = current_waiter()
    is_wait = blocking and (timeout > 0 or timeout == -1)
    if waiter is None or not is_wait:
        return acquire(blocking, timeout)
    if acquire(False):
        return True
    limit = None if timeout == -1 else timeout
    return waiter.wait(lambda seconds: acquire(True, -1 if seconds is None else seconds), limit)
