"""Applies idempotency to one call: claims it before it runs, ends the claim afterwards."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from redrive.core.invocation import seconds_left
from redrive.core.log import described, warn
from redrive.core.system import now
from redrive.failures.classification import FailureClass, classify
from redrive.idempotency.claims import Claims
from redrive.idempotency.errors import InProgress, LateCompletion, NotRecorded
from redrive.idempotency.record import Claim, Ending, Stored, as_stored
from redrive.idempotency.stores import is_off
from redrive.metrics.meter import count
from redrive.settings.metrics import MetricName

# Claiming may take half of the remaining time; the function needs the rest.
_SHARE = 2
# In seconds. The time for an ending, even past the deadline, because there is nothing to lose by trying.
_LEAST = 1.0


class Held(NamedTuple):
    """A call that must run, and its claim.

    Attributes:
        claim: The claim. `None`: the call has no key, and runs without one.
        context: Lambda's context.
    """

    claim: Claim | None
    context: Any


class Known(NamedTuple):
    """The result of a call that was completed before."""

    result: Any


def begin(
    claims: Claims, arguments: tuple[Any, ...], content: Callable[[], object], default: object, context: Any
) -> Held | Known:
    """Claim a call, or return its result if it was completed before; raise if it must not run.

    `content` makes the value in which paths are looked up; `default` identifies the call if no key is configured.
    """
    key = claims.key(arguments, content, default, context)
    if key is None:
        return Held(None, context)
    claim = claims.claim(context)._replace(key=key, validation=claims.validation(arguments, content))
    stored: Stored | Exception | None = claims.recall(key)
    if stored is None:
        left = seconds_left(context)
        stored = claims.store.claim([claim], None if left is None else left / _SHARE)[key]
    if isinstance(stored, Exception):
        if classify(stored) is FailureClass.TRANSIENT:
            # It may be claimed after all. It is released, so that no call waits until the claim expires.
            _end(claims, Held(claim, context), Ending(key, claim.owner))
        raise stored
    if stored is None:
        return Held(claim, context)
    try:
        claims.check(stored, claim)
    except InProgress as error:
        count(MetricName.IN_PROGRESS, type(error).__name__, source="idempotency")
        raise
    result = claims.result(stored, arguments)
    count(MetricName.DUPLICATES, source="idempotency")
    return Known(result)


def once(
    claims: Claims,
    arguments: tuple[Any, ...],
    content: Callable[[], object],
    default: object,
    context: Any,
    run: Callable[[], Any],
) -> Any:
    """Run a call under a claim, or return its result if it was completed before; see `begin`."""
    if is_off():
        return run()
    begun = begin(claims, arguments, content, default, context)
    if isinstance(begun, Known):
        return begun.result
    try:
        result = run()
    except BaseException as error:
        fail(claims, begun, error)
        raise
    succeed(claims, begun, result)
    return result


def succeed(claims: Claims, held: Held, result: Any) -> None:
    """Record a call as completed; raise `LateCompletion` or `NotRecorded` if that is not possible."""
    if held.claim is None:
        return
    ending = claims.completion(held.claim, result)
    error = _end(claims, held, ending)
    if isinstance(error, LateCompletion):
        count(MetricName.NOT_RECORDED, LateCompletion.__name__, source="idempotency")
        raise LateCompletion(held.claim.key, result)
    if error is not None:
        count(MetricName.NOT_RECORDED, NotRecorded.__name__, source="idempotency")
        raise NotRecorded(held.claim.key, held.claim.lease_end / 1000 - now(), error, result)
    claims.remember(as_stored(held.claim, ending))


def fail(claims: Claims, held: Held, error: BaseException) -> None:
    """Record a call that raised, or release its claim; only log errors in this, to keep the call's own error."""
    ending = None if held.claim is None else claims.failure(held.claim, error)
    if ending is None:
        return
    wrong = _end(claims, held, ending)
    if wrong is not None:
        warn(
            "redrive.idempotency.not_ended",
            key=ending.key,
            error=described(wrong),
            outcome="the claim is another's"
            if isinstance(wrong, LateCompletion)
            else "the claim holds until it expires",
        )


def _end(claims: Claims, held: Held, ending: Ending) -> Exception | None:
    try:
        left = seconds_left(held.context)
        return claims.store.end([ending], None if left is None else max(left, _LEAST))[ending.key]
    except Exception as broken:  # a user's own store may raise
        return broken
