"""Makes `time`, `datetime`, `asyncio` and `threading` show virtual time while a simulation runs."""

from __future__ import annotations

import select
import selectors
import threading
import time
from _thread import get_ident
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from typing import Any, TypeVar
from unittest.mock import patch

try:
    import time_machine
except ImportError as error:
    raise ImportError(
        "the simulator needs time-machine: install the extra, pip install 'redrive[simulator]'"
    ) from error

from redrive.core.system import clock, sleeper
from redrive_simulator.handlers.connections import any_from_outside
from redrive_simulator.handlers.names import Replacements, replaced
from redrive_simulator.handlers.processes import wait_for_processes
from redrive_simulator.handlers.threads import RealWait, Threads
from redrive_simulator.handlers.waits import virtual_waits

T = TypeVar("T")

_NANOSECONDS = 1_000_000_000
_real = time.monotonic
_real_clock: Any = getattr(time, "clock_gettime", None)  # not on Windows
_real_clock_ns: Any = getattr(time, "clock_gettime_ns", None)
_MONOTONIC = frozenset(
    getattr(time, f"CLOCK_{name}", None) for name in ("MONOTONIC", "MONOTONIC_RAW", "BOOTTIME", "UPTIME_RAW")
)
# Looks at the clock for which a wait for no time counts: code which waits for the rest of its time until *less* than
# nothing is left, as `concurrent.futures.as_completed`, would wait forever.
_OF_A_SPIN = 100
_real_select = select.select
_real_sleep = time.sleep
_real_ctime = time.ctime
_real_asctime = time.asctime


class VirtualClock:
    """Shows virtual time instead of the machine's, from `start` to `stop`.

    Args:
        epoch: Virtual time 0, in seconds since the epoch.
        take: Lets virtual time pass for the calling handler.
        is_handler: Decides by thread id if a handler runs in a thread.
        elsewhere: Returns the virtual time that the calling thread has taken, if a handler has started it.
        threads: The threads of handlers.
        look: Counts looks of the current handler at the clock, and lets time pass if there are very many.
        more: Further functions of the standard library to replace.
    """

    __slots__ = (
        "_base",
        "_elsewhere",
        "_functions",
        "_is_handler",
        "_look",
        "_more",
        "_now",
        "_patches",
        "_shown",
        "_started",
        "_take",
        "_threads",
        "_traveller",
        "epoch",
    )

    def __init__(
        self,
        epoch: float,
        take: Callable[[float], None],
        is_handler: Callable[[int], bool],
        elsewhere: Callable[[], float],
        threads: Threads,
        look: Callable[[int], None],
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
        self._threads = threads
        self._started = 0.0
        self._look = look
        self._more = more
        self._functions: Replacements = {
            "sleep": self._sleep,
            "monotonic": self._monotonic,
            "perf_counter": self._monotonic,
            "clock_gettime": self._clock_gettime,
            "clock_gettime_ns": self._clock_gettime_ns,
            "monotonic_ns": lambda: round(self._monotonic() * _NANOSECONDS),
            "perf_counter_ns": lambda: round(self._monotonic() * _NANOSECONDS),
            "ctime": self._ctime,
            "asctime": self._asctime,
            "select": self._select,
        }

    def start(self, now: float) -> None:
        """Show virtual time, beginning at `now` seconds from the simulation's start."""
        patches = self._patches = ExitStack()
        # time-machine patches in C, so that `from time import time` and `from datetime import datetime` work, too.
        self._now = now
        self._shown = self._base + round(now * _NANOSECONDS)
        self._traveller = patches.enter_context(time_machine.travel(self._shown / _NANOSECONDS, tick=False))
        self._shown = self._traveller.time_ns()
        self._traveller.time_ns = self._time_ns
        self._started = _real()
        patches.enter_context(replaced({**self._functions, **self._more}))
        patches.enter_context(virtual_waits(self))
        wait_for_processes()
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
        shown = self._base + round(now * _NANOSECONDS)
        if shown != self._shown:
            self._shown = shown

    def takes_part(self) -> bool:
        """Decide if a handler, or a thread that it has started, runs in the calling thread."""
        return self._is_handler(get_ident()) or self._threads.has_current()

    def wait(self, real: RealWait[T], seconds: float | None, *, is_open: bool = False) -> T:
        """Wait in virtual time; see `Threads.wait`."""
        return self._threads.wait(real, seconds, is_open=is_open)

    def begin(self, thread: threading.Thread) -> None:
        """Note that the caller is about to start a thread."""
        self._threads.add(thread)

    def given(self, pool: ThreadPoolExecutor, function: Callable[..., T]) -> tuple[Callable[..., T], Any]:
        """Return what a pool is to call in place of a function; see `Threads.given`."""
        return self._threads.given(pool, function)

    def gone(self, thread: threading.Thread) -> None:
        """Note that a thread could not be started."""
        self._threads.remove(thread)

    def spin(self) -> None:
        """Note that the caller has waited for no time: for a handler, some passes after many such waits in a row."""
        if self._is_handler(get_ident()):
            self._look(_OF_A_SPIN)

    def _time_ns(self) -> int:
        """Return the time that `time` and `datetime` show."""
        if self._is_handler(get_ident()):
            self._look(1)
        elif self._threads.has_current():
            return self._shown + round((self._elsewhere() + self._threads.offset()) * _NANOSECONDS)
        return self._shown

    def _monotonic(self) -> float:
        # Small numbers, which as floats are exact enough for asyncio to reach the end of a wait.
        if self._is_handler(get_ident()):
            self._look(1)
            return self._now
        if self._threads.has_current():
            return self._now + self._elsewhere() + self._threads.offset()
        # The waits of threads that nothing knows are real, so time passes for them.
        return self._now + self._elsewhere() + _real() - self._started

    def _clock_gettime(self, clock: int) -> float:
        return self._monotonic() if clock in _MONOTONIC else _real_clock(clock)

    def _clock_gettime_ns(self, clock: int) -> int:
        return round(self._monotonic() * _NANOSECONDS) if clock in _MONOTONIC else _real_clock_ns(clock)

    def _ctime(self, seconds: float | None = None) -> str:
        return _real_ctime(time.time() if seconds is None else seconds)

    def _asctime(self, parts: Any = None) -> str:
        return _real_asctime(time.localtime() if parts is None else parts)

    def _sleep(self, seconds: float) -> None:
        if seconds < 0:
            raise ValueError("sleep length must be non-negative")
        if not self.takes_part():  # such as that of a server in the test
            _real_sleep(seconds)
            return
        self._take(seconds)
        if not seconds:
            self.spin()

    def _select(self, reading: Any, writing: Any, failing: Any, timeout: float | None = None) -> Any:
        if (timeout is not None and timeout <= 0) or not self.takes_part():
            return _real_select(reading, writing, failing, timeout)

        def real(seconds: float | None) -> Any:
            ready = _real_select(reading, writing, failing, seconds)
            return ready if any(ready) else None

        is_open = any_from_outside((*reading, *writing, *failing))
        return self.wait(real, timeout, is_open=is_open) or ([], [], [])


def _virtual_select(wait: Callable[..., Any], own: VirtualClock) -> Callable[..., Any]:
    def virtual(selector: Any, timeout: float | None = None) -> Any:
        if (timeout is not None and timeout <= 0) or not own.takes_part():
            return wait(selector, timeout)
        is_open = any_from_outside(key.fileobj for key in selector.get_map().values())
        return own.wait(lambda seconds: wait(selector, seconds), timeout, is_open=is_open)

    return virtual
