"""Repeats calls that failed for a while, and tells which of them may have taken effect all the same."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from redrive.core.system import draw, pause
from redrive.failures.backoff import Backoff
from redrive.failures.classification import FailureClass, classify
from redrive.invoker.failure import Outcome, judge

T = TypeVar("T")
_BACKOFF = Backoff(base=0.5, cap=10)
#: Calls, the first included, on top of the SDK's own.
TRIES = 5


def passes(error: Exception) -> bool:
    """Return whether a call may succeed when it is repeated."""
    return classify(error) in (FailureClass.THROTTLING, FailureClass.TRANSIENT)


def may_have_worked(error: BaseException, operation: str) -> bool:
    """Return whether a call may have taken effect although it failed: its reply was lost, or a server broke off."""
    return judge(error, operation=operation).outcome is not Outcome.NOT_INVOKED


def wait(number: int) -> None:
    """Wait before a retry, the first of which has the number 0."""
    pause(_BACKOFF.wait(number, draw()))


def repeated(call: Callable[[], T], again: Callable[[Exception], bool] = passes) -> T:
    """Make a call, and repeat it while its errors may pass. It may have taken effect although its reply was lost."""
    for number in range(TRIES - 1):
        try:
            return call()
        except Exception as error:
            if not again(error):
                raise
        wait(number)
    return call()


def repeated_if_refused(call: Callable[[], T], operation: str) -> T:
    """Make a call that must not take effect twice, and repeat it only while its errors show that it took none."""
    return repeated(call, lambda error: passes(error) and not may_have_worked(error, operation))
