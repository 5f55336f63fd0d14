"""No record is started when the invocation's time is nearly up: the first not started is the checkpoint."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import pytest

from redrive.core import Permanent
from redrive.settings.streams import StreamSettings
from redrive.streams.kinesis import KinesisHandler, KinesisRecord, kinesis_handler
from tests.support.runtime.log import Log
from tests.support.runtime.sqs.queue import Context, VirtualTime
from tests.support.runtime.streams.stream import QUEUE, Delivery, FakeAws, Store, batch, checkpoint, keyed, outside


@pytest.fixture(autouse=True)
def the_clock_is_the_contexts(time: VirtualTime) -> Iterator[None]:
    with outside(FakeAws(), time):
        yield


def taking(time: VirtualTime, seconds: float, **options: Any):
    """A handler that takes a while for each record, and what it was called with."""
    seen: list[str] = []

    def handle(record: KinesisRecord[bytes]) -> None:
        seen.append(record.data.decode())
        time.advance(seconds)

    return KinesisHandler(handle, **options), seen


def test_the_first_record_not_started_is_the_checkpoint(time: VirtualTime, log: Log) -> None:
    handler, seen = taking(time, 10)
    assert checkpoint(handler(batch(9), Context(time, 60))) == "6"
    assert seen == ["1", "2", "3", "4", "5"]  # and then 10 seconds are left: 6 to answer in, too few for a sixth
    (line,) = log("redrive.stream.batch")
    assert (line["not_started"], line["failed"], line["held"]) == (4, 0, 0)
    assert "remedy" not in line
    assert log("redrive.stream.failure") == []


def test_the_rest_runs_at_the_next_delivery_and_nothing_twice(time: VirtualTime) -> None:
    handler, seen = taking(time, 10)
    Delivery(handler, context=lambda: Context(time, 60)).deliver(batch(12)["Records"])
    assert seen == [str(number) for number in range(1, 13)]


@pytest.mark.parametrize("margin", [0.4, 2, 30])
def test_the_margin_can_be_given(time: VirtualTime, margin: float) -> None:
    handler, seen = taking(time, 1, deadline_margin=margin)
    handler(batch(100), Context(time, 60))
    assert len(seen) == pytest.approx(60 - margin, abs=1)


def test_where_there_is_no_time_for_the_first_record_it_starts_and_the_log_has_the_remedy(
    time: VirtualTime, log: Log
) -> None:
    handler, seen = taking(time, 0.1)
    assert checkpoint(handler(batch(2), Context(time, 0.4))) == "2"
    assert seen == ["1"]
    (line,) = log("redrive.deadline")
    assert line["remedy"].endswith("give the function a longer timeout")


@pytest.mark.parametrize("concurrency", [1, 3])
def test_by_key_the_checkpoint_is_the_earliest_not_started(time: VirtualTime, concurrency: int) -> None:
    """Records run in the order of the batch as far as the keys allow, so little behind the checkpoint has run."""
    handler, seen = taking(time, 10, ordered_by="partition_key", concurrency=concurrency)
    names = ["a1", "a2", "b1", "c1", "a3", "b2", "c2", "a4", "b3", "c3"]
    left = checkpoint(handler(keyed(*names), Context(time, 60)))
    assert left is not None
    undone = [name for name in names if name not in seen]
    assert names[int(left) - 1] == undone[0]
    if concurrency == 1:
        assert seen == names[:5]


@pytest.mark.parametrize("names", ["a1 a2 a3 a4 a5", "a1 b1 a2 b2 a3", "a1 a2 b1 b2 b3"])
def test_by_key_what_is_behind_the_record_that_took_the_time_is_not_forgotten(time: VirtualTime, names: str) -> None:
    """It stands in its key's line, and nobody comes for it any more."""
    handler, seen = taking(time, 20, ordered_by="partition_key")
    assert checkpoint(handler(keyed(*names.split()), Context(time, 60))) == "3"
    assert seen == names.split()[:2]


def test_a_failure_before_the_deadline_is_the_checkpoint(time: VirtualTime, log: Log) -> None:
    @kinesis_handler(ordered_by="partition_key")
    def handler(record: KinesisRecord[bytes]) -> None:
        time.advance(20)
        if record.data == b"a1":
            raise ValueError

    assert checkpoint(handler(keyed("a1", "b1", "c1", "d1"), Context(time, 60))) == "1"
    (line,) = log("redrive.stream.batch")
    assert (line["failed"], line["not_started"], line["done_behind_checkpoint"]) == (1, 2, 1)


def test_nobody_waits_for_a_record_to_be_set_aside_beyond_the_deadline(time: VirtualTime, log: Log) -> None:
    end = threading.Event()

    def hang(name: str, arguments: dict[str, Any]) -> None:
        end.wait(10)

    aws = FakeAws(hang)

    @kinesis_handler(settings=StreamSettings(set_aside_queue_url=QUEUE))
    def handler(record: KinesisRecord[bytes]) -> None:
        time.advance(59.6)
        raise Permanent("x")

    try:
        with outside(aws, time):
            assert checkpoint(handler(batch(1), Context(time, 60))) == "1"
    finally:
        end.set()
    assert log("redrive.stream.not_set_aside")[0]["error"] == "no answer in the time that the invocation had left"


def test_no_call_is_begun_right_before_the_deadline(time: VirtualTime) -> None:
    aws, store = FakeAws(), Store()

    @kinesis_handler(
        ordered_by="partition_key",
        succeeded=store,
        settings=StreamSettings(set_aside_queue_url=QUEUE),
        deadline_margin=0,
    )
    def handler(record: KinesisRecord[bytes]) -> None:
        if record.data == b"c1":
            time.advance(59.9)
            raise Permanent("x")
        if record.data == b"a1":
            raise ValueError

    with outside(aws, time):
        assert checkpoint(handler(keyed("a1", "b1", "c1"), Context(time, 60))) == "1"
    assert aws.requests == []
    assert [name for name, _ in store.calls] == ["recall"]
