"""Errors of `Invoker`: each says whether the function ran."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any


class InvokeError(Exception):
    """A call of a function brought no result. `__cause__` is the error of the last call, if there is one.

    All arguments except `reason` are attributes too.

    Args:
        reason: What happened, in a sentence.
        function: Name or ARN of the function that was called.
        attempts: Number of calls that were made.
        code: AWS's code of the last failure, or the name of the error's class if AWS gave no code.
        retry_after: Seconds after which a retry makes sense. `None`: a retry makes no sense.
    """

    def __init__(
        self,
        reason: str = "",
        *,
        function: str = "",
        attempts: int = 0,
        code: str = "",
        retry_after: float | None = None,
    ) -> None:
        super().__init__(reason)
        self.function = function
        self.attempts = attempts
        self.code = code
        self.retry_after = retry_after


class NotInvoked(InvokeError):
    """The function did not run: Lambda refused each call, or could not be reached.

    Lambda uses error codes only for errors that prevent a function from running:
    https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html
    """


class OutcomeUnknown(InvokeError):
    """The request was sent, but no readable answer came: the function may have run.

    The function's code might have run completely, partially or not at all. Retry only if the function may run twice
    with one event (`Invoker(…, idempotent=True)` does it):
    https://docs.aws.amazon.com/lambda/latest/dg/invocation-retries.html
    """


class FunctionError(InvokeError):
    """The function ran and failed: it raised an error, ended its process, or reached its timeout.

    All arguments except `reason` are attributes too; `code` is equal to `error_type`.

    Args:
        reason: What happened, in a sentence.
        function: Name or ARN of the function that was called.
        attempts: Number of calls that were made.
        retry_after: Seconds after which a retry makes sense. `None`: a retry makes no sense.
        error_type: The name of the error's class, such as `ValueError`. If the function did not report one, Lambda's
            value, such as `Unhandled`.
        message: The message of the error.
        stack_trace: The stack trace, one or more lines for each frame, in the order of the function's runtime.
        log_tail: The last 4 KB of the log. Empty for an event (`Invoker.send`).
        request_id: The request id of the invocation, to find it in the log of the called function.
        payload: The whole answer of the function: a JSON value, or the text if it is not JSON.
        executed_version: The version of the function that ran.
    """

    def __init__(
        self,
        reason: str = "",
        *,
        function: str = "",
        attempts: int = 0,
        retry_after: float | None = None,
        error_type: str = "",
        message: str = "",
        stack_trace: Sequence[str] = (),
        log_tail: str = "",
        request_id: str = "",
        payload: Any = None,
        executed_version: str = "",
    ) -> None:
        super().__init__(reason, function=function, attempts=attempts, code=error_type, retry_after=retry_after)
        self.error_type = error_type
        self.message = message
        self.stack_trace = list(stack_trace)
        self.log_tail = log_tail
        self.request_id = request_id
        self.payload = payload
        self.executed_version = executed_version


class InvalidPayload(ValueError):
    """The payload is not JSON, or is larger than Lambda's limit. Nothing was sent."""
