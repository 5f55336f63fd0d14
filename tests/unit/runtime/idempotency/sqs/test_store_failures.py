"""When the store fails: which messages run, and which are returned."""

from __future__ import annotations

from typing import Any

import pytest

from redrive import Idempotency, LateCompletion, SettingsError, sqs_handler
from redrive.idempotency.record import COMPLETED, Claim, Ending
from tests.support.runtime.idempotency.functions import Down, Store
from tests.support.runtime.idempotency.messages import Function, Make, raises_for, sequential
from tests.support.runtime.log import Log
from tests.support.runtime.sqs.queue import FakeSqs, VirtualTime, batch, event, record, returned

pytestmark = pytest.mark.usefixtures("sqs")


@pytest.mark.parametrize("how", ["fails", "forgets"])
def test_a_message_that_cannot_be_recorded_is_returned_until_its_claim_expires(
    make: Make, store: Store, sqs: FakeSqs, how: str
) -> None:
    function = Function()
    handler = make(function, {"lease": 100, "key": lambda message: message.body, "prefix": ""})
    handler(event(record("x", "1")))
    ((key, _),) = store.records.items()
    store.memory.records.clear()
    setattr(store, how, lambda name, each: Down() if (name, each) == ("end", key) else None)
    assert returned(handler(batch(3))) == ["1"]
    assert sqs.visibility == {"handle-1": 101}
    assert sorted(function.ran) == ["0", "1", "1", "2"]
    store.fails = store.forgets = lambda name, each: None
    # The next delivery shows if the write took effect after all.
    assert returned(handler(batch(3))) == (["1"] if how == "fails" else [])


@pytest.mark.parametrize("how", ["refuses", "loses"])
def test_where_nothing_can_be_recorded_all_is_returned(make: Make, store: Store, how: str) -> None:
    setattr(store, how, lambda name, keys: Down() if name == "end" else None)
    assert returned(make(Function())(batch(3))) == ["0", "1", "2"]


def test_a_message_that_was_done_too_late_is_returned(make: Make, store: Store, time: VirtualTime, log: Log) -> None:
    """Its claim has expired meanwhile, and another delivery has done it."""

    def during(message: Any) -> None:
        time.advance(200)
        (key,) = store.records
        successor = Claim(key, "successor", time.now, round(time.now + 50) * 1000, round(time.now) + 3600)
        assert store.memory.claim([successor]) == {key: None}
        assert store.memory.end([Ending(key, "successor", COMPLETED, successor.expiration)]) == {key: None}

    function = Function(during)
    handler = make(function, {"lease": 100})
    assert returned(handler(batch(1))) == ["0"]
    (line,) = log("redrive.sqs.failure")
    assert line["error_type"] == LateCompletion.__name__
    assert [stored.owner for stored in store.records.values()] == ["successor"]
    assert returned(handler(batch(1))) == []
    assert function.ran == ["0"]


def test_where_one_key_cannot_be_claimed_its_message_is_returned_alone(make: Make, store: Store) -> None:
    function = Function()
    handler = make(function)
    handler(event(record("x", "1")))
    (key,) = store.records
    store.memory.records.clear()
    store.fails = lambda name, each: Down() if each == key else None
    assert returned(handler(batch(3))) == ["1"]
    assert sorted(function.ran) == ["0", "1", "2"]
    assert [keys for keys in store.named("end") if key in keys] == store.named("end")[:1]  # nothing is there to end


def test_a_key_that_may_have_been_claimed_is_given_back(make: Make, store: Store) -> None:
    function = Function()
    handler = make(function)
    store.forgets = lambda name, each: TimeoutError() if name == "claim" else None
    assert returned(handler(batch(3))) == ["0", "1", "2"]
    assert (function.ran, store.records) == ([], {})
    store.forgets = lambda name, each: None
    assert returned(handler(batch(3))) == []
    assert sorted(function.ran) == ["0", "1", "2"]


@pytest.mark.parametrize("how", ["refuses", "loses"])
@pytest.mark.parametrize("error", [Down("no route"), TimeoutError("no answer")])
def test_where_nothing_can_be_claimed_nothing_runs_and_all_is_returned(
    make: Make, store: Store, how: str, error: Exception
) -> None:
    function = Function()
    handler = make(function)
    setattr(store, how, lambda name, keys: error if name == "claim" else None)
    assert returned(handler(batch(3))) == ["0", "1", "2"]
    assert function.ran == []
    if isinstance(error, TimeoutError):
        assert store.records == {}


def test_a_store_that_forgets_to_answer_has_claimed_nothing(store: Store) -> None:
    class Forgetful:
        def claim(self, claims: Any, seconds: float | None = None) -> dict[str, Any]:
            return {}

        end = store.end

    function = Function()
    assert returned(sequential(function, Forgetful())(batch(2))) == ["0", "1"]
    assert function.ran == []


def test_claims_that_cannot_be_ended_are_logged(make: Make, store: Store, log: Log) -> None:
    store.fails = lambda name, key: Down("no route") if name == "end" else None
    make(Function(raises_for("0", "1")))(batch(2))
    (line,) = log("redrive.idempotency.not_ended")
    assert line["claims"] == 2
    assert line["errors"] == ["Down: no route"]
    assert line["outcome"] == "they stay until they expire"


def test_without_a_table_nothing_is_deleted() -> None:
    function = Function()
    handler = sqs_handler(idempotency=Idempotency())(function.plain)
    with pytest.raises(SettingsError, match="no idempotency table is known"):
        handler(batch(2))
    assert function.ran == []
