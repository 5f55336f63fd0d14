"""The conformance suite of the stores, run over memory and over a DynamoDB that is in memory as well."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from redrive import DynamoDBStore, IdempotencyStore, MemoryStore
from tests.support.runtime.aws.fake_dynamodb import FakeDynamoDB
from tests.support.runtime.idempotency.functions import outside
from tests.support.runtime.idempotency.store_conformance import *  # noqa: F403
from tests.support.runtime.sqs.queue import VirtualTime


@pytest.fixture(params=["memory", "dynamodb"])
def store(request: pytest.FixtureRequest, time: VirtualTime) -> Iterator[IdempotencyStore]:
    dynamodb = FakeDynamoDB()
    with outside(time, dynamodb):
        yield MemoryStore() if request.param == "memory" else DynamoDBStore(dynamodb.table)
