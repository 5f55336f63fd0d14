"""Threads of a handler that call services which moto answers share one state."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import boto3
import pytest

from tests.support.simulator.usual_stack import REGION, invoked

THREADS = 4
PER_THREAD = 10


@pytest.fixture
def often() -> Iterator[None]:
    """Lets threads take turns a hundred times as often."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(before / 100)
    yield
    sys.setswitchinterval(before)


@pytest.mark.usefixtures("often")
def test_what_threads_put_at_the_same_time_is_all_there() -> None:
    def put(thread: int) -> None:
        ssm: Any = boto3.client("ssm", **REGION)
        for number in range(PER_THREAD):
            ssm.put_parameter(Name=f"/{thread}/{number}", Value="x", Type="String")

    def work() -> int:
        with ThreadPoolExecutor(THREADS) as pool:
            list(pool.map(put, range(THREADS)))
        pages = boto3.client("ssm", **REGION).get_paginator("get_parameters_by_path").paginate(Path="/", Recursive=True)
        return sum(len(page["Parameters"]) for page in pages)

    found, _ = invoked(work)
    assert found == THREADS * PER_THREAD
