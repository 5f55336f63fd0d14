"""Rules for every store of idempotency records that is asked over a network. The test modules of one import them.

    from tests.support.runtime.idempotency.store_lost_replies import *  # noqa: F403

They ask for three fixtures: `store` and `time` as the other conformance tests do, and `lose`.
"""

from __future__ import annotations

from typing import Protocol

from redrive.idempotency.record import COMPLETED, IN_PROGRESS, Claim, Ending
from redrive.idempotency.stores import IdempotencyStore
from tests.support.runtime.idempotency.conformance.records import (
    LEASE,
    a_claim,
    a_completion,
    a_key,
    claimed,
    company,
    ended,
    others,
    seen,
)
from tests.support.runtime.sqs.queue import VirtualTime

__all__ = [
    "company",
    "test_a_completion_whose_reply_is_lost_counts",
    "test_a_lost_reply_to_a_claim_is_no_foreign_claim",
    "test_a_release_whose_reply_is_lost_counts",
    "test_a_renewal_whose_reply_is_lost_counts",
    "test_a_takeover_whose_reply_is_lost_counts",
]


class Lose(Protocol):
    """Loses the replies to the next requests."""

    def __call__(self, count: int, *, spare: int = 0) -> None:
        """Lose so many replies, after some that arrive."""
        ...


def test_a_lost_reply_to_a_claim_is_no_foreign_claim(
    store: IdempotencyStore, time: VirtualTime, company: list[Claim], lose: Lose
) -> None:
    claim = a_claim(time, a_key())
    lose(1)
    assert claimed(store, claim, *company) == [None] * (len(company) + 1)
    assert seen(store, time, claim.key) == claim.stored


def test_a_takeover_whose_reply_is_lost_counts(
    store: IdempotencyStore, time: VirtualTime, company: list[Claim], lose: Lose
) -> None:
    for spare in range(6):  # whichever of its requests it is
        dead = a_claim(time, a_key())
        claimed(store, dead)
        time.advance(LEASE + 1)
        successor = a_claim(time, dead.key)
        lose(1, spare=spare)
        assert claimed(store, successor, *others(time, len(company)))[0] is None
        lose(0)
        assert seen(store, time, dead.key) == successor.stored


def test_a_completion_whose_reply_is_lost_counts(
    store: IdempotencyStore, time: VirtualTime, company: list[Claim], lose: Lose
) -> None:
    claim = a_claim(time, a_key())
    claimed(store, claim, *company)
    lose(1)
    assert ended(store, *(a_completion(time, each) for each in (claim, *company))) == [None] * (len(company) + 1)
    assert seen(store, time, claim.key).status == COMPLETED


def test_a_release_whose_reply_is_lost_counts(
    store: IdempotencyStore, time: VirtualTime, company: list[Claim], lose: Lose
) -> None:
    claim = a_claim(time, a_key())
    claimed(store, claim, *company)
    lose(1)
    releases = [Ending(each.key, each.owner) for each in (claim, *company)]
    assert ended(store, *releases) == [None] * len(releases)
    assert claimed(store, a_claim(time, claim.key)) == [None]


def test_a_renewal_whose_reply_is_lost_counts(
    store: IdempotencyStore, time: VirtualTime, company: list[Claim], lose: Lose
) -> None:
    claim = a_claim(time, a_key())
    claimed(store, claim, *company)
    lose(1)
    renewals = [Ending(each.key, each.owner, IN_PROGRESS, each.expiration + 40) for each in (claim, *company)]
    assert ended(store, *renewals) == [None] * len(renewals)
    assert seen(store, time, claim.key).expiration == claim.expiration + 40
