"""A log handler or an output that raises changes nothing."""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import Iterator
from typing import Any

import pytest

from redrive import (
    CircuitBreaker,
    CircuitPolicy,
    LocalCircuits,
    Permanent,
    SqsSettings,
    kinesis_handler,
    sqs_handler,
)
from tests.support.runtime.odd_errors import fails
from tests.support.runtime.sqs import queue
from tests.support.runtime.sqs.queue import Context, FakeSqs
from tests.support.runtime.streams import stream


class Raises(logging.Handler):
    def __init__(self, error: type[BaseException]) -> None:
        super().__init__()
        self.error = error

    def handle(self, record: logging.LogRecord) -> bool:
        raise self.error("no disk")


@pytest.fixture(params=[OSError, RecursionError, SystemExit, BaseException])
def broken_log(request: pytest.FixtureRequest) -> Iterator[None]:
    handler = Raises(request.param)
    logging.getLogger("redrive").addHandler(handler)
    yield
    logging.getLogger("redrive").removeHandler(handler)


@pytest.mark.usefixtures("broken_log")
def test_a_log_handler_that_raises_changes_nothing(
    sqs: FakeSqs, context: Context, capsys: pytest.CaptureFixture[str]
) -> None:
    seen: list[str] = []
    settings = SqsSettings(dead_letter_queue_url=queue.DEAD_LETTERS)

    @sqs_handler(settings=settings, on_failure=lambda failure: seen.append(failure.message.id))
    def handler(message: Any) -> None:
        if message.id == "1":
            raise ValueError
        if message.id == "2":
            raise Permanent("no lines")

    assert queue.returned(handler(queue.batch(4), context)) == ["1"]
    assert [entry["MessageBody"] for entry in sqs.sent] == ["2"]
    assert seen == ["1", "2"]
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert {line["event"] for line in lines} >= {"redrive.sqs.failure", "redrive.sqs.batch"}


@pytest.mark.usefixtures("broken_log")
def test_a_log_handler_that_raises_stops_no_stream_and_no_circuit() -> None:
    assert kinesis_handler(fails(KeyError))(stream.batch(3))["batchItemFailures"] == [{"itemIdentifier": "2"}]
    payments = CircuitBreaker("payments", store=LocalCircuits(), policy=CircuitPolicy(failure_threshold=1))
    with pytest.raises(ValueError, match="invalid literal"):
        payments.call(int, "x")
    assert payments.open_for()


def test_an_output_that_raises_changes_nothing(sqs: FakeSqs, context: Context, monkeypatch: pytest.MonkeyPatch) -> None:
    class Closed:
        def write(self, text: str) -> None:
            raise BrokenPipeError

        flush = write

    monkeypatch.setattr(sys, "stdout", Closed())
    assert queue.returned(sqs_handler(fails(KeyError))(queue.batch(3), context)) == ["1"]
