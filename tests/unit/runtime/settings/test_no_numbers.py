"""True is no number, and a handler is no function of a record: both are refused where they are written."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from redrive import (
    CircuitBreaker,
    CircuitPolicy,
    Invoker,
    Retry,
    async_handler,
    dynamodb_stream_handler,
    kinesis_handler,
    sqs_handler,
)

yes: Any = True

REFUSED: dict[str, Callable[[], Any]] = {
    "margin": lambda: sqs_handler(deadline_margin=yes)(print),
    "margin of a stream": lambda: kinesis_handler(deadline_margin=yes)(print),
    "concurrency": lambda: sqs_handler(concurrency=yes)(print),
    "concurrency of a stream": lambda: dynamodb_stream_handler(concurrency=yes)(print),
    "wait": lambda: Retry(after=yes),
    "no wait": lambda: Retry(after=not yes),
    "window": lambda: CircuitPolicy(window=yes),
    "threshold": lambda: CircuitPolicy(failure_threshold=yes),
    "age": lambda: CircuitBreaker("prices", cache_age=yes),
    "attempts": lambda: Invoker("prices", max_attempts=yes),
    "share": lambda: CircuitBreaker("prices", unasked=yes),
}


@pytest.mark.parametrize("make", REFUSED.values(), ids=REFUSED)
def test_true_is_refused_as_a_number(make: Callable[[], Any]) -> None:
    with pytest.raises((TypeError, ValueError), match=r"True|False"):
        make()


@pytest.mark.parametrize("outer", [sqs_handler, kinesis_handler, dynamodb_stream_handler])
@pytest.mark.parametrize("inner", [sqs_handler, kinesis_handler])
def test_a_handler_of_a_handler_is_refused(outer: Any, inner: Any) -> None:
    with pytest.raises(TypeError, match="is the handler of another helper, and takes a whole event"):
        outer(inner(lambda record: None))
    with pytest.raises(TypeError, match="is the handler of another helper"):
        outer(concurrency=2)(async_handler(lambda event, attempt: None))
