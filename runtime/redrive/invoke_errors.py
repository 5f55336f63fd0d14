"""What `Invoker` raises: each error says whether the function ran."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

__all__ = ["FunctionError", "InvalidPayload", "InvokeError", "NotInvoked", "OutcomeUnknown"]


class InvokeError(Exception):
    """A call of a function that brought no result. `__cause__` is the error it comes from, where there is one.

    Args:
        reason: What happened, in a sentence.
        function: The function that was called: its name or ARN.
        attempts: How many calls were made.
        code: AWS's code of the last failure, or the name of the error's class where AWS gave none.
        retry_after: Seconds after which it would be worth trying again. `None`: it is not.
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

    Lambda keeps error codes for what prevents a function from running:
    https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html
    """


class OutcomeUnknown(InvokeError):
    """The request was sent and no answer came that can be read: the function may have run.

    The function's code might have run completely, partially or not at all. Only who knows that it may run twice with
    one event can say whether to try again (`Invoker(…, idempotent=True)`):
    https://docs.aws.amazon.com/lambda/latest/dg/invocation-retries.html
    """


class FunctionError(InvokeError):
    """The function ran and failed: it raised an error, ended its process, or reached its timeout.

    Args:
        reason: What happened, in a sentence.
        function: The function that was called: its name or ARN.
        attempts: How many calls were made.
        retry_after: Seconds after which it would be worth trying again. `None`: it is not.
        error_type: The name of the error's class, such as `ValueError`. What Lambda says of it where the function did
            not.
        message: What the error said.
        stack_trace: Where it came from, a line or more for each frame, in the order of the function's runtime.
        log_tail: The last 4 KB of the log. Empty for an event that was sent.
        request_id: The invocation's, to find it in the callee's log.
        payload: The function's whole answer: a JSON value, or the text if it is none.
        executed_version: The version that ran.
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
    """What was to be sent is no JSON, or more than Lambda takes. Nothing was sent."""
