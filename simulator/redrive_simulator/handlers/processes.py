"""Lets a handler wait for a process, which works in real time, and has its timeout in real time, too."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable
from functools import cache
from typing import Any

from redrive_simulator.handlers.waits import current_waiter

# Seconds of real time after which a wait looks at the process again.
_LOOK = 0.002
_real_sleep = time.sleep
_real_time = time.monotonic


@cache
def wait_for_processes() -> None:
    """Replace the wait of all processes, once for the life of this one."""
    process: Any = subprocess.Popen
    process.wait = _waits(process.wait)


def _waits(wait: Callable[..., int]) -> Callable[..., int]:
    def virtual(self: Any, timeout: float | None = None) -> int:
        waiter = current_waiter()
        if waiter is None or timeout is None:
            return wait(self, timeout)
        end = _real_time() + timeout
        while self.poll() is None:
            if _real_time() >= end:
                waiter.wait(lambda seconds: self.poll() is not None, timeout)
                raise subprocess.TimeoutExpired(self.args, timeout)
            _real_sleep(_LOOK)
        return wait(self)

    return virtual
