"""Lets a handler wait for processes, which work in real time, and have their timeouts in real time, too.

A timeout that a process has used up passes in virtual time as well.
"""

from __future__ import annotations

import selectors
import subprocess
import time
from collections.abc import Callable, Iterable
from functools import cache
from multiprocessing import connection
from typing import Any, TypeVar

from redrive_simulator.handlers.waits import current_waiter

T = TypeVar("T")

# Seconds of real time after which a wait looks at the process again.
_LOOK = 0.002
# Seconds of real time that a process gets with each look of a handler.
_GRACE = 0.02
_real_sleep = time.sleep
_real_time = time.monotonic


@cache
def wait_for_processes() -> None:
    """Replace the waits for all processes, once for the life of this one."""
    process: Any = subprocess.Popen
    poll = process.poll
    process.poll = _of_poll(poll)
    process.wait = _of_wait(process.wait, poll)
    process.communicate = _of_communicate(process.communicate)
    module: Any = subprocess
    module._time = _real_time  # by which `communicate` sees if its time is over
    pipes: Any = connection
    pipes.wait = _of_pipes(pipes.wait)


def _of_poll(poll: Callable[..., int | None]) -> Callable[..., int | None]:
    def virtual(self: Any) -> int | None:
        status = poll(self)
        # In a loop with a sleep, which takes no real time, the process would never come to its end.
        if status is None and current_waiter() is not None:
            _real_sleep(_GRACE)
            status = poll(self)
        return status

    return virtual


def _of_wait(wait: Callable[..., int], poll: Callable[..., int | None]) -> Callable[..., int]:
    def virtual(self: Any, timeout: float | None = None) -> int:
        if current_waiter() is None or timeout is None:
            return wait(self, timeout)
        if _awaited(lambda: poll(self), lambda status: status is not None, timeout) is None:
            raise subprocess.TimeoutExpired(self.args, timeout)
        return wait(self)

    return virtual


def _of_communicate(communicate: Callable[..., Any]) -> Callable[..., Any]:
    def virtual(self: Any, input: Any = None, timeout: float | None = None) -> Any:  # noqa: A002, its own name
        waiter, begun = current_waiter(), time.monotonic()
        if waiter is None or timeout is None:
            return communicate(self, input, timeout)
        try:
            return communicate(self, input, timeout)
        except subprocess.TimeoutExpired as error:
            # Of a process without pipes, `wait` has taken the time.
            if (left := begun + timeout - time.monotonic()) > 0:
                waiter.wait(_nothing, left)
            raise subprocess.TimeoutExpired(error.cmd, timeout, error.output, error.stderr) from None

    return virtual


def _of_pipes(wait: Callable[..., list[Any]]) -> Callable[..., list[Any]]:
    def virtual(object_list: Iterable[Any], timeout: float | None = None) -> list[Any]:
        if current_waiter() is None or timeout is None:
            return wait(object_list, timeout)
        with selectors.SelectSelector() as selector:
            for each in object_list:
                selector.register(each, selectors.EVENT_READ)
            return [key.fileobj for key, _ in _awaited(lambda: selector.select(0), bool, timeout)]

    return virtual


def _awaited(look: Callable[[], T], has_come: Callable[[T], bool], timeout: float) -> T:
    """Look in real time until something has come or the time is over, and let that pass in virtual time then."""
    end = _real_time() + timeout
    while not has_come(found := look()) and _real_time() < end:
        _real_sleep(_LOOK)
    waiter = current_waiter()
    if has_come(found) or waiter is None or timeout <= 0:
        return found
    waiter.wait(_nothing, timeout)
    return look()


def _nothing(seconds: float | None) -> None:
    """Wait for what only time ends."""
    if seconds:
        _real_sleep(seconds)
