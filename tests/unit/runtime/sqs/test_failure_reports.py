"""Reports of a failure: one log line, and a call of `on_failure`."""

from __future__ import annotations

import json
from typing import Any

import pytest

from redrive import Backoff, FailureClass, Permanent, Retry, SqsFailure, SqsMessage, SqsSettings, sqs_handler
from tests.support.runtime.log import Log
from tests.support.runtime.sqs.queue import (
    DEAD_LETTERS,
    FIFO,
    STANDARD,
    Context,
    FakeSqs,
    batch,
    event,
    record,
    returned,
)

SETTINGS = SqsSettings(dead_letter_queue_url=DEAD_LETTERS)


def failing(error: BaseException, **options: Any):
    @sqs_handler(backoff=Backoff(10, jitter="none"), **options)
    def handler(message: SqsMessage[Any]) -> None:
        raise error

    return handler


def test_each_failure_makes_one_line(sqs: FakeSqs, context: Context, log: Log) -> None:
    failing(ValueError("no such account"))(event(record("7", receive_count=2, group="tenant-1")), context)
    (line,) = log("redrive.sqs.failure")
    frames = line.pop("frames")
    assert line == {
        "event": "redrive.sqs.failure",
        "message_id": "7",
        "group_id": "tenant-1",
        "receive_count": 2,
        "source_arn": STANDARD,
        "outcome": "retried",
        "retry_after": 20,
        "failure": "other",
        "error": "no such account",
        "error_type": "ValueError",
        "request_id": context.aws_request_id,
    }
    assert frames[-1].startswith(__file__)
    assert frames[-1].endswith("in handler")


def test_a_dead_lettered_message_is_said_to_be(sqs: FakeSqs, context: Context, log: Log) -> None:
    failing(Permanent("no lines"), settings=SETTINGS)(batch(1), context)
    (line,) = log("redrive.sqs.failure")
    assert (line["outcome"], line["failure"], line["error"]) == ("dead_lettered", "permanent", "no lines")
    assert "retry_after" not in line


def test_a_batch_with_failures_makes_one_line_that_counts_them(sqs: FakeSqs, context: Context, log: Log) -> None:
    @sqs_handler(settings=SETTINGS)
    def handler(message: SqsMessage[str]) -> None:
        if message.id == "1":
            raise Permanent("x")
        if message.id in ("2", "3"):
            raise ValueError

    handler(batch(6), context)
    (line,) = log("redrive.sqs.batch")
    assert (line["messages"], line["retried"], line["dead_lettered"]) == (6, 2, 1)
    assert (line["dead_letters_not_sent"], line["visibility_not_changed"]) == (0, 0)


def test_a_batch_without_failures_makes_no_line(
    sqs: FakeSqs, context: Context, caplog: pytest.LogCaptureFixture
) -> None:
    sqs_handler(lambda message: None)(batch(3), context)
    assert caplog.records == []


class Mute(Exception):
    def __str__(self) -> str:
        raise ZeroDivisionError


def deep(depth: int) -> None:
    if depth:
        deep(depth - 1)
    raise ValueError("deep down")


@pytest.mark.parametrize(
    "error",
    [
        ValueError("x" * 1_000_000),
        ValueError("two\nlines and a \x00 and half of a \ud83d"),
        ValueError(b"\xff", {1: object()}),
        ExceptionGroup("many", [ValueError("x" * 1000)] * 1000),
        Mute(),
        KeyError(),
        type("x" * 300, (Exception,), {})(),
    ],
    ids=lambda error: type(error).__name__[:20],
)
def test_a_line_is_json_of_a_bounded_size_whatever_the_error(
    sqs: FakeSqs, context: Context, caplog: pytest.LogCaptureFixture, error: Exception
) -> None:
    assert returned(failing(error)(batch(1), context)) == ["0"]
    lines = [entry.getMessage() for entry in caplog.records]
    assert len(lines) == 2
    assert all(len(line) < 10_000 and "\n" not in line for line in lines)
    assert json.loads(lines[0])["error_type"] == type(error).__name__


def test_of_a_deep_traceback_the_innermost_frames_are_logged(sqs: FakeSqs, context: Context, log: Log) -> None:
    sqs_handler(lambda message: deep(200))(batch(1), context)
    frames = log("redrive.sqs.failure")[0]["frames"]
    assert len(frames) <= 10
    assert all("in deep" in frame for frame in frames)


def test_on_failure_is_called_for_each_failure(sqs: FakeSqs, context: Context) -> None:
    failures: list[SqsFailure] = []

    @sqs_handler(on_failure=failures.append, settings=SETTINGS, backoff=Backoff(10, jitter="none"))
    def handler(message: SqsMessage[str]) -> None:
        match message.id:
            case "1":
                raise Permanent("no lines")
            case "2":
                raise Retry(after=90, reason="closed")
            case "3":
                raise TimeoutError
            case _:
                pass

    assert returned(handler(batch(5), context)) == ["2", "3"]
    by_id = {failure.message.id: failure for failure in failures}
    assert set(by_id) == {"1", "2", "3"}
    assert len(failures) == 3
    dead, later, timed_out = by_id["1"], by_id["2"], by_id["3"]
    assert (dead.outcome, dead.failure, dead.retry_after) == ("dead_lettered", FailureClass.PERMANENT, None)
    assert (later.outcome, later.retry_after, later.reason) == ("retried", 90, "closed")
    assert (timed_out.outcome, timed_out.failure, timed_out.retry_after) == ("retried", FailureClass.TRANSIENT, 20)
    assert isinstance(timed_out.error, TimeoutError)
    assert timed_out.error_type == "TimeoutError"


def test_on_failure_hears_the_truth_about_a_message_that_could_not_be_dead_lettered(
    sqs: FakeSqs, context: Context
) -> None:
    failures: list[SqsFailure] = []
    failing(Permanent("x"), on_failure=failures.append)(batch(1), context)
    assert (failures[0].outcome, failures[0].failure) == ("retried", FailureClass.PERMANENT)


def test_on_failure_is_not_called_for_messages_that_were_not_tried(sqs: FakeSqs, context: Context) -> None:
    failures: list[SqsFailure] = []
    handler = failing(ValueError(), on_failure=failures.append)
    records = [record(str(number), arn=FIFO, group="a") for number in range(3)]
    assert returned(handler(event(*records), context)) == ["0", "1", "2"]
    assert [failure.message.id for failure in failures] == ["0"]


@pytest.mark.parametrize("error", [ZeroDivisionError(), SystemExit()], ids=repr)
@pytest.mark.parametrize("failure", [ValueError(), Permanent("x")], ids=repr)
def test_a_hook_that_raises_changes_no_outcome(
    sqs: FakeSqs, context: Context, log: Log, failure: Exception, error: BaseException
) -> None:
    def hook(failure: SqsFailure) -> None:
        raise error

    expected = [] if isinstance(failure, Permanent) else ["0", "1"]
    assert returned(failing(failure, on_failure=hook, settings=SETTINGS)(batch(2), context)) == expected
    assert [line["error_type"] for line in log("redrive.on_failure_failed")] == [type(error).__name__] * 2


def test_a_retry_raised_from_an_error_says_both_when_and_why(sqs: FakeSqs, context: Context, log: Log) -> None:
    closed = Retry(after=2)
    closed.__cause__ = ConnectionRefusedError("the warehouse is closed")
    failing(closed)(batch(1), context)
    (line,) = log("redrive.sqs.failure")
    assert line["error"] == "retry after 2 s: the warehouse is closed"
    assert line["error_type"] == "ConnectionRefusedError"
