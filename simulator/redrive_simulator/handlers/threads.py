"""Lets the threads that handlers start take part in virtual time.

Virtual time passes only while the handler and all of its threads wait. It passes until the first of these waits is
over, one thread goes on, and so forth: so threads act in the order of virtual time, whatever the machine does.
"""

from __future__ import annotations

import math
import threading
import time
from _thread import get_ident
from collections.abc import Callable
from itertools import count
from threading import Thread
from typing import TYPE_CHECKING, Any, TypeVar

from redrive_simulator.engine.invocation import Invocation, InvocationEndedError
from redrive_simulator.handlers.activity import Activities, Activity

if TYPE_CHECKING:
    from redrive_simulator.engine.world import World
    from redrive_simulator.handlers.clients.base import Turn

T = TypeVar("T")

#: Waits for some seconds of real time, or without an end. The result is true if the wait was over before.
RealWait = Callable[[float | None], T]

# Seconds of real time after which a wait looks whether it is over in virtual time; the last for one that is long.
_HANDLERS_LOOK = 0.001
_THREADS_LOOK = 0.002
_RARE_LOOK = 0.05
# Seconds of real time that something outside of the process has to answer, before virtual time passes.
_OUTSIDE = 1.0
# A handler that has done nothing for this time waits for its thread in a way that the simulation does not see.
_STUCK = 0.5
_LOOKS_AT_HANDLER = 20
# Reads of the clock without a wait, after which a thread waits by reading it: real time passes for that thread then.
_MOST_READS = 1000
_real_sleep = time.sleep
_real_time = time.monotonic


class _Parked:
    """A wait of a thread.

    Attributes:
        until: Virtual time of its end.
        number: The order of waits that end at the same time.
        is_sleep: Whether only time ends it.
        looks: How often the thread has found that nothing else has ended it.
        is_over: Whether virtual time has ended it.
    """

    __slots__ = ("is_over", "is_sleep", "looks", "number", "until")

    def __init__(self, until: float, number: int, *, is_sleep: bool) -> None:
        self.until = until
        self.number = number
        self.is_sleep = is_sleep
        self.looks = 0
        self.is_over = False


class _Member:
    """A thread that a handler has started, or another of its threads.

    Attributes:
        invocation: Invocation that it belongs to: that which has started it, or a later one in the same environment.
        handler: Id of the thread in which the handler runs.
        parked: Its wait, `None` if it does not wait for virtual time.
        has_run: Whether its function has ended; the thread itself ends some moments later.
        reads: Reads of the clock since its last wait.
        read_since: Real time of the read from which on it waits by reading.
    """

    __slots__ = ("handler", "has_run", "invocation", "parked", "read_since", "reads", "thread")

    def __init__(self, thread: Thread, invocation: Invocation, handler: int) -> None:
        self.thread = thread
        self.invocation = invocation
        self.handler = handler
        self.parked: _Parked | None = None
        self.has_run = False
        self.reads = 0
        self.read_since = 0.0


class Threads:
    """The threads of the handlers of one simulation.

    Args:
        world: The simulation.
        take: Lets virtual time pass for the current handler.
        turn: The turn of the thread whose AWS call is answered, which a thread leaves to others while it waits.

    Attributes:
        is_running: Whether the simulation runs; while it does not, waits take real time.
    """

    def __init__(self, world: World, take: Callable[[float], None], turn: Turn) -> None:
        self._world = world
        self._take = take
        self._turn = turn
        self._members: set[_Member] = set()
        self._by_id: dict[int, _Member] = {}
        self._numbers = count()
        # Invocations whose handlers wait here.
        self._waiting: set[int] = set()
        self._activities = Activities()
        self.is_running = False

    def __bool__(self) -> bool:
        return bool(self._members)

    def has_current(self) -> bool:
        """Decide if a handler has started the calling thread."""
        return get_ident() in self._by_id

    def add(self, thread: Thread) -> None:
        """Let a thread that the caller is about to start take part, if a handler or one of its threads starts it."""
        starter = self._by_id.get(get_ident())
        invocation = self._world.invocation
        if starter is not None:
            member = _Member(thread, starter.invocation, starter.handler)
        elif invocation is not None and get_ident() == self._world.scheduler.runner:
            member = _Member(thread, invocation, get_ident())
        else:
            return
        run = thread.run
        self._members.add(member)

        def run_inside() -> None:
            self._by_id[get_ident()] = member
            try:
                run()
            except InvocationEndedError:  # as the process of an environment that has timed out ends its threads
                pass
            finally:
                thread.__dict__.pop("run", None)
                self._by_id.pop(get_ident(), None)  # a new thread may get the id
                member.has_run = True

        thread.run = run_inside

    def remove(self, thread: Thread) -> None:
        """Forget a thread that could not be started."""
        thread.__dict__.pop("run", None)
        self._members -= {member for member in self._members if member.thread is thread}

    def _forget_ended(self) -> None:
        for member in list(self._members):
            if member.has_run and not member.thread.is_alive():
                self._members.discard(member)
                self._activities.forget(member.thread)

    def offset(self) -> float:
        """Return by how much the clock of the calling thread is ahead of virtual time, for one that reads it."""
        member = self._by_id[get_ident()]
        member.reads += 1
        if member.reads < _MOST_READS:
            return 0.0
        if member.reads == _MOST_READS:
            member.read_since = _real_time()
        return _real_time() - member.read_since

    def sleep(self, seconds: float) -> None:
        """Let virtual time pass for the calling handler or thread."""
        self.wait(_nothing, seconds, is_sleep=True)

    def wait(self, real: RealWait[T], seconds: float | None, *, is_sleep: bool = False, is_open: bool = False) -> T:
        """Wait in virtual time, in a handler or in one of its threads.

        Args:
            real: Waits in real time.
            seconds: Virtual time to wait at most. `None`: without an end.
            is_sleep: Whether only time ends the wait.
            is_open: Whether something outside of the process may end it, such as a connection.

        Returns:
            The last result of `real`.
        """
        member = self._by_id.get(get_ident())
        if member is None:
            with self._turn.left():
                return self._wait_in_handler(real, seconds, is_open=is_open)
        if is_open and seconds is not None and (came := real(min(seconds, _OUTSIDE))):
            return came
        with self._turn.left():
            return self._wait_in_thread(member, real, seconds, is_sleep=is_sleep)

    def _wait_in_handler(self, real: RealWait[T], seconds: float | None, *, is_open: bool) -> T:
        invocation, scheduler = self._world.invocation, self._world.scheduler
        assert invocation is not None
        if invocation.ended is not None:
            raise InvocationEndedError
        until = math.inf if seconds is None else scheduler.now + seconds
        if is_open and (came := real(_OUTSIDE if seconds is None else min(seconds, _OUTSIDE))):
            return came
        self._waiting.add(id(invocation))
        try:
            while members := self._of(invocation):
                looks: dict[_Parked, int] = {}
                calm: list[_Parked | None] | None = None
                while True:
                    if came := real(0 if calm else _HANDLERS_LOOK):
                        return came
                    members = self._of(invocation)
                    activities = {self._activity_of(member, looks) for member in members}
                    # Twice, as a thread may have woken another after the look at that one, and before the look at it.
                    parked = None if Activity.WORKS in activities else [member.parked for member in members]
                    if parked is not None and parked == calm:
                        break
                    calm = parked
                waits = [member.parked for member in members if member.parked is not None]
                first = min(waits, key=lambda parked: (parked.until, parked.number), default=None)
                if first is not None and first.until < until:
                    self._take(max(0.0, first.until - scheduler.now))  # it may be past, of an earlier invocation
                    first.is_over = True
                elif until < math.inf or not (is_open or Activity.BLOCKED in activities):
                    break
            if not members and seconds is None and is_open:
                return real(None)
            if came := real(0):
                return came
            self._take(until - scheduler.now)
            return real(0)
        finally:
            self._waiting.discard(id(invocation))

    def _of(self, invocation: Invocation) -> list[_Member]:
        """Return the threads of an invocation; it takes over those of earlier ones in its environment."""
        self._forget_ended()
        found: list[_Member] = []
        for member in list(self._members):
            owner = member.invocation
            is_left = owner.is_over and owner.ended is None
            if is_left and (owner.name, owner.place) == (invocation.name, invocation.place):
                member.invocation, member.handler = invocation, get_ident()
            if member.invocation is invocation:
                found.append(member)
        return found

    def _activity_of(self, member: _Member, looks: dict[_Parked, int]) -> Activity:
        """Decide if a thread works: it waits if nothing has ended its wait when it looked for that just now."""
        parked = member.parked
        if member.has_run:
            return Activity.WORKS
        if parked is None:
            return self._activities.of(member.thread)
        # Two looks, as the first may have begun before something has ended the wait.
        waits = parked.is_sleep or parked.looks >= looks.setdefault(parked, parked.looks) + 2
        return Activity.IDLE if waits and not parked.is_over else Activity.WORKS

    def _wait_in_thread(self, member: _Member, real: RealWait[T], seconds: float | None, *, is_sleep: bool) -> T:
        if seconds is None or seconds <= 0:
            return real(seconds)
        until = self._world.scheduler.now + seconds
        parked = member.parked = _Parked(until, next(self._numbers), is_sleep=is_sleep)
        stuck = _Stuck(member)
        waited = 0.0
        try:
            while not parked.is_over:
                invocation = member.invocation
                look = _RARE_LOOK if invocation.is_over or not self.is_running else _THREADS_LOOK
                if came := real(look):
                    return came
                parked.looks += 1
                if invocation.ended is not None or _is_exiting():
                    raise InvocationEndedError
                if not self.is_running:
                    waited += look
                    if waited >= seconds:
                        break
                elif not invocation.is_over and id(invocation) not in self._waiting and stuck.is_handler_stuck():
                    take_elsewhere(invocation, seconds)
                    break
            return real(0)
        finally:
            member.parked = None
            member.reads = 0


def take_elsewhere(invocation: Invocation, seconds: float) -> None:
    """Let time pass for a thread beside its handler: of these, the longest total counts in the end."""
    if invocation.elsewhere is None:
        invocation.elsewhere = {}
    invocation.elsewhere[get_ident()] = invocation.elsewhere.get(get_ident(), 0.0) + seconds


class _Stuck:
    """Finds out if a handler waits for its thread in a way that the simulation does not see, as for a lock."""

    def __init__(self, member: _Member) -> None:
        self._member = member
        self._activities = Activities()
        self._looks = 0
        self._since = 0.0

    def is_handler_stuck(self) -> bool:
        """Look at the handler."""
        self._looks += 1
        if self._looks % _LOOKS_AT_HANDLER:
            return False
        handler = next((each for each in threading.enumerate() if each.ident == self._member.handler), None)
        if handler is None or self._activities.of(handler) is Activity.WORKS:
            self._since = 0.0
            return False
        self._since = self._since or _real_time()
        return _real_time() - self._since >= _STUCK


def _is_exiting() -> bool:
    """Decide if this Python ends, which waits for its threads."""
    return getattr(threading, "_SHUTTING_DOWN", False) or not threading.main_thread().is_alive()


def _nothing(seconds: float | None) -> Any:
    """Wait in real time for what only time ends."""
    if seconds:
        _real_sleep(seconds)
