"""A handler that has been told nothing says once, with its first failure, what it cannot know."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from redrive import (
    Backoff,
    SqsSettings,
    StreamSettings,
    dynamodb_stream_handler,
    kinesis_handler,
    sqs_handler,
)
from redrive.testing import dynamodb_stream_event, in_window, kinesis_event, sqs_event
from tests.support.runtime.sqs.queue import Context, FakeSqs

Log = Callable[[str], list[dict[str, Any]]]
STREAMS: dict[str, tuple[Any, dict[str, Any]]] = {
    "kinesis": (kinesis_handler, kinesis_event("1")),
    "dynamodb": (dynamodb_stream_handler, dynamodb_stream_event({"id": 1})),
}


def fail(record: object) -> None:
    raise ValueError("no")


def said(log: Log) -> list[dict[str, Any]]:
    """The lines about a batch that name something unknown."""
    return [line for line in log("redrive.sqs.batch") + log("redrive.stream.batch") if "unknown" in line]


@pytest.mark.parametrize("options", [{}, {"backoff": Backoff()}, {"concurrency": 2}])
def test_it_is_said_once_of_a_queue(sqs: FakeSqs, context: Context, log: Log, options: dict[str, Any]) -> None:
    handler = sqs_handler(**options)(fail)
    for _ in range(3):
        handler(sqs_event("1"), context)
    (line,) = said(log)
    assert line["unknown"] == ["ReportBatchItemFailures", "dead_letter_queue_url"]
    assert line["source_arn"] == sqs_event("1")["Records"][0]["eventSourceARN"]
    assert "SqsConsumer" in line["unknown_remedy"]


def test_it_is_said_of_each_queue(sqs: FakeSqs, context: Context, log: Log, monkeypatch: pytest.MonkeyPatch) -> None:
    arn = sqs_event("1", queue="known")["Records"][0]["eventSourceARN"]
    monkeypatch.setenv("REDRIVE_SQS_1", f'{{"source_arn": "{arn}", "max_receive_count": 5}}')
    handler = sqs_handler(fail)
    for name in ("one", "known", "other", "one"):
        handler(sqs_event("1", queue=name), context)
    assert [line["source_arn"].rpartition(":")[2] for line in said(log)] == ["one", "other"]


@pytest.mark.parametrize("settings", [SqsSettings(), SqsSettings(max_receive_count=5)])
def test_who_gives_settings_knows(sqs: FakeSqs, context: Context, log: Log, settings: SqsSettings) -> None:
    sqs_handler(settings=settings)(fail)(sqs_event("1"), context)
    assert said(log) == []


@pytest.mark.parametrize("kind", STREAMS)
def test_it_is_said_once_of_a_stream(context: Context, log: Log, kind: str) -> None:
    decorate, event = STREAMS[kind]
    handler = decorate(fail)
    for _ in range(3):
        handler(event, context)
    (line,) = said(log)
    assert line["unknown"] == ["ReportBatchItemFailures", "set_aside_queue_url", "set_aside_bucket"]
    assert "Consumer" in line["unknown_remedy"]


def test_it_is_said_once_of_a_stream_with_a_window(context: Context, log: Log) -> None:
    handler = kinesis_handler(window_end=fail)(lambda record, window: fail(record))
    for _ in range(2):
        handler(in_window(kinesis_event("1")), context)
    assert len(said(log)) == 1


@pytest.mark.parametrize("kind", STREAMS)
def test_nothing_is_said_of_a_stream_that_is_known(
    context: Context, log: Log, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    decorate, event = STREAMS[kind]
    decorate(settings=StreamSettings())(fail)(event, context)
    monkeypatch.setenv("REDRIVE_STREAM_1", '{"function_timeout": 30}')
    decorate(fail)(event, context)
    assert said(log) == []


def test_nothing_is_said_of_a_batch_without_failures(context: Context, caplog: pytest.LogCaptureFixture) -> None:
    sqs_handler(lambda message: None)(sqs_event("1"), context)
    kinesis_handler(lambda record: None)(kinesis_event("1"), context)
    assert caplog.records == []
