"""Fixtures for the tests of scopes: a clock and a store for each test."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from redrive import MemoryStore
from tests.support.runtime.idempotency.functions import outside
from tests.support.runtime.sqs.queue import VirtualTime


@pytest.fixture(autouse=True)
def seams(time: VirtualTime) -> Iterator[None]:
    with outside(time):
        yield


@pytest.fixture
def store() -> MemoryStore:
    return MemoryStore()
