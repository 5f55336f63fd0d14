"""Provides a handler's context object and environment variables."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from redrive_simulator.engine.invocation import Invocation


class LambdaContext:
    """Lambda's context object: https://docs.aws.amazon.com/lambda/latest/dg/python-context.html.

    Attributes:
        function_name: Function name.
        function_version: `$LATEST`, or the version number.
        invoked_function_arn: Invoked ARN, with its qualifier if there was one.
        memory_limit_in_mb: Memory of the function in MB, as text.
        aws_request_id: Request id.
        log_group_name: Log group of the function.
        log_stream_name: Always `simulated`.
        identity: Always `None`.
        client_context: Always `None`.
    """

    __slots__ = (
        "_invocation",
        "aws_request_id",
        "client_context",
        "function_name",
        "function_version",
        "identity",
        "invoked_function_arn",
        "log_group_name",
        "log_stream_name",
        "memory_limit_in_mb",
    )

    def __init__(
        self,
        invocation: Invocation,
        function_name: str,
        version: str,
        arn: str,
        memory: str,
        log_group: str,
        request_id: str,
    ) -> None:
        self._invocation = invocation
        self.function_name = function_name
        self.function_version = version
        self.invoked_function_arn = arn
        self.memory_limit_in_mb = memory
        self.aws_request_id = request_id
        self.log_group_name = log_group
        self.log_stream_name = "simulated"
        self.identity = None
        self.client_context = None

    def get_remaining_time_in_millis(self) -> int:
        """Return the milliseconds of virtual time until Lambda ends the invocation; 0 after that."""
        return int(self._invocation.time_left * 1000)

    def log(self, message: object) -> None:
        """Write to the function's log."""
        print(message, end="")  # noqa: T201


def lambda_environment(
    function_name: str, memory: int, region: str, handler: str, log_group: str, variables: Mapping[str, str]
) -> dict[str, str]:
    """Return the environment variables that Lambda sets for a function, plus the template's `variables`.

    https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html#configuration-envvars-runtime
    """
    return {
        **variables,
        "AWS_REGION": region,
        "AWS_DEFAULT_REGION": region,
        "AWS_LAMBDA_FUNCTION_NAME": function_name,
        "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(memory),
        "AWS_LAMBDA_LOG_GROUP_NAME": log_group,
        "AWS_LAMBDA_LOG_STREAM_NAME": "simulated",
        "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
        "AWS_EXECUTION_ENV": "AWS_Lambda_python",
        # Invalid credentials, so that a client that a handler makes for itself reaches no account.
        "AWS_ACCESS_KEY_ID": "simulated",
        "AWS_SECRET_ACCESS_KEY": "simulated",
        "AWS_SESSION_TOKEN": "simulated",
        "_HANDLER": handler,
    }
