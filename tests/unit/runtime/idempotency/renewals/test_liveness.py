"""When an owner is renewed, until when it lives, and what the answers about it mean."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from redrive.idempotency import liveness
from redrive.idempotency.liveness import FIRST_LEASE, PERIOD, RETRY
from redrive.idempotency.record import IN_PROGRESS, Claim, Stored, is_silent, needs_renewal, seconds_left
from redrive.settings.idempotency import OWNER_KEYS

NOW = 1_700_000_000.0


@pytest.mark.parametrize(
    ("seconds", "outlives", "needs"),
    [(3, False, False), (40, False, False), (40.01, False, True), (900, False, True), (3, True, True)],
)
def test_claims_are_renewed_where_the_invocation_may_outlast_the_first_lease(
    seconds: float, outlives: bool, needs: bool
) -> None:
    assert needs_renewal(seconds, outlives=outlives) is needs


@given(left=st.floats(0, 900), skew=st.floats(0, 5), later=st.floats(0, 5))
def test_a_crash_is_noticed_within_a_minute(left: float, skew: float, later: float) -> None:
    """The claim may be renewed or valid until its deadline, and the contender's clock may be behind."""
    claim = Claim("key", "owner", NOW, math.ceil((NOW + left + skew) * 1000), math.ceil(NOW + 3600))
    if needs_renewal(left, outlives=False):
        claim = liveness.renewed(claim, "redrive-owner-1", skew)
    silent_after = seconds_left(claim.stored, NOW - skew)
    # Two milliseconds of rounding up, and what a float of today's time cannot show.
    assert silent_after <= FIRST_LEASE + 2 * skew + 0.002 + 1e-6 < 60
    renewed_later = liveness.first_record("key", "owner", NOW, liveness.next_end(NOW, None, outlives=True), skew)
    assert seconds_left(renewed_later.stored, NOW - skew) < 60


@pytest.mark.parametrize(
    ("left", "outlives", "end"),
    [(300, False, 40), (25, False, 25), (0, False, 0), (None, False, 40), (25, True, 40), (-5, True, 40)],
)
def test_an_owner_does_not_live_beyond_the_end_of_its_code(left: float | None, outlives: bool, end: float) -> None:
    assert liveness.next_end(NOW, left, outlives=outlives) == NOW + end


def test_a_renewal_that_gains_nothing_is_not_made() -> None:
    assert not liveness.gains(NOW + 0.004, NOW)  # as the context counts milliseconds
    assert liveness.gains(NOW + 0.01, NOW)


def test_several_renewals_may_fail() -> None:
    assert FIRST_LEASE - PERIOD >= 3 * PERIOD
    assert RETRY < PERIOD


def test_a_renewed_claim_keeps_the_end_that_others_know() -> None:
    claim = Claim("key", "owner", NOW, 1_700_000_301_000, 1_700_003_600)
    renewed = liveness.renewed(claim, "redrive-owner-1", 1)
    assert renewed.lease_end == claim.lease_end
    assert renewed.alive_until == round((NOW + FIRST_LEASE + 1) * 1000)
    assert renewed.expiration >= NOW + 86_400  # it must not expire while its owner lives
    assert renewed.stored.renewed_by == "redrive-owner-1"


@pytest.mark.parametrize(("seconds", "is_silent_then"), [(0, False), (41, False), (41.002, True), (5000, True)])
def test_a_claim_is_silent_once_it_is_not_certainly_alive(seconds: float, is_silent_then: bool) -> None:
    renewed = liveness.renewed(Claim("key", "owner", NOW, 0, 0), "redrive-owner-1", 1).stored
    assert is_silent(renewed, NOW + seconds) is is_silent_then
    assert not is_silent(renewed._replace(status="COMPLETED"), NOW + seconds)
    assert not is_silent(renewed._replace(renewed_by=None), NOW + seconds)


def test_whoever_holds_the_owner_record_says_if_the_owner_is_dead() -> None:
    key = f"{OWNER_KEYS}1-2"
    record = Stored(key, IN_PROGRESS, 1_700_000_041, owner="1-2")
    assert not liveness.is_dead(key, record)
    assert liveness.is_dead(key, record._replace(owner="3-4"))
    assert liveness.is_dead(key, None)


def test_the_claim_of_a_living_owner_is_asked_for_again_at_its_deadline_or_when_its_owner_may_be_dead() -> None:
    claim = Stored("key", IN_PROGRESS, 0, 1_700_000_301_000, "a", alive_until=1, renewed_by=f"{OWNER_KEYS}1-2")
    record = Stored(f"{OWNER_KEYS}1-2", IN_PROGRESS, 1_700_000_041, owner="1-2")
    assert seconds_left(liveness.while_alive(claim, record), NOW) == pytest.approx(301, abs=0.01)
    assert seconds_left(liveness.while_alive(claim, record), NOW + 30) == pytest.approx(271, abs=0.01)
    beyond = record._replace(expiration=1_700_000_400)
    assert seconds_left(liveness.while_alive(claim, beyond), NOW) == pytest.approx(401, abs=0.01)
