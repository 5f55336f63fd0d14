"""Fixtures for the tests of streams: SQS and S3, and a clock."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.runtime.sqs.queue import VirtualTime
from tests.support.runtime.streams.stream import FakeAws, outside


@pytest.fixture
def aws(time: VirtualTime) -> Iterator[FakeAws]:
    aws = FakeAws()
    with outside(aws, time):
        yield aws
