"""Records that succeeded behind a checkpoint do not run again if a store remembers them."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import Any

import pytest

from redrive.core import Permanent
from redrive.settings.streams import StreamSettings
from redrive.streams.dynamodb import dynamodb_stream_handler
from redrive.streams.kinesis import KinesisRecord, kinesis_handler
from tests.support.runtime.log import Log
from tests.support.runtime.sqs.queue import Context, VirtualTime
from tests.support.runtime.streams.stream import (
    QUEUE,
    SHARD,
    STREAM,
    TABLE_STREAM,
    Delivery,
    FakeAws,
    Store,
    checkpoint,
    dynamodb_record,
    event,
    keyed,
    kinesis_record,
    outside,
)


def failing(*names: str, store: Any, times: int = 1, **options: Any):
    """A handler that fails at some records for the first times, and what it was called with."""
    seen: list[str] = []

    @kinesis_handler(ordered_by="partition_key", succeeded=store, **options)
    def handler(record: KinesisRecord[bytes]) -> None:
        name = record.data.decode()
        seen.append(name)
        if name in names and seen.count(name) <= times:
            raise ValueError

    return handler, seen


def identifier(number: int) -> str:
    return f"orders-function/{STREAM}/{SHARD}/{number}"


def test_what_was_done_behind_the_checkpoint_runs_once(context: Context) -> None:
    store = Store()
    handler, seen = failing("b1", store=store, times=2)
    Delivery(handler, context=lambda: context).deliver(keyed("a1", "b1", "c1", "b2", "c2")["Records"])
    assert seen == ["a1", "b1", "c1", "c2", "b1", "b1", "b2"]
    assert store.known == {identifier(3), identifier(5)}


def test_without_a_store_it_runs_again() -> None:
    handler, seen = failing("b1", store=None)
    Delivery(handler).deliver(keyed("a1", "b1", "c1", "b2")["Records"])
    assert seen == ["a1", "b1", "c1", "b1", "c1", "b2"]


def test_the_store_is_read_once_a_batch_and_written_once_if_something_is_left(context: Context) -> None:
    store = Store()
    handler, _ = failing("b1", store=store)
    assert checkpoint(handler(keyed("a1", "b1", "c1"), context)) == "2"
    assert store.calls == [("recall", [identifier(n) for n in (1, 2, 3)]), ("remember", [identifier(3)])]
    store.calls.clear()
    assert checkpoint(handler(keyed("a1"), context)) is None
    assert [name for name, _ in store.calls] == ["recall"]


def test_what_is_remembered_already_is_not_written_again(context: Context) -> None:
    store = Store(known={identifier(3)})
    handler, seen = failing("b1", store=store)
    assert checkpoint(handler(keyed("a1", "b1", "c1", "d1"), context)) == "2"
    assert seen == ["a1", "b1", "d1"]
    assert store.calls[-1] == ("remember", [identifier(4)])


def test_what_is_remembered_before_the_checkpoint_is_not_written_again_either(context: Context) -> None:
    store = Store(known={identifier(1)})
    handler, _ = failing("b1", store=store)
    assert checkpoint(handler(keyed("a1", "b1", "a2"), context)) == "2"
    assert store.calls[-1] == ("remember", [identifier(3)])


def test_a_batch_that_is_done_already_runs_nothing(context: Context, log: Log) -> None:
    store = Store(known={identifier(1), identifier(2)})
    handler, seen = failing(store=store)
    assert checkpoint(handler(keyed("a1", "b1"), context)) is None
    assert seen == []


def test_with_what_is_behind_the_checkpoint_those_of_its_key_before_it_are_remembered(context: Context) -> None:
    """If this answer is lost, the whole batch comes again, and then a1 must not run after a2."""
    store = Store()
    handler, _ = failing("b1", store=store)
    assert checkpoint(handler(keyed("a1", "c1", "b1", "a2"), context)) == "3"
    assert store.known == {identifier(1), identifier(4)}


def test_what_was_set_aside_behind_the_checkpoint_is_not_set_aside_again(time: VirtualTime) -> None:
    store, aws = Store(), FakeAws()

    @kinesis_handler(ordered_by="partition_key", succeeded=store, settings=StreamSettings(set_aside_queue_url=QUEUE))
    def handler(record: KinesisRecord[bytes]) -> None:
        if record.data == b"b1" and len(store.calls) == 1:
            raise ValueError
        if record.data == b"c1":
            raise Permanent("x")

    with outside(aws, time):
        Delivery(handler).deliver(keyed("a1", "b1", "c1")["Records"])
    assert len(aws.messages) == 1


@pytest.mark.parametrize("name", ["recall", "remember"])
def test_a_store_that_fails_is_logged_and_records_run_again(context: Context, log: Log, name: str) -> None:
    def trouble(called: str) -> None:
        if called == name:
            raise OSError("no route to host")

    handler, seen = failing("b1", store=Store(trouble))
    Delivery(handler, context=lambda: context).deliver(keyed("a1", "b1", "c1")["Records"])
    assert seen == ["a1", "b1", "c1", "b1", "c1"]
    line = log("redrive.stream.succeeded_records_failed")[0]
    assert (line["call"], line["error"]) == (name, "OSError: no route to host")
    assert line["outcome"] == "records that have succeeded may run again"


@pytest.mark.parametrize("answer", [None, 7, [object()]])
def test_a_store_that_answers_nonsense_skips_nothing(context: Context, answer: Any) -> None:
    class Odd(Store):
        def recall(self, identifiers: Sequence[str], /) -> Any:
            return answer

    handler, seen = failing(store=Odd())
    assert checkpoint(handler(keyed("a1", "b1"), context)) is None
    assert seen == ["a1", "b1"]


@pytest.mark.parametrize("name", ["recall", "remember"])
def test_nobody_waits_for_a_store_until_the_timeout(time: VirtualTime, log: Log, name: str) -> None:
    end = threading.Event()

    def hang(called: str) -> None:
        if called == name:
            end.wait(10)

    context = Context(time, 0.9)
    handler, seen = failing("b1", store=Store(hang), deadline_margin=0)
    try:
        assert checkpoint(handler(keyed("a1", "b1", "c1"), context)) == "2"
    finally:
        end.set()
    assert seen == ["a1", "b1", "c1"]
    assert log("redrive.stream.succeeded_records_failed")[0]["error"].startswith("no answer in the time")


def test_a_dynamodb_record_is_known_by_the_id_of_its_event(context: Context) -> None:
    """Lambda does not say its shard, and a sequence number is one of its shard."""
    store = Store()

    @dynamodb_stream_handler(ordered_by="item_key", succeeded=store)
    def handler(record: Any) -> None:
        if record.sequence_number == "1":
            raise ValueError

    assert checkpoint(handler(event(dynamodb_record(1, key="a"), dynamodb_record(2, key="b")), context)) == "1"
    assert store.known == {f"orders-function/{TABLE_STREAM}/event-2/2"}


def test_records_with_the_same_id_are_neither_remembered_nor_skipped(context: Context) -> None:
    """Records may share a sequence number, and one of them may have failed."""
    store = Store(known={identifier(2)})
    seen: list[bytes] = []

    @kinesis_handler(ordered_by="partition_key", succeeded=store)
    def handler(record: KinesisRecord[bytes]) -> None:
        seen.append(record.data)
        if record.data in (b"a", b"c"):
            raise ValueError

    shared = [kinesis_record(2, name.encode(), key=name) for name in ("b", "c")]
    assert checkpoint(handler(event(kinesis_record(1, b"a", key="a"), *shared), context)) == "1"
    assert seen == [b"a", b"b", b"c"]
    assert [name for name, _ in store.calls] == ["recall"]
