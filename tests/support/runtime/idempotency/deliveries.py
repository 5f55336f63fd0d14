"""Batches of messages that are delivered to processes which kill themselves, and what comes about in each."""

from __future__ import annotations

import logging
import os
import signal
import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

from redrive import Idempotency
from redrive.aws.clients import clients, time_limits
from redrive.core.system import clock
from redrive.idempotency.hashes import hash_of
from tests.support.runtime.idempotency.workers import (
    PATIENCE,
    Effects,
    consuming,
    in_processes,
    kind_of,
    messages,
    say,
    settings,
    warm_up,
)
from tests.support.runtime.sqs.queue import Context, returned

# So many messages take as long as a write, or longer; and each of those that take so many seconds.
_PACE = 15
_SLOW = 0.05


def deliver(
    table: str,
    effects: Mapping[str, str],
    points: Mapping[str, Mapping[str, Any]],
    size: int,
    receive_count: int = 1,
    later: float = 0,
    lease: float = PATIENCE,
) -> None:
    """A batch of messages for each name, in a process of its own that may kill itself; says how each has ended.

    Args:
        table: The table.
        effects: The file of each, by name. The lines are `sent <when>` and `replied <when>` for each request of
            completions, `done <when> <message>`, and `confirmed <when> <message>` once it is heard that it is stored.
        points: Where each kills itself, by name: arguments of `Kill`.
        size: How many messages are in each batch.
        receive_count: How often they have been delivered, this time included.
        later: By how many seconds the clock is ahead, as for a redelivery after that time.
        lease: How long the invocations may take.
    """
    warm_up(table)
    watch_statements()

    def work(name: str) -> None:
        logging.disable()
        batch_of = _Batch(Effects(effects[name]), Kill(**points[name]), size)
        say({"name": name, "left": batch_of.handled(table, f"{name}/", receive_count, later, lease)})

    say({"statuses": in_processes([partial(work, name) for name in points])})


class Kill:
    """Course of a batch, and the point at which its process kills itself.

    Args:
        at: `sent` or `replied` of a request, `started` or `done` of a message, or `answered` of the handler; empty for
            nowhere.
        what: For requests: `claim`, `complete` or `release`.
        number: At which of them, from 1, or a later one, if not so many writes have been confirmed yet.
        writes: How many.
        concurrency: How many messages run at a time.
        takes: How long a message takes, in seconds.
    """

    def __init__(
        self,
        at: str = "",
        what: str = "",
        number: int = 1,
        writes: int = 0,
        concurrency: int = 1,
        takes: float = 0.004,
    ) -> None:
        self.point = (at, what)
        self.left = number
        self.writes = writes
        self.concurrency = concurrency
        self.takes = takes

    def reached(self, at: str, what: str = "") -> None:
        """Kill this process, if this is the point."""
        if self.point == (at, what):
            self.left -= 1
            if self.left <= 0 and self.writes <= 0:
                os.kill(os.getpid(), signal.SIGKILL)
        if (at, what) == ("replied", "complete"):
            self.writes -= 1


Watch = Callable[[str, str, Sequence[Mapping[str, Any]]], None]
_watching: list[Watch] = []


class _Watched:
    """A DynamoDB client that reports each batch of statements when it is sent and when it is replied to."""

    def __init__(self, made: Any) -> None:
        self._made = made

    def batch_execute_statement(self, **request: Any) -> Any:
        statements: list[Mapping[str, Any]] = request["Statements"]
        what = kind_of(statements[0])
        for watch in _watching:
            watch("sent", what, statements)
        reply = self._made.batch_execute_statement(**request)
        pairs = zip(statements, reply["Responses"], strict=True)
        carried_out = [statement for statement, response in pairs if "Error" not in response]
        for watch in _watching:
            watch("replied", what, carried_out)
        return reply

    def __getattr__(self, name: str) -> Any:
        return getattr(self._made, name)


def watch_statements() -> None:
    """Have one client from now on, which is watched, and not connected before its first request."""
    made = _Watched(clients.get()("dynamodb", time_limits(None)))
    clients.use(lambda service, limits: made)


class _Batch:
    """One batch of messages, what is recorded of it, and where its process ends."""

    def __init__(self, recorded: Effects, kill: Kill, size: int) -> None:
        self._recorded = recorded
        self._kill = kill
        self._size = size
        self._writes = 0
        self._message_of = {hash_of(str(number)): number for number in range(size)}

    def handled(self, table: str, prefix: str, receive_count: int, later: float, lease: float) -> list[str]:
        """Have it handled; which messages are to be received again."""

        def ahead() -> float:
            return time.time() + later

        _watching.append(self._watch)
        clock.use(ahead)
        using = Idempotency(settings=settings(table), prefix=prefix)
        consumer = consuming(using, self._effect, concurrency=self._kill.concurrency)
        event = messages(self._size, receive_count=receive_count)
        left = returned(consumer(event, Context(ahead, lease)))
        self._kill.reached("answered")
        return left

    def _watch(self, at: str, what: str, statements: Sequence[Mapping[str, Any]]) -> None:
        self._kill.reached(at, what)
        if what != "complete":
            return
        if at == "replied":
            for statement in statements:
                (key,) = (each["S"] for each in statement["Parameters"] if "#" in each.get("S", ""))
                self._recorded.add("confirmed", time.monotonic(), self._message_of[key.rpartition("#")[2]])
            self._writes += 1
        self._recorded.add(at, time.monotonic())

    def _effect(self, body: str) -> None:
        self._kill.reached("started")
        time.sleep(self._kill.takes)
        # On a busy machine, all might be done before anything is written.
        if self._kill.takes < _SLOW and int(body) % _PACE == _PACE - 1:
            before, end = self._writes, time.monotonic() + 5
            while self._writes == before and time.monotonic() < end:
                time.sleep(0.002)
        self._recorded.add("done", time.monotonic(), body)
        self._kill.reached("done")
