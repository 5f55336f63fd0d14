"""Decides how a failed asynchronous invocation continues, without side effects.

https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html
"""

from __future__ import annotations

from typing import NamedTuple

from redrive_model.resources.asynchronous import AsyncSpec
from redrive_model.schedules import asynchronous as schedule
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
    wait = max(0.0, schedule.error_wait(errors, parameters.async_error_waits) + jitter)
    if schedule.is_too_old(age + wait, spec.max_age):
        return AsyncStep("EventAgeExceeded")
    return AsyncStep(None, wait)


def throttle_wait(throttles: int, parameters: Parameters) -> float:
    """Return the seconds until the next try when the code did not run, for the `throttles`th time in a row."""
    return schedule.throttle_wait(throttles, parameters.async_throttle_base, parameters.async_throttle_cap)
