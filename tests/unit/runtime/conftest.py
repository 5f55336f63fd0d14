"""Fixtures for the tests of the helpers: an SQS client, a clock, random numbers, a log and metrics for each test."""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Iterator
from typing import Any

import pytest

from redrive.core.parallel import repeater
from tests.support.runtime.aws.fake_dynamodb import FakeDynamoDB
from tests.support.runtime.idempotency.functions import outside as outside_of_idempotency
from tests.support.runtime.log import Log
from tests.support.runtime.metrics.emf import Published, published
from tests.support.runtime.sqs.queue import Context, FakeSqs, VirtualTime, outside


@pytest.fixture(autouse=True)
def no_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    """No construct has set a variable of the function, unless a test does."""
    for name in [name for name in os.environ if name.startswith(("REDRIVE_", "AWS_"))]:
        monkeypatch.delenv(name)


@pytest.fixture(autouse=True)
def no_renewals() -> Iterator[None]:
    """Nothing is renewed in the background, by the machine's time; the tests of renewals replace this."""
    with repeater.replaced(None):
        yield


@pytest.fixture
def time() -> VirtualTime:
    return VirtualTime()


@pytest.fixture
def sqs(time: VirtualTime) -> Iterator[FakeSqs]:
    """The client in the helpers' hands. Random numbers are 0.5, so that full jitter halves each wait."""
    sqs = FakeSqs()
    with outside(sqs, time):
        yield sqs


@pytest.fixture
def dynamodb(time: VirtualTime) -> Iterator[FakeDynamoDB]:
    """The table in the hands of idempotency."""
    dynamodb = FakeDynamoDB()
    with outside_of_idempotency(time, dynamodb):
        yield dynamodb


@pytest.fixture
def context(time: VirtualTime) -> Context:
    return Context(time)


@pytest.fixture
def log(caplog: pytest.LogCaptureFixture) -> Log:
    """The log lines of one kind, each read as JSON."""
    caplog.set_level(logging.WARNING, "redrive")

    def lines(kind: str) -> list[dict[str, Any]]:
        every = [json.loads(entry.getMessage()) for entry in caplog.records if entry.name == "redrive"]
        return [line for line in every if line["event"] == kind]

    return lines


@pytest.fixture
def metrics() -> Iterator[Published]:
    """The metrics that are published while the test runs."""
    with published() as found:
        yield found
