"""Decides how long an owner of claims is taken for alive, and when it is to be renewed; all functions are pure.

A claim is alive for `FIRST_LEASE` without any renewal. An owner that lives longer writes an *owner record*, an ordinary
record under a key of its own, which expires `FIRST_LEASE` after each renewal. Who wants to take a claim over claims the
owner record first: if that is free, the owner is dead, and from then on cannot be renewed any more.
"""

from __future__ import annotations

import math

from redrive.idempotency.record import FIRST_LEASE, IN_PROGRESS, Claim, Ending, Stored
from redrive.settings.idempotency import OWNER_KEYS

#: In seconds. Three renewals may fail before the lease ends.
PERIOD = 10.0
#: In seconds. The wait after a renewal that failed.
RETRY = 2.0
# In seconds. No request is on its way for so long.
_FENCED_FOR = 86_400.0
# In seconds. Lambda's context counts whole milliseconds.
_EXACT = 0.005


def renewed(claim: Claim, owner: str, clock_skew: float) -> Claim:
    """Return a claim that its owner renews.

    Args:
        claim: The claim, valid for a fixed time.
        owner: The key of the owner record.
        clock_skew: Seconds by which two clocks may differ.
    """
    alive_until = math.ceil((claim.moment + FIRST_LEASE + clock_skew) * 1000)
    # Until the claim ends, its record must not expire, however long the owner lives.
    expiration = max(claim.expiration, math.ceil(claim.moment + _FENCED_FOR))
    return claim._replace(renewed_by=owner, alive_until=alive_until, expiration=expiration)


def next_end(moment: float, left: float | None, *, outlives: bool) -> float:
    """Return until when an owner lives if it is renewed now, by its own clock.

    Args:
        moment: The current time, in seconds since the epoch.
        left: Seconds left in the invocation, 0 or less after it. `None`: not known.
        outlives: Whether the code continues after the invocation's time.
    """
    end = moment + FIRST_LEASE
    return end if left is None or outlives else min(end, moment + left)


def gains(end: float, confirmed: float) -> bool:
    """Decide if a renewal until `end` is worth a request, when one until `confirmed` is stored."""
    return end > confirmed + _EXACT


def first_record(owner: str, token: str, moment: float, end: float, clock_skew: float) -> Claim:
    """Return the claim that writes the record of an owner."""
    return Claim(owner, token, moment, None, math.ceil(end + clock_skew))


def renewal(owner: str, token: str, end: float, clock_skew: float) -> Ending:
    """Return the renewal of an owner record."""
    return Ending(owner, token, IN_PROGRESS, math.ceil(end + clock_skew))


def may_begin(began: float, moment: float) -> bool:
    """Decide if an owner may still write its first record: a successor's mark of its death does not stay forever."""
    return moment < began + _FENCED_FOR / 2


def fence(owner: str, token: str, moment: float) -> Claim:
    """Return the claim of an owner record that makes its owner dead, if the record is free."""
    return Claim(owner, token, moment, None, math.ceil(moment + _FENCED_FOR), is_expected=True)


def is_dead(owner: str, found: Stored | None) -> bool:
    """Decide from the answer to a fence if the owner is dead: fenced now, or before by another contender."""
    return found is None or found.owner != owner.removeprefix(OWNER_KEYS)


def while_alive(stored: Stored, owner_record: Stored) -> Stored:
    """Return a claim of a living owner, with the time at which it is worth asking again.

    The owner probably lives until its deadline. Asking more often would use up receives of a message.
    """
    end = owner_record.expiration * 1000 + 999
    return stored._replace(alive_until=max(end, stored.lease_end or 0))
