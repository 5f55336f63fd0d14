"""What the tests of circuit breakers share: a clock, and the events of a circuit."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from redrive import CircuitEvent
from tests.support.runtime.circuit.circuits import fleet
from tests.support.runtime.sqs.queue import VirtualTime


@pytest.fixture
def time() -> Iterator[VirtualTime]:
    time = VirtualTime()
    with fleet(time):
        yield time


@pytest.fixture
def events() -> list[CircuitEvent]:
    return []
