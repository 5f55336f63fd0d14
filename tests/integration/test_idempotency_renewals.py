"""Processes on the local AWS that are killed (SIGKILL) at random moments of long invocations, and delivered again.

Once at once, when the claims of the dead are still valid; and once a minute after the crash, whatever the timeout.
"""

from __future__ import annotations

import os
import random
import signal
import time
from collections import Counter
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from redrive.settings.idempotency import OWNER_KEYS
from tests.support.integration.tables import make_table
from tests.support.runtime.idempotency.workers import Effects, outcomes
from tools.local_aws import LocalAws

pytestmark = [pytest.mark.integration, pytest.mark.random]

SEED = int(os.environ.get("REDRIVE_TEST_SEED", "13"))
SIZE = 24
TAKES = 0.75
MESSAGES = {str(number) for number in range(SIZE)}
TIMEOUTS = [30, 300, 900]
#: At which message: before, around and after the first renewal, which comes after 10 seconds.
KILLS = [range(1, 8), range(12, 18), range(SIZE - 2, SIZE + 1)]


@pytest.fixture(scope="module")
def points() -> dict[int, dict[str, dict[str, Any]]]:
    """Points at which each process kills itself, by timeout and name."""
    chance = random.Random(SEED)
    return {
        timeout: {
            f"{timeout}-{chance.randrange(10**6)}-{place}": {
                "at": chance.choice(["started", "done"]),
                "number": chance.choice(numbers),
                "takes": TAKES,
            }
            for place, numbers in enumerate(KILLS)
        }
        for timeout in TIMEOUTS
    }


def deliver(
    aws: LocalAws, folder: Path, number: int, points: Mapping[int, Mapping[str, Any]], later: float
) -> dict[str, tuple[int, set[str] | None]]:
    """Deliver each batch once; how its process has ended, and which messages it has returned."""

    def with_timeout(timeout: int) -> dict[str, tuple[int, set[str] | None]]:
        names = list(points[timeout])
        *answers, ends = outcomes(
            aws,
            "deliver",
            table=f"renewals-{timeout}",
            effects={name: str(folder / f"{name}-{number}") for name in names},
            points=points[timeout],
            size=SIZE,
            receive_count=number,
            later=later,
            lease=timeout,
        )
        left = {answer["name"]: set(answer["left"]) for answer in answers}
        return {name: (status, left.get(name)) for name, status in zip(names, ends["statuses"], strict=True)}

    with ThreadPoolExecutor(len(TIMEOUTS)) as pool:
        return {name: each for found in pool.map(with_timeout, TIMEOUTS) for name, each in found.items()}


def items(aws: LocalAws) -> list[Mapping[str, Any]]:
    client = aws.client("dynamodb")
    return [item for timeout in TIMEOUTS for item in client.scan(TableName=f"renewals-{timeout}")["Items"]]


def statuses(aws: LocalAws) -> Counter[tuple[str, str]]:
    """Counts the records of each batch by status."""
    return Counter((item["id"]["S"].partition("/")[0], item["status"]["S"]) for item in items(aws))


def done(folder: Path, name: str, number: int) -> list[str]:
    return [line[2] for line in Effects(str(folder / f"{name}-{number}")).lines() if line[0] == "done"]


def test_after_a_crash_nothing_runs_at_once_and_all_runs_a_minute_later(
    aws: LocalAws, tmp_path: Path, points: dict[int, dict[str, dict[str, Any]]]
) -> None:
    for timeout in TIMEOUTS:
        make_table(aws, f"renewals-{timeout}")
    names = [name for each in points.values() for name in each]
    nowhere: dict[int, dict[str, Any]] = {timeout: {name: {} for name in points[timeout]} for timeout in TIMEOUTS}
    first = deliver(aws, tmp_path, 1, points, 0)
    crashed = time.time()
    assert {status for status, _ in first.values()} == {-signal.SIGKILL}
    owners = [item for item in items(aws) if item["id"]["S"].startswith(OWNER_KEYS)]
    # One record for each owner that lived long enough, and none for those that end soon by themselves.
    assert len(TIMEOUTS[1:]) <= len(owners) <= 2 * len(TIMEOUTS[1:])
    after_crash = statuses(aws)

    second = deliver(aws, tmp_path, 2, nowhere, 0)
    for name in names:
        left = second[name][1]
        assert left is not None
        assert len(left) == after_crash[name, "INPROGRESS"]
        assert left.isdisjoint(done(tmp_path, name, 2))

    third = deliver(aws, tmp_path, 3, nowhere, 60 - (time.time() - crashed))
    for name in names:
        assert third[name] == (0, set()), f"seed {SEED}"
        runs = Counter(message for number in (1, 2, 3) for message in done(tmp_path, name, number))
        assert set(runs) == MESSAGES
        # Messages that had run without being recorded as done run again, and no others.
        ran_before = len(done(tmp_path, name, 1))
        recorded = after_crash[name, "COMPLETED"]
        assert sum(runs.values()) - SIZE <= max(0, ran_before - recorded)
    assert all(count == SIZE for (name, status), count in statuses(aws).items() if status == "COMPLETED")
