"""A circuit's state in its table: what one member writes, another reads, whole and up to date."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from redrive.aws.clients import clients
from redrive.circuit.dynamodb import DynamoDBCircuits
from redrive.circuit.state import CLOSED, CircuitState, StoredCircuit
from redrive.core.system import clock
from tests.support.runtime.asynchronous.attempts import aws_error
from tests.support.runtime.sqs.queue import VirtualTime

NOW = 1_700_000_000.125
STATES = {
    "closed": CLOSED,
    "failures": CircuitState(failures=(NOW - 0.1, NOW)),
    "a failure rate": CircuitState(stretches=((5, 10, 3), (6, 2, 0))),
    "open": CircuitState(open_until=NOW + 20.7, opened_at=NOW - 0.3, openings=2),
    "half-open": CircuitState(open_until=NOW + 5, opened_at=NOW, openings=1, successes=1, probe="token"),
}


class Table:
    """A table with one item, which a member can read as it is, or as it was."""

    def __init__(self) -> None:
        self.item: dict[str, Any] | None = None
        self.late: dict[str, Any] | None = None

    def put_item(self, *, Item: dict[str, Any], ReturnValuesOnConditionCheckFailure: str = "NONE", **more: Any) -> None:  # noqa: N803
        if self.item is not None and "ExpressionAttributeValues" not in more:
            found = {"Item": self.item} if ReturnValuesOnConditionCheckFailure == "ALL_OLD" else {}
            raise aws_error("ConditionalCheckFailedException", **found)
        self.item = Item

    def get_item(self, *, ConsistentRead: bool = False, **_: Any) -> dict[str, Any]:  # noqa: N803
        item = self.item if ConsistentRead else self.late
        return {"ConsumedCapacity": {}} if item is None else {"Item": item, "ConsumedCapacity": {"CapacityUnits": 1}}


@pytest.fixture
def table(time: VirtualTime) -> Iterator[Table]:
    table = Table()
    time.now = NOW
    with clients.replaced(lambda service, limits: table), clock.replaced(time):
        yield table


@pytest.mark.parametrize("state", STATES.values(), ids=list(STATES))
def test_what_is_written_is_what_another_member_reads_at_once(table: Table, state: CircuitState) -> None:
    written = StoredCircuit("v1", state)
    assert DynamoDBCircuits("circuits").swap("bank", None, written) == written
    assert DynamoDBCircuits("circuits").read("bank") == written


def test_a_member_that_comes_late_gets_what_the_first_has_written(table: Table) -> None:
    store, first = DynamoDBCircuits("circuits"), StoredCircuit("v1", STATES["half-open"])
    store.swap("bank", None, first)
    assert store.swap("bank", None, StoredCircuit("v2", CLOSED)) == first


@pytest.mark.parametrize("name", ["closed", "open"])
def test_a_day_after_its_open_time_a_circuit_that_nobody_uses_is_closed(
    table: Table, time: VirtualTime, name: str
) -> None:
    """TTL deletes its item only some time later."""
    state = STATES[name]
    store = DynamoDBCircuits("circuits")
    store.swap("bank", None, StoredCircuit("v1", state))
    time.now = (state.open_until or NOW) + 86_400 - 1
    assert store.read("bank").state == state
    time.advance(2)
    assert store.read("bank") == StoredCircuit("v1", CLOSED)


def test_members_of_one_table_are_the_same_store() -> None:
    assert len({DynamoDBCircuits(table) for table in ("circuits", "circuits", "others")}) == 2
    assert DynamoDBCircuits("circuits") != "circuits"
