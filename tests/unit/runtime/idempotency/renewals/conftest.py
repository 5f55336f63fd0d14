"""Fixtures for the tests of renewals: two processes with one table, in virtual time."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from redrive import DynamoDBStore, IdempotencyStore, MemoryStore
from redrive.aws.clients import clients
from redrive.core.system import sleeper
from tests.support.runtime.aws.fake_dynamodb import FakeDynamoDB
from tests.support.runtime.idempotency.renewals import Background
from tests.support.runtime.sqs.queue import VirtualTime


@pytest.fixture
def dynamodb() -> FakeDynamoDB:
    return FakeDynamoDB()


@pytest.fixture
def background(time: VirtualTime, dynamodb: FakeDynamoDB) -> Iterator[Background]:
    """The background of this process."""
    background = Background(time)
    with ExitStack() as stack:
        stack.enter_context(clients.replaced(lambda service, limits: dynamodb))
        stack.enter_context(sleeper.replaced(time.advance))
        stack.enter_context(background.process())
        yield background
    assert background.active == {}, "a claim was not left"
    assert background.is_idle


@pytest.fixture
def other(time: VirtualTime) -> Background:
    """The background of another process."""
    return Background(time)


@pytest.fixture(params=["memory", "dynamodb"])
def store(request: pytest.FixtureRequest, dynamodb: FakeDynamoDB) -> IdempotencyStore:
    return MemoryStore() if request.param == "memory" else DynamoDBStore(dynamodb.table)
