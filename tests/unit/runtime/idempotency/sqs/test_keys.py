"""Keys of messages: equal ones and different ones."""

from __future__ import annotations

from typing import Any

import pytest

from redrive import Idempotency, sqs_handler
from redrive.idempotency.record import COMPLETED
from tests.support.runtime.idempotency.functions import Store
from tests.support.runtime.idempotency.messages import SETTINGS, Function, Make, fifo, sequential
from tests.support.runtime.sqs.queue import STANDARD, Context, FakeSqs, VirtualTime, batch, event, record, returned

pytestmark = pytest.mark.usefixtures("sqs")


def ran_for(store: Store, *records: dict[str, Any], **options: Any) -> list[str]:
    """The ids of the messages that ran, each delivered by itself."""
    ran: list[str] = []

    @sqs_handler(idempotency=Idempotency(store=store, **options), settings=SETTINGS)
    def handler(message: Any) -> None:
        ran.append(message.id)

    for each in records:
        handler(event(each))
    return ran


def test_messages_of_a_standard_queue_have_keys_by_their_bodies(store: Store) -> None:
    """Not by what is another at each delivery, nor by the id that a second send gives them."""
    attribute = {"trace": {"dataType": "String", "stringValue": "x"}}
    records = [
        record("1", "a"),
        record("1", "a", receive_count=2, first_received_at=1_700_000_009.0),
        {**record("1", "a"), "receiptHandle": "another"},
        record("2", "a", sent_at=1_700_000_001.0, message_attributes=attribute),
        record("3", "b"),
        record("4", ""),
        record("5", ""),
    ]
    assert ran_for(store, *records) == ["1", "3", "4"]


def test_the_tenants_of_a_fair_queue_have_different_keys(store: Store) -> None:
    """In a standard queue the message group says whose message it is."""
    records = [record("1", "a", group="one"), record("2", "a", group="two"), record("3", "a", group="one")]
    assert ran_for(store, *records) == ["1", "2"]


def test_messages_of_a_fifo_queue_have_keys_by_their_deduplication_ids(store: Store) -> None:
    records = [
        fifo(1, "g", "a", MessageDeduplicationId="one"),
        fifo(2, "g", "a", MessageDeduplicationId="two"),
        fifo(3, "g", "b", MessageDeduplicationId="one"),
    ]
    assert ran_for(store, *records) == ["1", "2"]


def test_a_deduplication_id_may_be_one_of_its_group_alone(store: Store) -> None:
    """With a queue's DeduplicationScope at messageGroup, as in high throughput, SQS delivers both."""
    records = [fifo(1, "g", MessageDeduplicationId="one"), fifo(2, "h", MessageDeduplicationId="one")]
    assert ran_for(store, *records) == ["1", "2"]


def test_a_body_is_no_deduplication_id(store: Store) -> None:
    assert ran_for(store, record("1", "one"), fifo(2, "g", MessageDeduplicationId="one")) == ["1", "2"]


def test_two_queues_have_different_keys(store: Store) -> None:
    assert ran_for(store, record("1", "a"), record("2", "a", arn=f"{STANDARD}-other")) == ["1", "2"]


def test_two_functions_have_different_keys(store: Store, time: VirtualTime) -> None:
    function = Function()
    handler = sequential(function, store)
    handler(batch(1), Context(time))
    handler(batch(1), Context(time, function_name="another"))
    assert function.ran == ["0", "0"]
    scope = f"{Function.__module__}.Function.plain"
    assert [key.partition("#")[0] for key in store.records] == [f"orders-function.{scope}", f"another.{scope}"]


def test_a_path_is_looked_up_in_the_json_of_the_body(store: Store) -> None:
    records = [record("1", '{"id": 7, "at": 1}'), record("2", '{"id": 7, "at": 2}'), record("3", '{"id": 8}')]
    assert ran_for(store, *records, key="id") == ["1", "3"]


def test_a_function_as_the_key_is_called_with_the_message(store: Store) -> None:
    records = [record("1", "a"), record("1", "b"), record("2", "a")]
    assert ran_for(store, *records, key=lambda message: message.id) == ["1", "2"]


@pytest.mark.parametrize("body", ["{}", '{"id": null}', "[]", "no json"])
def test_a_message_without_a_key_fails_alone_and_for_good(make: Make, store: Store, sqs: FakeSqs, body: str) -> None:
    function = Function()
    assert returned(make(function, {"key": "id"})(event(record("1", body), record("2", '{"id": 2}')))) == []
    assert function.ran == ['{"id": 2}']
    assert [each["MessageBody"] for each in sqs.sent] == [body]
    assert store.statuses == [COMPLETED]


def test_a_message_without_a_key_can_run_each_time(make: Make, store: Store) -> None:
    function = Function()
    handler = make(function, {"key": "id", "missing_key": "run"})
    for _ in range(2):
        assert returned(handler(event(record("1", "{}"), record("2", '{"id": 2}')))) == []
    assert sorted(function.ran) == ['{"id": 2}', "{}", "{}"]


def test_a_key_that_cannot_be_made_is_a_failure_of_its_message_alone(store: Store) -> None:
    function = Function()
    handler = sequential(function, store, key=lambda message: message.json()["id"])
    assert returned(handler(event(record("1", "{}"), record("2", '{"id": 2}')))) == ["1"]
    assert function.ran == ['{"id": 2}']
