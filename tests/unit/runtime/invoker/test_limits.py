"""The exact limits of the invoker: how long a call may take, which waits fit, and what an error says of itself."""

from __future__ import annotations

import pytest

from redrive import Backoff, FailureClass, FunctionError, Invoker, InvokerSettings
from redrive.invoker.decision import Policy, decide
from redrive.invoker.failure import Failure, Outcome, judge
from tests.support.runtime.invoker.fake_lambda import FUNCTION, FakeLambda, queued, refused, response
from tests.support.runtime.invoker.invoking import invoker, raised

POLICY = Policy(Backoff(base=2, jitter="none"), True, False, frozenset(), frozenset(), 3)


@pytest.mark.parametrize(("timeout", "read"), [(10, 40), (None, 930)])
def test_a_call_waits_half_a_minute_longer_than_the_function_may_run(
    aws: FakeLambda, timeout: float | None, read: float
) -> None:
    """Without its timeout, the function may run for Lambda's 15 minutes."""
    Invoker(settings=InvokerSettings(function=FUNCTION, function_timeout=timeout)).invoke({})
    (limits,) = aws.limits
    assert (limits.connect, limits.read, limits.attempts) == (5, read, 1)


def test_an_event_is_only_queued_so_its_call_waits_half_a_minute(aws: FakeLambda) -> None:
    aws.answers(queued())
    invoker().send({})
    (limits,) = aws.limits
    assert (limits.connect, limits.read, limits.attempts) == (5, 30, 1)


@pytest.mark.parametrize(
    ("hint", "left", "wait"),
    [
        pytest.param(None, 3, 2, id="a second for the call after the wait"),
        pytest.param(None, 2.9, None, id="less than a second for it"),
        pytest.param(900, None, 900, id="the longest wait that a server may ask for"),
        pytest.param(900.1, None, None, id="a longer one"),
        pytest.param(500, 501, 500, id="a wait with a second left"),
    ],
)
def test_a_wait_fits_if_a_call_fits_behind_it(hint: float | None, left: float | None, wait: float | None) -> None:
    failure = Failure(Outcome.NOT_INVOKED, "code", FailureClass.OTHER, hint)
    assert decide(failure, POLICY, attempts=1, left=left, random=0.5).wait == wait


def test_an_error_keeps_its_calls_and_the_time_of_the_next_one() -> None:
    error = FunctionError("failed", attempts=2, retry_after=4.5, error_type="ValueError")
    assert (error.attempts, error.retry_after, error.code) == (2, 4.5, "ValueError")
    nothing = FunctionError()
    assert (nothing.attempts, nothing.retry_after) == (0, None)


@pytest.mark.parametrize(("kind", "name"), [("Unhandled", "Unhandled"), ("Handled", "Handled")])
def test_a_failure_without_a_type_has_that_of_the_header(aws: FakeLambda, kind: str, name: str) -> None:
    aws.answers(response(b'"out of memory"', FunctionError=kind))
    error = raised(FunctionError, invoker())
    assert (error.error_type, error.message) == (name, "out of memory")


@pytest.mark.parametrize("status", [500, 503])
def test_an_error_without_a_code_is_that_of_its_status(status: int) -> None:
    failure = judge(refused("", status), sent=True)
    assert (failure.code, failure.kind) == (str(status), FailureClass.TRANSIENT)
