"""Messages with the same key in one batch: one of them runs, and the others share its outcome."""

from __future__ import annotations

import asyncio
import json
import threading
from typing import Any

import pytest

from redrive import Idempotency, Permanent, sqs_handler
from redrive.idempotency.record import COMPLETED
from tests.support.runtime.idempotency.functions import Down, Store
from tests.support.runtime.idempotency.messages import Function, raises_for, sequential
from tests.support.runtime.sqs.queue import FakeSqs, event, record, returned

pytestmark = pytest.mark.usefixtures("sqs")


@pytest.mark.parametrize("kind", ["plain", "in_task"])
def test_of_messages_that_are_the_same_one_runs(store: Store, kind: str) -> None:
    function = Function()
    handler = sqs_handler(idempotency=Idempotency(store=store))(getattr(function, kind))
    assert returned(handler(event(record("1", "a"), record("2", "a"), record("3", "b"), record("4", "a")))) == []
    assert function.ran == ["a", "b"]


def test_of_messages_that_are_the_same_none_is_done_where_the_first_fails(store: Store) -> None:
    function = Function(raises_for("a"))
    assert returned(sequential(function, store)(event(record("1", "a"), record("2", "a"), record("3", "b")))) == [
        "1",
        "2",
    ]
    assert function.ran == ["a", "b"]
    assert store.statuses == [COMPLETED]


def test_of_messages_that_are_the_same_all_have_failed_for_good_with_the_first(store: Store, sqs: FakeSqs) -> None:
    function = Function(raises_for("a", error=Permanent("no lines")))
    assert returned(sequential(function, store)(event(record("1", "a"), record("2", "a")))) == []
    assert function.ran == ["a"]
    reasons = [each["MessageAttributes"]["RedriveReason"]["StringValue"] for each in sqs.sent]
    assert reasons == ["no lines", "no lines"]


def test_of_messages_that_are_the_same_none_is_done_where_the_first_is_not_recorded(store: Store) -> None:
    store.fails = lambda name, key: Down() if name == "end" else None
    assert returned(sequential(Function(), store)(event(record("1", "a"), record("2", "a")))) == ["1", "2"]


@pytest.mark.parametrize("kind", ["plain", "in_task"])
def test_one_that_is_the_same_as_one_under_way_comes_back_at_once(store: Store, sqs: FakeSqs, kind: str) -> None:
    other_waits, first_ends = threading.Event(), threading.Event()

    class Slow(Function):
        def plain(self, message: Any) -> None:
            self.ran.append(message.id)
            if message.id == "1":
                other_waits.wait(5)
            elif message.id == "3":
                other_waits.set()

        async def in_task(self, message: Any) -> None:
            await asyncio.to_thread(self.plain, message)

    function = Slow()
    handler = sqs_handler(idempotency=Idempotency(store=store), concurrency=2)(getattr(function, kind))
    assert returned(handler(event(record("1", "a"), record("2", "a"), record("3", "b")))) == ["2"]
    assert sqs.visibility == {"handle-2": 0}
    assert sorted(function.ran) == ["1", "3"]
    assert not first_ends.is_set()


AMOUNTS = [json.dumps({"id": 1, "amount": amount}) for amount in (5, 6)]


def test_another_payload_under_one_key_is_a_failure_for_good(store: Store, sqs: FakeSqs) -> None:
    """The first of them may have come before or in the same batch."""
    function = Function()
    handler = sequential(function, store, key="id", payload="amount")
    five, six = AMOUNTS
    together = event(record("1", five), record("2", six), record("3", five))
    assert returned(handler(together)) == []
    assert function.ran == [five]
    assert [each["Id"] for each in sqs.sent] != []
    assert [each["MessageBody"] for each in sqs.sent] == [six]
    sqs.sent.clear()
    assert returned(handler(event(record("4", six), record("5", five)))) == []
    assert function.ran == [five]
    assert [each["MessageBody"] for each in sqs.sent] == [six]
    (sent,) = sqs.sent
    assert "another payload" in sent["MessageAttributes"]["RedriveReason"]["StringValue"]


def test_another_payload_under_a_key_that_has_failed_is_retried(store: Store, sqs: FakeSqs) -> None:
    five, six = AMOUNTS
    function = Function(raises_for(five))
    handler = sequential(function, store, key="id", payload="amount")
    assert returned(handler(event(record("1", five), record("2", six)))) == ["1", "2"]
    assert function.ran == [five]
    assert sqs.sent == []
    assert returned(handler(event(record("2", six, receive_count=2)))) == []
    assert function.ran == [five, six]
