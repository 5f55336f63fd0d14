"""Keeps the claims of running calls, each in its way: renewed, for a fixed time, or for a durable execution."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from redrive.core.invocation import code_outlives_timeout, durable_execution, seconds_left
from redrive.idempotency.record import DURABLE, FIRST_LEASE, needs_renewal
from redrive.metrics import count

if TYPE_CHECKING:
    from redrive.idempotency.options import Idempotency
    from redrive.idempotency.record import Claim
    from redrive.idempotency.stores import IdempotencyStore


# In seconds, the longest timeout of a function: https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
_LONGEST_FUNCTION = 900.0


def lease_of(idempotency: Idempotency, expiry: float, context: Any) -> float:
    """Return the seconds for which a claim is valid without a renewal."""
    if durable_execution(context) is not None:  # it may be suspended, when nothing of it runs
        return expiry if idempotency.lease is None else idempotency.lease
    left = seconds_left(context)
    if left is not None:
        return left
    return _LONGEST_FUNCTION if idempotency.lease is None else idempotency.lease


def enter(claim: Claim, context: Any, lease: float, skew: float, store: IdempotencyStore, place: object) -> Claim:
    """Return a claim that is about to be made as one that is kept until `leave`.

    Args:
        claim: The claim, valid for a fixed time.
        context: Lambda's context.
        lease: Seconds for which it is valid.
        skew: Seconds by which two clocks may differ.
        store: Keeps the claims.
        place: The same for all stores of one table.

    Raises:
        InProgress: The same call already runs in this process, for the same durable execution.
    """
    if claim.owner.startswith(DURABLE):
        from redrive.idempotency import executions

        if not executions.enter(claim.owner):
            from redrive.idempotency.errors import InProgress
            from redrive.settings.metrics import MetricName

            count(MetricName.IN_PROGRESS, InProgress.__name__, source="idempotency")
            raise InProgress(claim.key, 0)
        return claim
    if durable_execution(context) is not None:  # a batch, whose claims have tokens of their own
        return claim
    outlives = code_outlives_timeout()
    if not needs_renewal(lease, outlives=outlives and seconds_left(context) is not None):
        return claim
    from redrive.idempotency import owners  # only a long invocation needs these
    from redrive.idempotency.liveness import renewed

    outlives = outlives or seconds_left(context) is None
    owner = owners.enter(store, place, context, claim.moment, skew, outlives=outlives)
    return claim if owner is None else renewed(claim, owner, skew)


def leave(claim: Claim) -> None:
    """Stop keeping a claim: it has ended, or ends when it is not renewed any more."""
    if claim.renewed_by is not None:
        from redrive.idempotency import owners

        owners.leave(claim.renewed_by)
    elif claim.owner.startswith(DURABLE):
        from redrive.idempotency import executions

        executions.leave(claim.owner)


def is_lost(claim: Claim) -> bool:
    """Return True if another owner may have taken a claim over."""
    if claim.renewed_by is None:
        return False
    from redrive.idempotency import owners

    return owners.is_lost(claim)


def seconds_after_leaving(claim: Claim, moment: float, skew: float) -> float:
    """Return the seconds until a claim that is not kept any more has certainly expired."""
    if claim.renewed_by is None:
        return (claim.lease_end or 0) / 1000 - moment
    return FIRST_LEASE + 2 * skew + 1
