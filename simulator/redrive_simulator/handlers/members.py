"""Represents the threads of handlers and their waits."""

from __future__ import annotations

from threading import Thread
from typing import Protocol

from redrive_simulator.engine.invocation import Invocation
from redrive_simulator.engine.scheduler import Pause


class Take(Protocol):
    """Lets virtual time pass for the current handler, until a pause is woken at most."""

    def __call__(self, seconds: float, pause: Pause | None = None) -> None:
        """Let it pass."""
        ...


class Parked:
    """A wait of a thread.

    Attributes:
        until: Virtual time of its end.
        number: The order of waits that end at the same time.
        is_sleep: Whether only time ends it.
        looks: How often the thread has found that nothing else has ended it.
        is_over: Whether virtual time has ended it.
        pause: Ends it, too, when it is woken.
    """

    __slots__ = ("is_over", "is_sleep", "looks", "number", "pause", "until")

    def __init__(self, until: float, number: int, *, is_sleep: bool, pause: Pause | None) -> None:
        self.until = until
        self.number = number
        self.is_sleep = is_sleep
        self.pause = pause
        self.looks = 0
        self.is_over = False


class Member:
    """A thread that a handler has started, or another of its threads, or that does work for it in a pool.

    Attributes:
        thread: The thread.
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
        self.parked: Parked | None = None
        self.has_run = False
        self.reads = 0
        self.read_since = 0.0
