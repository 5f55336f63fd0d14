"""What the tests of the core share: DynamoDB and a clock, and functions of each kind."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.runtime.aws.fake_dynamodb import FakeDynamoDB
from tests.support.runtime.idempotency.functions import KINDS, Kind, outside
from tests.support.runtime.sqs.queue import VirtualTime


@pytest.fixture
def dynamodb(time: VirtualTime) -> Iterator[FakeDynamoDB]:
    dynamodb = FakeDynamoDB()
    with outside(time, dynamodb):
        yield dynamodb


@pytest.fixture(params=KINDS)
def store_kind(request: pytest.FixtureRequest) -> Kind:
    return KINDS[request.param]
