"""What becomes of an asynchronous invocation: pure decisions.

https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html
"""

from __future__ import annotations

from typing import Literal, NamedTuple

from redrive_simulator.parameters import Parameters, growing_wait
from redrive_simulator.specifications import AsyncSpec

Condition = Literal["Success", "RetriesExhausted", "EventAgeExceeded", "ZeroReservedConcurrency"]


class AsyncStep(NamedTuple):
    """What follows from an attempt.

    Attributes:
        condition: Why the event is given up; `None` where it is tried again.
        wait: Seconds until then.
    """

    condition: Condition | None
    wait: float = 0.0


def after_error(errors: int, age: float, spec: AsyncSpec, parameters: Parameters, jitter: float = 0.0) -> AsyncStep:
    """Decide what follows from a function error: an exception, a timeout or a crash.

    Lambda looks ahead: an event that would be too old by the next attempt is given up at once. (Observed: with an age
    of 60 s the first failure was the last, count 1; with 90 s there was one retry, count 2.) One that would be exactly
    as old counts as too old, since a real event's age is always a little above the sum of its waits.

    Args:
        errors: Function errors so far, this one included.
        age: The event's, in seconds.
        spec: How the function is invoked.
        parameters: The waits.
        jitter: By how much this wait is longer, or shorter.

    Returns:
        What follows.
    """
    if errors > spec.max_retries:
        return AsyncStep("RetriesExhausted")
    wait = max(0.0, parameters.async_error_waits[errors - 1] + jitter)
    if age + wait >= spec.max_age:
        return AsyncStep("EventAgeExceeded")
    return AsyncStep(None, wait)


def throttle_wait(throttles: int, parameters: Parameters) -> float:
    """How long an event waits when the code did not run, for want of concurrency or for an error of Lambda's.

    It goes back to the queue, and no attempt is used, until it is too old: then it is given up, at that moment.

    Args:
        throttles: How often that has happened in a row, this time included.
        parameters: The waits.

    Returns:
        Seconds.
    """
    return growing_wait(parameters.async_throttle_base, 2, parameters.async_throttle_cap, throttles - 1)
