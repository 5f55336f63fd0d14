"""Reports of a failure: one log line, a call of `on_failure`, and one line for the batch."""

from __future__ import annotations

from typing import Any

import pytest

from redrive.core import Permanent, Retry
from redrive.failures.classification import FailureClass
from redrive.settings.streams import StreamSettings
from redrive.streams.dynamodb import dynamodb_stream_handler
from redrive.streams.failures import StreamRecordFailure
from redrive.streams.kinesis import KinesisHandler, KinesisRecord, kinesis_handler
from tests.support.runtime.log import Log
from tests.support.runtime.sqs.queue import Context, VirtualTime
from tests.support.runtime.streams.stream import (
    QUEUE,
    SHARD,
    STREAM,
    TABLE_STREAM,
    FakeAws,
    Store,
    batch,
    checkpoint,
    dynamodb_record,
    event,
    keyed,
    outside,
)

SETTINGS = StreamSettings(set_aside_queue_url=QUEUE)


def failing(error: BaseException, **options: Any):
    def fail(record: KinesisRecord[Any]) -> None:
        raise error

    return KinesisHandler(fail, **options)


def test_each_failure_makes_one_line(context: Context, log: Log) -> None:
    failing(ValueError("no such account"))(batch(3), context)
    (line,) = log("redrive.stream.failure")
    frames = line.pop("frames")
    assert line == {
        "event": "redrive.stream.failure",
        "sequence_number": "1",
        "shard_id": SHARD,
        "source_arn": STREAM,
        "outcome": "retried",
        "failure": "other",
        "error": "no such account",
        "error_type": "ValueError",
        "request_id": context.aws_request_id,
    }
    assert frames[-1].startswith(__file__)


def test_a_record_that_was_set_aside_is_said_to_be_and_where(time: VirtualTime, context: Context, log: Log) -> None:
    with outside(FakeAws(), time):
        failing(Permanent("no lines"), settings=SETTINGS)(batch(1), context)
    (line,) = log("redrive.stream.failure")
    assert (line["outcome"], line["set_aside_to"], line["failure"]) == ("set_aside", QUEUE, "permanent")


def test_a_batch_with_failures_makes_one_line_that_counts_them(time: VirtualTime, context: Context, log: Log) -> None:
    store = Store(known={f"orders-function/{STREAM}/{SHARD}/1"})

    @kinesis_handler(ordered_by="partition_key", settings=SETTINGS, succeeded=store)
    def handler(record: KinesisRecord[bytes]) -> None:
        if record.data == b"b1":
            raise Permanent("x")
        if record.data == b"c1":
            raise ValueError

    with outside(FakeAws(), time):
        assert checkpoint(handler(keyed("a1", "b1", "c1", "d1", "c2", "c3"), context)) == "3"
    (line,) = log("redrive.stream.batch")
    assert line == {
        "event": "redrive.stream.batch",
        "source_arn": STREAM,
        "shard_id": SHARD,
        "records": 6,
        "checkpoint": "3",
        "failed": 1,
        "held": 2,
        "not_started": 0,
        "set_aside": 1,
        "not_set_aside": 0,
        "done_before": 1,
        "done_behind_checkpoint": 1,
        "remembered": 1,
        "request_id": context.aws_request_id,
    }


def test_a_batch_of_which_all_is_done_or_set_aside_makes_a_line_without_a_checkpoint(
    time: VirtualTime, context: Context, log: Log
) -> None:
    with outside(FakeAws(), time):
        assert checkpoint(failing(Permanent("no lines"), settings=SETTINGS)(batch(2), context)) is None
    (line,) = log("redrive.stream.batch")
    assert (line["records"], line["set_aside"], line["failed"]) == (2, 2, 0)
    assert "checkpoint" not in line


def test_a_batch_without_failures_makes_no_line(context: Context, caplog: pytest.LogCaptureFixture) -> None:
    kinesis_handler(lambda record: None)(batch(3), context)
    assert caplog.records == []


def test_a_dynamodb_failure_is_said_without_a_shard(log: Log) -> None:
    def fail(record: Any) -> None:
        raise ValueError

    dynamodb_stream_handler(fail)(event(dynamodb_record(7)))
    (line,) = log("redrive.stream.failure")
    assert (line["sequence_number"], line["source_arn"]) == ("7", TABLE_STREAM)
    assert "shard_id" not in line


def test_on_failure_is_called_for_each_failure(time: VirtualTime, context: Context) -> None:
    failures: list[StreamRecordFailure] = []

    @kinesis_handler(on_failure=failures.append, settings=SETTINGS, ordered_by="partition_key")
    def handler(record: KinesisRecord[bytes]) -> None:
        match record.data:
            case b"a1":
                raise Permanent("no lines")
            case b"b1":
                raise Retry(after=90, reason="closed")
            case b"c1":
                raise TimeoutError
            case _:
                pass

    with outside(FakeAws(), time):
        assert checkpoint(handler(keyed("a1", "b1", "c1", "d1", "c2"), context)) == "2"
    aside, later, timed_out = failures
    assert (aside.outcome, aside.failure, aside.record.sequence_number) == ("set_aside", FailureClass.PERMANENT, "1")
    assert (later.outcome, later.reason, later.error_type) == ("retried", "closed", "Retry")
    assert (timed_out.outcome, timed_out.failure) == ("retried", FailureClass.TRANSIENT)
    assert isinstance(timed_out.error, TimeoutError)


def test_on_failure_hears_the_truth_about_a_record_that_could_not_be_set_aside(context: Context) -> None:
    failures: list[StreamRecordFailure] = []
    failing(Permanent("x"), on_failure=failures.append)(batch(1), context)
    assert (failures[0].outcome, failures[0].failure) == ("retried", FailureClass.PERMANENT)


@pytest.mark.parametrize("error", [ZeroDivisionError(), SystemExit()])
def test_an_on_failure_that_fails_is_logged_and_changes_nothing(
    context: Context, log: Log, error: BaseException
) -> None:
    def hook(failure: StreamRecordFailure) -> None:
        raise error

    assert checkpoint(failing(ValueError(), on_failure=hook)(batch(2), context)) == "1"
    assert log("redrive.on_failure_failed")[0]["error_type"] == type(error).__name__


def test_a_classification_that_fails_is_logged_and_changes_nothing(context: Context, log: Log) -> None:
    def classify(error: BaseException) -> FailureClass:
        raise ZeroDivisionError

    assert checkpoint(failing(ValueError(), classify=classify)(batch(2), context)) == "1"
    assert log("redrive.classify_failed")[0]["error_type"] == "ZeroDivisionError"
