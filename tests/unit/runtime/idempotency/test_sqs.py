"""Messages of a batch under idempotency: claimed together, run once, and recorded before the batch is answered."""

from __future__ import annotations

import asyncio
import json
import threading
import time as real_time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from redrive import (
    DynamoDBStore,
    Idempotency,
    LateCompletion,
    Permanent,
    Retry,
    SettingsError,
    SqsHandler,
    SqsSettings,
    sqs_handler,
)
from redrive.core.parallel import background
from redrive.idempotency.record import COMPLETED, Claim, Ending
from redrive.idempotency.stores import switch
from tests.support.runtime.aws.fake_dynamodb import FakeDynamoDB
from tests.support.runtime.idempotency.functions import Down, Store, outside
from tests.support.runtime.sqs.queue import (
    DEAD_LETTERS,
    FIFO,
    FIFO_DEAD_LETTERS,
    STANDARD,
    Context,
    FakeSqs,
    VirtualTime,
    batch,
    event,
    record,
    returned,
)

Log = Callable[[str], list[dict[str, Any]]]
SETTINGS = SqsSettings(dead_letter_queue_url=DEAD_LETTERS)
LEASE = 900


@pytest.fixture(autouse=True)
def seams(sqs: FakeSqs) -> FakeSqs:
    return sqs


@pytest.fixture
def store() -> Store:
    return Store()


class Function:
    """A function of one message, which keeps account of the bodies it was called with.

    Attributes:
        during: Run for each message; may raise.
    """

    def __init__(self, during: Callable[[Any], object] = lambda message: None) -> None:
        self.ran: list[str] = []
        self.during = during

    def plain(self, message: Any) -> None:
        self.ran.append(message.body)
        self.during(message)

    async def in_task(self, message: Any) -> None:
        await asyncio.sleep(0)
        self.plain(message)

    def awaited(self, message: Any) -> Any:
        return self.in_task(message)


Make = Callable[..., SqsHandler]
WAYS: dict[str, tuple[str, int]] = {
    "one after the other": ("plain", 1),
    "threads": ("plain", 3),
    "tasks": ("in_task", 3),
    "one task": ("in_task", 1),
    "awaited": ("awaited", 1),
}


@pytest.fixture(params=WAYS)
def make(request: pytest.FixtureRequest, store: Store) -> Make:
    """Makes a handler; all that is shown here holds whichever way it runs its messages."""
    kind, concurrency = WAYS[request.param]

    def make(function: Function, options: dict[str, Any] | None = None, **more: Any) -> SqsHandler:
        idempotency = Idempotency(**{"store": store, **(options or {})})
        return sqs_handler(
            **{"idempotency": idempotency, "concurrency": concurrency, "settings": SETTINGS, **more}  # type: ignore[arg-type]
        )(getattr(function, kind))

    return make


def sequential(function: Function, store: Any, **options: Any) -> SqsHandler:
    """A handler that runs one message after the other."""
    return sqs_handler(idempotency=Idempotency(store=store, **options), settings=SETTINGS)(function.plain)


def raises_for(*bodies: str, error: BaseException | None = None) -> Callable[[Any], object]:
    def during(message: Any) -> None:
        if message.body in bodies:
            raise error or OSError("disk full")

    return during


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


@pytest.mark.parametrize("error", [SystemExit(1), asyncio.CancelledError(), Retry(7)])
def test_whatever_a_message_raises_gives_its_key_back(make: Make, store: Store, error: BaseException) -> None:
    function = Function(raises_for("1", error=error))
    assert returned(make(function)(batch(3))) == ["1"]
    assert store.statuses == [COMPLETED] * 2


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


# Duplicates within a batch.


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
    """Whether the first of them came before or is in the same batch."""
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


def fifo(number: int, group: str, body: str | None = None, **more: Any) -> dict[str, Any]:
    return record(str(number), body or str(number), arn=FIFO, group=group, **more)


@pytest.mark.parametrize("concurrency", [1, 3])
@pytest.mark.parametrize("kind", ["plain", "in_task"])
def test_a_group_waits_behind_a_failure_with_its_keys_given_back(store: Store, kind: str, concurrency: int) -> None:
    function = Function(raises_for("2"))
    handler = sqs_handler(idempotency=Idempotency(store=store), concurrency=concurrency)(getattr(function, kind))
    messages = [fifo(1, "a"), fifo(2, "a"), fifo(3, "a"), fifo(4, "b"), fifo(5, "b")]
    assert returned(handler(event(*messages))) == ["2", "3"]
    assert sorted(function.ran) == ["1", "2", "4", "5"]
    assert store.statuses == [COMPLETED] * 3
    function.during = lambda message: None
    assert returned(handler(event(*messages))) == []
    assert sorted(function.ran) == ["1", "2", "2", "3", "4", "5"]
    ran_of_a = [body for body in function.ran if body in "123"]
    assert ran_of_a == ["1", "2", "2", "3"]


def test_a_group_waits_behind_a_message_that_is_under_way_elsewhere(store: Store) -> None:
    function = Function()
    handler = sqs_handler(idempotency=Idempotency(store=store))(function.plain)
    handler(event(fifo(1, "a")))
    ((key, stored),) = store.records.items()
    store.memory.records[key] = stored._replace(status="INPROGRESS", owner="another")
    assert returned(handler(event(fifo(1, "a"), fifo(2, "a"), fifo(3, "b")))) == ["1", "2"]
    assert function.ran == ["1", "3"]
    assert set(store.statuses) == {"INPROGRESS", COMPLETED}
    assert len(store.records) == 2


def test_a_permanent_failure_of_a_group_lets_it_go_on(store: Store, sqs: FakeSqs) -> None:
    function = Function(raises_for("1", error=Permanent("no lines")))
    settings = SqsSettings(dead_letter_queue_url=FIFO_DEAD_LETTERS)
    handler = sqs_handler(idempotency=Idempotency(store=store), settings=settings)(function.plain)
    for _ in range(2):
        assert returned(handler(event(fifo(1, "a"), fifo(2, "a")))) == []
    assert function.ran == ["1", "2"]
    assert len(sqs.sent) == 2


# What tells messages apart.


def ran_for(store: Store, *records: dict[str, Any], **options: Any) -> list[str]:
    """The ids of the messages that ran, each delivered by itself."""
    ran: list[str] = []

    @sqs_handler(idempotency=Idempotency(store=store, **options), settings=SETTINGS)
    def handler(message: Any) -> None:
        ran.append(message.id)

    for each in records:
        handler(event(each))
    return ran


def test_a_standard_queues_messages_are_told_apart_by_their_bodies(store: Store) -> None:
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


def test_a_fair_queues_tenants_are_told_apart(store: Store) -> None:
    """In a standard queue the message group says whose message it is."""
    records = [record("1", "a", group="one"), record("2", "a", group="two"), record("3", "a", group="one")]
    assert ran_for(store, *records) == ["1", "2"]


def test_a_fifo_queues_messages_are_told_apart_by_their_deduplication_ids(store: Store) -> None:
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


def test_two_queues_are_told_apart(store: Store) -> None:
    assert ran_for(store, record("1", "a"), record("2", "a", arn=f"{STANDARD}-other")) == ["1", "2"]


def test_two_functions_are_told_apart(store: Store, time: VirtualTime) -> None:
    function = Function()
    handler = sequential(function, store)
    handler(batch(1), Context(time))
    handler(batch(1), Context(time, function_name="another"))
    assert function.ran == ["0", "0"]
    scope = f"{__name__}.Function.plain"
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


# Time.


def test_what_was_not_started_for_lack_of_time_is_given_back(
    make: Make, store: Store, time: VirtualTime, context: Context
) -> None:
    function = Function(lambda message: time.advance(14))
    handler = make(function)
    first = returned(handler(batch(6), context))
    assert len(first) + len(function.ran) == 6
    assert first
    assert store.statuses == [COMPLETED] * len(function.ran)
    done = list(function.ran)
    function.during = lambda message: None
    assert returned(handler(batch(6), Context(time))) == []
    assert sorted(function.ran) == ["0", "1", "2", "3", "4", "5"]
    assert len(done) < 6


def test_claiming_may_take_half_of_the_time(store: Store, context: Context) -> None:
    sequential(Function(), store)(batch(2), context)
    assert store.seconds[0] == pytest.approx(30, abs=1)


class RealContext:
    """Lambda's context in real time."""

    aws_request_id = "c6af9ac6-7b61-11e6-9a41-93e8deadbeef"
    function_name = "orders-function"

    def __init__(self, seconds: float) -> None:
        self.end = real_time.monotonic() + seconds

    def get_remaining_time_in_millis(self) -> int:
        return round((self.end - real_time.monotonic()) * 1000)


def test_a_store_that_hangs_is_not_waited_for_past_the_deadline(make: Make, store: Store) -> None:
    go_on = threading.Event()

    def hang(name: str, keys: Any) -> None:
        if name == "end":
            go_on.wait(10)

    store.refuses = hang
    context = RealContext(0.8)
    answer = make(Function(), None, deadline_margin=0)(batch(3), context)
    assert context.get_remaining_time_in_millis() > 0
    go_on.set()
    assert returned(answer) == ["0", "1", "2"]  # they run again, or are found done


# A store that fails.


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
    # Whether the write took effect after all shows when it is delivered again.
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


@pytest.fixture
def dynamodb(time: VirtualTime) -> Iterator[FakeDynamoDB]:
    dynamodb = FakeDynamoDB()
    with outside(time, dynamodb):
        yield dynamodb


def test_a_hundred_messages_take_eight_requests_and_known_ones_one(dynamodb: FakeDynamoDB) -> None:
    function = Function()
    handler = sequential(function, DynamoDBStore("done"))
    handler(event(record("first", "the first request also asks for permissions")))
    dynamodb.requests.clear()
    function.ran.clear()
    assert returned(handler(batch(100))) == []
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
