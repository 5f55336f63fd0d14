"""Fixtures for the tests of the core: DynamoDB and a clock, and functions of each kind."""

from __future__ import annotations

import pytest

from tests.support.runtime.idempotency.functions import KINDS, Kind


@pytest.fixture(params=KINDS)
def store_kind(request: pytest.FixtureRequest) -> Kind:
    return KINDS[request.param]
