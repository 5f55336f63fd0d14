"""Fixtures for the tests of replays: the stores, and clients of all services."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from typing import Any

import pytest

from redrive import DynamoDBStore, MemoryStore, clients
from redrive.core.parallel import background, runner
from redrive.core.system import clock, randomness, sleeper
from redrive.idempotency.stores import IdempotencyStore
from tests.support.runtime.aws.fake_dynamodb import FakeDynamoDB
from tests.support.runtime.sqs.queue import FakeSqs, VirtualTime
from tests.support.runtime.streams.stream import FakeAws


def _in_turn(work: Callable[[Any], None], items: Sequence[Any], timeout: float | None) -> None:
    for item in items:
        work(item)


@pytest.fixture
def sqs() -> FakeSqs:
    return FakeSqs()


@pytest.fixture
def aws() -> FakeAws:
    """The places where streams set records aside."""
    return FakeAws()


@pytest.fixture(params=["memory", "dynamodb"])
def store(request: pytest.FixtureRequest, time: VirtualTime, sqs: FakeSqs, aws: FakeAws) -> Iterator[IdempotencyStore]:
    """A store, with everything that helpers take from outside replaced, threads too: each batch would begin several."""
    dynamodb = FakeDynamoDB()

    class Both:
        """SQS as the SQS helper and as the stream helpers use it."""

        send_message = aws.send_message
        send_message_batch = sqs.send_message_batch
        change_message_visibility_batch = sqs.change_message_visibility_batch

    made = {"dynamodb": dynamodb, "sqs": Both, "s3": aws}
    with ExitStack() as stack:
        stack.enter_context(clients.replaced(lambda service, limits: made[service]))
        stack.enter_context(clock.replaced(time))
        stack.enter_context(sleeper.replaced(time.advance))
        stack.enter_context(randomness.replaced(lambda: 0.5))
        stack.enter_context(runner.replaced(_in_turn))
        stack.enter_context(background.replaced(None))
        yield MemoryStore() if request.param == "memory" else DynamoDBStore(dynamodb.table)
