"""The claim of a crashed owner: others find out soon that it is dead, and one succeeds it."""

from __future__ import annotations

import pytest

from redrive import Idempotency, IdempotencyStore, InProgress
from redrive.idempotency.call import Started
from redrive.settings.idempotency import OWNER_KEYS
from tests.support.runtime.idempotency.functions import Down, Store
from tests.support.runtime.idempotency.renewals import Background
from tests.support.runtime.sqs.queue import Context, VirtualTime


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
