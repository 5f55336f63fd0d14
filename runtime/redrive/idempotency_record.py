"""What is stored of a key, and what that means for whoever claims it: pure functions of record, claim and time.

Attribute names and states are those of Powertools' DynamoDB layer, so that both can work on one table. Two are ours:
`owner` and `error`, which Powertools takes no notice of.
https://docs.aws.amazon.com/powertools/python/latest/utilities/idempotency/
"""

from __future__ import annotations

from enum import Enum
from typing import NamedTuple

IN_PROGRESS = "INPROGRESS"
COMPLETED = "COMPLETED"
#: Failed for good. Powertools does not know this state, and refuses such a record instead of taking it for a success.
FAILED = "FAILED"


class Stored(NamedTuple):
    """What is stored of a key.

    Attributes:
        key: The key.
        status: `INPROGRESS`, `COMPLETED` or `FAILED`.
        expiration: Until when it counts, in seconds since the epoch.
        lease_end: Until when a claim holds, in milliseconds since the epoch. `None`: until `expiration`.
        owner: The token of whoever claimed it. `None`: Powertools did.
        data: The result as JSON. `None`: none, or it was not kept.
        validation: The payload's hash. `None`: the payload is not compared.
        error: Of a failure: its type and reason, as JSON. Of a completion whose result was not kept: why.
    """

    key: str
    status: str
    expiration: int
    lease_end: int | None = None
    owner: str | None = None
    data: str | None = None
    validation: str | None = None
    error: str | None = None


class Claim(NamedTuple):
    """A key to be claimed.

    Attributes:
        key: The key.
        owner: The token of whoever claims it, used for one claim or one batch of them.
        moment: Now, in seconds since the epoch.
        lease_end: Until when the claim holds, in milliseconds since the epoch.
        expiration: Until when the record counts, in seconds since the epoch.
        validation: The payload's hash. `None`: the payload is not compared.
        reruns_failures: Whether a call that has failed for good may run again.
        is_expected: Whether there probably is a record, as for a message that was received before: a store may look
            first, since a write that is refused costs more than a read.
    """

    key: str
    owner: str
    moment: float
    lease_end: int
    expiration: int
    validation: str | None = None
    reruns_failures: bool = False
    is_expected: bool = False

    @property
    def stored(self) -> Stored:
        """What is stored once the key is claimed."""
        return Stored(self.key, IN_PROGRESS, self.expiration, self.lease_end, self.owner, None, self.validation)


class Ending(NamedTuple):
    """How a claim ends.

    Attributes:
        key: The key.
        owner: The token it was claimed with.
        status: `COMPLETED` or `FAILED`. `None`: released, as if it had never been claimed.
        expiration: Until when the record counts, in seconds since the epoch.
        data: The result as JSON. `None`: none, or not kept.
        error: As in `Stored`.
    """

    key: str
    owner: str
    status: str | None = None
    expiration: int = 0
    data: str | None = None
    error: str | None = None


class Verdict(Enum):
    """What a record means for whoever claims its key."""

    #: There is none, it has expired, or its owner is dead: the key can be taken.
    FREE = "free"
    #: It is this very claim: written before, and the reply was lost.
    OURS = "ours"
    #: Another has claimed it.
    BUSY = "busy"
    #: It was done.
    DONE = "done"
    #: It has failed for good.
    FAILED = "failed"
    #: It was done, or has failed, with another payload.
    MISMATCH = "mismatch"


def judge(stored: Stored | None, claim: Claim) -> Verdict:
    """Tell what a record means for a claim.

    Args:
        stored: What is stored of the key.
        claim: Who asks, and when. Times are compared as Powertools compares them, in whole seconds and milliseconds.

    Returns:
        The verdict.

    Raises:
        ValueError: The record is in a state that nobody here has written.
    """
    if stored is None or stored.expiration < int(claim.moment):
        return Verdict.FREE
    if stored.status == IN_PROGRESS:
        if stored.owner == claim.owner:
            return Verdict.OURS
        dead = stored.lease_end is not None and stored.lease_end < int(claim.moment * 1000)
        return Verdict.FREE if dead else Verdict.BUSY
    if stored.status == FAILED and claim.reruns_failures:
        return Verdict.FREE
    if stored.status not in (COMPLETED, FAILED):
        raise ValueError(
            f"the record of {stored.key} has the status {stored.status!r}, which nothing here writes: the table is "
            "used for something else as well, or by a later release; give idempotency a table of its own"
        )
    if claim.validation is not None and claim.validation != stored.validation:
        return Verdict.MISMATCH
    return Verdict.DONE if stored.status == COMPLETED else Verdict.FAILED


def seconds_left(stored: Stored, moment: float) -> float:
    """How long a claim still holds.

    Args:
        stored: The claim, as it is stored.
        moment: Now, in seconds since the epoch.

    Returns:
        Seconds, a millisecond past its end, so that whoever waits for that long finds it expired.
    """
    end = (stored.expiration + 1) if stored.lease_end is None else (stored.lease_end + 1) / 1000
    return max(0.0, end - moment)


def as_stored(claim: Claim, ending: Ending) -> Stored:
    """What is stored once a claim has ended."""
    return claim.stored._replace(
        status=ending.status or IN_PROGRESS, expiration=ending.expiration, data=ending.data, error=ending.error
    )


def is_ended(stored: Stored | None, ending: Ending) -> bool:
    """Whether an ending that was refused has taken effect before, and its reply was lost."""
    if ending.status is None:  # releasing what is not there any more
        return stored is None
    return stored is not None and (stored.owner, stored.status) == (ending.owner, ending.status)
