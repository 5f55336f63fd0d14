"""Says when Lambda invokes a function again with an asynchronous event, and for how long.

https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html
"""

from __future__ import annotations

from collections.abc import Sequence

from redrive.settings.asynchronous import RETRY_WAITS, AsyncSettings
from redrive_model import limits
from redrive_model.facts.asynchronous import AsyncFacts
from redrive_model.facts.horizon import Horizon
from redrive_model.schedules.waits import growing_wait

#: Waits after the first and the second function error.
ERROR_WAITS = (float(RETRY_WAITS[0]), float(RETRY_WAITS[1]))
#: Waits after a throttle or a service error: the first and the longest. AWS gives both, but not the curve.
THROTTLE_BASE = 1.0
THROTTLE_CAP = 300.0


def error_wait(errors: int, waits: Sequence[float] = ERROR_WAITS) -> float:
    """Return the wait after the function error with this number, counted from 1."""
    return waits[errors - 1]


def is_too_old(age: float, max_age: float) -> bool:
    """Return whether Lambda gives up an event that will have this age at its next attempt."""
    # Lambda looks ahead: it gives up at once an event that would be too old at the next attempt. (Observed: with a
    # maximum age of 60 s the first failure was the last, count 1; with 90 s there was one retry, count 2.) An equal age
    # counts as too old, since a real event's age is always a little above the sum of its waits.
    return age >= max_age


def throttle_wait(throttles: int, base: float = THROTTLE_BASE, cap: float = THROTTLE_CAP) -> float:
    """Return the wait when the code did not run, for the `throttles`th time in a row; it doubles."""
    # Throttles and service errors use no attempt. The event returns to the queue until it is too old; at that moment it
    # is given up.
    return growing_wait(base, 2, cap, throttles - 1)


def last_attempt(retries: float | None, max_age: float | None) -> int | None:
    """Return the number of the last attempt, counted from 0; `None` if the retries are not known or out of range."""
    if retries is None or not limits.ASYNC_RETRIES.allows(retries):
        return None
    return AsyncSettings(retry_attempts=int(retries), max_event_age=max_age).last_attempt


def retry_time(facts: AsyncFacts) -> float | None:
    """Return the time from an event's first failure to its last attempt."""
    retries = facts.last_attempt
    return None if retries is None else float(sum(RETRY_WAITS[:retries]))


def horizon_of(facts: AsyncFacts) -> Horizon | None:
    """Return the retry horizon of asynchronous events: their maximum age plus the time of the retries.

    Lambda may deliver an event more than once while it keeps the event, even without retries and errors. AWS does not
    say whether Lambda checks the age before or after a wait. The horizon therefore adds the waits and, if known, the
    failed runs before them.
    """
    age = facts.max_event_age
    if age is None:
        return None
    retries = 0 if facts.retry_attempts is None else int(facts.retry_attempts)
    waits, runs = RETRY_WAITS[:retries], retries * (facts.function_timeout or 0)
    parts = [f"max_event_age of {age:,} s"]
    if waits:
        parts.append(f"waits of {' + '.join(map(str, waits))} s")
    if runs:
        parts.append(f"runs of {runs:,} s")
    return Horizon(age + sum(waits) + runs, " + ".join(parts), "shorten max_event_age")


def bridged_by(attempts: int | None) -> float | None:
    """Return the length of the outage that the retries bridge: the waits before the last of them.

    Args:
        attempts: The number of the last attempt, counted from 0; `None` if it is not known.
    """
    return None if attempts is None else float(sum(ERROR_WAITS[:attempts]))
