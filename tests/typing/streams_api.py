"""The helpers for streams as users write them. Nothing here runs: `pyright` reads it, in strict mode."""

# pyright: strict, reportUnusedFunction=false, reportUnnecessaryTypeIgnoreComment=true

from __future__ import annotations

import asyncio
import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any, Literal, assert_type

from redrive.core import Permanent, Retry
from redrive.failures.classification import FailureClass
from redrive.handlers.responses import BatchItemFailure, StreamResponse
from redrive.settings.streams import StreamSettings
from redrive.streams.dynamodb import DynamoDBStreamHandler, DynamoDBStreamRecord, dynamodb_stream_handler
from redrive.streams.failures import StreamRecordFailure
from redrive.streams.kinesis import KinesisHandler, KinesisRecord, kinesis_handler
from redrive.streams.succeeded import SucceededRecords
from redrive.streams.window import TumblingWindow


@dataclass
class Order:
    id: int

    @classmethod
    def model_validate_json(cls, body: str | bytes, *, strict: bool | None = None) -> Order:
        return cls(**json.loads(body))


# The decorators without arguments.


@kinesis_handler
def plain(record: KinesisRecord[bytes]) -> None:
    assert_type(record.data, bytes)
    assert_type(record.parsed, bytes)
    assert_type(record.json(), Any)
    assert_type(record.partition_key, str)
    assert_type(record.sequence_number, str)
    assert_type(record.event_id, str)
    assert_type(record.shard_id, str)
    assert_type(record.source_arn, str)
    assert_type(record.arrived_at, datetime | None)
    assert_type(record.is_aggregated, bool)
    assert_type(record.form, str | None)
    raise Permanent("an order needs a line")


assert_type(plain, KinesisHandler)
plain.function(KinesisRecord(b"{}"))
assert_type(plain({"Records": []}, None), StreamResponse)
assert_type(plain({"Records": []})["batchItemFailures"], list[BatchItemFailure])
assert_type(plain({"Records": []}).get("state"), dict[str, Any] | None)


@dynamodb_stream_handler
async def of_changes(record: DynamoDBStreamRecord[None], context: Any) -> None:
    assert_type(record.event_name, Literal["INSERT", "MODIFY", "REMOVE"])
    assert_type(record.keys, dict[str, Any])
    assert_type(record.new_image, dict[str, Any] | None)
    assert_type(record.old_image, dict[str, Any] | None)
    assert_type(record.sequence_number, str)
    assert_type(record.event_id, str)
    assert_type(record.arrived_at, datetime | None)
    assert_type(record.user_identity, Mapping[str, str] | None)
    assert_type(record.parsed, None)
    await asyncio.sleep(0)
    raise Retry(after=7)


assert_type(of_changes, DynamoDBStreamHandler)


@kinesis_handler
def loosely_typed(record: KinesisRecord[Any]) -> object:
    return record.parsed


# With arguments.


@kinesis_handler()
def with_empty_parentheses(record: KinesisRecord[bytes]) -> None: ...


@kinesis_handler(parse=Order.model_validate_json)
def typed(record: KinesisRecord[Order]) -> None:
    assert_type(record.parsed, Order)


@kinesis_handler(parse=json.loads, ordered_by="partition_key", concurrency=4)
async def untyped(record: KinesisRecord[dict[str, Any]], context: object) -> None: ...


def order_of(record: DynamoDBStreamRecord[Any]) -> Order:
    return Order(**(record.new_image or {}))


@dynamodb_stream_handler(parse=order_of, ordered_by="item_key")
def typed_change(record: DynamoDBStreamRecord[Order]) -> None:
    assert_type(record.parsed, Order)


class Consumer:
    def __call__(self, record: KinesisRecord[Order]) -> None: ...

    async def method(self, record: KinesisRecord[Order]) -> None: ...


def more(table: str, record: KinesisRecord[Order]) -> None: ...


decorate = kinesis_handler(parse=Order.model_validate_json)
assert_type(decorate(Consumer()), KinesisHandler)
assert_type(decorate(Consumer().method), KinesisHandler)
assert_type(decorate(partial(more, "orders")), KinesisHandler)


def telemetry(failure: StreamRecordFailure) -> None:
    assert_type(failure.error, BaseException)
    assert_type(failure.failure, FailureClass)
    assert_type(failure.outcome, Literal["retried", "set_aside"])
    assert_type(failure.record.sequence_number, str)


def judge(error: BaseException) -> FailureClass:
    return FailureClass.PERMANENT


class Store:
    def recall(self, identifiers: Sequence[str]) -> Collection[str]:
        return frozenset[str]()

    def remember(self, identifiers: Sequence[str]) -> None: ...


store: SucceededRecords = Store()


@kinesis_handler(
    classify=judge,
    ordered_by="partition_key",
    concurrency=8,
    deadline_margin=2,
    on_failure=telemetry,
    succeeded=store,
    settings=StreamSettings(
        source_arn="arn:aws:kinesis:eu-west-1:111122223333:stream/orders",
        set_aside_queue_url="https://set-aside",
        set_aside_bucket="set-aside",
        set_aside_prefix="orders/",
        function_timeout=30,
    ),
)
def with_everything(record: KinesisRecord[bytes]) -> None: ...


# Tumbling windows.


def publish(window: TumblingWindow) -> None:
    assert_type(window.state, dict[str, Any])
    assert_type(window.start, datetime | None)
    assert_type(window.end, datetime | None)
    assert_type(window.is_final, bool)
    assert_type(window.is_terminated_early, bool)
    assert_type(window.shard_id, str)


async def publish_in_task(window: TumblingWindow, context: Any) -> None: ...


@kinesis_handler(window_end=publish)
def count(record: KinesisRecord[bytes], window: TumblingWindow) -> None:
    window.state["count"] = window.state.get("count", 0) + 1


@kinesis_handler(window_end=publish_in_task, parse=Order.model_validate_json, on_failure=telemetry)
async def add(record: KinesisRecord[Order], window: TumblingWindow, context: Any) -> None:
    assert_type(record.parsed.id, int)


@dynamodb_stream_handler(window_end=publish)
def count_changes(record: DynamoDBStreamRecord[None], window: TumblingWindow) -> None: ...


assert_type(count_changes, DynamoDBStreamHandler)
count.function(KinesisRecord(b"{}"), TumblingWindow({"count": 7}))


# In tests.

record: KinesisRecord[bytes] = KinesisRecord(b"{}", partition_key="7")
order: KinesisRecord[Order] = KinesisRecord(b"{}", parsed=Order(7))
anything: KinesisRecord[object] = order  # what is in a record can only be read
change: DynamoDBStreamRecord[None] = DynamoDBStreamRecord("REMOVE", {"id": 7}, old_image={"id": 7})


# Refusals of a type checker.


def of_order(record: KinesisRecord[Order]) -> None: ...


kinesis_handler(of_order)  # pyright: ignore[reportArgumentType]  no parser makes orders
kinesis_handler(parse=bytes.upper)(of_order)  # pyright: ignore[reportArgumentType]
kinesis_handler(parse=lambda data, more: data)  # pyright: ignore
kinesis_handler(retries=3)  # pyright: ignore[reportCallIssue]
kinesis_handler(ordered_by="item_key")  # pyright: ignore
dynamodb_stream_handler(ordered_by="partition_key")  # pyright: ignore
kinesis_handler(window_end=publish, concurrency=2)  # pyright: ignore
kinesis_handler(window_end=publish)(of_order)  # pyright: ignore[reportArgumentType]
record.data = b""  # pyright: ignore[reportAttributeAccessIssue]
DynamoDBStreamRecord("UPSERT", {})  # pyright: ignore[reportArgumentType]
StreamSettings(set_aside_bucket=5)  # pyright: ignore[reportArgumentType]
