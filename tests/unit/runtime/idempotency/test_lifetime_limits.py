"""The exact times of claims and of their owners' records: when they end, and who may still write."""

from __future__ import annotations

import pytest

from redrive.idempotency.liveness import gains, may_begin, next_end, renewed, while_alive
from redrive.idempotency.record import COMPLETED, IN_PROGRESS, Claim, Ending, Stored, is_ended, is_silent, seconds_left

DAY = 86_400
NOW = 1_700_000_000.25


def stored(**fields: object) -> Stored:
    return Stored("key", IN_PROGRESS, int(NOW) + 100, owner="owner")._replace(**fields)


@pytest.mark.parametrize(
    ("expiration", "kept"), [(int(NOW) + 60, int(NOW) + DAY + 1), (int(NOW) + 7 * DAY, int(NOW) + 7 * DAY)]
)
def test_the_record_of_a_renewed_claim_outlives_every_request(expiration: int, kept: int) -> None:
    claim = renewed(Claim("key", "owner", NOW, None, expiration), "owner-record", 1.0)
    assert (claim.expiration, claim.renewed_by) == (kept, "owner-record")


def test_an_owner_may_begin_for_half_a_day() -> None:
    """Its successor's mark of its death stays for a day from when the successor asked."""
    assert may_begin(NOW, NOW + DAY / 2 - 1)
    assert not may_begin(NOW, NOW + DAY / 2)


def test_a_renewal_that_gains_less_than_the_contexts_precision_is_not_sent() -> None:
    assert not gains(100.005, 100.0)
    assert gains(100.0051, 100.0)


@pytest.mark.parametrize(
    ("left", "outlives", "end"), [(5, False, 5), (5, True, 40), (None, False, 40), (99, False, 40)]
)
def test_a_lease_ends_with_the_invocation_unless_the_code_outlives_it(
    left: float | None, outlives: bool, end: float
) -> None:
    assert next_end(NOW, left, outlives=outlives) - NOW == end


def test_a_contender_asks_again_when_the_owner_or_its_lease_has_ended() -> None:
    owner = stored(expiration=int(NOW) + 5)
    assert while_alive(stored(), owner).alive_until == (int(NOW) + 5) * 1000 + 999
    late = int((NOW + 60) * 1000)
    assert while_alive(stored(lease_end=late), owner).alive_until == late


@pytest.mark.parametrize(
    ("fields", "seconds"),
    [
        pytest.param({"lease_end": int(NOW * 1000) + 500}, 0.501, id="a lease"),
        pytest.param({"lease_end": int(NOW * 1000) - 500}, 0, id="a lease that has ended"),
        pytest.param({"expiration": int(NOW) + 10}, 10.75, id="an expiration, in whole seconds"),
        pytest.param({"renewed_by": "o", "alive_until": int(NOW * 1000) + 99, "lease_end": 1}, 0.1, id="renewed"),
    ],
)
def test_a_caller_learns_how_long_to_wait(fields: dict[str, object], seconds: float) -> None:
    assert seconds_left(stored(**fields), NOW) == pytest.approx(seconds, abs=1e-6)


@pytest.mark.parametrize(
    ("found", "ending", "is_done"),
    [
        pytest.param(None, Ending("key", "owner", None), True, id="released"),
        pytest.param(stored(), Ending("key", "owner", None), False, id="still there"),
        pytest.param(stored(status=COMPLETED), Ending("key", "owner", COMPLETED, 5), True, id="completed"),
        pytest.param(stored(owner="other"), Ending("key", "owner", IN_PROGRESS, 5), False, id="of another"),
        pytest.param(stored(expiration=9), Ending("key", "owner", IN_PROGRESS, 9), True, id="renewed"),
        pytest.param(stored(expiration=10), Ending("key", "owner", IN_PROGRESS, 9), True, id="renewed again"),
        pytest.param(stored(expiration=8), Ending("key", "owner", IN_PROGRESS, 9), False, id="not renewed"),
    ],
)
def test_an_ending_whose_reply_was_lost_is_recognized(found: Stored | None, ending: Ending, is_done: bool) -> None:
    assert is_ended(found, ending) is is_done


def test_a_claim_is_silent_only_if_its_owner_renews_it_and_is_late() -> None:
    late = int(NOW * 1000) - 1
    assert is_silent(stored(renewed_by="o", alive_until=late), NOW)
    assert is_silent(stored(renewed_by="o"), NOW)
    assert not is_silent(stored(renewed_by="o", alive_until=late + 1), NOW)
    assert not is_silent(stored(alive_until=late), NOW)
    assert not is_silent(stored(status=COMPLETED, renewed_by="o"), NOW)
