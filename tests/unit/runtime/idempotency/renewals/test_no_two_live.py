"""While an owner believes to live, no other one has its claims: the rare cases, one by one."""

from __future__ import annotations

import pytest

from redrive import Idempotency, IdempotencyStore, InProgress, LateCompletion
from redrive.idempotency.liveness import FIRST_LEASE
from redrive.idempotency.owners import is_lost
from tests.support.runtime.idempotency.renewal_machine import Wire
from tests.support.runtime.idempotency.renewals import Background
from tests.support.runtime.sqs.queue import Context, VirtualTime


class Owner:
    """A process with one call, and whoever wants its claim."""

    def __init__(self, store: IdempotencyStore, background: Background, other: Background, time: VirtualTime) -> None:
        self.wire = Wire(store)
        self.background, self.other, self.time = background, other, time
        self.idempotency = Idempotency(store=self.wire, clock_skew=4)
        self.contender = Idempotency(store=store, clock_skew=4)
        self.began = time.now
        self.started = background.begin(self.idempotency, Context(time, 900))

    def until(self, seconds: float, trouble: str = "") -> None:
        """Let time pass until some seconds after the claim, while requests of the owner go wrong."""
        self.wire.trouble = trouble
        self.background.advance(self.began + seconds - self.time.now)
        self.wire.trouble = ""

    def check_alive(self, until: float) -> None:
        """Check that it believes to live until some seconds after its claim, and that no other one may run before."""
        claim = getattr(self.started, "claim")  # noqa: B009
        for seconds, lives in ((until - 0.01, True), (until + 0.01, False)):
            self.background.frozen = True
            self.until(seconds)
            with self.background.process():
                assert is_lost(claim) is not lives
            for offset in (0, 3.99) if lives else ():
                self.other.offset = offset
                with pytest.raises(InProgress):
                    self.other.begin(self.contender, Context(self.time, 900))
        self.background.frozen = False
        self.background.succeed(self.idempotency, self.started)


@pytest.fixture
def owner(store: IdempotencyStore, background: Background, other: Background, time: VirtualTime) -> Owner:
    return Owner(store, background, other, time)


@pytest.mark.parametrize(("renewed", "until"), [(0, FIRST_LEASE), (10, 50), (30, 70)])
def test_up_to_the_end_of_its_lease_whatever_the_clocks_say(owner: Owner, renewed: float, until: float) -> None:
    owner.until(renewed)
    owner.check_alive(until)


@pytest.mark.parametrize("trouble", ["lost", "refused", "late"])
def test_when_its_first_renewal_is_in_doubt(owner: Owner, trouble: str) -> None:
    """The second one may find the first, which ends earlier."""
    owner.until(11, trouble)
    owner.background.frozen = True
    owner.until(33)
    for request in owner.wire.under_way:
        request()
    owner.background.frozen = False
    owner.until(33)
    owner.check_alive(73)


@pytest.mark.parametrize("late", [1, 2])
def test_when_an_earlier_renewal_arrives_after_a_later_one(owner: Owner, late: int) -> None:
    owner.until(10 * (late - 1) + 1)
    owner.until(10 * late + 1, "late")
    assert len(owner.wire.under_way) == 1
    owner.until(39)
    for request in owner.wire.under_way:
        request()
    owner.check_alive(owner.background.ran[-1] - owner.began + FIRST_LEASE)


@pytest.mark.parametrize("renewed", [1, 11], ids=["the first renewal", "a later renewal"])
def test_when_a_renewal_arrives_after_its_successor_has_come(owner: Owner, renewed: float) -> None:
    """It has no effect then, and the owner hears of it when it runs again."""
    owner.until(renewed)
    owner.until(renewed + 10, "late")
    owner.background.frozen = True
    owner.until(100)
    successor = owner.other.begin(owner.contender, Context(owner.time, 900))
    for request in owner.wire.under_way:
        request()
    with pytest.raises(InProgress):
        owner.other.begin(owner.contender, Context(owner.time, 900))
    owner.background.frozen = False
    owner.until(101)
    with owner.background.process():
        assert is_lost(getattr(owner.started, "claim"))  # noqa: B009
    owner.other.succeed(owner.contender, successor, "done")
    with pytest.raises(LateCompletion):
        owner.background.succeed(owner.idempotency, owner.started)
