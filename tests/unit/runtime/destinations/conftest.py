"""Both kinds of streams."""

from __future__ import annotations

import pytest


@pytest.fixture(params=[False, True], ids=["kinesis", "dynamodb"])
def dynamodb(request: pytest.FixtureRequest) -> bool:
    return request.param
