"""Messages of a batch are claimed together, run once, and are recorded before the batch is answered."""

from __future__ import annotations

import asyncio
import json
import time as real_time
from time import sleep
from typing import Any

import pytest

from redrive import DynamoDBStore, Idempotency, Retry, sqs_handler
from redrive.core.parallel import background
from redrive.idempotency.group_commit import GroupCommit
from redrive.idempotency.record import COMPLETED, IN_PROGRESS
from redrive.idempotency.stores import switch
from tests.support.runtime.aws.fake_dynamodb import FakeDynamoDB
from tests.support.runtime.idempotency.functions import Store
from tests.support.runtime.idempotency.messages import Function, Make, raises_for, sequential
from tests.support.runtime.sqs.queue import Context, FakeSqs, VirtualTime, batch, event, record, returned

pytestmark = pytest.mark.usefixtures("sqs")


# Once.


def test_messages_are_handled_once_however_often_they_are_delivered(make: Make, store: Store) -> None:
    function = Function()
    handler = make(function)
    for receive in (1, 2, 3):
        assert returned(handler(batch(5, receive_count=receive))) == []
    assert sorted(function.ran) == ["0", "1", "2", "3", "4"]
    assert store.statuses == [COMPLETED] * 5


def test_all_are_claimed_in_one_call_before_any_runs(make: Make, store: Store) -> None:
    seen: list[tuple[int, int]] = []
    function = Function(lambda message: seen.append((len(store.records), len(store.named("claim")))))
    make(function)(batch(30))
    assert seen == [(30, 1)] * 30


def test_the_answer_comes_when_all_that_was_done_is_recorded(make: Make, store: Store) -> None:
    store.refuses = lambda name, keys: real_time.sleep(0.02) if name == "end" else None
    assert returned(make(Function())(batch(60))) == []
    assert store.statuses == [COMPLETED] * 60


def test_only_what_failed_runs_again(make: Make, store: Store) -> None:
    function = Function(raises_for("1", "3"))
    handler = make(function)
    assert returned(handler(batch(5))) == ["1", "3"]
    assert store.statuses == [COMPLETED] * 3  # the other two were given back
    function.during = lambda message: None
    assert returned(handler(batch(5))) == []
    assert sorted(function.ran) == ["0", "1", "1", "2", "3", "3", "4"]


@pytest.mark.parametrize("error", [ValueError(), Retry(7)])
def test_whatever_error_a_message_raises_gives_its_key_back(make: Make, store: Store, error: Exception) -> None:
    function = Function(raises_for("1", error=error))
    assert returned(make(function)(batch(3))) == ["1"]
    assert store.statuses == [COMPLETED] * 2


@pytest.mark.parametrize("error", [SystemExit(1), asyncio.CancelledError(), GeneratorExit()], ids=repr)
def test_a_message_that_is_interrupted_keeps_its_claim(make: Make, store: Store, error: BaseException) -> None:
    """Only this one; the others of the batch run, and are recorded."""
    function = Function(raises_for("1", error=error))
    assert returned(make(function)(batch(3))) == ["1"]
    assert sorted(store.statuses) == [COMPLETED, COMPLETED, IN_PROGRESS]


def test_after_an_error_the_claim_can_be_kept(make: Make, store: Store, time: VirtualTime, sqs: FakeSqs) -> None:
    function = Function(raises_for("1"))
    handler = make(function, {"after_error": "keep", "lease": 100})
    assert returned(handler(batch(2))) == ["1"]
    time.advance(40)
    assert returned(handler(batch(2))) == ["1"]
    assert sqs.visibility["handle-1"] == 62  # until it expires
    time.advance(62)
    function.during = lambda message: None
    assert returned(handler(batch(2))) == []
    assert sorted(function.ran) == ["0", "1", "1"]


def test_a_message_that_is_under_way_elsewhere_comes_back_when_its_claim_expires(
    make: Make, store: Store, time: VirtualTime, sqs: FakeSqs
) -> None:
    function = Function()
    handler = make(function, {"lease": 100})
    handler(event(record("1", "a")))
    ((key, stored),) = store.records.items()
    store.memory.records[key] = stored._replace(status="INPROGRESS", owner="another")
    time.advance(30)
    assert returned(handler(event(record("1", "a"), record("2", "b")))) == ["1"]
    assert sqs.visibility == {"handle-1": 72}  # 100 s, a second for skew, rounded up
    assert sorted(function.ran) == ["a", "b"]
    assert store.records[key].owner == "another"


def test_a_claim_of_the_dead_is_taken_over(make: Make, store: Store, time: VirtualTime) -> None:
    function = Function()
    handler = make(function, {"lease": 100})
    handler(batch(2))
    for key, stored in store.records.items():
        store.memory.records[key] = stored._replace(status="INPROGRESS", owner="dead")
    time.advance(102)
    assert returned(handler(batch(2))) == []
    assert len(function.ran) == 4
    assert store.statuses == [COMPLETED] * 2


def test_a_claim_holds_until_the_deadline_of_the_invocation(make: Make, store: Store, context: Context) -> None:
    make(Function(), {"clock_skew": 2})(batch(2), context)
    assert {stored.lease_end for stored in store.records.values()} == {round((context.time() + 62) * 1000)}


# Other ways to run.


def test_without_a_beside_everything_is_written_in_turn(make: Make, store: Store) -> None:
    """As in the simulator."""
    function = Function(raises_for("1"))
    with background.replaced(None):
        handler = make(function)
        assert returned(handler(batch(4))) == ["1"]
        assert store.statuses == [COMPLETED] * 3
        function.during = lambda message: None
        assert returned(handler(batch(4))) == []
    assert sorted(function.ran) == ["0", "1", "1", "2", "3"]


def test_the_switch_turns_it_off(make: Make, store: Store) -> None:
    function = Function()
    with switch.replaced(True):
        for _ in range(2):
            assert returned(make(function)(batch(2))) == []
    assert (sorted(function.ran), store.calls) == (["0", "0", "1", "1"], [])


def test_what_is_remembered_in_the_process_is_not_asked_for(make: Make, store: Store) -> None:
    handler = make(Function(), {"cache": 10})
    handler(batch(3))
    before = len(store.calls)
    assert returned(handler(batch(3))) == []
    assert len(store.calls) == before
    assert returned(handler(batch(4))) == []
    assert [len(keys) for keys in store.named("claim")] == [3, 1]


def test_no_batch_without_records_asks(make: Make, store: Store) -> None:
    assert returned(make(Function())({"Records": []})) == []
    assert store.calls == []


def test_a_context_and_a_parser_go_with_it(store: Store, context: Context) -> None:
    seen: list[Any] = []

    @sqs_handler(idempotency=Idempotency(store=store, key=lambda message: message.body), parse=json.loads)
    def handler(message: Any, context: Any) -> None:
        seen.append((message.parsed, context))

    for _ in range(2):
        handler(event(record("1", '{"id": 1}')), context)
    assert seen == [({"id": 1}, context)]


def test_a_hundred_messages_take_eight_requests_and_known_ones_one(
    dynamodb: FakeDynamoDB, monkeypatch: pytest.MonkeyPatch
) -> None:
    # However busy the machine is, no write begins before the last message is done.
    monkeypatch.setattr(GroupCommit, "_time_left", lambda commit: 60.0)
    function = Function()
    handler = sequential(function, DynamoDBStore("done"))
    handler(event(record("first", "the first request also asks for permissions")))
    dynamodb.requests.clear()
    function.ran.clear()
    dynamodb.before = lambda name: sleep(0.05)  # as long as endings may wait for one another
    assert returned(handler(batch(100))) == []
    dynamodb.before = lambda name: None
    assert [name for name, _ in dynamodb.requests] == ["batch_execute_statement"] * 8
    dynamodb.requests.clear()
    assert returned(handler(batch(100, receive_count=2))) == []
    assert [name for name, _ in dynamodb.requests] == ["batch_get_item"]
    dynamodb.requests.clear()
    assert returned(handler(batch(100))) == []  # delivered twice, and nothing says so
    assert [name for name, _ in dynamodb.requests] == ["batch_execute_statement"] * 4 + ["batch_get_item"]
    assert len(function.ran) == 100


@pytest.mark.parametrize("given", ["orders", True, object()])
def test_only_an_idempotency_is_taken(given: Any) -> None:
    with pytest.raises(TypeError, match=r"idempotency=.*: give an Idempotency\(\), with what is to differ"):
        sqs_handler(idempotency=given)(lambda message: None)
