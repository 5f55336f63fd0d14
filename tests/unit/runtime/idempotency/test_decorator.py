"""What `@idempotent` makes of a call: run, answered, refused, or recorded as a failure."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import asdict, dataclass
from functools import partial
from typing import Any

import pytest
from botocore.exceptions import ReadTimeoutError

from redrive import (
    DynamoDBStore,
    FailedBefore,
    Idempotency,
    IdempotencySettings,
    InProgress,
    LateCompletion,
    MemoryStore,
    NotRecorded,
    PayloadMismatch,
    Permanent,
    ResultNotKept,
    Retry,
    Serializer,
    SettingsError,
    idempotent,
)
from redrive.idempotency.stores import stores, switch
from tests.support.runtime.aws.fake_dynamodb import FakeDynamoDB
from tests.support.runtime.idempotency.functions import KINDS, Calls, Down, Kind, Store, outside
from tests.support.runtime.sqs.queue import VirtualTime

Log = Callable[[str], list[dict[str, Any]]]
LEASE = 100
SKEW = 1
#: With it, any two functions have the same keys.
ONE_NAME: dict[str, Any] = {"prefix": "one", "like_powertools": True}
LOST = ReadTimeoutError(endpoint_url="https://dynamodb.eu-west-1.amazonaws.com/")


@pytest.fixture(autouse=True)
def seams(time: VirtualTime) -> Iterator[None]:
    with outside(time):
        yield


@pytest.fixture(params=KINDS)
def kind(request: pytest.FixtureRequest) -> Kind:
    """Plain functions, and `async def` ones: all that is shown here is the same for both."""
    return KINDS[request.param]


@pytest.fixture
def store() -> Store:
    return Store()


@pytest.fixture
def calls() -> Calls:
    return Calls()


def decorated(kind: Kind, store: Any, calls: Calls, **options: Any) -> Callable[[Any], Any]:
    return kind(idempotent(store=store, lease=LEASE, **options), calls)


def raising(error: BaseException) -> Callable[[Any], object]:
    def during(argument: Any) -> None:
        raise error

    return during


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


# In progress.


def test_a_call_that_is_under_way_is_refused_with_the_time_it_takes(
    kind: Kind, store: Store, time: VirtualTime
) -> None:
    errors: list[InProgress] = []
    other = decorated(KINDS["plain"], store, Calls(), **ONE_NAME)

    def during(argument: Any) -> None:
        time.advance(30)
        with pytest.raises(InProgress, match=r"in progress elsewhere; its claim expires in 71\.0 s") as raised:
            other(argument)
        errors.append(raised.value)

    assert decorated(kind, store, Calls(during=during), **ONE_NAME)(7) == other(7) == {"done": 7}
    assert [error.key for error in errors] == list(store.records)
    assert errors[0].after == pytest.approx(LEASE + SKEW - 30, abs=0.01)
    assert isinstance(errors[0], Retry)


def abandoned(store: Store, charge: Callable[[Any], Any], argument: Any) -> None:
    """A claim whose owner has died."""
    store.fails = lambda name, key: Down() if name == "end" else None
    with pytest.raises(NotRecorded):
        charge(argument)
    store.fails = lambda name, key: None


def test_a_claim_of_the_dead_holds_until_it_expires(kind: Kind, store: Store, calls: Calls, time: VirtualTime) -> None:
    charge = decorated(kind, store, calls)
    abandoned(store, charge, 7)
    time.advance(LEASE + SKEW)
    with pytest.raises(InProgress) as raised:
        charge(7)
    time.advance(raised.value.after or 0)
    assert charge(7) == {"done": 7}
    assert calls.made == [7, 7]
    assert store.statuses == ["COMPLETED"]


def test_two_at_once_run_it_once(store: Store, time: VirtualTime) -> None:
    answers: list[object] = []

    async def both() -> None:
        @idempotent(store=store)
        async def charge(order: int) -> str:
            await asyncio.sleep(0.02)
            return "done"

        answers.extend(await asyncio.gather(charge(7), charge(7), return_exceptions=True))

    asyncio.run(both())
    assert "done" in answers
    assert [type(each) for each in answers if each != "done"] == [InProgress]


# Late.


def overtaken(store: Store, time: VirtualTime, successor: Callable[[Any], Any]) -> Callable[[Any], object]:
    """While a call runs, its claim expires, and another one does the same."""
    ran: list[object] = []

    def during(argument: Any) -> None:
        if not ran:
            ran.append(argument)
            time.advance(LEASE + SKEW + 1)
            successor(argument)

    return during


def test_a_late_completion_changes_nothing_and_says_so(kind: Kind, store: Store, time: VirtualTime) -> None:
    winner = Calls(answer=lambda argument: "winner")
    calls = Calls(answer=lambda argument: "late")
    calls.during = overtaken(store, time, decorated(KINDS["plain"], store, winner, **ONE_NAME))
    charge = decorated(kind, store, calls, **ONE_NAME)
    with pytest.raises(LateCompletion, match="was done too late: its claim had expired") as raised:
        charge(7)
    assert raised.value.result == "late"
    assert [raised.value.key] == list(store.records)
    assert not isinstance(raised.value, (Permanent, Retry))
    assert charge(7) == "winner"
    assert (len(calls.made), len(winner.made)) == (1, 1)


def test_a_late_completion_leaves_a_successor_that_is_under_way(kind: Kind, store: Store, time: VirtualTime) -> None:
    successor = Calls()
    second = decorated(KINDS["plain"], store, successor, **ONE_NAME)
    calls = Calls(during=overtaken(store, time, lambda argument: abandoned(store, second, argument)))
    with pytest.raises(LateCompletion):
        decorated(kind, store, calls, **ONE_NAME)(7)
    assert store.statuses == ["INPROGRESS"]
    (owner,) = {stored.owner for stored in store.records.values()}
    time.advance(LEASE + SKEW + 1)
    assert second(7) == {"done": 7}
    assert owner not in {stored.owner for stored in store.records.values()}


@pytest.mark.parametrize("error", [OSError("disk full"), Permanent("no lines")])
def test_a_late_failure_changes_nothing_and_is_logged(
    kind: Kind, store: Store, time: VirtualTime, log: Log, error: Exception
) -> None:
    winner = Calls(answer=lambda argument: "winner")
    overtake = overtaken(store, time, decorated(KINDS["plain"], store, winner, **ONE_NAME))

    def during(argument: Any) -> None:
        overtake(argument)
        raise error

    calls = Calls(during=during)
    charge = decorated(kind, store, calls, **ONE_NAME)
    with pytest.raises(type(error)):
        charge(7)
    assert charge(7) == "winner"
    (line,) = log("redrive.idempotency.not_ended")
    assert line["outcome"] == "the claim is another's"


# Errors.


@pytest.mark.parametrize(
    "error", [OSError("disk full"), Retry(5), InProgress("other", 5), ExceptionGroup("", [OSError()])]
)
def test_an_error_gives_the_key_back(kind: Kind, store: Store, error: Exception) -> None:
    calls = Calls(during=raising(error))
    charge = decorated(kind, store, calls)
    for _ in range(2):
        with pytest.raises(type(error)) as raised:
            charge(7)
        assert raised.value is error
        assert store.records == {}
    calls.during = lambda argument: None
    assert charge(7) == {"done": 7}
    assert calls.made == [7, 7, 7]


@pytest.mark.parametrize("error", [SystemExit(1), asyncio.CancelledError(), GeneratorExit()])
def test_what_is_no_exception_gives_the_key_back_as_well(store: Store, error: BaseException) -> None:
    charge = decorated(KINDS["plain"], store, Calls(during=raising(error)))
    with pytest.raises(type(error)):
        charge(7)
    assert store.records == {}


def test_a_task_that_is_cancelled_gives_the_key_back(store: Store) -> None:
    async def cancelled() -> None:
        @idempotent(store=store)
        async def charge(order: int) -> None:
            await asyncio.sleep(30)

        task = asyncio.create_task(charge(7))
        while not store.statuses:
            await asyncio.sleep(0.001)
        await asyncio.sleep(0.01)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(cancelled())
    assert store.records == {}


def test_a_task_that_is_cancelled_while_it_claims_gives_the_key_back(store: Store) -> None:
    async def cancelled() -> None:
        ran: list[int] = []

        @idempotent(store=store)
        async def charge(order: int) -> None:
            ran.append(order)

        from threading import Event

        claiming, go_on = Event(), Event()

        def loses(name: str, keys: Any) -> None:
            if name == "claim":
                claiming.set()
                go_on.wait(5)

        store.loses = loses
        task = asyncio.create_task(charge(7))
        await asyncio.to_thread(claiming.wait, 5)
        task.cancel()
        await asyncio.sleep(0)
        go_on.set()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert ran == []

    asyncio.run(cancelled())
    assert store.records == {}
    assert [name for name, _ in store.calls] == ["claim", "end"]


def test_after_an_error_the_claim_can_be_kept(kind: Kind, store: Store, time: VirtualTime) -> None:
    calls = Calls(during=raising(OSError("disk full")))
    charge = decorated(kind, store, calls, after_error="keep")
    with pytest.raises(OSError, match="disk full"):
        charge(7)
    with pytest.raises(InProgress):
        charge(7)
    time.advance(LEASE + SKEW + 1)
    calls.during = lambda argument: None
    assert charge(7) == {"done": 7}


@pytest.mark.parametrize("after_error", ["release", "keep"])
def test_a_permanent_failure_is_recorded_and_raised_again(
    kind: Kind, store: Store, time: VirtualTime, after_error: str
) -> None:
    calls = Calls(during=raising(Permanent("an order needs a line")))
    charge = decorated(kind, store, calls, after_error=after_error)
    with pytest.raises(Permanent, match=r"^an order needs a line$"):
        charge(7)
    for _ in range(2):
        with pytest.raises(FailedBefore, match=r"^an order needs a line$") as raised:
            charge(7)
        assert isinstance(raised.value, Permanent)
        assert raised.value.reason == "an order needs a line"
        assert raised.value.error_type == "Permanent"
    assert calls.made == [7]
    assert store.statuses == ["FAILED"]
    time.advance(3601)
    with pytest.raises(Permanent) as raised_again:
        charge(7)
    assert type(raised_again.value) is Permanent
    assert len(calls.made) == 2


def test_of_a_permanent_failure_from_another_error_its_type_is_told(kind: Kind, store: Store) -> None:
    def during(argument: Any) -> None:
        raise Permanent("bad order") from KeyError("lines")

    charge = decorated(kind, store, Calls(during=during))
    with pytest.raises(Permanent):
        charge(7)
    with pytest.raises(FailedBefore, match="bad order") as raised:
        charge(7)
    assert raised.value.error_type == "KeyError"


def test_a_group_of_permanent_failures_is_one(kind: Kind, store: Store) -> None:
    group = ExceptionGroup("all", [Permanent("a"), ExceptionGroup("some", [Permanent("b")])])
    charge = decorated(kind, store, Calls(during=raising(group)))
    with pytest.raises(ExceptionGroup):
        charge(7)
    with pytest.raises(FailedBefore, match=r"^a; b$"):
        charge(7)
    group = ExceptionGroup("", [Permanent("a"), OSError()])
    mixed = decorated(kind, store, Calls(during=raising(group)), prefix="mixed")
    with pytest.raises(ExceptionGroup):
        mixed(8)
    assert store.statuses == ["FAILED"]


@pytest.mark.parametrize("replay", [KeyError, (KeyError, OSError)])
def test_which_errors_are_recorded_can_be_said(kind: Kind, store: Store, replay: Any) -> None:
    calls = Calls(during=raising(KeyError("lines")))
    charge = decorated(kind, store, calls, replay=replay)
    with pytest.raises(KeyError):
        charge(7)
    with pytest.raises(FailedBefore, match="'lines'"):
        charge(7)
    calls.during = raising(Permanent("not one of them"))
    with pytest.raises(Permanent):
        charge(8)
    assert store.statuses == ["FAILED"]


def test_no_error_need_be_recorded(kind: Kind, store: Store) -> None:
    charge = decorated(kind, store, Calls(during=raising(Permanent("a"))), replay=())
    with pytest.raises(Permanent):
        charge(7)
    assert store.records == {}


def test_an_error_that_cannot_describe_itself_is_recorded(kind: Kind, store: Store) -> None:
    class Odd(Permanent):
        def __str__(self) -> str:
            raise ValueError

    charge = decorated(kind, store, Calls(during=raising(Odd())))
    with pytest.raises(Odd):
        charge(7)
    with pytest.raises(FailedBefore, match="Odd"):
        charge(7)


# The payload.


def test_another_payload_under_the_same_key_is_refused(kind: Kind, store: Store) -> None:
    calls = Calls()
    charge = decorated(kind, store, calls, key="id", payload="amount")
    charge({"id": 1, "amount": 5, "at": "noon"})
    assert charge({"id": 1, "amount": 5, "at": "night"}) == {"done": {"id": 1, "amount": 5, "at": "noon"}}
    with pytest.raises(
        PayloadMismatch, match="used before with another payload: a key stands for one payload"
    ) as raised:
        charge({"id": 1, "amount": 6})
    assert isinstance(raised.value, Permanent)
    assert len(calls.made) == 1
    assert store.statuses == ["COMPLETED"]


def test_another_payload_is_refused_after_a_permanent_failure_as_well(kind: Kind, store: Store) -> None:
    charge = decorated(
        kind, store, Calls(during=raising(Permanent("a"))), key="id", payload=lambda order: order["amount"]
    )
    with pytest.raises(Permanent):
        charge({"id": 1, "amount": 5})
    with pytest.raises(PayloadMismatch):
        charge({"id": 1, "amount": 6})
    with pytest.raises(FailedBefore):
        charge({"id": 1, "amount": 5})


def test_a_payload_is_compared_with_what_the_process_remembers_too(kind: Kind, store: Store) -> None:
    charge = decorated(kind, store, Calls(), key="id", payload="amount", cache=1)
    charge({"id": 1, "amount": 5})
    with pytest.raises(PayloadMismatch):
        charge({"id": 1, "amount": 6})
    assert len(store.named("claim")) == 1


# Results.


@dataclass
class Receipt:
    number: int


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


# The switch.


def test_the_switch_turns_it_off(kind: Kind, store: Store, calls: Calls) -> None:
    charge = decorated(kind, store, calls, key="id")
    with switch.replaced(True):
        assert [charge({}), charge({})] == [{"done": {}}] * 2
    assert (len(calls.made), store.calls) == (2, [])


def test_the_environment_turns_it_off_and_that_is_logged(
    kind: Kind, store: Store, calls: Calls, monkeypatch: pytest.MonkeyPatch, log: Log
) -> None:
    charge = decorated(kind, store, calls)
    monkeypatch.setenv("REDRIVE_IDEMPOTENCY", "off")
    charge(7)
    charge(7)
    assert (calls.made, store.calls) == ([7, 7], [])
    assert log("redrive.idempotency.off")
    with switch.replaced(False):
        charge(7)
    monkeypatch.setenv("REDRIVE_IDEMPOTENCY", "on")
    charge(7)
    assert (len(calls.made), store.statuses) == (3, ["COMPLETED"])


def test_an_environment_that_says_neither_is_refused(
    kind: Kind, store: Store, calls: Calls, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REDRIVE_IDEMPOTENCY", "false")
    with pytest.raises(SettingsError, match="REDRIVE_IDEMPOTENCY is 'false': give 'on' or 'off'"):
        decorated(kind, store, calls)(7)
    assert calls.made == []


# A store that fails.


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


# Where the records are.


def test_the_table_is_that_of_the_settings(calls: Calls) -> None:
    asked: list[str] = []
    memory = MemoryStore()

    def factory(table: str) -> MemoryStore:
        asked.append(table)
        return memory

    charge = decorated(KINDS["plain"], None, calls, settings=IdempotencySettings(table="orders-done"))
    with stores.replaced(factory):
        charge(7)
        charge(8)
    assert asked == ["orders-done"]
    assert len(memory.records) == 2


def written(*tables: dict[str, Any]) -> dict[str, str]:
    return {f"REDRIVE_IDEMPOTENCY_{number}": json.dumps(each) for number, each in enumerate(tables, start=1)}


@pytest.mark.parametrize(("name", "table"), [("Orders", "a"), ("Refunds", "b")])
def test_the_construct_tells_the_table_by_name(
    monkeypatch: pytest.MonkeyPatch, calls: Calls, time: VirtualTime, name: str, table: str
) -> None:
    settings = [{"name": "Orders", "table": "a", "expiry": 500}, {"name": "Refunds", "table": "b", "expiry": 600}]
    for variable, value in written(*settings).items():
        monkeypatch.setenv(variable, value)
    made: dict[str, MemoryStore] = {}
    with stores.replaced(lambda table: made.setdefault(table, MemoryStore())):
        idempotent(using=Idempotency(name, key=str, lease=10))(calls)(7)
        (stored,) = made[table].records.values()
        assert stored.expiration == time.now + (500 if table == "a" else 600)
        with pytest.raises(
            SettingsError, match="no idempotency table is known as None; known are: 'Orders', 'Refunds'"
        ):
            idempotent(key=str)(calls)(7)
    assert calls.made == [7]


def test_without_a_table_nothing_is_run(calls: Calls) -> None:
    with pytest.raises(SettingsError, match=r"have an IdempotencyTable grant the function, or pass settings="):
        idempotent(key=str)(calls)(7)
    assert calls.made == []


# How it is written.


def test_options_go_over_what_is_used(store: Store, calls: Calls, time: VirtualTime) -> None:
    base = Idempotency(store=store, key=str, expiry=500, lease=10)
    idempotent(using=base, expiry=700)(calls)(7)
    idempotent(using=base)(calls)(8)
    assert [stored.expiration - time.now for stored in store.records.values()] == [700, 500]
    assert base.expiry == 500


def test_the_function_keeps_its_name() -> None:
    @idempotent(store=Store())
    def charge(order: int) -> int:
        """Charge an order."""
        return order

    assert (charge.__name__, charge.__doc__) == ("charge", "Charge an order.")
    assert charge.__wrapped__(7) == 7  # type: ignore[attr-defined]


def test_wrong_arguments_are_the_callers_error_and_nothing_is_claimed(store: Store) -> None:
    @idempotent(store=store)
    def charge(order: int) -> None: ...

    with pytest.raises(TypeError, match="missing a required argument: 'order'"):
        charge()  # type: ignore[call-arg]
    assert store.calls == []


def test_a_generator_function_is_refused() -> None:
    def rows(order: int) -> Iterator[int]:
        yield order

    async def pages(order: int) -> Any:
        yield order

    for function in (rows, pages):
        with pytest.raises(TypeError, match="is a generator function: calling it runs none of it, and it would count"):
            idempotent(function)


@pytest.mark.parametrize("how", ["async def", "partial", "method", "object"])
def test_whatever_makes_a_coroutine_is_awaited(store: Store, how: str) -> None:
    made: list[int] = []

    async def charge(order: int, more: int = 0) -> int:
        made.append(order)
        return order

    class Charge:
        async def method(self, order: int) -> int:
            return await charge(order)

        async def __call__(self, order: int) -> int:
            return await charge(order)

    functions: dict[str, Callable[..., Awaitable[int]]] = {
        "async def": charge,
        "partial": partial(charge, more=1),
        "method": Charge().method,
        "object": Charge(),
    }
    function = idempotent(store=store)(functions[how])

    async def twice() -> list[int]:
        return [await function(7), await function(7)]

    assert asyncio.run(twice()) == [7, 7]
    assert made == [7]
    assert store.statuses == ["COMPLETED"]


def test_a_plain_function_that_returns_an_awaitable_is_refused_and_nothing_runs(store: Store) -> None:
    """What it returned could be stored, but nobody would know at the next call that it is to be awaited."""
    ran: list[int] = []

    async def later(order: int) -> None:
        ran.append(order)

    @idempotent(store=store)
    def charge(order: int) -> Any:
        return later(order)

    for _ in range(2):
        with pytest.raises(TypeError, match=r"returns something to be awaited, and is no `async def` function"):
            charge(7)
    assert (ran, store.records) == ([], {})


# Options.

INVALID: list[tuple[dict[str, Any], type[Exception], str]] = [
    ({"missing_key": "skip"}, ValueError, "missing_key='skip': give 'fail' or 'run'"),
    ({"after_error": "retry"}, ValueError, "after_error='retry': give 'release' or 'keep'"),
    *(
        ({name: value}, ValueError, f"{name}={value!r}: give a number of seconds above 0")
        for name in ("expiry", "lease")
        for value in (0, -1, float("inf"), float("nan"))
    ),
    *(
        ({"clock_skew": value}, ValueError, f"clock_skew={value!r}: give a number of seconds, 0 or more")
        for value in (-1, float("inf"), float("nan"))
    ),
    *(
        ({"cache": value}, ValueError, f"cache={value!r}: how many results are kept in the process is a whole number")
        for value in (-1, 1.5, None)
    ),
    ({"prefix": "é" * 513}, ValueError, "prefix of 1,026 bytes: a key has room for 1,024"),
    *(
        ({name: 7}, TypeError, f"{name}=7: give a JMESPath expression such as 'order.id', or a function")
        for name in ("key", "payload")
    ),
    ({"when_not_kept": "none"}, TypeError, "when_not_kept='none': give a function"),
    ({"when_not_kept": 7}, TypeError, "when_not_kept=7: give a function"),
    ({"replay": "Permanent"}, TypeError, "replay='Permanent': give a class of errors, or several as a tuple"),
    ({"replay": (Permanent, 7)}, TypeError, r"replay=.*7.*: give a class of errors, or several as a tuple"),
    ({"replay": [Permanent]}, TypeError, "give a class of errors, or several as a tuple"),
    ({"serializer": json}, TypeError, "serializer=.*: give a Serializer"),
    ({"store": "orders"}, TypeError, "store='orders' has no `claim` and `end`: give a MemoryStore"),
    ({"settings": "orders"}, TypeError, "settings='orders': give IdempotencySettings"),
]


@pytest.mark.parametrize(("options", "error", "says"), INVALID, ids=lambda value: str(value)[:40])
def test_an_option_that_cannot_work_is_refused(options: dict[str, Any], error: type[Exception], says: str) -> None:
    with pytest.raises(error, match=says):
        Idempotency(**options)
    with pytest.raises(error, match=says):
        idempotent(**options)


@pytest.mark.parametrize("name", ["key", "payload", "when_not_kept"])
def test_a_function_that_would_have_to_be_awaited_is_refused(name: str) -> None:
    async def later(order: Any) -> Any: ...

    with pytest.raises(TypeError, match=f"{name}=.* is an `async def` function, and is called without being awaited"):
        Idempotency(**{name: later})  # type: ignore[arg-type]


def test_an_option_that_does_not_exist_is_refused() -> None:
    with pytest.raises(TypeError, match="expires"):
        idempotent(expires=7)  # type: ignore[call-overload]


def test_it_is_immutable_and_compares_by_value() -> None:
    one = Idempotency("Orders", key="id")
    assert one == Idempotency("Orders", key="id")
    assert one != one.replace(key="number")
    with pytest.raises(AttributeError, match="use replace"):
        one.expiry = 7  # type: ignore[misc]
