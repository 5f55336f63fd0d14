"""Follows the work that handlers give to pools, whose threads may be busy with that of others."""

from __future__ import annotations

from collections.abc import Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from threading import Thread
from typing import Any

from redrive_simulator.engine.invocation import Invocation
from redrive_simulator.handlers.members import Member


class Work:
    """A call that a handler has given to a pool.

    Attributes:
        invocation: Invocation that it belongs to.
        handler: Id of the thread in which the handler runs.
        pool: The pool.
        future: Its future.
        has_begun: Whether a thread of the pool has begun it.
    """

    __slots__ = ("future", "handler", "has_begun", "invocation", "pool")

    def __init__(self, invocation: Invocation, handler: int, pool: ThreadPoolExecutor) -> None:
        self.invocation = invocation
        self.handler = handler
        self.pool = pool
        self.future: Future[Any] | None = None
        self.has_begun = False

    @property
    def is_open(self) -> bool:
        """Whether it is still to begin."""
        return not self.has_begun and not (self.future is not None and self.future.done())


class Pools:
    """The work of one simulation that was given to pools."""

    def __init__(self) -> None:
        # With work that has begun or was cancelled, until there is more.
        self._works: list[Work] = []

    def __bool__(self) -> bool:
        return bool(self._works)

    def add(self, invocation: Invocation, handler: int, pool: ThreadPoolExecutor) -> Work:
        """Note and return work that is given to a pool; see `Work` for the arguments."""
        self._works = [each for each in self._works if each.is_open]
        work = Work(invocation, handler, pool)
        self._works.append(work)
        return work

    def waiting(self, invocation: Invocation) -> list[Work]:
        """Return the work of an invocation that no thread has begun."""
        return [work for work in self._works if work.invocation is invocation and work.is_open]

    def can_begin(self, invocation: Invocation, members: Iterable[Member]) -> bool:
        """Decide if a thread may begin some of an invocation's work at once: not all of its pool wait in virtual time.

        Args:
            invocation: The invocation.
            members: All threads that take part.
        """
        waits = {each.thread for each in list(members) if each.parked is not None and not each.parked.is_over}
        pools: list[set[Thread]] = [getattr(work.pool, "_threads", set()) for work in self.waiting(invocation)]
        return any(not threads or not waits.issuperset(threads) for threads in pools)
