"""Makes `time`, `datetime`, `asyncio` and `threading` show virtual time while a simulation runs."""

from __future__ import annotations

import selectors
import threading
import time
from _thread import get_ident
from collections.abc import Callable
from contextlib import ExitStack
from typing import Any
from unittest.mock import patch

try:
    import time_machine
except ImportError as error:
    raise ImportError(
        "the simulator needs time-machine: install the extra, pip install 'redrive[simulator]'"
    ) from error

from redrive.core.system import clock, sleeper
from redrive_simulator.handlers.names import Replacements, replaced
from redrive_simulator.handlers.waits import virtual_waits

_NANOSECONDS = 1_000_000_000
_real = time.monotonic
_real_clock: Any = getattr(time, "clock_gettime", None)  # not on Windows
_real_clock_ns: Any = getattr(time, "clock_gettime_ns", None)
_MONOTONIC = frozenset(
    getattr(time, f"CLOCK_{name}", None) for name in ("MONOTONIC", "MONOTONIC_RAW", "BOOTTIME", "UPTIME_RAW")
)
# Waits for no time, one after the other, that are a loop: code which waits for the rest of its time until *less* than
# nothing is left, as `concurrent.futures.as_completed`, would wait forever.
_MOST_SPINS = 1000
_A_MOMENT = 1e-6
# Seconds of real time that an event loop waits for its worker threads before virtual time continues.
_FOR_THREADS = 0.02


class VirtualClock:
    """Shows virtual time instead of the machine's, from `start` to `stop`.

    Args:
        epoch: Virtual time 0, in seconds since the epoch.
        take: Lets virtual time pass for the calling handler.
        is_handler: Decides by thread id if a handler runs in a thread.
        elsewhere: Returns the virtual time that the calling thread has taken, if a handler has started it.
        more: Further functions of the standard library to replace.
    """

    __slots__ = (
        "_base",
        "_elsewhere",
        "_functions",
        "_is_handler",
        "_more",
        "_now",
        "_patches",
        "_shown",
        "_spins",
        "_started",
        "_take",
        "_traveller",
        "epoch",
    )

    def __init__(
        self,
        epoch: float,
        take: Callable[[float], None],
        is_handler: Callable[[int], bool],
        elsewhere: Callable[[], float],
        more: Replacements,
    ) -> None:
        self.epoch = epoch
        self._base = round(epoch * _NANOSECONDS)
        self._take = take
        self._is_handler = is_handler
        self._shown = 0
        self._now = 0.0
        self._traveller: Any = None
        self._patches: ExitStack | None = None
        self._elsewhere = elsewhere
        self._started = 0.0
        self._spins = 0
        self._more = more
        self._functions: Replacements = {
            "sleep": self._sleep,
            "monotonic": self._monotonic,
            "perf_counter": self._monotonic,
            "clock_gettime": self._clock_gettime,
            "clock_gettime_ns": self._clock_gettime_ns,
            "monotonic_ns": lambda: round(self._monotonic() * _NANOSECONDS),
            "perf_counter_ns": lambda: round(self._monotonic() * _NANOSECONDS),
        }

    def start(self, now: float) -> None:
        """Show virtual time, beginning at `now` seconds from the simulation's start."""
        patches = self._patches = ExitStack()
        # time-machine patches in C, so that `from time import time` and `from datetime import datetime` work, too.
        self._now = now
        self._shown = self._base + round(now * _NANOSECONDS)
        self._traveller = patches.enter_context(time_machine.travel(self._shown / _NANOSECONDS, tick=False))
        self._shown = self._traveller.time_ns()
        self._started = _real()
        patches.enter_context(replaced({**self._functions, **self._more}))
        patches.enter_context(virtual_waits(self))
        patches.enter_context(clock.replaced(lambda: self._shown / _NANOSECONDS))
        patches.enter_context(sleeper.replaced(self._take))
        # asyncio waits for its timers in the selector, so that wait must take virtual time.
        selector = selectors.DefaultSelector
        patches.enter_context(patch.object(selector, "select", _virtual_select(selector.select, self)))

    def stop(self) -> None:
        """Show the machine's time again."""
        if self._patches is not None:
            self._patches.close()
            self._patches = None

    def show(self, now: float) -> None:
        """Change the displayed time to `now` seconds from the simulation's start."""
        if now == self._now:
            return
        self._now = now
        self._spins = 0
        shown = self._base + round(now * _NANOSECONDS)
        if shown != self._shown:
            self._traveller.shift((shown - self._shown) / _NANOSECONDS)
            self._shown = shown

    def is_handler(self) -> bool:
        """Decide if a handler runs in the calling thread, rather than code in a thread that it has started."""
        return self._is_handler(get_ident())

    def take(self, seconds: float) -> None:
        """Let virtual time pass for the calling handler."""
        self._take(seconds)

    def spin(self) -> None:
        """Note that the calling handler has waited for no time: after many such waits in a row, some passes."""
        self._spins += 1
        if self._spins > _MOST_SPINS:
            self._take(_A_MOMENT)

    def _monotonic(self) -> float:
        # Small numbers, which as floats are exact enough for asyncio to reach the end of a wait. The waits of threads
        # that a handler has started are real, so time passes for them.
        if self._is_handler(get_ident()):
            return self._now
        return self._now + self._elsewhere() + _real() - self._started

    def _clock_gettime(self, clock: int) -> float:
        return self._monotonic() if clock in _MONOTONIC else _real_clock(clock)

    def _clock_gettime_ns(self, clock: int) -> int:
        return round(self._monotonic() * _NANOSECONDS) if clock in _MONOTONIC else _real_clock_ns(clock)

    def _sleep(self, seconds: float) -> None:
        if seconds < 0:
            raise ValueError("sleep length must be non-negative")
        self._take(seconds)


def _virtual_select(select: Callable[..., Any], own: VirtualClock) -> Callable[..., Any]:
    def virtual(selector: Any, timeout: float | None = None) -> Any:
        if timeout is None or timeout <= 0 or not own.is_handler():
            return select(selector, timeout)
        # Work in the loop's threads (`asyncio.to_thread`) takes no virtual time: let it finish first.
        busy = any(thread.name.startswith("asyncio_") for thread in threading.enumerate())
        ready = select(selector, _FOR_THREADS if busy else 0)
        if not ready:
            own.take(timeout)
        return ready

    return virtual
