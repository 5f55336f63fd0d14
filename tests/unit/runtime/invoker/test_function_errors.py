"""A function that ran and failed is distinguished from a service that refused."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import botocore.exceptions as aws_errors
import pytest

from redrive import FunctionError, Invoker, InvokerSettings
from tests.support.runtime.invoker.fake_lambda import (
    FUNCTION,
    REQUEST_ID,
    FakeLambda,
    function_error,
    outside,
    response,
    result,
)
from tests.support.runtime.sqs.queue import VirtualTime


@pytest.fixture
def aws(time: VirtualTime) -> Iterator[FakeLambda]:
    aws = FakeLambda()
    with outside(aws, time):
        yield aws


def raised(aws: FakeLambda, reply: dict[str, Any], **options: Any) -> FunctionError:
    aws.answers(reply)
    with pytest.raises(FunctionError) as caught:
        Invoker(settings=InvokerSettings(function=FUNCTION), **options).invoke({})
    return caught.value


def test_it_says_what_the_function_raised_and_where(aws: FakeLambda) -> None:
    error = raised(aws, function_error(log="START\nno such article\nEND\n"))
    assert error.error_type == error.code == "ValueError"
    assert error.message == "no such article"
    assert len(error.stack_trace) == 1
    assert 'File "/var/task/app.py", line 4' in error.stack_trace[0]
    assert error.log_tail == "START\nno such article\nEND\n"
    assert (error.request_id, error.function, error.executed_version) == (REQUEST_ID, FUNCTION, "$LATEST")
    assert error.payload["requestId"] == REQUEST_ID
    assert (error.attempts, error.retry_after) == (1, None)
    assert str(error) == f"prices failed with ValueError: no such article (request {REQUEST_ID})"


def test_it_is_not_retried(aws: FakeLambda) -> None:
    raised(aws, function_error())
    assert len(aws.requests) == 1


def test_it_is_retried_when_asked(aws: FakeLambda) -> None:
    aws.answers(function_error(), function_error(), result("at last"))
    caller = Invoker(settings=InvokerSettings(function=FUNCTION), retry_function_errors=True)
    assert caller.invoke({}) == "at last"
    assert aws.pauses == [0.5, 1], "the plain schedule, halved by the jitter"


def test_after_the_last_attempt_it_counts_them(aws: FakeLambda) -> None:
    error = raised(aws, function_error(), retry_function_errors=True, max_attempts=3)
    assert (error.attempts, error.retry_after, len(aws.requests)) == (3, 2, 3)


@pytest.mark.parametrize("kind", ["Unhandled", "Handled", "", "something new"])
def test_it_is_one_whatever_the_header_says(aws: FakeLambda, kind: str) -> None:
    assert raised(aws, function_error(kind=kind)).error_type == "ValueError"


@pytest.mark.parametrize("option", ["also_retry", "never_retry"])
def test_its_type_is_no_code_of_lambdas(aws: FakeLambda, option: str) -> None:
    """A function may raise what botocore raised in it."""
    payload = {"errorType": "ServiceException", "errorMessage": "x"}
    retried = option == "never_retry"
    error = raised(
        aws,
        function_error(payload),
        retry_function_errors=retried,
        max_attempts=2,
        **{option: {"ServiceException"}},
    )
    assert error.attempts == (2 if retried else 1)


@pytest.mark.parametrize(
    ("body", "error_type", "message", "frames", "payload"),
    [
        # A timeout, as Lambda reports it: no stack trace.
        (
            b'{"errorType":"Sandbox.Timedout","errorMessage":"RequestId: x Error: Task timed out after 3.00 seconds"}',
            "Sandbox.Timedout",
            "RequestId: x Error: Task timed out after 3.00 seconds",
            [],
            {
                "errorType": "Sandbox.Timedout",
                "errorMessage": "RequestId: x Error: Task timed out after 3.00 seconds",
            },
        ),
        # Node.js.
        (
            b'{"errorType":"Error","errorMessage":"x","trace":["Error: x","at f"]}',
            "Error",
            "x",
            ["Error: x", "at f"],
            {"errorType": "Error", "errorMessage": "x", "trace": ["Error: x", "at f"]},
        ),
        # Payloads that a custom runtime may write.
        (b"exit status 1", "Unhandled", "exit status 1", [], "exit status 1"),
        (b"", "Unhandled", "", [], ""),
        (b"null", "Unhandled", "", [], None),
        (b"[1]", "Unhandled", "", [], [1]),
        (b"\xff", "Unhandled", "\ufffd", [], "\ufffd"),
        (b'{"errorType":7,"stackTrace":5}', "Unhandled", "", [], {"errorType": 7, "stackTrace": 5}),
    ],
)
def test_it_is_read_whatever_the_function_answered(
    aws: FakeLambda, body: bytes, error_type: str, message: str, frames: list[str], payload: Any
) -> None:
    error = raised(aws, response(body, FunctionError="Unhandled"))
    assert (error.error_type, error.message, error.stack_trace, error.payload) == (
        error_type,
        message,
        frames,
        payload,
    )


def test_it_is_one_also_where_its_answer_broke_off(aws: FakeLambda) -> None:
    """The header comes first, and says that the function ran and failed: nothing is unknown but the reason."""
    broken = aws_errors.IncompleteReadError(actual_bytes=3, expected_bytes=9)
    error = raised(aws, response(b"", breaks=broken, FunctionError="Unhandled", LogResult="bG9n"))
    assert (error.error_type, error.message, error.log_tail) == ("Unhandled", "", "log")


@pytest.mark.parametrize("log", ["not base64!", "x", None])
def test_a_log_that_cannot_be_read_is_left_out(aws: FakeLambda, log: str | None) -> None:
    assert raised(aws, response(b"{}", FunctionError="Unhandled", LogResult=log)).log_tail in ("", "\ufffd")


@pytest.mark.parametrize("kind", ["Unhandled", ""])
def test_an_event_can_come_back_as_one(aws: FakeLambda, kind: str) -> None:
    aws.answers(response(b"", 202, FunctionError=kind))
    with pytest.raises(FunctionError):
        Invoker(settings=InvokerSettings(function=FUNCTION)).send({})
