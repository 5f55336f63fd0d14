"""Decides on retries of steps of durable functions by what their errors mean."""

from __future__ import annotations

import math
from collections.abc import Callable

from redrive.core.callables import check_callbacks
from redrive.core.frozen import check_type
from redrive.core.system import draw
from redrive.failures.backoff import Backoff
from redrive.failures.classification import FailureClass, schedule

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from redrive.failures.classification import Classify


def durable_retry_strategy(
    backoff: Backoff | None = None, *, attempts: int = 6, classify: Classify | None = None
) -> Callable[[Exception, int], Any]:  # a class of the SDK, which is not always there
    """Make a retry strategy for the SDK of durable functions, which retries a step by what its error means.

        from aws_durable_execution_sdk_python.config import StepConfig

        context.step(charge(order), config=StepConfig(retry_strategy=durable_retry_strategy()))

    `Permanent` ends the step. `Retry(after=…)` is waited for. After throttling and transient AWS errors the waits are
    twice as long as after other errors, up to the same `cap`. For steps, for `with_retry` and for the
    submitters of callbacks:
    https://docs.aws.amazon.com/durable-execution/sdk-reference/error-handling/retries/

    Args:
        backoff: The waits between attempts, rounded up to whole seconds. Default: `Backoff()`.
        attempts: The most attempts, the first one included; 1 or more. Default: 6, as in the SDK.
        classify: Returns the kind of failure of an error, except for `Permanent` and `Retry`. Default:
            `redrive.classify`.

    Returns:
        A function of an error and the number of attempts made, that returns the SDK's `RetryDecision`.

    Raises:
        TypeError: An argument has the wrong type.
        ValueError: `attempts` is below 1.
        ImportError: At its first decision: `aws-durable-execution-sdk-python` is not installed.
    """
    check_type("backoff", backoff, Backoff, "a Backoff(…)")
    check_callbacks({"classify": classify})
    if not isinstance(attempts, int) or attempts < 1:  # pyright: ignore[reportUnnecessaryIsInstance]
        raise ValueError(f"attempts={attempts!r}: a step is tried at least once; give 1 or more")
    waits = backoff or Backoff()

    def decide(error: Exception, attempts_made: int) -> Any:
        from aws_durable_execution_sdk_python.config import Duration  # pyright: ignore
        from aws_durable_execution_sdk_python.retries import RetryDecision  # pyright: ignore

        from redrive.failures.diagnosis import diagnose

        diagnosis = diagnose(error, classify)
        if attempts_made >= attempts or diagnosis.failure is FailureClass.PERMANENT:
            return RetryDecision.no_retry()  # pyright: ignore
        after = diagnosis.retry_after
        if after is None:
            after = schedule(waits, diagnosis.failure).wait(max(0, attempts_made - 1), draw())
        return RetryDecision.retry(Duration(max(1, math.ceil(after))))  # pyright: ignore

    return decide
