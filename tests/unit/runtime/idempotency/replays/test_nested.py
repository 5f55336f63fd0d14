"""Functions under `@idempotent` that a handler calls: their failure counts for the event that was delivered then."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from redrive import (
    FailedBefore,
    MemoryStore,
    Permanent,
    SqsSettings,
    StreamFailure,
    async_handler,
    idempotent,
    kinesis_handler,
    sqs_handler,
)
from redrive.core.system import running
from redrive.idempotency.stores import IdempotencyStore
from tests.support.runtime.asynchronous.attempts import AsyncContext, MemoryCounter
from tests.support.runtime.sqs.queue import QUEUE_URL, VirtualTime, event, record, returned
from tests.support.runtime.streams import stream


class Charge:
    """A function of an order, plain or `async def`, under `@idempotent`."""

    def __init__(self, store: IdempotencyStore, *, is_async: bool = False) -> None:
        self.ran = 0
        self.error: Exception | None = Permanent("no lines")

        def charge(order: Any) -> None:
            self.ran += 1
            if self.error is not None:
                raise self.error

        async def charge_in_loop(order: Any) -> None:
            charge(order)

        self.charge: Any = idempotent(store=store)(charge_in_loop if is_async else charge)


@pytest.mark.parametrize("concurrency", [1, 3])
@pytest.mark.parametrize("is_async", [False, True])
def test_in_a_message(store: IdempotencyStore, *, is_async: bool, concurrency: int) -> None:
    charge = Charge(store, is_async=is_async)

    async def in_task(message: Any) -> None:
        await asyncio.sleep(0)
        await charge.charge(message.body)

    def plain(message: Any) -> None:
        charge.charge(message.body)

    settings = SqsSettings(queue_url=QUEUE_URL)
    handler = sqs_handler(settings=settings, concurrency=concurrency)(in_task if is_async else plain)
    for _ in range(2):
        handler(event(record("m-1", "7")))
    assert charge.ran == 1, "the same message is received again"
    charge.error = None
    assert returned(handler(event(record("m-2", "7")))) == []
    assert returned(handler(event(record("m-1", "7")))) == []
    assert charge.ran == 2
    assert running.get() is None


def test_in_a_record_of_a_stream(store: IdempotencyStore, aws: stream.FakeAws) -> None:
    charge = Charge(store)
    settings_of = stream.QUEUE
    from redrive import StreamSettings

    handler = kinesis_handler(settings=StreamSettings(set_aside_queue_url=settings_of))(
        lambda record: charge.charge(record.data.decode())
    )
    for _ in range(2):
        handler(stream.batch(1))
    assert charge.ran == 1
    charge.error = None
    for _ in range(2):
        handler({"Records": StreamFailure.parse(aws.messages[0]["MessageBody"]).records().records})
    assert charge.ran == 2


def test_in_an_asynchronous_event(store: IdempotencyStore, time: VirtualTime) -> None:
    charge = Charge(store)
    handler = async_handler(counter=MemoryCounter())(lambda event, attempt: charge.charge(event))
    for _ in range(2):
        with pytest.raises(Permanent):
            handler("7", AsyncContext(time, aws_request_id="request-1"))
    assert charge.ran == 1
    charge.error = None
    for _ in range(2):
        handler("7", AsyncContext(time, aws_request_id="request-2"))
    assert charge.ran == 2
    assert running.get() is None


def test_elsewhere_a_failure_counts_for_each_call(store: IdempotencyStore) -> None:
    """Nothing says whether it is the same event."""
    charge = Charge(store)
    with pytest.raises(Permanent):
        charge.charge("7")
    charge.error = None
    with pytest.raises(FailedBefore):
        charge.charge("7")
    assert charge.ran == 1


def test_a_handler_within_a_handler_has_deliveries_of_its_own(store: IdempotencyStore) -> None:
    """As the replay line of the docs calls the handler of a stream from that of its failure queue."""
    seen: list[Any] = []
    inner = kinesis_handler(lambda record: seen.append(running.get()))

    def outer(message: Any) -> None:
        inner(stream.batch(1))
        seen.append(running.get())

    sqs_handler(outer)(event(record("m-1")))
    assert [each.delivery for each in seen] == ["1", "m-1"]


def test_a_store_keeps_the_delivery_of_its_records() -> None:
    memory = MemoryStore()
    charge = Charge(memory)
    sqs_handler(settings=SqsSettings(queue_url=QUEUE_URL))(lambda message: charge.charge("7"))(event(record("m-1")))
    assert [each.delivery for each in memory.records.values()] == ["m-1"]
