"""Helpers for the tests of idempotency: stores that fail, and calls of functions under a separate clock."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from itertools import count
from threading import Lock
from typing import Any

from redrive import MemoryStore, idempotent
from redrive.aws.clients import clients
from redrive.core.system import clock, randomness, sleeper
from redrive.idempotency.record import Claim, Ending, Stored
from redrive.idempotency.stores import IdempotencyStore
from tests.support.runtime.aws.fake_dynamodb import FakeDynamoDB
from tests.support.runtime.sqs.queue import VirtualTime

Trouble = Callable[[str, Sequence[str]], BaseException | None]


def no_trouble(name: str, keys: Sequence[str]) -> None:
    return None


class Down(Exception):
    """An error of a store that may pass or not."""


@dataclass
class Store:
    """A store in memory that keeps account, and can fail.

    Attributes:
        refuses: Asked before each call with its name and keys; an error is raised, and nothing is done.
        loses: Asked once a call is done; an error is raised in the place of the answer.
        fails: Asked of each key of a call; an error is the answer for it, and nothing is done.
        forgets: Asked of each key of a call; an error is the answer for it, though it is done.
        calls: The name and the keys of each call.
        seconds: How long each call may take.
        memory: What it has taken.
    """

    refuses: Trouble = no_trouble
    loses: Trouble = no_trouble
    fails: Callable[[str, str], Exception | None] = lambda name, key: None
    forgets: Callable[[str, str], Exception | None] = lambda name, key: None
    calls: list[tuple[str, list[str]]] = field(default_factory=list)
    seconds: list[float | None] = field(default_factory=list)
    memory: MemoryStore = field(default_factory=MemoryStore)
    _lock: Lock = field(default_factory=Lock)

    @property
    def records(self) -> dict[str, Stored]:
        return self.memory.records

    @property
    def scopes(self) -> Any:
        return self.memory.scopes

    @property
    def statuses(self) -> list[str]:
        """The status of each record, in the order of their keys' first claims."""
        return [stored.status for stored in self.records.values()]

    def named(self, name: str) -> list[list[str]]:
        """The keys of each call of one name."""
        return [keys for call, keys in self.calls if call == name]

    def claim(self, claims: Sequence[Claim], seconds: float | None = None) -> Mapping[str, Stored | Exception | None]:
        return self._call("claim", claims, seconds, self.memory.claim)

    def end(self, endings: Sequence[Ending], seconds: float | None = None) -> Mapping[str, Exception | None]:
        return self._call("end", endings, seconds, self.memory.end)

    def _call(self, name: str, each: Sequence[Any], seconds: float | None, work: Any) -> Any:
        keys = [one.key for one in each]
        assert len(set(keys)) == len(keys), "two of one key"
        with self._lock:
            self.calls.append((name, keys))
            self.seconds.append(seconds)
        self._raise(self.refuses(name, keys))
        failed = {key: error for key in keys if (error := self.fails(name, key)) is not None}
        answers = work([one for one in each if one.key not in failed])
        forgotten = {key: error for key in answers if (error := self.forgets(name, key)) is not None}
        self._raise(self.loses(name, keys))
        return {**answers, **forgotten, **failed}

    @staticmethod
    def _raise(error: BaseException | None) -> None:
        if error is not None:
            raise error


_kept: IdempotencyStore = Store()  # a type checker's business: it is one


@contextmanager
def outside(time: VirtualTime, dynamodb: FakeDynamoDB | None = None) -> Iterator[None]:
    """Everything that idempotency takes from outside, replaced. Waiting moves the clock on."""
    with ExitStack() as stack:
        if dynamodb is not None:
            stack.enter_context(clients.replaced(lambda service, limits: dynamodb))
        stack.enter_context(clock.replaced(time))
        stack.enter_context(sleeper.replaced(time.advance))
        stack.enter_context(randomness.replaced(lambda: 0.5))
        yield


@dataclass
class Calls:
    """A user's function, plain or `async def`, that keeps account of its calls.

    Attributes:
        made: What it was called with.
        during: Run within each call; may raise.
        answer: Makes what it returns.
    """

    made: list[Any] = field(default_factory=list)
    during: Callable[[Any], object] = lambda argument: None
    answer: Callable[[Any], Any] = lambda argument: {"done": argument}

    def __call__(self, argument: Any) -> Any:
        self.made.append(argument)
        self.during(argument)
        return self.answer(argument)


def plain(decorate: Callable[[Any], Any], calls: Calls) -> Callable[[Any], Any]:
    """A plain function of one argument under a decorator."""

    def charge(order: Any) -> Any:
        return calls(order)

    return decorate(charge)


def in_loop(decorate: Callable[[Any], Any], calls: Calls) -> Callable[[Any], Any]:
    """An `async def` function of one argument under a decorator, each call in a loop of its own."""

    async def charge(order: Any) -> Any:
        await asyncio.sleep(0)
        return calls(order)

    decorated = decorate(charge)
    return lambda order: asyncio.run(decorated(order))


Kind = Callable[[Callable[[Any], Any], Calls], Callable[[Any], Any]]
KINDS: dict[str, Kind] = {"plain": plain, "async def": in_loop}


_numbers = count()


def decorated(store: MemoryStore, key: Any, **options: Any) -> tuple[Any, list[Any]]:
    """Return a function under idempotency, whose keys no other function has, and the list of the events that ran."""
    ran: list[Any] = []

    @idempotent(store=store, key=key, prefix=f"{next(_numbers)}/", **options)
    def charge(event: Any) -> None:
        ran.append(event)

    return charge, ran
