"""Idempotency on the local AWS between processes: many that race, one that dies, and one that comes too late.

What the processes do is recorded in a file, a line each time, and counted when they have ended.
"""

from __future__ import annotations

import os
import signal
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from redrive import Idempotency, InProgress
from redrive.aws.clients import clients
from redrive.core import Retry
from tests.support import profiles
from tests.support.integration.tables import make_table
from tests.support.runtime.idempotency import workers
from tests.support.runtime.idempotency.workers import Effects, outcome_of, outcomes, started
from tests.support.runtime.sqs.queue import returned
from tools.local_aws import LocalAws

pytestmark = [pytest.mark.integration, pytest.mark.soak]

PROCESSES = profiles.either(16, 64)
ORDERS = 2
LEASE = 0.6


@pytest.fixture(scope="module")
def tables(aws: LocalAws) -> Iterator[None]:
    """The helpers of this process call the local AWS."""
    with clients.replaced(lambda service, limits: aws.client(service)):
        yield


@pytest.fixture
def table(aws: LocalAws, tables: None, request: pytest.FixtureRequest) -> str:
    """A new one."""
    name = f"races-{abs(hash(request.node.name))}"
    make_table(aws, name)
    return name


@pytest.fixture
def effects(tmp_path: Path) -> Effects:
    return Effects(str(tmp_path / "effects"))


def items(aws: LocalAws, table: str) -> list[dict[str, Any]]:
    return aws.client("dynamodb").scan(TableName=table)["Items"]


def statuses(aws: LocalAws, table: str) -> list[str]:
    return [item["status"]["S"] for item in items(aws, table)]


@pytest.mark.parametrize("kind", ["function", "handler"])
def test_of_many_processes_one_runs_and_all_have_its_result(
    aws: LocalAws, table: str, effects: Effects, kind: str
) -> None:
    said = outcomes(aws, "race", table=table, effects=effects.path, processes=PROCESSES, orders=ORDERS, kind=kind)
    assert len(said) == PROCESSES
    runs = effects.lines()
    assert sorted(order for order, _ in runs) == [str(order) for order in range(ORDERS)]
    expected = [{"order": int(order), "by": int(process)} for order, process in sorted(runs)]
    assert [each["results"] for each in said] == [expected] * PROCESSES
    assert sum(each["waits"] for each in said) > 0  # it was a race
    assert statuses(aws, table) == ["COMPLETED"] * ORDERS


def test_of_many_processes_with_the_same_batch_one_handles_each_message(
    aws: LocalAws, table: str, effects: Effects
) -> None:
    """More messages than go into one request, so that several may win some."""
    said = outcomes(aws, "race", table=table, effects=effects.path, processes=PROCESSES, orders=30, kind="batch")
    assert len(said) == PROCESSES
    assert Counter(message for message, _ in effects.lines()) == {str(number): 1 for number in range(30)}
    assert sum(each["waits"] for each in said) > 0
    assert statuses(aws, table) == ["COMPLETED"] * 30


def successor(kind: str, table: str, effects: Effects) -> Any:
    """Calls for the order that the other process has, as a redelivery does; what has come of it."""
    using = Idempotency(settings=workers.settings(table), clock_skew=0)

    def effect(order: object) -> None:
        effects.add(order, os.getpid())

    if kind == "function":
        return workers.charging(using, effect)("0")
    errors: list[BaseException] = []
    consumer = workers.consuming(using, effect, on_failure=lambda failure: errors.append(failure.error))
    if returned(consumer(workers.messages(1), None)):
        raise errors[0]
    return None


@pytest.mark.parametrize("kind", ["function", "batch"])
def test_a_dead_owner_is_succeeded_when_its_claim_has_expired_and_not_before(
    aws: LocalAws, table: str, effects: Effects, kind: str
) -> None:
    # Long enough for a busy machine to look while it holds.
    arguments = {"table": table, "effects": effects.path, "kind": kind, "lease": 4.0, "ending": "return"}
    with started(aws, "own", **arguments) as owner:
        assert outcome_of(owner) == "running"
        os.kill(owner.pid, signal.SIGKILL)
        assert owner.wait() == -signal.SIGKILL
    with pytest.raises(InProgress) as refused:
        successor(kind, table, effects)
    assert refused.value.after is not None
    assert 0 < refused.value.after <= 4.0
    time.sleep(refused.value.after)
    successor(kind, table, effects)
    assert effects.lines() == [["0", str(owner.pid)], ["0", str(os.getpid())]]
    assert statuses(aws, table) == ["COMPLETED"]
    successor(kind, table, effects)
    assert len(effects.lines()) == 2


@pytest.mark.parametrize("kind", ["function", "batch"])
@pytest.mark.parametrize("ending", ["return", "raise"])
def test_a_late_owner_leaves_the_result_of_its_successor_as_it_is_and_hears_of_it(
    aws: LocalAws, table: str, effects: Effects, kind: str, ending: str
) -> None:
    arguments = {"table": table, "effects": effects.path, "kind": kind, "lease": LEASE, "ending": ending}
    with started(aws, "own", **arguments) as owner:
        assert outcome_of(owner) == "running"
        time.sleep(LEASE + 0.01)
        result = successor(kind, table, effects)
        stored = items(aws, table)
        assert [item["status"]["S"] for item in stored] == ["COMPLETED"]
        outcome = late(owner)
    assert items(aws, table) == stored
    assert successor(kind, table, effects) == result
    assert effects.lines() == [["0", str(owner.pid)], ["0", str(os.getpid())]]
    check(outcome, kind, ending, owner.pid)


@pytest.mark.parametrize("kind", ["function", "batch"])
@pytest.mark.parametrize("ending", ["return", "raise"])
def test_a_late_owner_leaves_the_claim_of_its_successor_as_it_is(
    aws: LocalAws, table: str, effects: Effects, kind: str, ending: str
) -> None:
    arguments = {"table": table, "effects": effects.path, "kind": kind, "lease": LEASE, "ending": "return"}
    with started(aws, "own", **(arguments | {"ending": ending})) as owner:
        assert outcome_of(owner) == "running"
        time.sleep(LEASE + 0.01)
        with started(aws, "own", **(arguments | {"lease": 30})) as second:
            assert outcome_of(second) == "running"
            claimed = items(aws, table)
            assert [item["status"]["S"] for item in claimed] == ["INPROGRESS"]
            outcome = late(owner)
            assert items(aws, table) == claimed
            with pytest.raises(InProgress):
                successor(kind, table, effects)
            result = late(second)
    check(outcome, kind, ending, owner.pid)
    assert (
        result == {"result": {"order": "0", "by": second.pid}} if kind == "function" else {"returned": [], "errors": []}
    )
    assert statuses(aws, table) == ["COMPLETED"]
    assert effects.lines() == [["0", str(owner.pid)], ["0", str(second.pid)]]


def late(owner: Any) -> Any:
    """Lets an owner go on, and returns what has come of it."""
    owner.stdin.write("\n")
    owner.stdin.flush()
    return outcome_of(owner)


def check(outcome: Any, kind: str, ending: str, pid: int) -> None:
    """It has heard that it came late; where its function has raised, that is what it hears of."""
    name = "LateCompletion" if ending == "return" else "ValueError"
    if kind == "batch":
        assert outcome == {"returned": ["0"], "errors": [name]}
        return
    assert outcome == {"error": name, "result": {"order": "0", "by": pid} if ending == "return" else None}


def test_an_owner_that_is_not_late_is_not_succeeded(aws: LocalAws, table: str, effects: Effects) -> None:
    """The same as above, within the lease."""
    arguments = {"table": table, "effects": effects.path, "kind": "function", "lease": 30, "ending": "return"}
    with started(aws, "own", **arguments) as owner:
        assert outcome_of(owner) == "running"
        with pytest.raises(Retry):
            successor("function", table, effects)
        outcome = late(owner)
    assert outcome == {"result": {"order": "0", "by": owner.pid}}
    assert successor("function", table, effects) == outcome["result"]
    assert effects.lines() == [["0", str(owner.pid)]]
