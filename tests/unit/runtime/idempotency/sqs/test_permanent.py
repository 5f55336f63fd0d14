"""Permanent failures are recorded; a message from the dead-letter queue runs again. Failures in FIFO groups."""

from __future__ import annotations

from typing import Any

import pytest

from redrive import Idempotency, Permanent, SqsSettings, sqs_handler
from redrive.idempotency.record import COMPLETED
from tests.support.runtime.idempotency.functions import Store
from tests.support.runtime.idempotency.messages import Function, Make, fifo, raises_for, sequential
from tests.support.runtime.sqs.queue import FIFO_DEAD_LETTERS, FakeSqs, batch, event, record, returned

pytestmark = pytest.mark.usefixtures("sqs")


# Permanent failures.


def test_a_permanent_failure_is_not_run_again(make: Make, store: Store, sqs: FakeSqs) -> None:
    """It was sent to the dead-letter queue, but its deletion was lost; or it could not be sent."""
    function = Function(raises_for("1", error=Permanent("no lines")))
    handler = make(function)
    for receive in (1, 2):
        assert returned(handler(batch(2, receive_count=receive))) == []
    assert sorted(function.ran) == ["0", "1"]
    assert [each["MessageBody"] for each in sqs.sent] == ["1", "1"]
    reasons = [each["MessageAttributes"]["RedriveReason"]["StringValue"] for each in sqs.sent]
    assert reasons == ["no lines"] * 2
    assert sorted(store.statuses) == ["COMPLETED", "FAILED"]


def brought_back(sent: dict[str, Any], id: str = "new") -> dict[str, Any]:
    """A message as it comes back from the dead-letter queue, with what it was sent there with."""
    attributes = {
        name: {"dataType": each["DataType"], "stringValue": each["StringValue"]}
        for name, each in sent["MessageAttributes"].items()
    }
    return record(id, sent["MessageBody"], message_attributes=attributes)


def test_a_message_that_was_brought_back_from_the_dead_letter_queue_runs_again(
    make: Make, store: Store, sqs: FakeSqs
) -> None:
    function = Function(raises_for("1", error=Permanent("no lines")))
    handler = make(function)
    handler(batch(2))
    function.during = lambda message: None
    back = event(brought_back(sqs.sent[0]))
    assert returned(handler(back)) == []
    assert sorted(function.ran) == ["0", "1", "1"]
    assert store.statuses == [COMPLETED] * 2
    assert returned(handler(back)) == []  # now it is done
    assert len(function.ran) == 3


def test_what_was_done_is_not_run_again_for_having_been_brought_back(store: Store) -> None:
    function = Function()
    handler = sequential(function, store)
    handler(event(record("1", "a")))
    attributes = {"RedriveMessageId": {"dataType": "String", "stringValue": "1"}}
    assert returned(handler(event(record("2", "a", message_attributes=attributes)))) == []
    assert function.ran == ["a"]


def test_one_that_was_brought_back_counts_whichever_place_it_has_in_the_batch(store: Store, sqs: FakeSqs) -> None:
    function = Function(raises_for("1", error=Permanent("no lines")))
    handler = sequential(function, store)
    handler(batch(2))
    function.during = lambda message: None
    assert returned(handler(event(record("again", "1"), brought_back(sqs.sent[0])))) == []
    assert function.ran == ["0", "1", "1"]
    assert store.statuses == [COMPLETED] * 2


# FIFO.


@pytest.mark.parametrize("concurrency", [1, 3])
@pytest.mark.parametrize("kind", ["plain", "in_task"])
def test_a_group_waits_behind_a_failure_with_its_keys_given_back(store: Store, kind: str, concurrency: int) -> None:
    function = Function(raises_for("2"))
    handler = sqs_handler(idempotency=Idempotency(store=store), concurrency=concurrency)(getattr(function, kind))
    messages = [fifo(1, "a"), fifo(2, "a"), fifo(3, "a"), fifo(4, "b"), fifo(5, "b")]
    assert returned(handler(event(*messages))) == ["2", "3"]
    assert sorted(function.ran) == ["1", "2", "4", "5"]
    assert store.statuses == [COMPLETED] * 6  # each under its deduplication id, and under its message id
    function.during = lambda message: None
    assert returned(handler(event(*messages))) == []
    assert sorted(function.ran) == ["1", "2", "2", "3", "4", "5"]
    ran_of_a = [body for body in function.ran if body in "123"]
    assert ran_of_a == ["1", "2", "2", "3"]


def test_a_group_waits_behind_a_message_that_is_under_way_elsewhere(store: Store) -> None:
    function = Function()
    handler = sqs_handler(idempotency=Idempotency(store=store))(function.plain)
    handler(event(fifo(1, "a")))
    (key, stored) = next(iter(store.records.items()))
    store.memory.records[key] = stored._replace(status="INPROGRESS", owner="another")
    assert returned(handler(event(fifo(1, "a"), fifo(2, "a"), fifo(3, "b")))) == ["1", "2"]
    assert function.ran == ["1", "3"]
    assert sorted(store.statuses) == [COMPLETED] * 3 + ["INPROGRESS"]


def test_a_permanent_failure_of_a_group_lets_it_go_on(store: Store, sqs: FakeSqs) -> None:
    function = Function(raises_for("1", error=Permanent("no lines")))
    settings = SqsSettings(dead_letter_queue_url=FIFO_DEAD_LETTERS)
    handler = sqs_handler(idempotency=Idempotency(store=store), settings=settings)(function.plain)
    for _ in range(2):
        assert returned(handler(event(fifo(1, "a"), fifo(2, "a")))) == []
    assert function.ran == ["1", "2"]
    assert len(sqs.sent) == 2
