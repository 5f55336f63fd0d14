"""Gives handlers alarms in virtual time (`signal.alarm`, `signal.setitimer`), and the signals to their own process.

A Lambda handler runs in the main thread of its process, where signals work; here it runs in another one.
"""

from __future__ import annotations

import math
import os
import signal
from _thread import get_ident
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from redrive_simulator.engine.invocation import Invocation
    from redrive_simulator.engine.world import World

_signal = signal.signal
_alarm = getattr(signal, "alarm", None)
_setitimer = getattr(signal, "setitimer", None)
_getsignal = signal.getsignal
_getitimer = getattr(signal, "getitimer", None)
_pause = getattr(signal, "pause", None)
_kill = os.kill
# Signals that a process without a handler for them does not notice: https://man7.org/linux/man-pages/man7/signal.7.html
_WITHOUT_EFFECT = frozenset(getattr(signal, name, 0) for name in ("SIGCHLD", "SIGCONT", "SIGURG", "SIGWINCH"))
# Exit status of a process that a signal has ended, beside the number of the signal.
_BY_SIGNAL = 128


class Alarms:
    """The alarms of the invocations of one simulation, and the handlers of signals that its functions have set.

    Args:
        world: The simulation.
        is_handler: Decides by thread id if a handler runs in a thread.
        take: Lets virtual time pass for the current handler.

    Attributes:
        replacements: What replaces the functions of the module `signal`, by name.
    """

    def __init__(self, world: World, is_handler: Callable[[int], bool], take: Callable[[float], None]) -> None:
        self._world = world
        self._is_handler = is_handler
        self._take = take
        # By function, as its processes keep them from one invocation to the next.
        self._handlers: dict[tuple[str, int], Any] = {}
        self.replacements: Mapping[str, Callable[..., Any]] = {
            "signal": self._set_handler,
            "getsignal": self._get_handler,
            "alarm": self._set_alarm,
            "setitimer": self._set_timer,
            "getitimer": self._get_timer,
            "pause": self._wait_for_signal,
            "kill": self._send,
            "raise_signal": self._send_to_itself,
        }

    def due(self, invocation: Invocation) -> float:
        """Return the time of the next alarm of an invocation, in seconds from the simulation's start."""
        return math.inf if invocation.alarm is None else invocation.alarm[0]

    def ring(self, invocation: Invocation) -> None:
        """Call what the handler has set for its alarm, which is due.

        Raises:
            SystemExit: Nothing is set, so that the signal ends the process.
            BaseException: What is set raises it.
        """
        interval = 0.0 if invocation.alarm is None else invocation.alarm[1]
        invocation.alarm = (self._world.scheduler.now + interval, interval) if interval else None
        self._receive(invocation, signal.SIGALRM)

    def _receive(self, invocation: Invocation, number: int) -> None:
        found = self._handlers.get((invocation.name, number), signal.SIG_DFL)
        if found is signal.SIG_DFL and number not in _WITHOUT_EFFECT:
            raise SystemExit(_BY_SIGNAL + number)
        if callable(found):
            found(int(number), None)
            invocation.rung += 1

    def _send(self, pid: int, number: int) -> None:
        invocation = self._current()
        if invocation is None or pid != os.getpid() or not number:
            _kill(pid, number)
        else:
            self._receive(invocation, number)

    def _send_to_itself(self, number: int) -> None:
        self._send(os.getpid(), number)

    def _current(self) -> Invocation | None:
        return self._world.invocation if self._is_handler(get_ident()) else None

    def _set_handler(self, number: int, handler: Any) -> Any:
        invocation = self._current()
        if invocation is None:
            return _signal(number, handler)
        before = self._handlers.get((invocation.name, int(number)), signal.SIG_DFL)
        self._handlers[invocation.name, int(number)] = handler
        return before

    def _get_handler(self, number: int) -> Any:
        invocation = self._current()
        if invocation is None:
            return _getsignal(number)
        return self._handlers.get((invocation.name, int(number)), signal.SIG_DFL)

    def _set_alarm(self, seconds: int) -> int:
        invocation = self._current()
        if invocation is None:
            assert _alarm is not None
            return _alarm(seconds)
        return math.ceil(self._plan(invocation, float(seconds), 0.0)[0])

    def _set_timer(self, which: int, seconds: float, interval: float = 0.0) -> tuple[float, float]:
        invocation = self._current()
        if invocation is None:
            assert _setitimer is not None
            return _setitimer(which, seconds, interval)
        if which != signal.ITIMER_REAL:  # the others count processor time, of which a simulation takes none
            return 0.0, 0.0
        return self._plan(invocation, seconds, interval)

    def _get_timer(self, which: int) -> tuple[float, float]:
        invocation = self._current()
        if invocation is None:
            assert _getitimer is not None
            return _getitimer(which)
        due, interval = invocation.alarm if which == signal.ITIMER_REAL and invocation.alarm else (0.0, 0.0)
        return (due - self._world.scheduler.now if due else 0.0), interval

    def _wait_for_signal(self) -> None:
        invocation = self._current()
        if invocation is None:
            assert _pause is not None
            _pause()
            return
        rung = invocation.rung
        while invocation.rung == rung:
            self._take(self.due(invocation) - self._world.scheduler.now)
            if self.due(invocation) <= self._world.scheduler.now:
                self.ring(invocation)

    def _plan(self, invocation: Invocation, seconds: float, interval: float) -> tuple[float, float]:
        """Plan an alarm in place of the one before, and return the time left until that and its interval."""
        now = self._world.scheduler.now
        due, before = invocation.alarm or (now, 0.0)
        invocation.alarm = (now + seconds, interval) if seconds > 0 else None
        return due - now, before
