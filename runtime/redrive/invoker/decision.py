"""Decides whether and when a failed call is retried: a pure function of the failure, the policy and the time left."""

from __future__ import annotations

from typing import NamedTuple

from redrive.failures.backoff import Backoff
from redrive.failures.classification import FailureClass, schedule
from redrive.invoker.failure import Failure, Outcome

# Seconds. A call with less time than this would probably end with an unknown outcome.
LEAST_FOR_A_CALL = 1.0
# Seconds. If a server asks for a longer wait, the call is not retried, even without a time limit.
LONGEST_HINT = 900.0


class Policy(NamedTuple):
    """The user's choice of failures to retry; the fields are the arguments of `Invoker`."""

    backoff: Backoff
    idempotent: bool
    retry_function_errors: bool
    also_retry: frozenset[str]
    never_retry: frozenset[str]
    max_attempts: int


class Decision(NamedTuple):
    """The reaction to a failure.

    Attributes:
        wait: Seconds until the next call. `None`: no further call.
        retry_after: Seconds after which a retry would make sense. `None`: never.
    """

    wait: float | None
    retry_after: float | None


def decide(failure: Failure, policy: Policy, *, attempts: int, left: float | None, random: float) -> Decision:
    """Decide whether and when a call is retried; a wait that leaves no time for the call after it is not started.

    Args:
        failure: The last failure.
        policy: The failures to retry.
        attempts: Number of calls so far.
        left: Seconds that the caller can spend on calls, `None` for no limit.
        random: A random number in [0, 1), for the jitter.
    """
    if not _is_worth_it(failure, policy):
        return Decision(None, None)
    hint = failure.hint or 0.0
    wait = max(hint, schedule(policy.backoff, failure.kind or FailureClass.OTHER).wait(attempts - 1, random))
    fits = hint <= LONGEST_HINT and (left is None or wait + LEAST_FOR_A_CALL <= left)
    return Decision(wait if fits and attempts < policy.max_attempts else None, wait)


def _is_worth_it(failure: Failure, policy: Policy) -> bool:
    # The codes are Lambda's; a function's own error type may have the same name by chance.
    if failure.outcome is Outcome.FUNCTION_ERROR:
        return policy.retry_function_errors
    if failure.code in policy.never_retry or (failure.outcome is Outcome.UNKNOWN and not policy.idempotent):
        return False
    return failure.kind is not None or failure.code in policy.also_retry
