"""A call that takes long keeps its claim while it runs, and not much longer."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from redrive import Idempotency, IdempotencyStore, InProgress, LateCompletion, MemoryStore, NotRecorded, idempotent
from redrive.idempotency.call import Answered, Started
from redrive.idempotency.record import IN_PROGRESS
from redrive.settings.idempotency import OWNER_KEYS
from tests.support.runtime.aws.fake_dynamodb import FakeDynamoDB
from tests.support.runtime.idempotency.functions import KINDS, Calls, Down, Store
from tests.support.runtime.idempotency.renewals import Background
from tests.support.runtime.log import Log
from tests.support.runtime.sqs.queue import Context, VirtualTime

MANAGED = {"AWS_LAMBDA_INITIALIZATION_TYPE": "lambda-managed-instances"}


def owner_records(dynamodb: FakeDynamoDB) -> list[str]:
    return [key for key in dynamodb.items if key.startswith(OWNER_KEYS)]


@pytest.mark.parametrize("seconds", [45, 60, 300, 900])
@pytest.mark.parametrize("name", KINDS)
def test_a_claim_is_kept_while_its_call_runs(
    store: IdempotencyStore, name: str, background: Background, other: Background, time: VirtualTime, seconds: int
) -> None:
    refused: list[float | None] = []

    def during(order: Any) -> None:
        for _ in range((seconds - 2) // 7):
            background.advance(7)
            # In a thread, which has no event loop.
            with other.process(), ThreadPoolExecutor(1) as pool, pytest.raises(InProgress) as raised:
                pool.submit(handler, None, Context(time, seconds)).result()
            refused.append(raised.value.after)

    calls = Calls(during=during)
    charge = KINDS[name](idempotent(store=store, key=lambda order: order), calls)

    def handler(event: Any, context: Any) -> Any:
        return charge(7)

    assert handler(None, Context(time, seconds)) == {"done": 7}
    assert len(refused) > 5
    with other.process():
        assert handler(None, Context(time, seconds)) == {"done": 7}
    assert calls.made == [7]
    assert all(after is not None and 0 < after <= seconds + 2 for after in refused)


@pytest.mark.parametrize("skew", [-1.0, 0.0, 1.0])
@pytest.mark.parametrize(
    ("seconds", "at"),
    [(each, at) for each in (30, 41, 300, 900) for at in (0, 5, 9.9, 10.1, 29, 75, 250, 800) if at < each],
)
def test_after_a_crash_the_next_delivery_runs_within_a_minute(
    store: IdempotencyStore, other: Background, background: Background, time: VirtualTime,
    seconds: int, at: float, skew: float,
) -> None:  # fmt: skip
    idempotency, crashed = Idempotency(store=store), Background(time)
    crashed.begin(idempotency, Context(time, seconds))
    crashed.advance(at)
    crashed.crash()
    other.offset = skew
    time.advance(0.5)
    if at + 0.5 + skew < seconds:
        with pytest.raises(InProgress):
            other.begin(idempotency, Context(time, seconds))
    time.advance(59.5)
    started = other.begin(idempotency, Context(time, seconds))
    assert isinstance(started, Started)
    other.succeed(idempotency, started)


@pytest.mark.parametrize(("at", "times"), [(0, 1), (15, 2), (100, 1)])
def test_a_call_that_meets_the_claim_of_the_dead_is_told_when_to_come_back(
    store: IdempotencyStore, other: Background, background: Background, time: VirtualTime, at: float, times: int
) -> None:
    """The claim says until when its owner is certainly alive; after that, the owner record says until when."""
    idempotency, crashed = Idempotency(store=store), Background(time)
    crashed.begin(idempotency, Context(time, 300))
    crashed.advance(at)
    crashed.crash()
    for _ in range(times):
        with pytest.raises(InProgress) as raised:
            other.begin(idempotency, Context(time, 300))
        assert raised.value.after is not None
        time.advance(raised.value.after)
    other.succeed(idempotency, other.begin(idempotency, Context(time, 300)))


def test_a_short_call_costs_no_write_more(background: Background, dynamodb: FakeDynamoDB, time: VirtualTime) -> None:
    idempotency = Idempotency(store=Store())
    started = background.begin(idempotency, Context(time, 300))
    background.advance(9.9)
    background.succeed(idempotency, started)
    background.advance(500)
    assert isinstance(idempotency.store, Store)
    assert [name for name, _ in idempotency.store.calls] == ["claim", "end"]


def test_a_long_call_is_renewed_every_ten_seconds_until_it_ends(background: Background, time: VirtualTime) -> None:
    idempotency = Idempotency(store=Store())
    began = time.now
    started = background.begin(idempotency, Context(time, 300))
    background.advance(45)
    background.succeed(idempotency, started)
    background.advance(500)
    assert [moment - began for moment in background.ran] == [10, 20, 30, 40]
    assert isinstance(idempotency.store, Store)
    owner = idempotency.store.named("end")[0]
    assert idempotency.store.calls[1] == ("claim", owner)
    assert idempotency.store.named("end")[:-1] == [owner] * 3


def test_nothing_is_renewed_beyond_the_deadline(background: Background, time: VirtualTime) -> None:
    """Lambda ends the code there. Renewals stop where the record says it already."""
    idempotency = Idempotency(store=MemoryStore())
    began = time.now
    background.begin(idempotency, Context(time, 75))
    background.advance(500)
    assert [moment - began for moment in background.ran] == [10, 20, 30, 40, 50]
    background.crash()
    assert isinstance(idempotency.store, MemoryStore)
    (record,) = [stored for key, stored in idempotency.store.records.items() if key.startswith(OWNER_KEYS)]
    assert record.expiration - began == pytest.approx(76, abs=1)
    background._owners.by_key.clear()  # pyright: ignore[reportPrivateUsage]


def test_calls_at_the_same_time_in_one_invocation_share_one_owner(
    store: IdempotencyStore, background: Background, time: VirtualTime
) -> None:
    idempotency, context = Idempotency(store=store), Context(time, 300)
    started = [background.begin(idempotency, context, key) for key in "abc"]
    assert list(background.active.values()) == [3]
    assert background.begun == 1
    for each in started:
        background.succeed(idempotency, each)
    assert background.is_idle
    background.succeed(idempotency, background.begin(idempotency, context, "d"))
    assert background.begun == 2  # a new owner: nothing keeps that of the past alive


def test_a_second_call_with_the_same_key_in_one_invocation_meets_the_first(
    store: IdempotencyStore, background: Background, time: VirtualTime
) -> None:
    idempotency, context = Idempotency(store=store), Context(time, 300)
    started = background.begin(idempotency, context)
    for _ in range(6):
        with pytest.raises(InProgress):
            background.begin(idempotency, context)
        background.advance(30)
    background.succeed(idempotency, started, "first")
    assert background.begin(idempotency, context) == Answered("first")


def test_without_threads_a_claim_is_valid_until_its_deadline(
    store: IdempotencyStore, background: Background, other: Background, time: VirtualTime
) -> None:
    idempotency = Idempotency(store=store)
    background.fails = True
    started = background.begin(idempotency, Context(time, 300))
    time.advance(299)
    with pytest.raises(InProgress) as raised:
        other.begin(idempotency, Context(time, 300))
    assert raised.value.after == pytest.approx(2, abs=0.1)
    background.succeed(idempotency, started)


def test_on_managed_instances_a_claim_is_kept_beyond_the_timeout(
    store: IdempotencyStore, background: Background, other: Background, time: VirtualTime, monkeypatch: Any
) -> None:
    """There the code runs on. A short timeout changes nothing."""
    for name, value in MANAGED.items():
        monkeypatch.setenv(name, value)
    idempotency = Idempotency(store=store, expiry=60)
    started = background.begin(idempotency, Context(time, 20))
    for _ in range(30):
        background.advance(20)
        with pytest.raises(InProgress) as raised:
            other.begin(idempotency, Context(time, 20))
        assert raised.value.after is not None
        assert raised.value.after < 60
    background.succeed(idempotency, started, "at last")
    assert other.begin(idempotency, Context(time, 20)) == Answered("at last")


def test_outside_of_lambda_a_claim_is_kept_beyond_its_lease(
    store: IdempotencyStore, background: Background, other: Background, time: VirtualTime
) -> None:
    idempotency = Idempotency(store=store, lease=100)
    started = background.begin(idempotency, None)
    background.advance(500)
    with pytest.raises(InProgress):
        other.begin(idempotency, None)
    background.succeed(idempotency, started)


def test_a_call_in_a_thread_that_outlasts_its_invocation_keeps_its_claim_while_it_runs(
    store: IdempotencyStore, background: Background, other: Background, time: VirtualTime
) -> None:
    """The context of an earlier invocation says nothing of the deadline."""
    idempotency, context = Idempotency(store=store), Context(time, 60)
    first = background.begin(idempotency, context, "a")
    background.advance(61)
    second = background.begin(idempotency, context, "b")
    background.advance(100)
    with pytest.raises(InProgress):
        other.begin(idempotency, Context(time, 60), "b")
    background.succeed(idempotency, second)
    background.succeed(idempotency, first)


def test_a_short_lease_holds_as_it_is(
    store: IdempotencyStore, background: Background, other: Background, time: VirtualTime
) -> None:
    idempotency = Idempotency(store=store, lease=15)
    late = background.begin(idempotency, None)
    background.advance(17)
    other.succeed(idempotency, other.begin(idempotency, None), "second")
    with pytest.raises(LateCompletion):
        background.succeed(idempotency, late, "first")


def test_a_frozen_owner_is_succeeded_and_cannot_come_back(
    store: IdempotencyStore, background: Background, other: Background, time: VirtualTime, log: Log
) -> None:
    idempotency = Idempotency(store=store)
    frozen = background.begin(idempotency, Context(time, 300))
    background.advance(12)
    background.frozen = True
    background.advance(60)
    successor = other.begin(idempotency, Context(time, 300))
    background.frozen = False
    background.advance(1)
    assert [line["reason"] for line in log("redrive.idempotency.owner_lost")] == [
        "another owner has taken its claims over"
    ]
    with pytest.raises(LateCompletion):
        background.succeed(idempotency, frozen, "late")
    other.succeed(idempotency, successor, "done")
    assert background.begin(idempotency, Context(time, 300)) == Answered("done")


def test_an_owner_that_was_frozen_before_its_first_renewal_cannot_begin_after_its_successor(
    store: IdempotencyStore, background: Background, other: Background, time: VirtualTime
) -> None:
    idempotency = Idempotency(store=store)
    frozen = background.begin(idempotency, Context(time, 300))
    background.frozen = True
    background.advance(60)
    successor = other.begin(idempotency, Context(time, 300))
    background.frozen = False
    background.advance(30)
    with pytest.raises(LateCompletion):
        background.succeed(idempotency, frozen)
    other.succeed(idempotency, successor)


def test_an_owner_that_was_frozen_goes_on_if_nobody_has_asked(
    store: IdempotencyStore, background: Background, other: Background, time: VirtualTime, log: Log
) -> None:
    idempotency = Idempotency(store=store)
    started = background.begin(idempotency, Context(time, 300))
    background.frozen = True
    background.advance(60)
    background.frozen = False
    background.advance(1)
    with pytest.raises(InProgress):
        other.begin(idempotency, Context(time, 300))
    background.succeed(idempotency, started)
    assert log("redrive.idempotency.owner_lost") == []


@pytest.mark.parametrize("error", [Down(), TimeoutError()])
@pytest.mark.parametrize("lost", [False, True])
def test_a_renewal_that_fails_is_made_again_soon(
    background: Background, other: Background, time: VirtualTime, error: Exception, lost: bool
) -> None:
    store = Store()
    idempotency = Idempotency(store=store)
    began, is_out = time.now, True
    started = background.begin(idempotency, Context(time, 300))

    def trouble(name: str, keys: Any) -> Exception | None:
        down = is_out and (9 < time.now - began < 35 or 99 < time.now - began < 125)
        return error if down and keys[0].startswith(OWNER_KEYS) else None

    if lost:
        store.loses = trouble
    else:
        store.refuses = trouble
    background.advance(36)
    assert [moment - began for moment in background.ran[:3]] == [10, 12, 14]
    for _ in range(20):
        is_out = False  # for the other one
        with pytest.raises(InProgress):
            other.begin(idempotency, Context(time, 300))
        is_out = True
        background.advance(10)
    background.succeed(idempotency, started)


def test_an_outage_longer_than_the_lease_is_reported_once(
    background: Background, other: Background, time: VirtualTime, log: Log
) -> None:
    store = Store()
    idempotency = Idempotency(store=store)
    started = background.begin(idempotency, Context(time, 300))
    store.refuses = lambda name, keys: Down("no table") if keys[0].startswith(OWNER_KEYS) else None
    background.advance(80)
    (line,) = log("redrive.idempotency.owner_lost")
    assert line["reason"] == "it could not be renewed: no table"
    assert line["remedy"]
    background.succeed(idempotency, started)


def test_what_a_contender_cannot_find_out_is_an_error(
    background: Background, other: Background, time: VirtualTime
) -> None:
    store = Store()
    idempotency, crashed = Idempotency(store=store), Background(time)
    crashed.begin(idempotency, Context(time, 300))
    time.advance(60)
    for trouble in ("refuses", "loses"):
        setattr(store, trouble, lambda name, keys: Down("no table") if keys[0].startswith(OWNER_KEYS) else None)
        with pytest.raises(Down, match="no table"):
            other.begin(idempotency, Context(time, 300))
        setattr(store, trouble, lambda name, keys: None)
    other.succeed(idempotency, other.begin(idempotency, Context(time, 300)))


def test_a_call_that_is_not_recorded_says_when_its_claim_ends(background: Background, time: VirtualTime) -> None:
    store = Store()
    idempotency = Idempotency(store=store)
    started = background.begin(idempotency, Context(time, 300))
    background.advance(100)
    store.refuses = lambda name, keys: Down("no table")
    with pytest.raises(NotRecorded) as raised:
        background.succeed(idempotency, started)
    store.refuses = lambda name, keys: None
    assert raised.value.after is not None
    assert 40 < raised.value.after < 60
    background.advance(raised.value.after)
    background.succeed(idempotency, background.begin(idempotency, Context(time, 300)))


def test_of_several_contenders_one_succeeds_the_dead(
    store: IdempotencyStore, background: Background, time: VirtualTime
) -> None:
    idempotency, crashed = Idempotency(store=store), Background(time)
    context = Context(time, 300)
    crashed.begin(idempotency, context, "a")
    crashed.begin(idempotency, context, "b")
    crashed.advance(25)
    time.advance(50)
    first = background.begin(idempotency, Context(time, 300), "a")
    with pytest.raises(InProgress):
        background.begin(idempotency, Context(time, 300), "a")
    second = background.begin(idempotency, Context(time, 300), "b")  # the owner is known to be dead
    background.succeed(idempotency, first)
    background.succeed(idempotency, second)


def test_powertools_sees_a_valid_claim_until_the_deadline(
    background: Background, dynamodb: FakeDynamoDB, time: VirtualTime
) -> None:
    """It knows `status`, `expiration` and `in_progress_expiration`, and nothing of owners."""
    idempotency = Idempotency(settings=_settings(dynamodb))
    started = background.begin(idempotency, Context(time, 300))
    background.advance(100)
    (item,) = [item for key, item in dynamodb.items.items() if not key.startswith(OWNER_KEYS)]
    assert item["status"] == {"S": IN_PROGRESS}
    assert int(item["in_progress_expiration"]["N"]) == pytest.approx((time.now + 200 + 1) * 1000, abs=2)
    assert int(item["expiration"]["N"]) > time.now + 300
    background.succeed(idempotency, started)
    assert owner_records(dynamodb) == [item["renewed_by"]["S"]]


def _settings(dynamodb: FakeDynamoDB) -> Any:
    from redrive import IdempotencySettings

    return IdempotencySettings(table=dynamodb.table)


def test_functions_with_one_table_share_the_owner(
    background: Background, dynamodb: FakeDynamoDB, time: VirtualTime
) -> None:
    context = Context(time, 300)
    first = background.begin(Idempotency(settings=_settings(dynamodb)), context, "a")
    second = background.begin(Idempotency(settings=_settings(dynamodb), expiry=100), context, "b")
    background.advance(30)
    assert list(background.active.values()) == [2]
    assert len(owner_records(dynamodb)) == 1
    for each in (first, second):
        background.succeed(Idempotency(settings=_settings(dynamodb)), each)
