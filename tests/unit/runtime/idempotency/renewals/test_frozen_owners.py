"""An owner that was frozen: its successor counts, and without one it goes on."""

from __future__ import annotations

import pytest

from redrive import Idempotency, IdempotencyStore, InProgress, LateCompletion
from redrive.idempotency.call import Answered
from tests.support.runtime.idempotency.renewals import Background
from tests.support.runtime.log import Log
from tests.support.runtime.sqs.queue import Context, VirtualTime


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
