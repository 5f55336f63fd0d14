"""When the store fails: what runs, what is raised, and what is released."""

from __future__ import annotations

import pytest

from redrive import DynamoDBStore, NotRecorded, Retry
from tests.support.runtime.aws.fake_dynamodb import FakeDynamoDB
from tests.support.runtime.idempotency.decorated import LEASE, SKEW, decorated, raising
from tests.support.runtime.idempotency.dynamodb_errors import LOST
from tests.support.runtime.idempotency.functions import Calls, Down, Kind, Store, outside
from tests.support.runtime.log import Log
from tests.support.runtime.sqs.queue import VirtualTime

pytestmark = pytest.mark.usefixtures("seams")


@pytest.mark.parametrize("how", ["refuses", "fails"])
def test_where_the_store_cannot_be_asked_nothing_is_run(kind: Kind, store: Store, calls: Calls, how: str) -> None:
    setattr(store, how, lambda name, keys: Down("no route"))
    with pytest.raises(Down, match="no route"):
        decorated(kind, store, calls)(7)
    assert calls.made == []


def test_a_claim_that_may_have_been_made_is_given_back(kind: Kind, store: Store, calls: Calls) -> None:
    """So that the next one need not wait for it to expire."""
    charge = decorated(kind, store, calls)
    store.forgets = lambda name, key: TimeoutError() if name == "claim" else None
    with pytest.raises(TimeoutError):
        charge(7)
    assert (calls.made, store.records) == ([], {})
    store.forgets = lambda name, key: None
    assert charge(7) == {"done": 7}


@pytest.mark.parametrize("how", ["refuses", "fails", "loses", "forgets"])
def test_where_it_cannot_be_recorded_that_says_so_with_the_result(
    kind: Kind, store: Store, time: VirtualTime, how: str
) -> None:
    calls = Calls(during=lambda argument: time.advance(10))
    charge = decorated(kind, store, calls)
    setattr(store, how, lambda name, keys: Down("no route") if name == "end" else None)
    with pytest.raises(NotRecorded, match="was done, but could not be recorded as done") as raised:
        charge(7)
    assert raised.value.result == {"done": 7}
    assert raised.value.after == pytest.approx(LEASE + SKEW - 10, abs=0.01)
    assert isinstance(raised.value, Retry)
    assert isinstance(raised.value.__cause__, Down)
    assert [raised.value.key] == list(store.records)
    assert calls.made == [7]


@pytest.mark.parametrize("how", ["refuses", "fails"])
def test_where_a_failure_cannot_be_recorded_the_error_is_raised_all_the_same(
    kind: Kind, store: Store, how: str, log: Log
) -> None:
    setattr(store, how, lambda name, keys: Down("no route") if name == "end" else None)
    with pytest.raises(OSError, match="disk full"):
        decorated(kind, store, Calls(during=raising(OSError("disk full"))))(7)
    (line,) = log("redrive.idempotency.not_ended")
    assert (line["error"], line["outcome"]) == ("no route", "the claim stays until it expires")


def test_a_completion_whose_reply_is_lost_is_no_error(kind: Kind, time: VirtualTime, calls: Calls) -> None:
    dynamodb = FakeDynamoDB()
    lost: list[str] = []

    def after(name: str) -> None:
        if lost.count(name) < 2:
            lost.append(name)
            raise LOST

    dynamodb.after = after
    with outside(time, dynamodb):
        charge = decorated(kind, DynamoDBStore("done"), calls)
        assert [charge(7), charge(7)] == [{"done": 7}] * 2
    assert calls.made == [7]
    assert sorted(lost) == ["batch_execute_statement"] * 2 + ["batch_get_item"] * 2
