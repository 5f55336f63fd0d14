"""Rules for claims in every store: who gets a key, and what others find."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

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
    "test_a_claim_may_be_made_again_by_its_owner",
    "test_a_claim_of_an_unknown_delivery_keeps_none_of_the_last_owner",
    "test_a_free_key_is_claimed",
    "test_a_key_is_claimed_by_one_of_many",
    "test_a_key_of_another_is_not_claimed",
    "test_a_takeover_leaves_nothing_of_what_was_there",
    "test_an_expired_claim_is_taken_over",
    "test_claims_of_a_batch_are_judged_alone",
    "test_nothing_is_asked_about_no_keys",
    "test_takeovers_at_once_have_one_winner",
    "test_the_payload_is_kept_with_the_claim",
]


def test_a_free_key_is_claimed(store: IdempotencyStore, time: VirtualTime, company: list[Claim]) -> None:
    claim = a_claim(time, a_key())
    assert claimed(store, claim, *company) == [None] * (len(company) + 1)
    assert seen(store, time, claim.key) == claim.stored


def test_a_key_of_another_is_not_claimed(store: IdempotencyStore, time: VirtualTime, company: list[Claim]) -> None:
    first = a_claim(time, a_key())
    claimed(store, first)
    time.advance(LEASE - 1)
    answer, *rest = claimed(store, a_claim(time, first.key), *company)
    assert answer == first.stored
    assert rest == [None] * len(company)
    assert seen(store, time, first.key) == first.stored


def test_a_claim_may_be_made_again_by_its_owner(
    store: IdempotencyStore, time: VirtualTime, company: list[Claim]
) -> None:
    """So it looks when a reply was lost, and the SDK sends the request again."""
    claim = a_claim(time, a_key())
    assert claimed(store, claim, *company) == claimed(store, claim, *company) == [None] * (len(company) + 1)


def test_an_expired_claim_is_taken_over(store: IdempotencyStore, time: VirtualTime, company: list[Claim]) -> None:
    dead = a_claim(time, a_key())
    claimed(store, dead)
    time.advance(LEASE + 0.001)
    successor = a_claim(time, dead.key)
    assert claimed(store, successor, *company) == [None] * (len(company) + 1)
    assert seen(store, time, dead.key) == successor.stored


def test_takeovers_at_once_have_one_winner(store: IdempotencyStore, time: VirtualTime) -> None:
    dead = a_claim(time, a_key())
    claimed(store, dead)
    time.advance(LEASE + 1)
    takers = [a_claim(time, dead.key) for _ in range(8)]
    with ThreadPoolExecutor(8) as pool:
        # Alone and with another: two ways to take over, which must not both succeed.
        answers = list(pool.map(lambda pair: claimed(store, *pair)[0], zip(takers, others(time, 8), strict=True)))
    winners = [taker for taker, answer in zip(takers, answers, strict=True) if answer is None]
    assert len(winners) == 1
    assert seen(store, time, dead.key) == winners[0].stored


def test_a_key_is_claimed_by_one_of_many(store: IdempotencyStore, time: VirtualTime) -> None:
    takers = [a_claim(time, key) for key in [a_key()] * 8]
    with ThreadPoolExecutor(8) as pool:
        alone = pool.map(lambda taker: claimed(store, taker)[0], takers[::2])
        together = pool.map(lambda taker: claimed(store, taker, *others(time, 1))[0], takers[1::2])
        answers = [*alone, *together]
    assert answers.count(None) == 1
    winner = [*takers[::2], *takers[1::2]][answers.index(None)]
    assert all(answer == winner.stored for answer in answers if answer is not None)


def test_a_claim_of_an_unknown_delivery_keeps_none_of_the_last_owner(
    store: IdempotencyStore, time: VirtualTime
) -> None:
    claim = a_claim(time, a_key(), delivery="m-1")
    claimed(store, claim)
    time.advance(LEASE + 1)
    successor = a_claim(time, claim.key)
    assert claimed(store, successor) == [None]
    assert seen(store, time, claim.key).delivery is None


def test_a_takeover_leaves_nothing_of_what_was_there(
    store: IdempotencyStore, time: VirtualTime, company: list[Claim]
) -> None:
    """Not the payload, the result, nor why there was none."""
    first = a_claim(time, a_key(), validation="hash")
    claimed(store, first)
    ended(store, a_completion(time, first, '"old"', "too large"))
    time.advance(EXPIRY + 1)
    second = a_claim(time, first.key)
    assert claimed(store, second, *company)[0] is None
    assert seen(store, time, first.key)._replace(data=None) == second.stored
    ended(store, a_completion(time, second, None))
    found = seen(store, time, first.key)
    assert (found.data, found.error, found.validation) == (None, None, None)


def test_the_payload_is_kept_with_the_claim(store: IdempotencyStore, time: VirtualTime, company: list[Claim]) -> None:
    claim = a_claim(time, a_key(), validation="hash")
    claimed(store, claim, *company)
    assert seen(store, time, claim.key).validation == "hash"
    ended(store, a_completion(time, claim))
    assert seen(store, time, claim.key).validation == "hash"


def test_claims_of_a_batch_are_judged_alone(store: IdempotencyStore, time: VirtualTime) -> None:
    busy, dead, done, failed, expired = (a_claim(time, a_key()) for _ in range(5))
    for claim in (busy, dead, done, failed, expired):
        early = claim is dead
        claimed(store, claim if not early else claim._replace(lease_end=round(time.now * 1000) + 1))
    ended(store, a_completion(time, done), Ending(failed.key, failed.owner, FAILED, done.expiration, None, "{}"))
    ended(store, a_completion(time, expired)._replace(expiration=round(time.now) + 1))
    time.advance(2.5)
    free = others(time, 95)
    again = [a_claim(time, claim.key) for claim in (busy, dead, done, failed, expired)]
    answers = claimed(store, *free[:40], *again, *free[40:])
    assert [each for each in answers[:40] + answers[45:] if each is not None] == []
    statuses = [None if each is None else each.status for each in answers[40:45]]
    assert statuses == [IN_PROGRESS, None, COMPLETED, FAILED, None]


def test_nothing_is_asked_about_no_keys(store: IdempotencyStore) -> None:
    assert dict(store.claim([])) == {}
    assert dict(store.end([])) == {}
