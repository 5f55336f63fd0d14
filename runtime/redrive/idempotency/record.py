"""Defines the record of a key, and decides what it means for a claim; all functions are pure.

Attribute names and states are those of Powertools' DynamoDB layer, so both can work on one table. Three attributes are
additional, and Powertools ignores them: `owner`, `error` and `delivery`.
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


class Claim(NamedTuple):
    """A key to be claimed.

    Attributes:
        key: The key.
        owner: Token of the owner, used for one claim or for one batch of claims.
        moment: The current time, in seconds since the epoch.
        lease_end: End of the claim, in milliseconds since the epoch.
        expiration: End of the record's validity, in seconds since the epoch.
        validation: Hash of the payload. `None`: the payload is not compared.
        delivery: Identifies the delivery of the event: the same when its source delivers it again, another one when a
            person has brought it back. `None`: not known.
        is_expected: Whether there probably is a record, as for a message that was received before. A store may look it
            up first, because a refused write costs more than a read.
        alias: Another key to be recorded as completed, too: that of the event once its source has moved it.
        is_done: Whether the key is to be recorded as completed at once, as an alias is.
    """

    key: str
    owner: str
    moment: float
    lease_end: int
    expiration: int
    validation: str | None = None
    delivery: str | None = None
    is_expected: bool = False
    alias: str | None = None
    is_done: bool = False

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
        )


class Ending(NamedTuple):
    """The end of a claim.

    Attributes:
        key: The key.
        owner: The token of the claim.
        status: `COMPLETED` or `FAILED`. `None`: the claim is released, as if it had never been made.
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


class Verdict(Enum):
    """The meaning of a record for a claim of its key."""

    #: There is no record, it has expired, its owner is dead, or another delivery failed: the key can be claimed.
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
            return Verdict.OURS
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
    return claim._replace(key=claim.alias, expiration=expiration, is_expected=is_expected, alias=None, is_done=True)


def seconds_left(stored: Stored, moment: float) -> float:
    """Return the seconds, slightly rounded up, after which a caller finds a claim expired."""
    end = (stored.expiration + 1) if stored.lease_end is None else (stored.lease_end + 1) / 1000
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
    return stored is not None and (stored.owner, stored.status) == (ending.owner, ending.status)
