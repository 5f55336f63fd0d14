"""Rules for every store of idempotency records, shown for DynamoDB on the local AWS."""

from __future__ import annotations

import time as real_time
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any, ClassVar

import pytest
from hypothesis import settings
from hypothesis.stateful import run_state_machine_as_test

from redrive import DynamoDBStore
from redrive.aws.clients import clients
from redrive.core.system import clock, sleeper
from redrive.idempotency.dynamodb_items import stored_of
from redrive.idempotency.record import COMPLETED, Stored
from redrive.idempotency.stores import IdempotencyStore
from tests.support.integration.attempt_counters import Network
from tests.support.integration.tables import make_table
from tests.support.runtime.idempotency.conformance.records import (
    LEASE,
    a_claim,
    a_completion,
    a_key,
    claimed,
    ended,
    others,
    seen,
)
from tests.support.runtime.idempotency.machine import OwnersMachine
from tests.support.runtime.idempotency.store_conformance import *  # noqa: F403
from tests.support.runtime.idempotency.store_lost_replies import *  # noqa: F403
from tests.support.runtime.idempotency.store_lost_replies import Lose
from tests.support.runtime.sqs.queue import VirtualTime
from tools.local_aws import LocalAws

pytestmark = pytest.mark.integration

TABLE = "idempotency-conformance"


@pytest.fixture(scope="module")
def table(aws: LocalAws) -> str:
    """Creates the table that a construct would create."""
    make_table(aws, TABLE)
    return TABLE


@pytest.fixture
def time() -> VirtualTime:
    """It begins with the real one, so that TTL removes nothing."""
    return VirtualTime(float(round(real_time.time())))


@pytest.fixture
def network(aws: LocalAws, time: VirtualTime) -> Iterator[Network]:
    network = Network()
    made = network.client(aws, "dynamodb")
    with ExitStack() as stack:
        stack.enter_context(clock.replaced(time))
        stack.enter_context(sleeper.replaced(time.advance))
        stack.enter_context(clients.replaced(lambda service, limits: made))
        yield network


@pytest.fixture
def store(table: str, network: Network) -> IdempotencyStore:
    return DynamoDBStore(table)


@pytest.fixture
def lose(network: Network) -> Lose:
    def lose(count: int, *, spare: int = 0) -> None:
        network.lose, network.spare = count, spare

    return lose


def test_it_makes_only_the_calls_that_it_names(store: IdempotencyStore, network: Network, time: VirtualTime) -> None:
    """So that a function is allowed no more than these."""
    claims = others(time, 30)
    claimed(store, *claims)
    claimed(store, *(a_claim(time, each.key) for each in claims))
    ended(store, *(a_completion(time, each) for each in claims[:15]))
    time.advance(LEASE + 1)
    claimed(store, *(a_claim(time, each.key) for each in claims))
    claimed(store, a_claim(time, a_key()))
    assert set(network.operations) == {"BatchExecuteStatement", "BatchGetItem"}


@pytest.mark.parametrize("seconds", [None, 30.0])
def test_a_hundred_keys_take_eight_requests(
    store: IdempotencyStore, network: Network, time: VirtualTime, seconds: float | None
) -> None:
    claimed(store, a_claim(time, a_key()))  # only the first request asks for permissions
    network.operations.clear()
    claims = others(time, 100)
    assert set(store.claim(claims, seconds).values()) == {None}
    assert set(store.end([a_completion(time, each) for each in claims], seconds).values()) == {None}
    assert network.operations == ["BatchExecuteStatement"] * 8


def test_an_item_has_the_attributes_that_powertools_reads(
    store: IdempotencyStore, aws: LocalAws, time: VirtualTime
) -> None:
    claim = a_claim(time, a_key(), validation="hash")
    claimed(store, claim)
    ended(store, a_completion(time, claim))
    item = aws.client("dynamodb").get_item(TableName=TABLE, Key={"id": {"S": claim.key}})["Item"]
    assert item == {
        "id": {"S": claim.key},
        "status": {"S": COMPLETED},
        "expiration": {"N": str(claim.expiration)},
        "in_progress_expiration": {"N": str(claim.lease_end)},
        "owner": {"S": claim.owner},
        "data": {"S": '"done"'},
        "validation": {"S": "hash"},
    }


def test_a_result_that_does_not_fit_is_left_out(store: IdempotencyStore, time: VirtualTime) -> None:
    claims = others(time, 2)
    claimed(store, *claims)
    assert ended(store, *(a_completion(time, each, "é" * 210_000) for each in claims)) == [None, None]
    found = seen(store, time, claims[0].key)
    assert (found.status, found.data) == (COMPLETED, None)
    assert "400 KB" in found.error


class TableOwners(OwnersMachine):
    client: ClassVar[Any]

    def make_store(self) -> IdempotencyStore:
        return DynamoDBStore(TABLE)

    def peek(self, key: str) -> Stored | None:
        item = self.client.get_item(TableName=TABLE, Key={"id": {"S": key}}, ConsistentRead=True).get("Item")
        return None if item is None else stored_of(item)


def test_no_two_that_live_do_the_same_and_what_is_done_stays_done(aws: LocalAws, table: str) -> None:
    TableOwners.client = client = aws.client("dynamodb")
    few = settings(max_examples=15, stateful_step_count=15, deadline=None)
    with clients.replaced(lambda service, limits: client):
        run_state_machine_as_test(TableOwners, settings=few)
