"""Fixtures for the tests of circuits: Lambda and SQS as the switch sees them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.runtime.circuit.world import World, a_world


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    with a_world(monkeypatch) as made:
        yield made
