"""A call that was done is answered with its result, from the store or from the process."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import pytest

from redrive import (
    DynamoDBStore,
    FailedBefore,
    IdempotencySettings,
    InProgress,
    Permanent,
    ResultNotKept,
    Serializer,
    idempotent,
)
from tests.support.runtime.aws.fake_dynamodb import FakeDynamoDB
from tests.support.runtime.idempotency.decorated import abandoned, decorated, raising
from tests.support.runtime.idempotency.functions import Calls, Kind, Store, outside
from tests.support.runtime.log import Log
from tests.support.runtime.sqs.queue import VirtualTime

pytestmark = pytest.mark.usefixtures("seams")


# Done before.


def test_a_call_that_was_done_is_answered_and_not_run_again(kind: Kind, store: Store, calls: Calls) -> None:
    charge = decorated(kind, store, calls)
    assert [charge(7), charge(7), charge(8)] == [{"done": 7}, {"done": 7}, {"done": 8}]
    assert calls.made == [7, 8]
    assert store.statuses == ["COMPLETED", "COMPLETED"]


@pytest.mark.parametrize("result", [None, 0, "", [], "text", 1.5, True, {"a": [None]}])
def test_a_result_comes_back_as_json_has_it(kind: Kind, store: Store, result: Any) -> None:
    calls = Calls(answer=lambda argument: result)
    charge = decorated(kind, store, calls)
    assert [charge(7), charge(7)] == [result, result]
    assert len(calls.made) == 1


def test_what_json_has_no_types_for_comes_back_without(kind: Kind, store: Store) -> None:
    calls = Calls(answer=lambda argument: {1: (2, 3)})
    charge = decorated(kind, store, calls)
    assert [charge(7), charge(7)] == [{1: (2, 3)}, {"1": [2, 3]}]


def test_it_is_forgotten_after_its_expiry(kind: Kind, store: Store, calls: Calls, time: VirtualTime) -> None:
    charge = decorated(kind, store, calls, expiry=3000)
    charge(7)
    time.advance(3000)
    charge(7)
    assert calls.made == [7]
    time.advance(1)
    charge(7)
    assert calls.made == [7, 7]


def test_the_expiry_counts_from_the_end_of_the_call(kind: Kind, store: Store, time: VirtualTime) -> None:
    charge = decorated(kind, store, Calls(during=lambda argument: time.advance(50)), expiry=60)
    charge(7)
    assert next(iter(store.records.values())).expiration == time.now + 60


@pytest.mark.parametrize(
    ("options", "expiry"),
    [
        ({}, 3600),
        ({"settings": IdempotencySettings(expiry=77)}, 77),
        ({"settings": IdempotencySettings(expiry=77), "expiry": 66}, 66),
    ],
)
def test_the_expiry_is_that_given_then_the_constructs_then_an_hour(
    store: Store, calls: Calls, time: VirtualTime, options: dict[str, Any], expiry: int
) -> None:
    idempotent(store=store, key=str, lease=10, **options)(calls)(7)
    assert next(iter(store.records.values())).expiration == time.now + expiry


@dataclass
class Receipt:
    number: int


# Results.


def test_a_serializer_makes_json_of_a_result_and_the_result_of_that(kind: Kind, store: Store) -> None:
    serializer = Serializer(asdict, lambda fields: Receipt(**fields))
    charge = decorated(kind, store, Calls(answer=Receipt), serializer=serializer)
    assert [charge(7), charge(7)] == [Receipt(7), Receipt(7)]
    assert [stored.data for stored in store.records.values()] == ['{"number": 7}']


@pytest.mark.parametrize("serializer", [None, Serializer(lambda result: 1 / 0, lambda data: data)])
def test_a_result_that_is_no_json_is_done_all_the_same(
    kind: Kind, store: Store, log: Log, serializer: Serializer | None
) -> None:
    receipt = object()
    calls = Calls(answer=lambda argument: receipt)
    charge = decorated(kind, store, calls, serializer=serializer)
    assert charge(7) is receipt
    (line,) = log("redrive.idempotency.result_not_kept")
    assert line["remedy"] == "give a serializer="
    with pytest.raises(ResultNotKept, match=r"was done before, and its result is not stored: .*give when_not_kept="):
        charge(7)
    assert len(calls.made) == 1
    assert store.statuses == ["COMPLETED"]


def test_what_is_returned_for_a_result_that_was_not_kept_can_be_said(kind: Kind, store: Store) -> None:
    calls = Calls(answer=lambda argument: object())
    charge = decorated(kind, store, calls, when_not_kept=lambda order: f"receipt of {order}")
    charge(7)
    assert [charge(7), charge(7)] == ["receipt of 7"] * 2
    assert len(calls.made) == 1


def test_a_result_above_the_limit_of_an_item_is_done_all_the_same(kind: Kind, time: VirtualTime) -> None:
    calls = Calls(answer=lambda argument: "x" * 500_000)
    with outside(time, FakeDynamoDB()):
        charge = decorated(kind, DynamoDBStore("done"), calls)
        assert len(charge(7)) == 500_000
        with pytest.raises(ResultNotKept, match="400 KB"):
            charge(7)
        said = decorated(kind, DynamoDBStore("done"), calls, when_not_kept=lambda order: "look it up")
        assert said(7) == "look it up"
    assert len(calls.made) == 1


# The cache.


def test_completed_calls_are_remembered_in_the_process(kind: Kind, store: Store, calls: Calls) -> None:
    charge = decorated(kind, store, calls, cache=2)
    assert [charge(7), charge(7), charge(7)] == [{"done": 7}] * 3
    assert len(store.calls) == 2
    other = decorated(kind, store, calls, cache=2)
    assert [other(7), other(7)] == [{"done": 7}] * 2
    assert len(store.calls) == 3  # what another has done is remembered once it is known


def test_the_memory_is_bounded_and_forgets_the_oldest(kind: Kind, store: Store, calls: Calls) -> None:
    charge = decorated(kind, store, calls, cache=2)
    for order in (1, 2, 3):
        charge(order)
    before = len(store.calls)
    charge(2)
    charge(3)
    assert len(store.calls) == before
    charge(1)
    assert len(store.calls) == before + 1
    assert calls.made == [1, 2, 3]


def test_the_memory_expires_as_the_record_does(kind: Kind, store: Store, calls: Calls, time: VirtualTime) -> None:
    charge = decorated(kind, store, calls, cache=2, expiry=1000)
    charge(7)
    time.advance(1001)
    charge(7)
    assert calls.made == [7, 7]


def test_only_what_is_completed_is_remembered(kind: Kind, store: Store) -> None:
    calls = Calls(during=raising(OSError("disk full")))
    charge = decorated(kind, store, calls, cache=5)
    with pytest.raises(OSError, match="disk full"):
        charge(7)
    calls.during = raising(Permanent("a"))
    with pytest.raises(Permanent):
        charge(7)
    with pytest.raises(FailedBefore):
        charge(7)
    calls.during = lambda argument: None
    abandoned(store, charge, 8)
    with pytest.raises(InProgress):
        charge(8)
    assert len(store.named("claim")) == 5  # each time


def test_what_could_not_be_recorded_is_not_remembered(kind: Kind, store: Store, calls: Calls) -> None:
    charge = decorated(kind, store, calls, cache=5)
    abandoned(store, charge, 7)
    with pytest.raises(InProgress):
        charge(7)


def test_without_a_cache_each_call_asks(kind: Kind, store: Store, calls: Calls) -> None:
    charge = decorated(kind, store, calls)
    charge(7)
    charge(7)
    assert len(store.named("claim")) == 2
