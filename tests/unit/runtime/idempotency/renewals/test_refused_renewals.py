"""Renewals that the table refuses or loses."""

from __future__ import annotations

from typing import Any

import pytest

from redrive import Idempotency, InProgress, NotRecorded
from redrive.settings.idempotency import OWNER_KEYS
from tests.support.runtime.idempotency.functions import Down, Store
from tests.support.runtime.idempotency.renewals import Background
from tests.support.runtime.log import Log
from tests.support.runtime.sqs.queue import Context, VirtualTime


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
