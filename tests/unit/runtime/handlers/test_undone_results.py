"""The error about a result that shows work undone: what it says, and what becomes of the work."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from typing import Any

import pytest

from redrive import (
    Permanent,
    async_handler,
)
from tests.support.runtime.lazy_results import charge, numbers, transaction
from tests.support.runtime.result_places import Function, in_sqs

Log = Callable[[str], list[dict[str, Any]]]

MESSAGES = [
    (numbers, "has returned a generator: calling it runs none of it, and it would count as done; take the `yield` out"),
    (transaction, "has returned a context manager: calling it runs none of it.*`with`"),
    (lambda: map(print, [1]), r"has returned an iterator \(map\): calling it runs none of it"),
    (Future, "has returned Future, whose work may not be done"),
    (lambda: Permanent("no lines"), "has returned the error Permanent instead of raising it.*`raise`"),
    (lambda: [charge()], "has returned list with coroutine, which nothing awaits.*gather"),
    (lambda: {"batchItemFailures": [1]}, "has returned batchItemFailures.*raise an error"),
]


@pytest.mark.parametrize(("result", "says"), MESSAGES, ids=lambda value: value[:30] if isinstance(value, str) else "")
def test_the_error_says_what_to_do(result: Function, says: str) -> None:
    with pytest.raises(TypeError, match=says):
        async_handler(lambda event, attempt: result())({})


def test_a_failure_is_logged_with_the_function(log: Log) -> None:
    assert not in_sqs(numbers)
    (line,) = log("redrive.sqs.failure")
    assert line["error_type"] == "TypeError"
    assert "has returned a generator" in line["error"]


def test_the_returned_error_is_the_cause() -> None:
    error = Permanent("no lines")
    with pytest.raises(TypeError) as raised:
        async_handler(lambda event, attempt: error)({})
    assert raised.value.__cause__ is error


def test_work_that_has_not_begun_is_cancelled() -> None:
    future: Future[None] = Future()
    assert not in_sqs(lambda: future)
    assert future.cancelled()
