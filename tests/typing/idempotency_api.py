"""Idempotency as users write it. Nothing here runs: `pyright` reads it, in strict mode."""

# pyright: strict, reportUnusedFunction=false, reportUnnecessaryTypeIgnoreComment=true

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, assert_type

from redrive import (
    AsyncHandler,
    Attempt,
    Backoff,
    DynamoDBStore,
    DynamoDBStreamRecord,
    FailedBefore,
    Idempotency,
    IdempotencySettings,
    IdempotencyStore,
    InProgress,
    KinesisHandler,
    KinesisRecord,
    LateCompletion,
    MemoryStore,
    MissingKey,
    NotRecorded,
    PayloadMismatch,
    Permanent,
    ResultNotKept,
    Retry,
    Serializer,
    SqsHandler,
    SqsMessage,
    async_handler,
    classify,
    durable_retry_strategy,
    dynamodb_stream_handler,
    idempotent,
    kinesis_handler,
    sqs_handler,
)
from redrive.idempotency.record import Claim, Ending, Stored
from redrive.idempotency.stores import stores, switch


@dataclass
class Order:
    id: int


@dataclass
class Receipt:
    number: int


def number_of(order: Order) -> int:
    return order.id


def looked_up(order: Order) -> Receipt:
    return Receipt(order.id)


# The decorator without arguments.


@idempotent
def charge(order: Order, amount: int = 1) -> Receipt:
    return Receipt(order.id)


assert_type(charge(Order(7)), Receipt)
assert_type(charge(Order(7), amount=2), Receipt)
charge("order")  # pyright: ignore[reportArgumentType]
charge(Order(7), amounts=2)  # pyright: ignore[reportCallIssue]


@idempotent
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    return {"id": charge(Order(event["id"])).number}


assert_type(handler({}, None), dict[str, Any])

# With arguments.


@idempotent()
def with_empty_parentheses(order: Order) -> int:
    return order.id


assert_type(with_empty_parentheses(Order(7)), int)


@idempotent(
    name="Orders",
    key="order.id",
    missing_key="run",
    payload="order.amount",
    prefix="eu/",
    expiry=3600,
    lease=60,
    clock_skew=0.5,
    replay=(Permanent, KeyError),
    after_error="keep",
    serializer=Serializer(asdict, lambda fields: Receipt(**fields)),
    when_not_kept=looked_up,
    cache=100,
    like_powertools=True,
    settings=IdempotencySettings(table="orders"),
    store=MemoryStore(),
)
async def in_task(order: Order) -> Receipt:
    return Receipt(order.id)


async def awaiting() -> None:
    assert_type(await in_task(Order(7)), Receipt)


base = Idempotency("Orders", key=number_of, replay=Permanent, store=DynamoDBStore("orders"))
assert_type(base.replace(expiry=60), Idempotency)
assert_type(base.expiry, float | None)
assert_type(base.replay, tuple[type[BaseException], ...])


@idempotent(using=base, expiry=60)
def with_a_base(order: Order) -> None: ...


class Shop:
    @idempotent(key="order.id")
    def charge(self, order: Order) -> Receipt:
        return Receipt(order.id)

    @classmethod
    @idempotent(using=base)
    def refund(cls, order: Order) -> bool:
        return True


assert_type(Shop().charge(Order(7)), Receipt)
assert_type(Shop.refund(Order(7)), bool)

# In handlers.


@sqs_handler(idempotency=base)
def of_messages(message: SqsMessage[str]) -> None: ...


@kinesis_handler(idempotency=Idempotency())
def of_records(record: KinesisRecord[bytes]) -> None: ...


@dynamodb_stream_handler(idempotency=Idempotency(key="new_image.id"), ordered_by="item_key")
def of_changes(record: DynamoDBStreamRecord[Any]) -> None: ...


@async_handler(idempotency=base)
def of_events(event: Any, attempt: Attempt) -> str:
    return "done"


assert_type(of_messages, SqsHandler)
assert_type(of_records, KinesisHandler)
assert_type(of_events, AsyncHandler)

# Errors.

try:
    charge(Order(7))
except (InProgress, NotRecorded) as error:
    assert_type(error.after, float | None)
    assert_type(error.key, str)
    retry: Retry = error
except LateCompletion as error:
    assert_type(error.result, Any)
except FailedBefore as error:
    assert_type(error.error_type, str)
    permanent: Permanent = error
except (MissingKey, PayloadMismatch) as error:
    assert_type(error.reason, str)
except ResultNotKept:
    pass

# Stores.


class MyOwn:
    def claim(self, claims: Sequence[Claim], seconds: float | None = None) -> Mapping[str, Stored | Exception | None]:
        return {claim.key: None for claim in claims}

    def end(self, endings: Sequence[Ending], seconds: float | None = None) -> Mapping[str, Exception | None]:
        return {ending.key: None for ending in endings}


each: list[IdempotencyStore] = [MemoryStore(), DynamoDBStore("orders"), MyOwn()]
Idempotency(store=MyOwn())
assert_type(MemoryStore().records, dict[str, Stored])
with stores.replaced(lambda table: MemoryStore()), switch.replaced(True):
    charge(Order(7))

# Refusals.

idempotent(missing_key="skip")  # pyright: ignore[reportArgumentType]
idempotent(expires=60)  # pyright: ignore[reportCallIssue]
Idempotency(store="orders")  # pyright: ignore[reportArgumentType]
Idempotency(after_error="retry")  # pyright: ignore[reportArgumentType]
Idempotency(replay="Permanent")  # pyright: ignore[reportArgumentType]
sqs_handler(idempotency="orders")  # pyright: ignore[reportArgumentType]


# Durable functions.


def retries() -> None:
    assert_type(durable_retry_strategy(Backoff(base=5), attempts=3, classify=classify), Callable[[Exception, int], Any])
    durable_retry_strategy(5)  # pyright: ignore[reportArgumentType]
