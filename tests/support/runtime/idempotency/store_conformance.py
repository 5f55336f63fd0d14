"""Rules for every store of idempotency records. The test modules of a store import them.

    from tests.support.runtime.idempotency.store_conformance import *  # noqa: F403

They ask for two fixtures: `store`, an `IdempotencyStore`, and `time`, a `VirtualTime` that is the clock in force.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import uuid4

import pytest

from redrive import LateCompletion
from redrive.core.system import new_token
from redrive.idempotency.record import COMPLETED, FAILED, IN_PROGRESS, Claim, Ending, Stored
from redrive.idempotency.stores import IdempotencyStore
from tests.support.runtime.sqs.queue import VirtualTime

EXPIRY = 3600
LEASE = 60

__all__ = [
    "company",
    "test_a_claim_may_be_made_again_by_its_owner",
    "test_a_claim_of_an_unknown_delivery_keeps_none_of_the_last_owner",
    "test_a_completion_is_found_by_the_next_claim",
    "test_a_failure_is_found_by_its_own_delivery_and_rerun_by_another",
    "test_a_failure_of_the_same_delivery_or_an_unknown_one_is_found",
    "test_a_free_key_is_claimed",
    "test_a_key_is_claimed_by_one_of_many",
    "test_a_key_of_another_is_not_claimed",
    "test_a_late_completion_changes_nothing",
    "test_a_late_release_changes_nothing",
    "test_a_late_renewal_changes_nothing",
    "test_a_record_expires",
    "test_a_release_frees_the_key",
    "test_a_renewal_moves_the_expiration_and_never_back",
    "test_a_renewed_claim_is_taken_over_only_from_a_certainly_dead_owner",
    "test_a_result_of_any_text_is_kept_as_it_is",
    "test_a_takeover_leaves_nothing_of_what_was_there",
    "test_an_end_of_what_has_ended_is_late",
    "test_an_expired_claim_is_taken_over",
    "test_claims_of_a_batch_are_judged_alone",
    "test_endings_of_a_batch_are_judged_alone",
    "test_nothing_is_asked_about_no_keys",
    "test_takeovers_at_once_have_one_winner",
    "test_the_payload_is_kept_with_the_claim",
]


def a_key() -> str:
    return f"orders#{uuid4().hex}"


def a_claim(time: VirtualTime, key: str, owner: str | None = None, **more: Any) -> Claim:
    """A claim made now, as `Claims` makes them."""
    fields: dict[str, Any] = {
        "lease_end": round((time.now + LEASE) * 1000),
        "expiration": round(time.now) + EXPIRY,
        **more,
    }
    return Claim(key, owner or new_token(), time.now, **fields)


def a_completion(time: VirtualTime, claim: Claim, data: str | None = '"done"', error: str | None = None) -> Ending:
    return Ending(claim.key, claim.owner, COMPLETED, round(time.now) + EXPIRY, data, error)


def claimed(store: IdempotencyStore, *claims: Claim) -> Any:
    """The answers to claims, in their order."""
    answers = store.claim(claims)
    assert set(answers) == {claim.key for claim in claims}
    return [answers[claim.key] for claim in claims]


def ended(store: IdempotencyStore, *endings: Ending) -> Any:
    """The answers to endings, in their order."""
    answers = store.end(endings)
    assert set(answers) == {ending.key for ending in endings}
    return [answers[ending.key] for ending in endings]


def seen(store: IdempotencyStore, time: VirtualTime, key: str) -> Any:
    """Returns the record that another one finds under a key. The key must not be free."""
    (found,) = claimed(store, a_claim(time, key))
    assert isinstance(found, Stored)
    return found


def others(time: VirtualTime, count: int) -> list[Claim]:
    """Claims of keys that are free. With them a claim is one of several."""
    return [a_claim(time, a_key()) for _ in range(count)]


@pytest.fixture(params=[0, 1, 30], ids=["alone", "with another", "with thirty others"])
def company(request: pytest.FixtureRequest, time: VirtualTime) -> list[Claim]:
    return others(time, request.param)


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
    """That is how it looks when a reply was lost, and the SDK sends the request again."""
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


def test_a_completion_is_found_by_the_next_claim(
    store: IdempotencyStore, time: VirtualTime, company: list[Claim]
) -> None:
    claim = a_claim(time, a_key())
    claimed(store, claim, *company)
    completions = [a_completion(time, each) for each in (claim, *company)]
    assert ended(store, *completions) == [None] * len(completions)
    time.advance(LEASE + 1)
    expected = claim.stored._replace(status=COMPLETED, expiration=completions[0].expiration, data='"done"')
    assert seen(store, time, claim.key) == expected
    assert claimed(store, a_claim(time, claim.key), *others(time, 2)) == [expected, None, None]


@pytest.mark.parametrize(("failed", "later"), [("m-1", None), (None, "m-1"), (None, None), ("m-1", "m-1")])
def test_a_failure_of_the_same_delivery_or_an_unknown_one_is_found(
    store: IdempotencyStore, time: VirtualTime, failed: str | None, later: str | None
) -> None:
    claim = a_claim(time, a_key(), delivery=failed)
    claimed(store, claim)
    assert ended(store, Ending(claim.key, claim.owner, FAILED, round(time.now) + EXPIRY, None, "{}")) == [None]
    found = claimed(store, a_claim(time, claim.key, delivery=later))[0]
    assert (found.status, found.delivery) == (FAILED, failed)


@pytest.mark.parametrize("text", ["m-2", "1 or 2"])  # not only a word
def test_a_failure_is_found_by_its_own_delivery_and_rerun_by_another(
    store: IdempotencyStore, time: VirtualTime, company: list[Claim], text: str
) -> None:
    first = text + "?"
    claim = a_claim(time, a_key(), delivery=first)
    claimed(store, claim)
    why = '{"type": "Permanent", "reason": "no lines"}'
    failure = Ending(claim.key, claim.owner, FAILED, round(time.now) + EXPIRY, None, why)
    assert ended(store, failure) == [None]
    found = claimed(store, a_claim(time, claim.key, delivery=first), *company)[0]
    assert (found.status, found.data, found.error, found.delivery) == (FAILED, None, why, first)
    again = a_claim(time, claim.key, delivery=text)
    assert claimed(store, again, *others(time, len(company)))[0] is None
    assert seen(store, time, claim.key) == again.stored
    assert ended(store, a_completion(time, again)) == [None]
    found = seen(store, time, claim.key)
    assert (found.status, found.data, found.error) == (COMPLETED, '"done"', None)
    assert found.delivery == text
    # No delivery repeats work that is done.
    assert claimed(store, a_claim(time, claim.key, delivery="m-3"))[0].status == COMPLETED


def test_a_claim_of_an_unknown_delivery_keeps_none_of_the_last_owner(
    store: IdempotencyStore, time: VirtualTime
) -> None:
    claim = a_claim(time, a_key(), delivery="m-1")
    claimed(store, claim)
    time.advance(LEASE + 1)
    successor = a_claim(time, claim.key)
    assert claimed(store, successor) == [None]
    assert seen(store, time, claim.key).delivery is None


def test_a_release_frees_the_key(store: IdempotencyStore, time: VirtualTime, company: list[Claim]) -> None:
    claim = a_claim(time, a_key())
    claimed(store, claim, *company)
    releases = [Ending(each.key, each.owner) for each in (claim, *company)]
    assert ended(store, *releases) == [None] * len(releases)
    successor = a_claim(time, claim.key)
    assert claimed(store, successor) == [None]
    assert seen(store, time, claim.key) == successor.stored


def test_a_late_completion_changes_nothing(store: IdempotencyStore, time: VirtualTime, company: list[Claim]) -> None:
    late = a_claim(time, a_key())
    claimed(store, late, *company)
    time.advance(LEASE + 1)
    successor = a_claim(time, late.key)
    claimed(store, successor)
    answer, *rest = ended(store, a_completion(time, late, '"late"'), *(a_completion(time, each) for each in company))
    assert isinstance(answer, LateCompletion)
    assert rest == [None] * len(company)
    assert seen(store, time, late.key) == successor.stored
    ended(store, a_completion(time, successor))
    assert isinstance(ended(store, a_completion(time, late, '"late"'))[0], LateCompletion)
    assert seen(store, time, late.key).data == '"done"'
    (successor_gone,) = others(time, 1)
    assert isinstance(ended(store, a_completion(time, successor_gone))[0], LateCompletion)
    assert claimed(store, successor_gone) == [None]  # nothing has come of it


def test_a_late_release_changes_nothing(store: IdempotencyStore, time: VirtualTime, company: list[Claim]) -> None:
    late = a_claim(time, a_key())
    claimed(store, late)
    time.advance(LEASE + 1)
    successor = a_claim(time, late.key)
    claimed(store, successor, *company)
    release = Ending(late.key, late.owner)
    answer = ended(store, release, *(Ending(each.key, each.owner) for each in company))[0]
    assert isinstance(answer, LateCompletion)
    assert seen(store, time, late.key) == successor.stored
    ended(store, a_completion(time, successor))
    assert isinstance(ended(store, release)[0], LateCompletion)
    assert seen(store, time, late.key).status == COMPLETED


def test_an_end_of_what_has_ended_is_late(store: IdempotencyStore, time: VirtualTime) -> None:
    """A stored result is never changed, not even by the one who has stored it."""
    claim = a_claim(time, a_key())
    claimed(store, claim)
    ended(store, a_completion(time, claim, '"first"'))
    ended(store, a_completion(time, claim, '"second"'))  # the same ending again, as far as anyone can tell
    assert seen(store, time, claim.key).data == '"first"'
    assert isinstance(ended(store, Ending(claim.key, claim.owner))[0], LateCompletion)
    failure = Ending(claim.key, claim.owner, FAILED, round(time.now) + EXPIRY, None, "{}")
    assert isinstance(ended(store, failure)[0], LateCompletion)
    assert seen(store, time, claim.key).data == '"first"'


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


@pytest.mark.parametrize("data", ["null", '""', '"é\\u0000\U0001f600\'\\""', "[1.5, true]", "x" * 10_000])
def test_a_result_of_any_text_is_kept_as_it_is(store: IdempotencyStore, time: VirtualTime, data: str) -> None:
    claim = a_claim(time, a_key())
    claimed(store, claim)
    assert ended(store, a_completion(time, claim, data)) == [None]
    assert seen(store, time, claim.key).data == data


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


def test_endings_of_a_batch_are_judged_alone(store: IdempotencyStore, time: VirtualTime) -> None:
    mine, lost = others(time, 60), others(time, 3)
    claimed(store, *mine, *lost)
    time.advance(LEASE + 1)
    claimed(store, *(a_claim(time, each.key) for each in lost))
    endings = [
        a_completion(time, each) if position % 2 else Ending(each.key, each.owner)
        for position, each in enumerate([*mine[:30], *lost, *mine[30:]])
    ]
    answers = ended(store, *endings)
    assert [isinstance(each, LateCompletion) for each in answers] == [False] * 30 + [True] * 3 + [False] * 30
    assert [each for each in answers if each is not None] == answers[30:33]


def test_nothing_is_asked_about_no_keys(store: IdempotencyStore) -> None:
    assert dict(store.claim([])) == {}
    assert dict(store.end([])) == {}


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
