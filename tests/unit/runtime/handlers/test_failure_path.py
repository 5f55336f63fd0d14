"""The failure path itself may fail: then what has failed is retried, and nothing else."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

import pytest

from redrive import (
    Idempotency,
    MemoryStore,
    Permanent,
    SqsSettings,
    dynamodb_stream_handler,
    sqs_handler,
)
from tests.support.runtime.odd_errors import fails
from tests.support.runtime.sqs import queue
from tests.support.runtime.sqs.queue import Context, FakeSqs
from tests.support.runtime.streams import stream

Log = Callable[[str], list[dict[str, Any]]]


@pytest.mark.parametrize("error", [RuntimeError, MemoryError, SystemExit])
@pytest.mark.parametrize("place", ["diagnose", "decide", "warn", "report_failure", "change_visibility", "_count"])
def test_a_failure_path_that_fails_retries_what_has_failed(
    monkeypatch: pytest.MonkeyPatch,
    sqs: FakeSqs,
    context: Context,
    place: str,
    error: type[BaseException],
) -> None:
    import redrive.sqs.failures

    def broken(*_: Any, **__: Any) -> Any:
        raise error("the failure path is broken")

    monkeypatch.setattr(redrive.sqs.failures, place, broken)
    done: list[str] = []

    @sqs_handler
    def handler(message: Any) -> None:
        fails(KeyError)(message)
        done.append(message.id)

    assert queue.returned(handler(queue.batch(3), context)) == ["1"]
    assert done == ["0", "2"]


def test_a_dead_letter_is_not_returned_as_well(monkeypatch: pytest.MonkeyPatch, sqs: FakeSqs, context: Context) -> None:
    import redrive.sqs.failures

    def broken(*_: Any, **__: Any) -> Any:
        raise RuntimeError

    monkeypatch.setattr(redrive.sqs.failures, "report_failure", broken)
    for arn, url, options in (
        (queue.STANDARD, queue.DEAD_LETTERS, {}),
        (queue.FIFO, queue.FIFO_DEAD_LETTERS, {"group": "a"}),
    ):
        handler = sqs_handler(settings=SqsSettings(dead_letter_queue_url=url))(fails(lambda: Permanent("no lines")))
        assert queue.returned(handler(queue.batch(3, arn=arn, **options), context)) == []
    assert [entry["MessageBody"] for entry in sqs.sent] == ["1", "1"]


@pytest.mark.parametrize("place", ["diagnose", "warn", "report_failure", "count"])
@pytest.mark.parametrize("ordered_by", ["shard", "item_key"])
def test_a_stream_stops_at_a_record_whose_failure_path_fails(
    monkeypatch: pytest.MonkeyPatch, place: str, ordered_by: Any
) -> None:
    import redrive.streams.failures

    def broken(*_: Any, **__: Any) -> Any:
        raise RuntimeError("the failure path is broken")

    monkeypatch.setattr(redrive.streams.failures, place, broken)
    done: list[str] = []

    @dynamodb_stream_handler(ordered_by=ordered_by)
    def handler(record: Any) -> None:
        fails(KeyError)(record)
        done.append(record.sequence_number)

    event = stream.event(*(stream.dynamodb_record(number, key=str(number % 2)) for number in range(1, 6)))
    assert handler(event)["batchItemFailures"] == [{"itemIdentifier": "2"}]
    assert done == (["1"] if ordered_by == "shard" else ["1", "3", "5"])


def test_the_failure_of_the_failure_path_is_logged(
    monkeypatch: pytest.MonkeyPatch, sqs: FakeSqs, context: Context, log: Log
) -> None:
    import redrive.sqs.failures

    def broken(*_: Any, **__: Any) -> Any:
        raise MemoryError("none left")

    monkeypatch.setattr(redrive.sqs.failures, "diagnose", broken)
    sqs_handler(fails(KeyError))(queue.batch(3), context)
    (line,) = log("redrive.failure_not_handled")
    assert (line["error"], line["error_type"]) == ("none left", "MemoryError")


def test_a_stopped_run_leaves_no_claim_and_no_thread() -> None:
    store = MemoryStore()

    @sqs_handler(idempotency=Idempotency(store=store))
    def handler(message: Any) -> None:
        if message.id == "1":
            raise KeyboardInterrupt

    before = threading.active_count()
    with pytest.raises(KeyboardInterrupt):
        handler(queue.batch(5))
    left = [each.status for each in store.records.values()]
    assert left.count("COMPLETED") == 1
    assert len(left) <= 2
    for _ in range(100):
        if threading.active_count() == before:
            break
        time.sleep(0.01)
    assert threading.active_count() == before


def test_a_failure_is_handled_without_a_thread_if_there_is_none(
    monkeypatch: pytest.MonkeyPatch, sqs: FakeSqs, context: Context
) -> None:
    def refused(*_: Any) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr("threading.Thread.start", refused)

    @sqs_handler
    async def handler(message: Any) -> None:
        fails(KeyError)(message)

    assert queue.returned(handler(queue.batch(3), context)) == ["1"]
