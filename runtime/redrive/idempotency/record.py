"""Defines the record of a key, and decides what it means for a claim; all functions are pure.

Attribute names and states are those of Powertools' DynamoDB layer, so both can work on one table. Three attributes are
additional, and Powertools ignores them: `owner`, `error` and `delivery`. So are two of a claim that its owner renews:
`alive_until` and `renewed_by`.
https://docs.aws.amazon.com/powertools/python/latest/utilities/idempotency/
"""

from __future__ import annotations

from enum import Enum
from typing import NamedTuple

IN_PROGRESS = "INPROGRESS"
COMPLETED = "COMPLETED"
#: Failed permanently. Powertools does not know this status: it refuses such a record, and does not take it for a
#: success.
FAILED = "FAILED"
#: In seconds, how long a claim is alive without any renewal. A crash is noticed after this time and, twice, the
#: difference between two clocks.
FIRST_LEASE = 40.0
#: The tokens of durable executions, as owners of claims, begin with this.
DURABLE = "durable-"


class Stored(NamedTuple):
    """The stored record of a key.

    Attributes:
        key: The key.
        status: `INPROGRESS`, `COMPLETED` or `FAILED`.
        expiration: End of the record's validity, in seconds since the epoch.
        lease_end: End of the claim, in milliseconds since the epoch. `None`: the claim ends at `expiration`.
        owner: Token of the owner of the claim. `None`: Powertools made the claim.
        data: The result as JSON. `None`: there is none, or it was not stored.
        validation: Hash of the payload. `None`: the payload is not compared.
        error: For a failure: its type and reason, as JSON. For a completion without stored result: the reason.
        delivery: Identifies the delivery whose call made the claim. `None`: not known.
        alive_until: Time up to which the claim's owner lives without a renewal, in milliseconds since the epoch.
        renewed_by: Key of the owner record, which says how long the owner lives after that. `None`: the claim is valid
            for a fixed time, until `lease_end`.
    """

    key: str
    status: str
    expiration: int
    lease_end: int | None = None
    owner: str | None = None
    data: str | None = None
    validation: str | None = None
    error: str | None = None
    delivery: str | None = None
    alive_until: int | None = None
    renewed_by: str | None = None


class Claim(NamedTuple):
    """A key to be claimed.

    Attributes:
        key: The key.
        owner: Token of the owner, used for one claim or for one batch of claims.
        moment: The current time, in seconds since the epoch.
        lease_end: End of the claim, in milliseconds since the epoch. `None`: it ends at `expiration`.
        expiration: End of the record's validity, in seconds since the epoch.
        validation: Hash of the payload. `None`: the payload is not compared.
        delivery: Identifies the delivery of the event: the same when its source delivers it again, another one when a
            person has brought it back. `None`: not known.
        is_expected: Whether there probably is a record, as for a message that was received before. A store may look it
            up first, because a refused write costs more than a read.
        alias: Another key to be recorded as completed, too: that of the event once its source has moved it.
        is_done: Whether the key is to be recorded as completed at once, as an alias is.
        alive_until: As in `Stored`.
        renewed_by: As in `Stored`.
        succeeds: Key of the record of an owner that is certainly dead: its claims may be taken over.
    """

    key: str
    owner: str
    moment: float
    lease_end: int | None
    expiration: int
    validation: str | None = None
    delivery: str | None = None
    is_expected: bool = False
    alias: str | None = None
    is_done: bool = False
    alive_until: int | None = None
    renewed_by: str | None = None
    succeeds: str | None = None

    @property
    def stored(self) -> Stored:
        """The record that is stored once the key is claimed."""
        return Stored(
            self.key,
            COMPLETED if self.is_done else IN_PROGRESS,
            self.expiration,
            self.lease_end,
            self.owner,
            validation=self.validation,
            delivery=self.delivery,
            alive_until=self.alive_until,
            renewed_by=self.renewed_by,
        )


class Ending(NamedTuple):
    """The end of a claim, or its renewal.

    Attributes:
        key: The key.
        owner: The token of the claim.
        status: `COMPLETED` or `FAILED`. `None`: the claim is released, as if it had never been made. `INPROGRESS`: the
            claim is renewed, which only moves its `expiration` to a later time, never to an earlier one.
        expiration: End of the record's validity, in seconds since the epoch.
        data: The result as JSON. `None`: there is none, or it is not stored.
        error: As in `Stored`.
    """

    key: str
    owner: str
    status: str | None = None
    expiration: int = 0
    data: str | None = None
    error: str | None = None


def needs_renewal(seconds: float, *, outlives: bool) -> bool:
    """Decide if a claim that may last for some seconds must be renewed.

    Args:
        seconds: The time left in the invocation; outside of Lambda, the lease.
        outlives: Whether the code continues after this time, instead of being killed.
    """
    return outlives or seconds > FIRST_LEASE


class Verdict(Enum):
    """The meaning of a record for a claim of its key."""

    #: The key can be claimed: there is no record, it has expired, its owner is dead, another delivery failed, or the
    #: same owner claims anew.
    FREE = "free"
    #: The record is this very claim: it was written before, and the reply was lost.
    OURS = "ours"
    #: Another owner has claimed the key.
    BUSY = "busy"
    #: The call was completed.
    DONE = "done"
    #: The call has failed permanently, at this delivery or at an unknown one.
    FAILED = "failed"
    #: The call was completed, or has failed permanently, with another payload.
    MISMATCH = "mismatch"


def judge(stored: Stored | None, claim: Claim) -> Verdict:
    """Decide what a record means for a claim.

    Args:
        stored: The stored record of the key; `None` if there is none.
        claim: The claim, with the current time. Times are compared as Powertools compares them, in whole seconds and
            milliseconds.

    Returns:
        The verdict.

    Raises:
        ValueError: The record has a status that nothing here writes.
    """
    if stored is None or stored.expiration < int(claim.moment):
        return Verdict.FREE
    if stored.status == IN_PROGRESS:
        if stored.owner == claim.owner:
            # A durable execution that is replayed makes its claim last longer.
            return Verdict.OURS if stored.lease_end == claim.lease_end else Verdict.FREE
        if stored.renewed_by is not None:  # its owner record decides
            return Verdict.FREE if stored.renewed_by == claim.succeeds else Verdict.BUSY
        dead = stored.lease_end is not None and stored.lease_end < int(claim.moment * 1000)
        return Verdict.FREE if dead else Verdict.BUSY
    if stored.status == FAILED and None not in (stored.delivery, claim.delivery) and stored.delivery != claim.delivery:
        return Verdict.FREE  # it was brought back, or is another event with the same key
    if stored.status not in (COMPLETED, FAILED):
        raise ValueError(
            f"the record of {stored.key} has the status {stored.status!r}, which nothing here writes: the table is "
            "used for something else as well, or by a later release; give idempotency a table of its own"
        )
    if claim.validation is not None and claim.validation != stored.validation:
        return Verdict.MISMATCH
    return Verdict.DONE if stored.status == COMPLETED else Verdict.FAILED


def alias_of(claim: Claim, expiration: int, *, is_expected: bool = False) -> Claim | None:
    """Return the claim that records the alias of a completed call; `None` if it has none.

    Args:
        claim: The claim of the call.
        expiration: End of the alias's validity, in seconds since the epoch.
        is_expected: Whether it is probably recorded already.
    """
    if claim.alias is None:
        return None
    return claim._replace(
        key=claim.alias,
        expiration=expiration,
        is_expected=is_expected,
        alias=None,
        is_done=True,
        alive_until=None,
        renewed_by=None,
    )


def is_silent(stored: Stored, moment: float) -> bool:
    """Return True if a claim is so old that the record of its owner must say if it is alive."""
    if stored.status != IN_PROGRESS or stored.renewed_by is None:
        return False
    return stored.alive_until is None or stored.alive_until < int(moment * 1000)


def seconds_left(stored: Stored, moment: float) -> float:
    """Return the seconds, slightly rounded up, after which a caller may find a claim expired."""
    milliseconds = stored.lease_end if stored.renewed_by is None else stored.alive_until
    end = (stored.expiration + 1) if milliseconds is None else (milliseconds + 1) / 1000
    return max(0.0, end - moment)


def as_stored(claim: Claim, ending: Ending) -> Stored:
    """Return the record of a claim after its ending."""
    return claim.stored._replace(
        status=ending.status or IN_PROGRESS, expiration=ending.expiration, data=ending.data, error=ending.error
    )


def is_ended(stored: Stored | None, ending: Ending) -> bool:
    """Return True if a refused ending took effect before, and only its reply was lost."""
    if ending.status is None:  # released: no record is left
        return stored is None
    if stored is None or (stored.owner, stored.status) != (ending.owner, ending.status):
        return False
    return ending.status != IN_PROGRESS or stored.expiration >= ending.expiration
