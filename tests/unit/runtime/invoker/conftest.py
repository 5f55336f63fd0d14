"""Fixtures for the tests of the invoker: a client."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.runtime.invoker.fake_lambda import FakeLambda, outside, result
from tests.support.runtime.sqs.queue import VirtualTime


@pytest.fixture
def aws(time: VirtualTime) -> Iterator[FakeLambda]:
    """The client in the invoker's hands. Random numbers are 0.5, so that full jitter halves each wait."""
    aws = FakeLambda([result("an answer")])
    with outside(aws, time):
        yield aws
