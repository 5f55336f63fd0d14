"""A circuit that is open while a batch runs: what has not been started is returned, and nothing more of it is tried."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from redrive import (
    Attempt,
    Backoff,
    CircuitBreaker,
    CircuitOpen,
    CircuitPolicy,
    Idempotency,
    KinesisRecord,
    MemoryCircuits,
    MemoryStore,
    SqsMessage,
    async_handler,
    kinesis_handler,
    sqs_handler,
)
from tests.support.runtime.asynchronous.attempts import AsyncContext
from tests.support.runtime.log import Log
from tests.support.runtime.sqs.queue import FIFO, Context, FakeSqs, VirtualTime, batch, event, record, returned
from tests.support.runtime.streams import stream as streams

OPEN_FOR = 20


class Bank:
    """A dependency that is down, behind a circuit that its first failure opens."""

    def __init__(self) -> None:
        self.calls = 0
        open_time = Backoff(base=OPEN_FOR, cap=OPEN_FOR, jitter="none")
        policy = CircuitPolicy(failure_threshold=1, open_time=open_time)
        self.circuit = CircuitBreaker("bank", policy=policy, store=MemoryCircuits())

    def charge(self) -> None:
        self.circuit.call(self._charge)

    def _charge(self) -> None:
        self.calls += 1
        raise ConnectionError("down")


@pytest.fixture
def bank() -> Bank:
    return Bank()


def test_the_rest_of_a_batch_is_returned_until_the_circuit_may_be_half_open(
    sqs: FakeSqs, context: Context, bank: Bank
) -> None:
    seen: list[str] = []

    @sqs_handler
    def handler(message: SqsMessage[str]) -> None:
        seen.append(message.id)
        bank.charge()

    assert returned(handler(batch(5), context)) == ["0", "1", "2", "3", "4"]
    assert seen == ["0", "1"]  # the first opens the circuit, the second meets it
    assert bank.calls == 1
    assert {sqs.visibility[f"handle-{number}"] for number in range(1, 5)} == {OPEN_FOR}


def test_an_async_function_is_stopped_as_well(sqs: FakeSqs, context: Context, bank: Bank) -> None:
    seen: list[str] = []

    @sqs_handler
    async def handler(message: SqsMessage[str]) -> None:
        seen.append(message.id)
        await asyncio.to_thread(bank.charge)

    assert returned(handler(batch(4), context)) == ["0", "1", "2", "3"]
    assert seen == ["0", "1"]


def test_the_other_groups_of_a_fifo_queue_wait_too_each_in_order(sqs: FakeSqs, context: Context, bank: Bank) -> None:
    seen: list[str] = []

    @sqs_handler
    def handler(message: SqsMessage[str]) -> None:
        seen.append(message.id)
        bank.charge()

    groups = {"0": "a", "1": "a", "2": "b", "3": "b", "4": "c"}
    records = [record(id, id, arn=FIFO, group=group) for id, group in groups.items()]
    assert returned(handler(event(*records), context)) == ["0", "1", "2", "3", "4"]
    assert seen == ["0", "2"]
    assert {sqs.visibility[f"handle-{id}"] for id in ("2", "3", "4")} == {OPEN_FOR}


def test_the_log_says_how_many_were_returned_for_it(sqs: FakeSqs, context: Context, bank: Bank, log: Log) -> None:
    @sqs_handler
    def handler(message: SqsMessage[str]) -> None:
        bank.charge()

    handler(batch(5), context)
    (line,) = log("redrive.sqs.batch")
    assert (line["retried"], line["circuit_open"]) == (2, 3)


def test_any_other_failure_stops_nothing(sqs: FakeSqs, context: Context) -> None:
    seen: list[str] = []

    @sqs_handler
    def handler(message: SqsMessage[str]) -> None:
        seen.append(message.id)
        raise ConnectionError("down")

    handler(batch(3), context)
    assert seen == ["0", "1", "2"]


def test_the_claims_of_what_was_not_started_are_given_back(sqs: FakeSqs, context: Context, bank: Bank) -> None:
    store = MemoryStore()

    @sqs_handler(idempotency=Idempotency(store=store))
    def handler(message: SqsMessage[str]) -> None:
        bank.charge()

    handler(batch(5), context)
    assert store.records == {}


@pytest.mark.parametrize("order", ["shard", "partition_key"])
def test_a_stream_is_answered_with_the_checkpoint(time: VirtualTime, order: Any, bank: Bank) -> None:
    seen: list[str] = []

    @kinesis_handler(ordered_by=order)
    def handler(record: KinesisRecord[bytes]) -> None:
        seen.append(record.data.decode())
        if record.data != b"a1":
            bank.charge()

    with streams.outside(streams.FakeAws(), time):
        response = handler(streams.keyed("a1", "b1", "c1", "d1", "a2"), Context(time))
    assert streams.checkpoint(response) == "2"
    assert seen == (["a1", "b1"] if order == "shard" else ["a1", "b1", "c1"])
    assert bank.calls == 1


def test_an_asynchronous_event_is_raised_again(time: VirtualTime, bank: Bank) -> None:
    @async_handler
    def handler(event: object, attempt: Attempt) -> None:
        bank.charge()

    with pytest.raises(ConnectionError):
        handler({}, AsyncContext(time))
    with pytest.raises(CircuitOpen):
        handler({}, AsyncContext(time))
