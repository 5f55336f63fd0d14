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
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from threading import Thread
from typing import TYPE_CHECKING, Any, TypeVar

from redrive_simulator.engine.invocation import Invocation, InvocationEndedError
from redrive_simulator.engine.scheduler import Pause
from redrive_simulator.handlers.activity import Activities, Activity
from redrive_simulator.handlers.members import Member, Parked, Take
from redrive_simulator.handlers.names import working
from redrive_simulator.handlers.pools import Pools, Work
from redrive_simulator.handlers.stuck import Stuck

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
# Reads of the clock without a wait, after which a thread waits by reading it: real time passes for that thread then.
_MOST_READS = 1000
_real_sleep = time.sleep
_real_time = time.monotonic


class Threads:
    """The threads of the handlers of one simulation.

    Args:
        world: The simulation.
        take: Lets virtual time pass for the current handler.
        turn: The turn of the thread whose AWS call is answered, which a thread leaves to others while it waits.

    Attributes:
        is_running: Whether the simulation runs; while it does not, waits take real time.
    """

    def __init__(self, world: World, take: Take, turn: Turn) -> None:
        self._world = world
        self._take = take
        self._turn = turn
        self._members: set[Member] = set()
        self._by_id: dict[int, Member] = {}
        self._numbers = count()
        self._pools = Pools()
        # Invocations whose handlers wait here.
        self._waiting: set[int] = set()
        self._activities = Activities()
        self.is_running = False

    def __bool__(self) -> bool:
        return bool(self._members or self._pools)

    def has_current(self) -> bool:
        """Decide if a handler has started the calling thread, or it does work for one."""
        return get_ident() in self._by_id

    def add(self, thread: Thread) -> None:
        """Let a thread that the caller is about to start take part, if a handler or one of its threads starts it."""
        caller = self._caller()
        if caller is None:
            return
        member = Member(thread, *caller)
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

    def _caller(self) -> tuple[Invocation, int] | None:
        """Return the invocation that the calling thread belongs to, and the thread of its handler."""
        member = self._by_id.get(get_ident())
        if member is not None:
            return member.invocation, member.handler
        invocation = self._world.invocation
        if invocation is None or get_ident() != self._world.scheduler.runner:
            return None
        return invocation, get_ident()

    def given(self, pool: ThreadPoolExecutor, function: Callable[..., T]) -> tuple[Callable[..., T], Work | None]:
        """Let the thread of a pool that will call a function take part meanwhile, wherever it was started.

        Args:
            pool: The pool.
            function: What the caller gives to it.

        Returns:
            What the pool is to call, and the work that it is, if it is a handler's.
        """
        caller = self._caller()
        if caller is None:
            return function, None
        work = self._pools.add(*caller, pool)

        def call(*arguments: Any, **named: Any) -> T:
            member = self._by_id.get(get_ident())
            if member is None:
                member = self._by_id[get_ident()] = Member(threading.current_thread(), *caller)
                self._members.add(member)
            member.invocation, member.handler = caller
            work.has_begun = True
            with working():
                return function(*arguments, **named)

        return call, work

    def remove(self, thread: Thread) -> None:
        """Forget a thread that could not be started."""
        thread.__dict__.pop("run", None)
        self._members -= {member for member in self._members if member.thread is thread}

    def _forget_ended(self) -> None:
        for member in list(self._members):
            number = member.thread.ident
            if number is not None and not member.thread.is_alive():
                self._members.discard(member)
                self._activities.forget(member.thread)
                if self._by_id.get(number) is member:
                    del self._by_id[number]

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

    def wait_for(self, pause: Pause, until: float) -> bool:
        """Wait in virtual time until a pause is woken or a time has come; return whether it was woken."""

        def real(seconds: float | None) -> bool:
            if seconds and not pause.woken:
                _real_sleep(seconds)
            return pause.woken

        member, seconds = self._by_id.get(get_ident()), until - self._world.scheduler.now
        with self._turn.left():
            if member is None:
                self._wait_in_handler(real, seconds, is_open=False, pause=pause)
            else:
                self._wait_in_thread(member, real, seconds, is_sleep=True, pause=pause)
        return pause.woken

    def _wait_in_handler(
        self, real: RealWait[T], seconds: float | None, *, is_open: bool, pause: Pause | None = None
    ) -> T:
        invocation, scheduler = self._world.invocation, self._world.scheduler
        assert invocation is not None
        if invocation.ended is not None:
            invocation.stop()
        until = math.inf if seconds is None else scheduler.now + seconds
        if is_open and (came := real(_OUTSIDE if seconds is None else min(seconds, _OUTSIDE))):
            return came
        self._waiting.add(id(invocation))
        try:
            while (members := self._of(invocation)) or self._pools.waiting(invocation):
                came, activities = self._calm(invocation, real)
                if came:
                    return came
                waits = [member.parked for member in self._of(invocation) if member.parked is not None]
                first = min(waits, key=lambda parked: (parked.until, parked.number), default=None)
                ends = until if first is None else min(first.until, until)
                pauses = [each.pause for each in waits if each.pause is not None]
                if self._pools.waiting(invocation):  # the pool works for others, until something happens
                    pauses.append(scheduler.change())
                if ends < until or (pauses and scheduler.now < until):
                    self._take_until(ends, [*pauses, *([] if pause is None else [pause])])
                    for each in waits:
                        each.is_over |= each.pause is not None and each.pause.woken
                    # It may be past, of an earlier invocation.
                    if first is not None and first.until <= scheduler.now:
                        first.is_over = True
                elif until < math.inf or not (is_open or Activity.BLOCKED in activities):
                    break
            if not members and seconds is None and is_open:
                return real(None)
            while not (came := real(0)) and scheduler.now < until:
                # Something else that runs in this process may end a wait without an end.
                change = [scheduler.change()] if seconds is None else []
                self._take_until(until, change if pause is None else [pause, *change])
            return came
        finally:
            self._waiting.discard(id(invocation))

    def _take_until(self, time: float, pauses: list[Pause]) -> None:
        """Let virtual time pass for the handler until a time, or until one of the pauses is woken."""
        if any(pause.woken for pause in pauses):
            return
        scheduler = self._world.scheduler
        together = Pause(is_watch=all(pause.is_watch for pause in pauses)) if pauses else None
        for pause in pauses:
            pause.also = together
        self._take(max(0.0, time - scheduler.now), together)
        if not all(pause.is_watch for pause in pauses if pause.woken) or not any(pause.woken for pause in pauses):
            scheduler.happened()

    def _calm(self, invocation: Invocation, real: RealWait[T]) -> tuple[T, set[Activity]]:
        """Wait in real time until all threads of an invocation wait, or its handler's wait is over.

        Returns:
            The last result of `real`, and what the threads do.
        """
        looks: dict[Parked, int] = {}
        calm: list[Parked | None] | None = None
        while True:
            if came := real(0 if calm is not None else _HANDLERS_LOOK):
                return came, set()
            members = self._of(invocation)
            activities = {self._activity_of(member, looks) for member in members}
            if self._pools.can_begin(invocation, self._members):
                activities.add(Activity.WORKS)
            # Twice, as a thread may have woken another after the look at that one, and before the look at it.
            parked = None if Activity.WORKS in activities else [member.parked for member in members]
            if parked is not None and parked == calm:
                return came, activities
            calm = parked

    def _of(self, invocation: Invocation) -> list[Member]:
        """Return the threads of an invocation; it takes over those of earlier ones in its environment."""
        self._forget_ended()
        found: list[Member] = []
        for member in list(self._members):
            owner = member.invocation
            is_left = owner.is_over and owner.ended is None
            if is_left and (owner.name, owner.place) == (invocation.name, invocation.place):
                member.invocation, member.handler = invocation, get_ident()
            if member.invocation is invocation:
                found.append(member)
        return found

    def _activity_of(self, member: Member, looks: dict[Parked, int]) -> Activity:
        """Decide if a thread works: it waits if nothing has ended its wait when it looked for that just now."""
        parked = member.parked
        if member.has_run:
            return Activity.WORKS
        if parked is None:
            return self._activities.of(member.thread)
        # Two looks, as the first may have begun before something has ended the wait.
        waits = parked.is_sleep or parked.looks >= looks.setdefault(parked, parked.looks) + 2
        is_over = parked.is_over or (parked.pause is not None and parked.pause.woken)
        return Activity.IDLE if waits and not is_over else Activity.WORKS

    def _wait_in_thread(
        self, member: Member, real: RealWait[T], seconds: float | None, *, is_sleep: bool, pause: Pause | None = None
    ) -> T:
        if seconds is None or seconds <= 0:
            return real(seconds)
        until = self._world.scheduler.now + seconds
        parked = member.parked = Parked(until, next(self._numbers), is_sleep=is_sleep, pause=pause)
        stuck = Stuck(member)
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


def _is_exiting() -> bool:
    """Decide if this Python ends, which waits for its threads."""
    return getattr(threading, "_SHUTTING_DOWN", False) or not threading.main_thread().is_alive()


def _nothing(seconds: float | None) -> Any:
    """Wait in real time for what only time ends."""
    if seconds:
        _real_sleep(seconds)
