"""Repeats calls that failed for a while: what was sent twice is better than what was never sent."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from redrive.core.system import draw, pause
from redrive.failures.backoff import Backoff
from redrive.failures.classification import FailureClass, classify

T = TypeVar("T")
_BACKOFF = Backoff(base=0.5, cap=10)
#: Calls, the first included, on top of the SDK's own.
TRIES = 5


def passes(error: Exception) -> bool:
    """Return whether a call may succeed when it is repeated."""
    return classify(error) in (FailureClass.THROTTLING, FailureClass.TRANSIENT)


def wait(number: int) -> None:
    """Wait before a retry, the first of which has the number 0."""
    pause(_BACKOFF.wait(number, draw()))


def repeated(call: Callable[[], T]) -> T:
    """Make a call, and repeat it while its errors may pass. It may have taken effect although its reply was lost."""
    for number in range(TRIES - 1):
        try:
            return call()
        except Exception as error:
            if not passes(error):
                raise
        wait(number)
    return call()
