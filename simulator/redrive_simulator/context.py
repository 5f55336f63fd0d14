"""What a handler is given besides its event, and what it finds in its environment."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from redrive_simulator.functions import Invocation


class LambdaContext:
    """Lambda's context object: https://docs.aws.amazon.com/lambda/latest/dg/python-context.html.

    Attributes:
        function_name: The function's name.
        function_version: `$LATEST`, or the version's number.
        invoked_function_arn: The ARN that was invoked, with its qualifier if there was one.
        memory_limit_in_mb: The function's memory.
        aws_request_id: The id of the request.
        log_group_name: Where its log goes.
        log_stream_name: Where in there.
        identity: Not set.
        client_context: Not set.
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

    def __init__(self, invocation: Invocation, arn: str, request_id: str) -> None:
        function = invocation.function
        self._invocation = invocation
        self.function_name = function.spec.function_name
        self.function_version = function.version_of(arn)
        self.invoked_function_arn = arn
        self.memory_limit_in_mb = function.memory
        self.aws_request_id = request_id
        self.log_group_name = function.log_group
        self.log_stream_name = "simulated"
        self.identity = None
        self.client_context = None

    def get_remaining_time_in_millis(self) -> int:
        """Milliseconds of virtual time until Lambda ends the invocation; 0 when it has."""
        invocation = self._invocation
        left = invocation.deadline - invocation.world.scheduler.now
        return int(left * 1000) if left > 0 and invocation.ended is None else 0

    def log(self, message: object) -> None:
        """Write to the function's log."""
        print(message, end="")  # noqa: T201


class Environments:
    """The environment variables of one function at a time, in place of those that were there before."""

    __slots__ = ("_before", "_current")

    def __init__(self) -> None:
        self._before: dict[str, str | None] = {}
        self._current: Mapping[str, str] = {}

    def use(self, variables: Mapping[str, str]) -> None:
        """Set a function's variables, and take those of another away.

        Args:
            variables: The function's. The same dictionary again costs nothing.
        """
        current = self._current
        if variables is current:
            return
        for name in current:
            if name not in variables:
                self._restore(name)
        for name, value in variables.items():
            if name not in self._before:
                self._before[name] = os.environ.get(name)
            if current.get(name) != value:
                os.environ[name] = value
        self._current = variables

    def restore(self) -> None:
        """Put back everything as it was."""
        for name in self._before:
            self._restore(name)
        self._before.clear()
        self._current = {}

    def _restore(self, name: str) -> None:
        before = self._before.get(name)
        if before is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = before


def lambda_environment(
    function_name: str, memory: int, region: str, handler: str, log_group: str, variables: Mapping[str, str]
) -> dict[str, str]:
    """The environment variables that a function finds.

    https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html#configuration-envvars-runtime. The
    credentials are none, so that no client which a handler makes for itself reaches an account.

    Args:
        function_name: Its name.
        memory: Its memory in MB.
        region: The Region.
        handler: Its handler.
        log_group: Where its log goes.
        variables: Those of the template.
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
        "AWS_ACCESS_KEY_ID": "simulated",
        "AWS_SECRET_ACCESS_KEY": "simulated",
        "AWS_SESSION_TOKEN": "simulated",
        "_HANDLER": handler,
    }
