"""Every caller of a user's function; each says whether a result was a success."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
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
from redrive.idempotency.record import Stored
from tests.support.runtime.sqs import queue
from tests.support.runtime.streams import stream

Function = Callable[[], Any]


def is_done(records: Iterable[Stored]) -> bool:
    """The only record says so; a claim that is left, as for work that still runs, does not."""
    return [each.status for each in records if each.status != "INPROGRESS"] == ["COMPLETED"]


def in_sqs(function: Function, **options: Any) -> bool:
    answer = sqs_handler(lambda message: function(), **options)(queue.batch(1))
    return answer == {"batchItemFailures": []}


def in_sqs_with_idempotency(function: Function) -> bool:
    store = MemoryStore()
    succeeded = in_sqs(function, idempotency=Idempotency(store=store))
    assert is_done(store.records.values()) == succeeded
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
    assert is_done(store.records.values()) == succeeded
    return succeeded


def in_async_idempotent(function: Function) -> bool:
    store = MemoryStore()

    @idempotent(store=store)
    async def charge(order: int) -> Any:
        return function()

    succeeded = succeeds(lambda: asyncio.run(charge(7)))
    assert is_done(store.records.values()) == succeeded
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
