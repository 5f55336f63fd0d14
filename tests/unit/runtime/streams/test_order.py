"""In which order records run, and where the checkpoint is."""

from __future__ import annotations

import asyncio
import threading
from typing import Any

import pytest

from redrive.core import Retry
from redrive.streams.dynamodb import DynamoDBStreamRecord, dynamodb_stream_handler
from redrive.streams.kinesis import KinesisRecord, kinesis_handler
from tests.support.runtime.streams.stream import Delivery, batch, checkpoint, dynamodb_record, event, keyed


@pytest.mark.parametrize("bisect", [False, True])
def test_a_record_that_fails_three_times_costs_three_calls_more(bisect: bool) -> None:
    """In a batch of a hundred, delivered again from the checkpoint each time; none overtakes."""
    calls: list[int] = []

    @kinesis_handler
    def handler(record: KinesisRecord[bytes]) -> None:
        calls.append(int(record.data))
        if record.data == b"10" and calls.count(10) <= 3:
            raise ValueError

    delivery = Delivery(handler, bisect=bisect)
    delivery.deliver(batch(100)["Records"])
    assert len(calls) == 103
    assert calls == [*range(1, 10), 10, 10, 10, *range(10, 101)]
    assert [answer for _, answer in delivery.answers if answer] == ["10", "10", "10"]


@pytest.mark.parametrize("error", [ValueError(), Retry(after=60), SystemExit(), asyncio.CancelledError()])
def test_nothing_behind_a_failure_is_started(error: BaseException) -> None:
    seen: list[bytes] = []

    @kinesis_handler
    def handler(record: KinesisRecord[bytes]) -> None:
        seen.append(record.data)
        if record.data == b"2":
            raise error

    assert checkpoint(handler(batch(5))) == "2"
    assert seen == [b"1", b"2"]


def test_nothing_behind_a_failed_task_is_started() -> None:
    seen: list[bytes] = []

    @kinesis_handler
    async def handler(record: KinesisRecord[bytes]) -> None:
        await asyncio.sleep(0)
        seen.append(record.data)
        if record.data == b"2":
            raise ValueError

    assert checkpoint(handler(batch(5))) == "2"
    assert seen == [b"1", b"2"]


@pytest.mark.parametrize("concurrency", [1, 2, 9])
def test_other_keys_go_on_and_the_checkpoint_is_the_first_failure(concurrency: int) -> None:
    seen: list[str] = []

    @kinesis_handler(ordered_by="partition_key", concurrency=concurrency)
    def handler(record: KinesisRecord[bytes]) -> None:
        seen.append(record.data.decode())
        if record.data in (b"b1", b"c1"):
            raise ValueError

    assert checkpoint(handler(keyed("a1", "b1", "a2", "b2", "c1", "a3", "b3", "c2"))) == "2"
    assert sorted(seen) == ["a1", "a2", "a3", "b1", "c1"]
    assert [name for name in seen if name[0] == "a"] == ["a1", "a2", "a3"]


def test_the_checkpoint_is_the_first_in_the_batch_not_the_first_to_fail() -> None:
    """The later record fails while the earlier one is still running."""
    later_failed = threading.Event()

    @kinesis_handler(ordered_by="partition_key", concurrency=2)
    def handler(record: KinesisRecord[bytes]) -> None:
        if record.data == b"a1":
            assert later_failed.wait(5)
        elif record.data == b"b1":
            threading.Timer(0.02, later_failed.set).start()
        raise ValueError

    assert checkpoint(handler(keyed("a1", "b1", "a2", "b2"))) == "1"


def test_one_worker_takes_the_keys_in_the_order_of_the_batch() -> None:
    seen: list[bytes] = []
    kinesis_handler(ordered_by="partition_key")(lambda record: seen.append(record.data))(
        keyed("a1", "b1", "a2", "c1", "b2")
    )
    assert seen == [b"a1", b"b1", b"a2", b"c1", b"b2"]


def test_keys_run_side_by_side_in_threads_and_the_records_of_one_key_do_not() -> None:
    together = threading.Barrier(3)
    running: set[str] = set()

    @kinesis_handler(ordered_by="partition_key", concurrency=3)
    def handler(record: KinesisRecord[bytes]) -> None:
        assert record.partition_key not in running
        running.add(record.partition_key)
        together.wait(5)  # three at a time, or an error
        running.discard(record.partition_key)

    assert checkpoint(handler(keyed("a1", "a2", "b1", "b2", "c1", "c2"))) is None


def test_keys_run_side_by_side_in_tasks() -> None:
    running: list[int] = []
    most = 0

    @kinesis_handler(ordered_by="partition_key", concurrency=2)
    async def handler(record: KinesisRecord[bytes]) -> None:
        nonlocal most
        running.append(1)
        most = max(most, len(running))
        await asyncio.sleep(0.001)
        running.pop()

    assert checkpoint(handler(keyed("a1", "b1", "c1", "a2", "b2", "c2"))) is None
    assert most == 2


def test_a_worker_whose_key_is_at_its_end_helps_with_the_others() -> None:
    """All of one key are behind each other, and still five keys keep two workers busy to the end."""
    seen: list[bytes] = []
    names = [f"{key}{number}" for number in range(20) for key in "abcde"]
    handler = kinesis_handler(ordered_by="partition_key", concurrency=2)(lambda record: seen.append(record.data))
    assert checkpoint(handler(keyed(*names))) is None
    assert len(seen) == len(set(seen)) == 100


def test_the_records_of_one_item_stay_in_order() -> None:
    """An item is known by its whole key, partition and sort key; DynamoDB says them in any order."""
    seen: list[str] = []

    def change(number: int, partition: str, sort: str) -> dict[str, Any]:
        made = dynamodb_record(number)
        keys = [("p", {"S": partition}), ("s", {"N": sort})]
        made["dynamodb"]["Keys"] = dict(keys if number % 2 else reversed(keys))
        return made

    @dynamodb_stream_handler(ordered_by="item_key")
    def handler(record: DynamoDBStreamRecord[None]) -> None:
        seen.append(record.sequence_number)
        if record.sequence_number == "2":
            raise ValueError

    changes = event(
        change(1, "a", "1"), change(2, "a", "2"), change(3, "a", "2"), change(4, "a", "1"), change(5, "b", "2")
    )
    assert checkpoint(handler(changes)) == "2"
    assert seen == ["1", "2", "4", "5"]


def test_a_dynamodb_stream_stops_at_the_first_failure_as_well() -> None:
    seen: list[str] = []

    @dynamodb_stream_handler
    def handler(record: DynamoDBStreamRecord[None]) -> None:
        seen.append(record.sequence_number)
        if record.sequence_number == "2":
            raise ValueError

    assert checkpoint(handler(event(*(dynamodb_record(number, key=str(number)) for number in range(1, 5))))) == "2"
    assert seen == ["1", "2"]


def test_records_that_share_a_sequence_number_are_kept_apart() -> None:
    """Lambda takes aggregated records apart for consumers with enhanced fan-out."""
    records = [*batch(1)["Records"], *batch(3)["Records"][1:2] * 3, *batch(3)["Records"][2:]]
    seen: list[bytes] = []

    @kinesis_handler
    def handler(record: KinesisRecord[bytes]) -> None:
        seen.append(record.data)
        if len(seen) == 3:
            raise ValueError

    assert checkpoint(handler({"Records": records})) == "2"
    assert seen == [b"1", b"2", b"2"]
