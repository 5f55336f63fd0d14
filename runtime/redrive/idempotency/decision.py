"""Decides what a stored record means for a call, and how the claim of a call ends; makes no calls to a store.

A first call that succeeds only needs `completion_with`, so what the others need is imported in them.
"""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Any

from redrive.core.system import now
from redrive.idempotency.record import COMPLETED, FAILED, Claim, Ending, Stored, Verdict, judge, seconds_left

if TYPE_CHECKING:
    from redrive.idempotency.options import Idempotency


def check_completed(stored: Stored, claim: Claim) -> None:
    """Raise the reason why a call must not run, unless the stored record says that it was completed."""
    from redrive.idempotency.errors import FailedBefore, InProgress, PayloadMismatch

    match judge(stored, claim):
        case Verdict.DONE:
            return
        case Verdict.MISMATCH:
            raise PayloadMismatch(
                f"{stored.key} was used before with another payload: a key stands for one payload; give the calls "
                "keys of their own"
            )
        case Verdict.FAILED:
            failure = json.loads(stored.error or "{}")
            raise FailedBefore(failure.get("reason") or "failed permanently before", failure.get("type") or "")
        case _:
            raise InProgress(stored.key, seconds_left(stored, now()))


def is_in_doubt(answer: Exception) -> bool:
    """Return True if a key may be claimed although the store answered with an error."""
    from redrive.failures.classification import FailureClass, classify

    return classify(answer) is FailureClass.TRANSIENT


def result_of(idempotency: Idempotency, stored: Stored, arguments: tuple[Any, ...]) -> Any:
    """Return the result of a call that was completed before; raise `ResultNotKept` if it is not stored."""
    if stored.data is not None:
        result = json.loads(stored.data)
        serializer = idempotency.serializer
        return result if serializer is None else serializer.load(result)
    if stored.error is None:  # a record of a source has no result
        return None
    if idempotency.when_not_kept is not None:
        return idempotency.when_not_kept(*arguments)
    from redrive.idempotency.errors import ResultNotKept

    raise ResultNotKept(
        f"{stored.key} was done before, and its result is not stored: {stored.error}; give when_not_kept= a "
        "function that says what to return"
    )


def release(claim: Claim) -> Ending:
    """Return the ending that removes a claim, as if it had never been made."""
    return Ending(claim.key, claim.owner)


def completion(claim: Claim, expiry: float) -> Ending:
    """Return the ending of a processed record, which has no result to store."""
    return Ending(claim.key, claim.owner, COMPLETED, math.ceil(now() + expiry))


def completion_with(idempotency: Idempotency, claim: Claim, expiry: float, result: Any) -> Ending:
    """Return the ending of a call that has returned; a result that is not JSON is dropped."""
    serializer = idempotency.serializer
    data = error = None
    try:
        data = json.dumps(result if serializer is None else serializer.dump(result))
    except Exception as broken:
        from redrive.core.log import described, warn

        error = f"the result is not JSON: {described(broken)}"
        warn("redrive.idempotency.result_not_kept", key=claim.key, error=error, remedy="give a serializer=")
    return completion(claim, expiry)._replace(data=data, error=error)


def failure(idempotency: Idempotency, claim: Claim, expiry: float, error: BaseException) -> Ending | None:
    """Return the ending of a call that has raised; `None` if its claim stays until it expires.

    An interrupted call is neither done nor failed: what it has begun may go on elsewhere.
    """
    from redrive.failures.interruption import is_interruption  # only a failure needs it, as the next one

    if is_interruption(error):
        return None
    from redrive.failures.classification import is_of
    from redrive.failures.diagnosis import diagnose

    diagnosis = diagnose(error)
    if all(is_of(part, idempotency.replay) for part in diagnosis.parts):
        reason = json.dumps({"type": diagnosis.error_type, "reason": diagnosis.reason})
        return Ending(claim.key, claim.owner, FAILED, math.ceil(now() + expiry), None, reason)
    return release(claim) if idempotency.after_error == "release" else None
