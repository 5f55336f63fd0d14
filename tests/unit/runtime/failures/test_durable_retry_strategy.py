"""Steps of durable functions are retried by what their errors mean."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError, ConnectTimeoutError

from redrive import Backoff, FailureClass, Permanent, Retry, durable_retry_strategy
from redrive.core.system import randomness
from tests.support.runtime.durable import installed
from tests.unit.runtime.test_imports import RUNTIME

WAITS = Backoff(base=3, factor=2, cap=40, jitter="none")
THROTTLED = ClientError({"Error": {"Code": "ThrottlingException"}}, "Charge")


@pytest.fixture(autouse=True)
def sdk() -> Iterator[None]:
    with installed(), randomness.replaced(lambda: 0.5):
        yield


def chained(error: Exception, cause: Exception) -> Exception:
    error.__cause__ = cause
    return error


@pytest.mark.parametrize(
    ("error", "made", "seconds"),
    [
        (ValueError(), 1, 3),
        (ValueError(), 2, 6),
        (ValueError(), 5, 40),
        (ValueError(), 6, None),
        (THROTTLED, 1, 6),
        (THROTTLED, 4, 40),
        (ConnectTimeoutError(endpoint_url=""), 5, 40),
        (chained(RuntimeError(), THROTTLED), 1, 6),
        (Permanent("no lines"), 1, None),
        (ExceptionGroup("", [Permanent("a"), Permanent("b")]), 1, None),
        (ExceptionGroup("", [Permanent("a"), OSError()]), 1, 3),
        (Retry(after=100), 1, 100),
        (Retry(after=0.2), 1, 1),
        (Retry(after=0), 1, 1),
        (Retry(), 2, 6),
        (Retry(after=100), 6, None),
        (ValueError(), 0, 3),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else str(value),
)
def test_the_decision_follows_from_the_error_and_the_attempts(error: Exception, made: int, seconds: int | None) -> None:
    decision: Any = durable_retry_strategy(WAITS)(error, made)
    assert decision.should_retry is (seconds is not None)
    assert decision.delay_seconds == (seconds or 0)
    assert decision.delay.seconds == (seconds or 0)


def test_waits_have_jitter_and_whole_seconds() -> None:
    decide = durable_retry_strategy()
    assert [decide(OSError(), made).delay_seconds for made in (1, 2, 3, 4)] == [1, 1, 2, 4]


def test_the_users_own_classification_goes_before() -> None:
    def classify(error: BaseException) -> FailureClass:
        return FailureClass.PERMANENT if isinstance(error, KeyError) else FailureClass.OTHER

    decide = durable_retry_strategy(WAITS, classify=classify)
    assert not decide(KeyError(), 1).should_retry
    assert decide(ValueError(), 1).should_retry


def test_the_number_of_attempts() -> None:
    decide = durable_retry_strategy(WAITS, attempts=2)
    assert decide(OSError(), 1).should_retry
    assert not decide(OSError(), 2).should_retry


@pytest.mark.parametrize("attempts", [0, -1, 1.5, "3", None])
def test_attempts_that_cannot_be_are_refused(attempts: Any) -> None:
    with pytest.raises(ValueError, match="attempts="):
        durable_retry_strategy(attempts=attempts)


@pytest.mark.parametrize(
    "options",
    [{"backoff": 3}, {"classify": 3}, {"classify": lambda: None}],
    ids=["backoff", "type", "arguments"],
)
def test_other_types_are_refused(options: Any) -> None:
    with pytest.raises(TypeError):
        durable_retry_strategy(**options)


def test_the_sdk_is_not_needed_before_a_decision() -> None:
    """Nor for the rest of the package."""
    code = f"import sys; sys.path.insert(0, {str(RUNTIME)!r})\nfrom redrive import durable_retry_strategy\n"
    code += "decide = durable_retry_strategy()\ntry:\n    decide(OSError(), 1)\n"
    code += "except ImportError as error:\n    assert 'aws_durable_execution_sdk_python' in str(error)\n"
    done = subprocess.run([sys.executable, "-I", "-S", "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
