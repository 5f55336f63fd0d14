"""Helpers for the tests of renewals: a background in virtual time, and one process's calls in it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from redrive.core.parallel import repeater
from redrive.core.system import clock
from redrive.idempotency import owners
from redrive.idempotency.call import Answered, Call, Started
from redrive.idempotency.claims import Claims
from redrive.idempotency.options import Idempotency
from tests.support.runtime.sqs.queue import VirtualTime

Work = Callable[[], float | None]


@dataclass
class Background:
    """The background of one process, in virtual time.

    Attributes:
        time: The true time.
        offset: By how much the clock of the process is ahead.
        frozen: Whether nothing runs: what is due then runs when it thaws.
        fails: Whether no more threads can be started.
        begun: How often something was begun to be repeated.
        ran: When something ran, by true time.
    """

    time: VirtualTime
    offset: float = 0.0
    frozen: bool = False
    fails: bool = False
    begun: int = 0
    ran: list[float] = field(default_factory=list)
    _plans: dict[int, tuple[float, Work]] = field(default_factory=dict)
    _numbers: Iterator[int] = field(default_factory=count)
    _owners: Any = field(default_factory=owners._Owners)  # pyright: ignore[reportPrivateUsage]

    def __call__(self, seconds: float, work: Work) -> Callable[[], object]:
        if self.fails:
            raise RuntimeError("can't start new thread")
        self.begun += 1
        number = next(self._numbers)
        self._plans[number] = (self.time.now + seconds, work)
        return lambda: self._plans.pop(number, None)

    @property
    def is_idle(self) -> bool:
        """Says whether nothing is to be repeated."""
        return not self._plans

    def crash(self) -> None:
        """End the process: nothing of it runs any more."""
        self._plans.clear()

    def next_due(self) -> float:
        """When something is to run."""
        return float("inf") if self.frozen else min((due for due, _ in self._plans.values()), default=float("inf"))

    def run_due(self) -> None:
        """Run what is due."""
        if self.frozen:
            return
        for number, (due, work) in list(self._plans.items()):
            if due > self.time.now or number not in self._plans:
                continue
            self.ran.append(self.time.now)
            with self.process():
                seconds = work()
            if number in self._plans:
                if seconds is None:
                    del self._plans[number]
                else:
                    self._plans[number] = (self.time.now + seconds, work)

    def advance(self, seconds: float) -> None:
        """Let time pass, and run what becomes due."""
        advance(self.time, seconds, [self])

    @contextmanager
    def process(self) -> Iterator[None]:
        """Run code in this process, with its own clock and owners."""
        before, owners._owners[0] = owners._owners[0], self._owners  # pyright: ignore[reportPrivateUsage]
        try:
            with clock.replaced(lambda: self.time.now + self.offset), repeater.replaced(self):
                yield
        finally:
            owners._owners[0] = before  # pyright: ignore[reportPrivateUsage]

    @property
    def active(self) -> dict[str, int]:
        """The owners of this process that have claims, and how many."""
        return {key: owner.active for key, owner in self._owners.by_key.items()}

    def begin(self, idempotency: Idempotency, context: Any, key: str = "a") -> Started | Answered:
        """Begin a call in this process."""
        with self.process():
            return Claims(idempotency, "charge").begin(Call((key,), lambda: key, key, context))

    def succeed(self, idempotency: Idempotency, started: Started | Answered, result: Any = None) -> None:
        """End a call in this process."""
        assert isinstance(started, Started)
        with self.process():
            Claims(idempotency, "charge").succeed(started, result)


def advance(time: VirtualTime, seconds: float, backgrounds: list[Background]) -> None:
    """Let time pass, and run what becomes due in several processes, in order."""
    end = time.now + seconds
    while True:
        due = min((each.next_due() for each in backgrounds), default=float("inf"))
        if due > end:
            break
        time.now = max(time.now, due)
        for each in backgrounds:
            each.run_due()
    time.now = end
