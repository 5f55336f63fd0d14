"""A call that takes long keeps its claim while it runs, and not much longer."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from redrive import Idempotency, IdempotencyStore, InProgress, LateCompletion, MemoryStore, idempotent
from redrive.idempotency.call import Answered
from redrive.settings.idempotency import OWNER_KEYS
from tests.support.runtime.aws.fake_dynamodb import FakeDynamoDB
from tests.support.runtime.idempotency.functions import KINDS, Calls, Store
from tests.support.runtime.idempotency.renewals import Background
from tests.support.runtime.sqs.queue import Context, VirtualTime

MANAGED = {"AWS_LAMBDA_INITIALIZATION_TYPE": "lambda-managed-instances"}


@pytest.mark.parametrize("seconds", [45, 60, 300, 900])
@pytest.mark.parametrize("name", KINDS)
def test_a_claim_is_kept_while_its_call_runs(
    store: IdempotencyStore, name: str, background: Background, other: Background, time: VirtualTime, seconds: int
) -> None:
    refused: list[float | None] = []

    def during(order: Any) -> None:
        with ThreadPoolExecutor(1) as pool:  # a thread, which has no event loop
            for _ in range((seconds - 2) // 7):
                background.advance(7)
                with other.process(), pytest.raises(InProgress) as raised:
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
