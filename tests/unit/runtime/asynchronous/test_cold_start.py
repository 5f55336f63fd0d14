"""A cold start of `@async_handler` pays for counting in `/tmp`, and for nothing else."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.unit.runtime.test_imports import HEAVY, loaded_by

HANDLING = """
from redrive import Attempt, async_handler

@async_handler{arguments}
def handler(event, attempt: Attempt):
    assert attempt.number == 0
    return event

class Context:
    aws_request_id = "c6af9ac6-7b61-11e6-9a41-93e8deadbeef"
    invoked_function_arn = "arn:aws:lambda:eu-west-1:1:function:orders"
    def get_remaining_time_in_millis(self):
        return 30_000

assert handler(7, Context()) == 7
"""
IMPORTS = "from redrive import AsyncHandler, AsyncSettings, Attempt, AttemptCounter, async_handler"


@pytest.fixture
def handling(tmp_path: Path) -> str:
    counter = f"counter=TmpCounter({str(tmp_path / 'attempts')!r})"
    return "from redrive import TmpCounter\n" + HANDLING.format(arguments=f"({counter})")


def test_nothing_heavy_is_loaded_by_importing() -> None:
    assert loaded_by(IMPORTS).isdisjoint(HEAVY)


def test_nothing_heavy_is_loaded_by_handling_an_event(handling: str) -> None:
    assert loaded_by(handling).isdisjoint({*HEAVY, "hashlib", "pathlib", "re", "concurrent.futures"})


def test_nothing_outside_of_the_standard_library_is_loaded(handling: str) -> None:
    foreign = {name.partition(".")[0] for name in loaded_by(handling)} - sys.stdlib_module_names
    assert foreign == {"redrive"}


def test_the_counters_need_no_boto3_before_they_count() -> None:
    imports = "from redrive import DynamoDBCounter, LogsCounter, S3Counter"
    assert loaded_by(f"{imports}\nDynamoDBCounter('table'); S3Counter('bucket'); LogsCounter()").isdisjoint(
        {"boto3", "botocore"}
    )
