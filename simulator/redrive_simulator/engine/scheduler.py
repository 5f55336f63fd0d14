"""Runs planned actions in virtual time, in a fixed order (by time, then as planned), so that a history is reproducible.

An action that must wait (a handler that sleeps) keeps its own thread while another thread runs what is due: exactly one
thread runs at any time.
"""

from __future__ import annotations

import math
from _thread import LockType, allocate_lock, get_ident
from collections.abc import Callable
from heapq import heapify, heappop, heappush
from types import TracebackType
from typing import Any

from redrive_simulator.engine.workers import start_task

# Virtual time after which a run ends with an error, in seconds: no service keeps an event for that long.
_LONGEST = 400 * 86_400
_MOST_CANCELLED = 1000
# Seconds of real time between looks at whether what runs gets on.
_LOOK = 0.5
_PACKAGE = f"{__name__.partition('.')[0]}."
# Number of actions at the same virtual time after which there is certainly an endless loop.
_MOST_AT_ONCE = 5_000_000


def _resume() -> None:
    """Mark a timer that lets a waiting thread continue; the loop handles it."""


def _of_handlers(trace: TracebackType | None) -> TracebackType | None:
    """Return a traceback without the frames of the simulator; unchanged if it has no others."""
    frames: list[TracebackType] = []
    each = trace
    while each is not None:
        if not str(each.tb_frame.f_globals.get("__name__")).startswith(_PACKAGE):
            frames.append(each)
        each = each.tb_next
    if not frames:
        return trace
    kept: TracebackType | None = None
    for each in reversed(frames):
        kept = TracebackType(kept, each.tb_frame, each.tb_lasti, each.tb_lineno)
    return kept


class Timer:
    """An action planned by `Scheduler.at`."""

    __slots__ = ("action", "arguments", "background", "time")

    def __init__(self, time: float, background: bool, action: Callable[..., object], arguments: tuple[Any, ...]):
        self.time = time
        self.background = background
        self.action: Callable[..., object] | None = action
        self.arguments = arguments


class Pause:
    """A thread that waits for its turn; `Scheduler.wake` ends the wait early.

    Attributes:
        also: Another pause that is woken with this one, whose thread waits for several.
        is_watch: Whether it waits for anything to happen; that its thread looks and waits again is nothing.
        lock: Holds the thread up; `None` if it does not wait.
        timer: End of the wait.
        woken: Whether it has been woken.
    """

    __slots__ = ("also", "is_watch", "lock", "timer", "woken")

    def __init__(self, *, is_watch: bool = False) -> None:
        self.also: Pause | None = None
        self.is_watch = is_watch
        self.lock: LockType | None = None
        self.timer: Timer | None = None
        self.woken = False


class Scheduler:
    """Runs what is due.

    Attributes:
        now: Virtual time, in seconds from the start.
        planned: Number of actions that were planned so far.
        runner: Id of the thread that runs, 0 for none.
    """

    __slots__ = (
        "_abandoned",
        "_cancelled",
        "_end",
        "_error",
        "_finished",
        "_foreground",
        "_happened",
        "_heap",
        "_latest",
        "_new",
        "_stopped",
        "_until",
        "_watches",
        "now",
        "planned",
        "runner",
    )

    def __init__(self) -> None:
        self.now = 0.0
        self.runner = 0
        # Timers planned since the loop has looked: many are cancelled before that, and never enter the heap.
        self._new: list[tuple[float, int, Timer]] = []
        self._heap: list[tuple[float, int, Timer]] = []
        self.planned = 0
        self._abandoned = False
        # Pauses until something happens, and whether something has since they were woken the last time.
        self._watches: list[Pause] = []
        self._happened = False
        self._foreground = 0
        self._cancelled = 0
        self._until: float | None = None
        self._latest = math.inf
        self._end: Pause | None = None
        self._finished = allocate_lock()
        self._stopped = False
        self._error: BaseException | None = None

    def at(self, time: float, action: Callable[..., object], *arguments: Any, background: bool = False) -> Timer:
        """Plan an action, and return a timer for `cancel`.

        Args:
            time: Seconds from the start; a past time means now.
            action: Function to call.
            *arguments: Arguments of the call.
            background: Whether `run` without a time may end at an earlier time.
        """
        if time < self.now:
            time = self.now
        timer = Timer(time, background, action, arguments)
        self.planned = number = self.planned + 1
        self._new.append((time, number, timer))
        if not background:
            self._foreground += 1
        return timer

    def cancel(self, timer: Timer | None) -> None:
        """Cancel a planned action; has no effect on one that has run."""
        if timer is not None and timer.action is not None:
            timer.action = None
            timer.arguments = ()
            if not timer.background:
                self._foreground -= 1
            self._cancelled += 1
            if self._cancelled > _MOST_CANCELLED and self._cancelled * 2 > len(self._heap) + len(self._new):
                self._sort_in()
                self._heap[:] = [each for each in self._heap if each[2].action is not None]
                heapify(self._heap)
                self._cancelled = 0

    def _sort_in(self) -> None:
        """Move what was planned since the last time into the heap."""
        heap = self._heap
        for entry in self._new:
            if entry[2].action is None:
                self._cancelled -= 1
            else:
                heappush(heap, entry)
        self._new.clear()

    def sleep(self, seconds: float) -> None:
        """Let virtual time pass for the caller, while others run."""
        time = self.now + max(0.0, seconds)
        self._sort_in()
        heap = self._heap
        is_next = (not heap or heap[0][0] > time) and not self._watches
        if is_next and (self._until is None or time <= self._until):
            self.now = time  # nothing else is due before that, so no other thread is needed
            return
        pause = Pause()
        pause.timer = self.at(time, _resume, pause)
        self._wait(pause)

    def wait(self, pause: Pause, until: float) -> bool:
        """Wait for `wake`, and return whether it came in time.

        Args:
            pause: The pause to wait for.
            until: Latest time to continue, in seconds from the start; may be infinite.
        """
        if pause.woken:
            return True
        if until < math.inf:
            pause.timer = self.at(until, _resume, pause)
        self._wait(pause)
        return pause.woken

    def wake(self, pause: Pause) -> None:
        """Let a waiting thread continue now."""
        pause.woken = True
        if pause.lock is not None:
            self.cancel(pause.timer)
            pause.timer = self.at(self.now, _resume, pause)
        if pause.also is not None:
            self.wake(pause.also)

    def change(self) -> Pause:
        """Return a pause that is woken when something has happened after this call."""
        pause = Pause(is_watch=True)
        self._watches.append(pause)
        return pause

    def happened(self) -> None:
        """Note that something has happened: a thread that was woken by that has done more than to look."""
        self._happened = True

    def check_free(self) -> None:
        """Check that a run may begin.

        Raises:
            RuntimeError: One is running already, because a handler called it, or an action of an earlier one still
                works.
        """
        if self._abandoned:
            raise RuntimeError("an earlier run has ended while a handler still worked: make a new simulation")
        if self.runner:
            raise RuntimeError("the simulation is running: a handler cannot run it, it can only take(seconds)")

    def run(
        self,
        until: float | None = None,
        *,
        while_waiting: Pause | None = None,
        watch: Callable[[], BaseException | None] = lambda: None,
    ) -> None:
        """Run what is due.

        Args:
            until: Time at which to stop, and the virtual time after that. `None`: run until only background actions at
                later times are left.
            while_waiting: Pause that stops the run when it is woken.
            watch: Called now and then in real time; returns an error with which the run ends though an action still
                works, or `None`.

        Raises:
            RuntimeError: It is running already, because a handler called it, or an action of an earlier run still
                works.
            BaseException: An action raised it, or `watch` returned it.
        """
        __tracebackhide__ = True
        self.check_free()
        self._until = until
        self._sort_in()
        planned = [time for time, _, timer in self._heap if not timer.background]
        self._latest = math.inf if until is not None else max(self.now, *planned, 0.0) + _LONGEST
        self._end = while_waiting
        self._stopped = False
        self._error = None
        self._finished = allocate_lock()
        self._finished.acquire()
        # Not in this thread: `run` must be able to return while a handler still waits for a later time.
        start_task(self._loop)
        try:
            while not self._finished.acquire(timeout=_LOOK):
                if (stuck := watch()) is not None:
                    self._abandoned = True
                    raise stuck
        except BaseException:  # such as KeyboardInterrupt
            self._stopped = True
            raise
        finally:
            self.runner = 0
        if self._error is not None:
            raise self._error.with_traceback(_of_handlers(self._error.__traceback__))
        if until is not None and while_waiting is None:
            self.now = max(self.now, until)

    def _loop(self) -> None:
        heap, new = self._heap, self._new
        self.runner = get_ident()
        at_once = 0
        try:
            while not self._stopped and (self._end is None or not self._end.woken):
                if self._happened and self._watches:
                    self._wake_watches()
                if new:
                    self._sort_in()
                if not heap:
                    break
                time, _, timer = heap[0]
                action = timer.action
                if action is None:
                    heappop(heap)
                    self._cancelled -= 1
                    continue
                if (time > self.now and not self._foreground) if self._until is None else time > self._until:
                    break
                heappop(heap)
                timer.action = None
                if not timer.background:
                    self._foreground -= 1
                if time > self.now:
                    if time > self._latest:
                        raise RuntimeError(
                            f"run() has let {_LONGEST / 86_400:g} days pass, and there is still something to do: a "
                            "schedule starts again and again what is then tried for longer than until its next time; "
                            "use run_until(…)"
                        )
                    self.now = time
                    at_once = 0
                elif (at_once := at_once + 1) > _MOST_AT_ONCE:
                    raise RuntimeError(
                        f"virtual time stands still at {time:g} s: something is tried again without a wait; look for a "
                        "visibility timeout of 0 s and no redrive policy"
                    )
                if action is _resume:
                    # Hand the turn to the waiting thread; this one becomes idle.
                    (pause,) = timer.arguments
                    pause.timer = None
                    if not pause.is_watch:
                        self._happened = True
                    pause.lock.release()
                    return
                self._happened = True
                action(*timer.arguments)
                self._happened = True
        except BaseException as error:
            self._error = error
        self._stopped = True
        if not self._abandoned:
            self._finished.release()

    def _wake_watches(self) -> None:
        self._happened = False
        watches, self._watches = self._watches, []
        for pause in watches:
            self.wake(pause)

    def _wait(self, pause: Pause) -> None:
        if not pause.is_watch:
            self._happened = True
        pause.lock = lock = allocate_lock()
        lock.acquire()
        start_task(self._loop)
        lock.acquire()
        pause.lock = None
        self.runner = get_ident()
