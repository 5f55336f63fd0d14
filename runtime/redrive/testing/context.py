"""Provides Lambda's context for tests."""

from __future__ import annotations

import math
from uuid import uuid4

from redrive.core.system import now
from redrive.settings.base import check_name
from redrive.testing.names import arn_of


class LambdaContext:
    """Lambda's context object for one invocation: https://docs.aws.amazon.com/lambda/latest/dg/python-context.html.

    The time left is measured on the helpers' clock, `redrive.testing.clock`, which a test can replace.

    Args:
        seconds: The time that the invocation has, in seconds. Default: 30.
        function_name: The function's name. Default: `"function"`.
        qualifier: The version or alias that was invoked. Default: none, which is `$LATEST`.
        request_id: The request id. Default: a new one for each context. The attempts of an asynchronous event share
            one: pass it, or the same context.
        memory: The function's memory in MB. Default: 128.

    Attributes:
        function_name: The argument.
        function_version: The version in `qualifier` if it is a number, else `$LATEST`.
        invoked_function_arn: The function's ARN, with the qualifier if there is one.
        memory_limit_in_mb: The argument `memory`, as text.
        aws_request_id: The argument `request_id`.
        log_group_name: The function's log group.
        log_stream_name: A fixed name.
        identity: Always `None`.
        client_context: Always `None`.

    Raises:
        ValueError: `seconds` is NaN or infinite, or Lambda has no function of this name.
        TypeError: `seconds` is not a number.
    """

    def __init__(
        self,
        seconds: float = 30,
        *,
        function_name: str = "function",
        qualifier: str | None = None,
        request_id: str | None = None,
        memory: int = 128,
    ) -> None:
        if not isinstance(seconds, (int, float)):  # pyright: ignore[reportUnnecessaryIsInstance]
            raise TypeError(f"seconds={seconds!r}: give the seconds that the invocation has, such as 30")
        if not math.isfinite(seconds):
            raise ValueError(f"seconds={seconds}: give the seconds that the invocation has, such as 30")
        check_name("FunctionName", "function_name", function_name)
        arn = arn_of("lambda", f"function:{function_name}")
        self._end = now() + seconds
        self.function_name = function_name
        self.function_version = qualifier if qualifier is not None and qualifier.isdecimal() else "$LATEST"
        self.invoked_function_arn = arn if qualifier is None else f"{arn}:{qualifier}"
        self.memory_limit_in_mb = str(memory)
        self.aws_request_id = str(uuid4()) if request_id is None else request_id
        self.log_group_name = f"/aws/lambda/{function_name}"
        self.log_stream_name = "2026/01/01/[$LATEST]0123456789abcdef0123456789abcdef"
        self.identity = None
        self.client_context = None

    def get_remaining_time_in_millis(self) -> int:
        """Return the milliseconds until Lambda ends the invocation; 0 after that."""
        return max(0, int((self._end - now()) * 1000))
