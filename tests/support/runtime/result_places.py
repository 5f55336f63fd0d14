"""Every caller of a user's function; each says whether a result was a success."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from threading import Event
from typing import Any

from redrive import (
    CircuitBreaker,
    CircuitPolicy,
    Idempotency,
    LocalCircuits,
    MemoryStore,
    async_handler,
    dynamodb_stream_handler,
    idempotent,
    kinesis_handler,
    sqs_handler,
)
from tests.support.runtime.sqs import queue
from tests.support.runtime.streams import stream

Function = Callable[[], Any]


class Running:
    """A function whose work still runs when it has returned, so that its claim is left.

    The function gets an event for its work to wait for; `end` sets it.
    """

    def __init__(self, function: Callable[[Event], Any]) -> None:
        self._function = function
        self._over = Event()

    def __call__(self) -> Any:
        self._over = Event()
        return self._function(self._over)

    def end(self) -> None:
        """Let the work end."""
        self._over.set()


def check_records(store: MemoryStore, function: Function, *, succeeded: bool) -> None:
    """The only record says that the work is done, or is left as a claim, or is gone."""
    left = ["INPROGRESS"] if isinstance(function, Running) else []
    assert [each.status for each in store.records.values()] == (["COMPLETED"] if succeeded else left)


def in_sqs(function: Function, **options: Any) -> bool:
    answer = sqs_handler(lambda message: function(), **options)(queue.batch(1))
    return answer == {"batchItemFailures": []}


def in_sqs_with_idempotency(function: Function) -> bool:
    store = MemoryStore()
    succeeded = in_sqs(function, idempotency=Idempotency(store=store))
    check_records(store, function, succeeded=succeeded)
    return succeeded


def in_threads(function: Function) -> bool:
    return in_sqs(function, concurrency=2)


def in_async_sqs(function: Function, **options: Any) -> bool:
    @sqs_handler(**options)
    async def handler(message: Any) -> Any:
        return function()

    return handler(queue.batch(1)) == {"batchItemFailures": []}


def in_kinesis(function: Function) -> bool:
    handler = kinesis_handler(lambda record: function())
    return handler(stream.batch(1)) == {"batchItemFailures": []}


def in_dynamodb_stream(function: Function) -> bool:
    handler = dynamodb_stream_handler(lambda record: function())
    return handler(stream.event(stream.dynamodb_record())) == {"batchItemFailures": []}


def in_window(function: Function) -> bool:
    handler = kinesis_handler(lambda record, window: function(), window_end=lambda window: None)  # pyright: ignore[reportCallIssue]
    return not handler(window_event())["batchItemFailures"]


def at_window_end(function: Function) -> bool:
    handler = kinesis_handler(lambda record, window: None, window_end=lambda window: function())  # pyright: ignore[reportCallIssue]
    return succeeds(handler, window_event())


def window_event() -> dict[str, Any]:
    times = {"start": "2026-11-21T08:00:00Z", "end": "2026-11-21T08:01:00Z"}
    return {**stream.batch(1), "window": times, "state": {}, "isFinalInvokeForWindow": True}


def in_async_handler(function: Function) -> bool:
    return succeeds(async_handler(lambda event, attempt: function()), {})


def in_idempotent(function: Function) -> bool:
    store = MemoryStore()
    succeeded = succeeds(idempotent(store=store)(lambda order: function()), 7)
    check_records(store, function, succeeded=succeeded)
    return succeeded


def in_async_idempotent(function: Function) -> bool:
    store = MemoryStore()

    @idempotent(store=store)
    async def charge(order: int) -> Any:
        return function()

    succeeded = succeeds(lambda: asyncio.run(charge(7)))
    check_records(store, function, succeeded=succeeded)
    return succeeded


def breaker() -> CircuitBreaker:
    return CircuitBreaker("payments", store=LocalCircuits(), policy=CircuitPolicy(failure_threshold=1))


def in_breaker(function: Function) -> bool:
    payments = breaker()
    succeeded = succeeds(payments(lambda: function()))  # noqa: PLW0108
    assert (payments.open_for() is None) == succeeded
    return succeeded


def in_async_breaker(function: Function) -> bool:
    payments = breaker()

    @payments
    async def charge() -> Any:
        return function()

    succeeded = succeeds(lambda: asyncio.run(charge()))
    assert (payments.open_for() is None) == succeeded
    return succeeded


def succeeds(call: Callable[..., Any], *arguments: Any) -> bool:
    try:
        call(*arguments)
    except TypeError:
        return False
    return True


PLACES = [
    in_sqs,
    in_sqs_with_idempotency,
    in_threads,
    in_async_sqs,
    in_kinesis,
    in_dynamodb_stream,
    in_window,
    at_window_end,
    in_async_handler,
    in_idempotent,
    in_async_idempotent,
    in_breaker,
    in_async_breaker,
]
