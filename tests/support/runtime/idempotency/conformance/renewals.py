"""Rules for time in every store: records expire, and renewals move their end."""

from __future__ import annotations

import pytest

from redrive import LateCompletion
from redrive.idempotency.record import COMPLETED, FAILED, IN_PROGRESS, Claim, Ending
from redrive.idempotency.stores import IdempotencyStore
from tests.support.runtime.idempotency.conformance.records import (
    EXPIRY,
    LEASE,
    a_claim,
    a_completion,
    a_key,
    claimed,
    ended,
    others,
    seen,
)
from tests.support.runtime.sqs.queue import VirtualTime

__all__ = [
    "test_a_late_renewal_changes_nothing",
    "test_a_record_expires",
    "test_a_renewal_moves_the_expiration_and_never_back",
    "test_a_renewed_claim_is_taken_over_only_from_a_certainly_dead_owner",
]


@pytest.mark.parametrize("status", [IN_PROGRESS, COMPLETED, FAILED])
def test_a_record_expires(store: IdempotencyStore, time: VirtualTime, company: list[Claim], status: str) -> None:
    claim = a_claim(time, a_key(), lease_end=round((time.now + 2 * EXPIRY) * 1000))
    claimed(store, claim)
    if status != IN_PROGRESS:
        ended(store, Ending(claim.key, claim.owner, status, claim.expiration, None, "{}"))
    time.advance(EXPIRY)
    assert seen(store, time, claim.key).status == status
    time.advance(1)
    successor = a_claim(time, claim.key)
    assert claimed(store, successor, *company) == [None] * (len(company) + 1)
    assert seen(store, time, claim.key) == successor.stored


def test_a_renewal_moves_the_expiration_and_never_back(
    store: IdempotencyStore, time: VirtualTime, company: list[Claim]
) -> None:
    claim = a_claim(time, a_key(), lease_end=None, expiration=round(time.now) + 40)
    claimed(store, claim, *company)
    later, earlier = round(time.now) + 90, round(time.now) + 60
    others_end = [a_completion(time, each) for each in company]
    for expiration in (later, later, earlier):
        answers = ended(store, Ending(claim.key, claim.owner, IN_PROGRESS, expiration), *others_end)
        assert answers == [None] * len(answers)
        assert seen(store, time, claim.key) == claim.stored._replace(expiration=later)
    time.advance(91)
    successor = a_claim(time, claim.key)
    assert claimed(store, successor) == [None]
    assert seen(store, time, claim.key) == successor.stored


def test_a_late_renewal_changes_nothing(store: IdempotencyStore, time: VirtualTime, company: list[Claim]) -> None:
    """After a take-over, a completion and a release alike; and a record that is gone is not made again."""
    dead, done, gone = others(time, 3)
    claimed(store, dead, done, gone, *company)
    time.advance(LEASE + 1)
    successor = a_claim(time, dead.key)
    claimed(store, successor)
    ended(store, a_completion(time, done), Ending(gone.key, gone.owner))
    late = [Ending(each.key, each.owner, IN_PROGRESS, round(time.now) + 9000) for each in (dead, done, gone)]
    answers = ended(store, *late, *(a_completion(time, each) for each in company))
    assert [isinstance(answer, LateCompletion) for answer in answers[:3]] == [True] * 3
    assert seen(store, time, dead.key) == successor.stored
    assert seen(store, time, done.key).status == COMPLETED
    assert claimed(store, a_claim(time, gone.key)) == [None]


def test_a_renewed_claim_is_taken_over_only_from_a_certainly_dead_owner(
    store: IdempotencyStore, time: VirtualTime, company: list[Claim]
) -> None:
    """However long it is past all its times: its owner record decides, which is no business of the store."""
    renewed = a_claim(time, a_key(), alive_until=round((time.now + 40) * 1000), renewed_by="redrive-owner-1-2")
    claimed(store, renewed)
    time.advance(LEASE + 1000)
    others_dead = a_claim(time, renewed.key, succeeds="redrive-owner-1-3", is_expected=True)
    assert claimed(store, others_dead, *company)[0] == renewed.stored
    successor = a_claim(time, renewed.key, succeeds="redrive-owner-1-2", is_expected=True)
    assert claimed(store, successor)[0] is None
    assert seen(store, time, renewed.key) == successor.stored  # nothing is left of the renewed claim
    time.advance(LEASE + 1)
    again = a_claim(time, renewed.key, alive_until=5, renewed_by="redrive-owner-9")
    assert claimed(store, again) == [None]
    assert seen(store, time, renewed.key) == again.stored
