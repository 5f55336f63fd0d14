"""Whether a call that failed is made again, and when: a pure function of the failure, the policy and the time left."""

from __future__ import annotations

from typing import NamedTuple

from redrive.backoff import Backoff
from redrive.classification import FailureClass, schedule
from redrive.invoke_failure import Failure, Outcome

# Seconds. A call that is begun with less than this left would rather end as one of unknown outcome.
LEAST_FOR_A_CALL = 1.0
# A server that asks for more is not waited for, also where the caller has all the time there is.
LONGEST_HINT = 900.0


class Policy(NamedTuple):
    """What the user wants to be retried; the fields are the arguments of `Invoker`."""

    backoff: Backoff
    idempotent: bool
    retry_function_errors: bool
    also_retry: frozenset[str]
    never_retry: frozenset[str]
    max_attempts: int


class Decision(NamedTuple):
    """What follows from a failure.

    Attributes:
        wait: Seconds until the next call is made. `None`: none is made.
        retry_after: Seconds after which one would be worth it. `None`: it would not be.
    """

    wait: float | None
    retry_after: float | None


def decide(failure: Failure, policy: Policy, *, attempts: int, left: float | None, random: float) -> Decision:
    """Decide whether and when a call is made again.

    Args:
        failure: The last one.
        policy: What is to be retried.
        attempts: How many calls were made.
        left: Seconds that the caller can spend on calls, `None` where there is no limit.
        random: A number in [0, 1), for the jitter.

    Returns:
        The decision. A wait that would leave no time for the call after it is not begun.
    """
    if not _is_worth_it(failure, policy):
        return Decision(None, None)
    hint = failure.hint or 0.0
    wait = max(hint, schedule(policy.backoff, failure.kind or FailureClass.OTHER).wait(attempts - 1, random))
    fits = hint <= LONGEST_HINT and (left is None or wait + LEAST_FOR_A_CALL <= left)
    return Decision(wait if fits and attempts < policy.max_attempts else None, wait)


def _is_worth_it(failure: Failure, policy: Policy) -> bool:
    # A function's error types are its own affair, and may well be called like one of Lambda's codes.
    if failure.outcome is Outcome.FUNCTION_ERROR:
        return policy.retry_function_errors
    if failure.code in policy.never_retry or (failure.outcome is Outcome.UNKNOWN and not policy.idempotent):
        return False
    return failure.kind is not None or failure.code in policy.also_retry
