"""The helper for asynchronous invocation as users write it. Nothing here runs: `pyright` reads it, in strict mode."""

# pyright: strict, reportUnusedFunction=false, reportUnnecessaryTypeIgnoreComment=true

from __future__ import annotations

import asyncio
from functools import partial
from typing import Any, assert_type

from redrive import (
    AsyncHandler,
    AsyncSettings,
    Attempt,
    AttemptCounter,
    DynamoDBCounter,
    LogsCounter,
    S3Counter,
    TmpCounter,
    async_handler,
)

# The decorator without arguments.


@async_handler
def plain(event: dict[str, Any], attempt: Attempt) -> str:
    assert_type(attempt.number, int)
    assert_type(attempt.is_last, bool | None)
    assert_type(attempt.is_counted, bool)
    assert_type(attempt.request_id, str)
    assert_type(attempt.context, Any)
    match attempt.number:
        case 0:
            return "first"
        case _:
            return "again"


assert_type(plain, AsyncHandler)
assert_type(plain({"id": 7}, None), Any)
plain({"id": 7})
plain.function({"id": 7}, Attempt(2, is_last=True))


@async_handler
async def in_task(event: object, attempt: Attempt) -> None:
    await asyncio.sleep(0)


class Consumer:
    def __call__(self, event: Any, attempt: Attempt) -> None: ...

    async def method(self, event: Any, attempt: Attempt) -> None: ...


def more(table: str, event: Any, attempt: Attempt) -> None: ...


async_handler(Consumer())
async_handler(Consumer().method)
async_handler(partial(more, "orders"))

# With arguments.


@async_handler()
def with_empty_parentheses(event: Any, attempt: Attempt) -> None: ...


@async_handler(
    counter=DynamoDBCounter("attempts"),
    on_counter_failure="fail",
    settings=AsyncSettings(retry_attempts=1, max_event_age=3600),
)
def with_arguments(event: Any, attempt: Attempt) -> None: ...


assert_type(with_arguments, AsyncHandler)

# Counters.

counters: list[AttemptCounter] = [
    TmpCounter(),
    TmpCounter("/tmp/orders", expiry=3600, most=100),
    DynamoDBCounter("attempts", expiry=3600),
    S3Counter("attempts", prefix="orders/", expiry=3600),
    LogsCounter(),
    LogsCounter("/aws/lambda/orders", expiry=3600, write=print),
]
assert_type(counters[0].increment("id"), int)
assert_type(counters[0].increment("id", 2.5), int)
counters[0].forget("id")


class MyOwn:
    def increment(self, request_id: str, seconds: float | None = None) -> int:
        return 0

    def forget(self, request_id: str) -> None: ...


async_handler(counter=MyOwn())

# Refusals.

async_handler(counter="dynamodb")  # pyright: ignore[reportArgumentType]
async_handler(on_counter_failure="ignore")  # pyright: ignore[reportArgumentType]
async_handler(counters=TmpCounter())  # pyright: ignore[reportCallIssue]


@async_handler  # pyright: ignore[reportArgumentType]
def only_the_event(event: Any) -> None: ...


@async_handler  # pyright: ignore[reportArgumentType]
def takes_something_else(event: Any, attempt: int) -> None: ...
