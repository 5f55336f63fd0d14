"""The SQS helper as users write it. Nothing here runs: `pyright` reads it, in strict mode."""

# pyright: strict, reportUnusedFunction=false, reportUnnecessaryTypeIgnoreComment=true

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any, Literal, assert_type

from redrive import (
    Backoff,
    BatchItemFailure,
    BatchResponse,
    FailureClass,
    InvalidEvent,
    MessageAttribute,
    Permanent,
    Retry,
    SettingsError,
    SqsFailure,
    SqsHandler,
    SqsMessage,
    SqsSettings,
    classify,
    sqs_handler,
)
from redrive.aws.clients import TimeLimits, clients
from redrive.core.system import clock, randomness


@dataclass
class Order:
    id: int

    @classmethod
    def model_validate_json(cls, body: str | bytes, *, strict: bool | None = None) -> Order:
        return cls(**json.loads(body))


# The decorator without arguments.


@sqs_handler
def plain(message: SqsMessage[str]) -> None:
    assert_type(message.id, str)
    assert_type(message.original_id, str)
    assert_type(message.body, str)
    assert_type(message.parsed, str)
    assert_type(message.json(), Any)
    assert_type(message.receive_count, int)
    assert_type(message.max_receive_count, int | None)
    assert_type(message.is_last_receive, bool | None)
    assert_type(message.sent_at, datetime | None)
    assert_type(message.first_received_at, datetime | None)
    assert_type(message.group_id, str | None)
    assert_type(message.deduplication_id, str | None)
    assert_type(message.sequence_number, str | None)
    assert_type(message.attributes, Mapping[str, str])
    assert_type(message.message_attributes, Mapping[str, MessageAttribute])
    assert_type(message.message_attributes["tenant"].value, str | bytes)
    assert_type(message.receipt_handle, str)
    assert_type(message.source_arn, str)
    if message.is_last_receive:
        raise Permanent("an order needs a line")
    raise Retry(after=2.5, reason="closed")


assert_type(plain, SqsHandler)
plain.function(SqsMessage("1", "{}"))
assert_type(plain({"Records": []}, None), BatchResponse)
assert_type(plain({"Records": []})["batchItemFailures"], list[BatchItemFailure])


@sqs_handler
async def in_task(message: SqsMessage[str]) -> None:
    await asyncio.sleep(0)


@sqs_handler
def with_context(message: SqsMessage[str], context: Any) -> dict[str, int]:
    return {}


@sqs_handler
def loosely_typed(message: SqsMessage[Any]) -> object:
    return message.parsed


# With arguments.


@sqs_handler()
def with_empty_parentheses(message: SqsMessage[str]) -> None: ...


@sqs_handler(parse=Order.model_validate_json)
def typed(message: SqsMessage[Order]) -> None:
    assert_type(message.parsed, Order)
    assert_type(message.parsed.id, int)


@sqs_handler(parse=json.loads, concurrency=4)
async def untyped(message: SqsMessage[dict[str, Any]], context: object) -> None: ...


class Consumer:
    def __call__(self, message: SqsMessage[Order]) -> None: ...

    async def method(self, message: SqsMessage[Order]) -> None: ...


def more(table: str, message: SqsMessage[Order]) -> None: ...


decorate = sqs_handler(parse=Order.model_validate_json)
assert_type(decorate(Consumer()), SqsHandler)
assert_type(decorate(Consumer().method), SqsHandler)
assert_type(decorate(partial(more, "orders")), SqsHandler)


def telemetry(failure: SqsFailure) -> None:
    assert_type(failure.error, BaseException)
    assert_type(failure.failure, FailureClass)
    assert_type(failure.outcome, Literal["retried", "dead_lettered"])
    assert_type(failure.retry_after, int | None)
    assert_type(failure.message.id, str)


def judge(error: BaseException) -> FailureClass:
    return FailureClass.PERMANENT if isinstance(error, KeyError) else classify(error)


@sqs_handler(
    backoff=Backoff(base=5, factor=3, cap=900, jitter="equal"),
    classify=judge,
    concurrency=8,
    deadline_margin=2,
    on_failure=telemetry,
    describe=str,
    settings=SqsSettings(
        source_arn="arn:aws:sqs:eu-west-1:111122223333:orders",
        queue_url="https://orders",
        dead_letter_queue_url="https://dead-letters",
        max_receive_count=5,
        function_timeout=30,
        retention_period=345_600,
        backoff=Backoff(),
    ),
)
def with_everything(message: SqsMessage[str]) -> None: ...


# In tests.

tenant = MessageAttribute("String", "acme")
message: SqsMessage[str] = SqsMessage("1", "{}", receive_count=3, message_attributes={"tenant": tenant})
order: SqsMessage[Order] = SqsMessage("1", "{}", parsed=Order(7))
anything: SqsMessage[object] = order  # what is in a message can only be read
assert_type(Backoff().replace(cap=60), Backoff)
assert_type(Backoff().wait(0, 0.5), float)
errors: list[type[Exception]] = [InvalidEvent, Permanent, Retry, SettingsError]


def replaced(session: Any) -> None:
    def client(service: str, limits: TimeLimits) -> Any:
        return session.client(service, limits.read)

    with clients.replaced(client), clock.replaced(lambda: 0.0), randomness.replaced(lambda: 0.5) as draw:
        assert_type(draw(), float)


# Refusals of a type checker.


def of_order(message: SqsMessage[Order]) -> None: ...


sqs_handler(of_order)  # pyright: ignore[reportArgumentType]  no parser makes orders
sqs_handler(parse=str.upper)(of_order)  # pyright: ignore[reportArgumentType]
sqs_handler(parse=lambda body, more: body)  # pyright: ignore
sqs_handler(retries=3)  # pyright: ignore[reportCallIssue]
sqs_handler(classify=lambda error: True)  # pyright: ignore
Backoff(jitter="some")  # pyright: ignore[reportArgumentType]
message.body = ""  # pyright: ignore[reportAttributeAccessIssue]
SqsSettings(max_receive_count="5")  # pyright: ignore[reportArgumentType]
