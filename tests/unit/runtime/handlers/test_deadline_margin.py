"""A margin that can never be met: at least one record starts at each delivery, and the log has the remedy."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from redrive import Idempotency, MemoryStore, dynamodb_stream_handler, kinesis_handler, sqs_handler
from tests.support.runtime.sqs.queue import FIFO, Context, FakeSqs, VirtualTime, event, record, returned
from tests.support.runtime.sqs.queue import batch as sqs_batch
from tests.support.runtime.streams.stream import FakeAws, checkpoint, keyed, outside
from tests.support.runtime.streams.stream import batch as stream_batch

Log = Callable[[str], list[dict[str, Any]]]
HANDLERS: list[Any] = [sqs_handler, kinesis_handler, dynamodb_stream_handler]


@pytest.fixture(autouse=True)
def the_clock_is_the_contexts(time: VirtualTime, sqs: FakeSqs) -> Iterator[None]:
    with outside(FakeAws(), time):
        yield


@pytest.mark.parametrize("make", HANDLERS)
@pytest.mark.parametrize("margin", [float("nan"), float("inf"), float("-inf"), -0.1])
def test_a_margin_that_is_no_time_is_refused(make: Any, margin: float) -> None:
    with pytest.raises(ValueError, match="deadline_margin"):
        make(deadline_margin=margin)(print)


@pytest.mark.parametrize("margin", [None, 3.5, 30, 900, 1e300])
@pytest.mark.parametrize("left", [0.001, 0.4, 3])
@pytest.mark.parametrize("concurrency", [1, 3])
@pytest.mark.parametrize("is_async", [False, True])
def test_sqs(time: VirtualTime, log: Log, margin: float | None, left: float, concurrency: int, is_async: bool) -> None:
    seen: list[str] = []

    def work(message: Any) -> None:
        seen.append(message.id)
        time.advance(left / 2)

    async def work_async(message: Any) -> None:
        await asyncio.sleep(0)
        work(message)

    options: dict[str, Any] = {"deadline_margin": margin, "concurrency": concurrency}
    handler = sqs_handler(**options)(work_async if is_async else work)
    undone = returned(handler(sqs_batch(5), Context(time, left)))
    assert seen
    assert sorted([*seen, *undone]) == ["0", "1", "2", "3", "4"]
    short = margin is not None or left < 1
    assert len(log("redrive.deadline")) == short * 1 or concurrency > 1
    for line in log("redrive.deadline"):
        assert ("deadline_margin" in line["remedy"]) == (margin is not None)
        assert "longer timeout" in line["remedy"]
        assert line["left"] < line["needed"]


def test_all_messages_are_done_one_delivery_after_the_other(time: VirtualTime, log: Log) -> None:
    seen: list[str] = []

    @sqs_handler(deadline_margin=60)
    def handler(message: Any) -> None:
        seen.append(message.id)
        time.advance(1)

    left = ["0", "1", "2"]
    while left:
        left = returned(handler(event(*(record(each) for each in left)), Context(time, 30)))
    assert seen == ["0", "1", "2"]
    # Also for a batch of one message, whose line would not be written otherwise.
    assert len(log("redrive.deadline")) == 3


def test_a_group_of_a_fifo_queue(time: VirtualTime) -> None:
    seen: list[str] = []

    @sqs_handler(deadline_margin=60)
    def handler(message: Any) -> None:
        seen.append(message.id)

    messages = [record(str(n), group=f"g{n % 2}", arn=FIFO) for n in range(4)]
    assert returned(handler(event(*messages), Context(time, 30))) == ["1", "2", "3"]
    assert seen == ["0"]


@pytest.mark.parametrize("order", ["shard", "partition_key"])
def test_streams(time: VirtualTime, log: Log, order: Any) -> None:
    seen: list[bytes] = []

    @kinesis_handler(deadline_margin=60, ordered_by=order)
    def handler(record: Any) -> None:
        seen.append(record.data)

    assert checkpoint(handler(keyed("a1", "a2", "b1"), Context(time, 30))) == "2"
    assert seen == [b"a1"]
    assert checkpoint(handler(stream_batch(1), Context(time, 30))) is None
    assert len(log("redrive.deadline")) == 2


def test_a_record_that_was_done_before_leaves_its_place_to_no_other_but_is_deleted(time: VirtualTime) -> None:
    seen: list[str] = []

    @sqs_handler(deadline_margin=60, idempotency=Idempotency(store=MemoryStore()))
    def handler(message: Any) -> None:
        seen.append(message.id)

    left = ["0", "0", "1"]
    for _ in range(3):
        left = returned(handler(event(*(record(each, body=each) for each in left)), Context(time, 30)))
    assert seen == ["0", "1"]
    assert left == []


def test_a_margin_that_is_met_is_not_mentioned(time: VirtualTime, log: Log) -> None:
    @sqs_handler(deadline_margin=5)
    def handler(message: Any) -> None:
        time.advance(10)

    assert returned(handler(sqs_batch(5), Context(time, 30))) == ["3", "4"]
    assert log("redrive.deadline") == []
