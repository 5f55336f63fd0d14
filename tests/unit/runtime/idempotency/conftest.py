"""Fixtures for the tests of idempotency: a store, a function and a clock for each test."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.runtime.idempotency.functions import KINDS, Calls, Kind, Store, outside
from tests.support.runtime.sqs.queue import VirtualTime


@pytest.fixture
def seams(time: VirtualTime) -> Iterator[None]:
    with outside(time):
        yield


@pytest.fixture(params=KINDS)
def kind(request: pytest.FixtureRequest) -> Kind:
    """Plain functions, and `async def` ones: all that is shown here is the same for both."""
    return KINDS[request.param]


@pytest.fixture
def store() -> Store:
    return Store()


@pytest.fixture
def calls() -> Calls:
    return Calls()
