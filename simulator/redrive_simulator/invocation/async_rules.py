"""Decides how a failed asynchronous invocation continues, without side effects.

https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html
"""

from __future__ import annotations

from typing import NamedTuple

from redrive_model.resources.specifications import AsyncSpec
from redrive_model.schedules.waits import growing_wait
from redrive_simulator.parameters import Parameters
from redrive_simulator.services.records import Condition


class AsyncStep(NamedTuple):
    """The decision after an attempt.

    Attributes:
        condition: Reason to give the event up; `None`: retry it.
        wait: Seconds until the retry.
    """

    condition: Condition | None
    wait: float = 0.0


def after_error(errors: int, age: float, spec: AsyncSpec, parameters: Parameters, jitter: float = 0.0) -> AsyncStep:
    """Decide the next step after a function error (an exception, a timeout or a crash).

    Args:
        errors: Function errors so far, this one included.
        age: Age of the event in seconds.
        spec: Asynchronous invocation settings.
        parameters: Source of the waits.
        jitter: Seconds added to this wait; may be negative.
    """
    if errors > spec.max_retries:
        return AsyncStep("RetriesExhausted")
    wait = max(0.0, parameters.async_error_waits[errors - 1] + jitter)
    # Lambda looks ahead: it gives up at once an event that would be too old at the next attempt. (Observed: with a
    # maximum age of 60 s the first failure was the last, count 1; with 90 s there was one retry, count 2.) An equal age
    # counts as too old, since a real event's age is always a little above the sum of its waits.
    if age + wait >= spec.max_age:
        return AsyncStep("EventAgeExceeded")
    return AsyncStep(None, wait)


def throttle_wait(throttles: int, parameters: Parameters) -> float:
    """Return the seconds until the next try when the code did not run, for the `throttles`th time in a row."""
    # Throttles and service errors use no attempt. The event returns to the queue until it is too old; at that moment it
    # is given up.
    return growing_wait(parameters.async_throttle_base, 2, parameters.async_throttle_cap, throttles - 1)
