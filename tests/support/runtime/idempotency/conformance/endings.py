"""Rules for endings in every store: completions, failures and releases, also when they are late."""

from __future__ import annotations

import pytest

from redrive import LateCompletion
from redrive.idempotency.record import COMPLETED, FAILED, Claim, Ending
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
    "test_a_completion_is_found_by_the_next_claim",
    "test_a_failure_is_found_by_its_own_delivery_and_rerun_by_another",
    "test_a_failure_of_the_same_delivery_or_an_unknown_one_is_found",
    "test_a_late_completion_changes_nothing",
    "test_a_late_release_changes_nothing",
    "test_a_release_frees_the_key",
    "test_a_result_of_any_text_is_kept_as_it_is",
    "test_an_end_of_what_has_ended_is_late",
    "test_endings_of_a_batch_are_judged_alone",
]


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


@pytest.mark.parametrize("data", ["null", '""', '"é\\u0000\U0001f600\'\\""', "[1.5, true]", "x" * 10_000])
def test_a_result_of_any_text_is_kept_as_it_is(store: IdempotencyStore, time: VirtualTime, data: str) -> None:
    claim = a_claim(time, a_key())
    claimed(store, claim)
    assert ended(store, a_completion(time, claim, data)) == [None]
    assert seen(store, time, claim.key).data == data


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
