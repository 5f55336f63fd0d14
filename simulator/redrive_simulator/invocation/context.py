"""Provides a handler's context object and environment variables."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from redrive_model.resources.function import FunctionSpec

if TYPE_CHECKING:
    from redrive_simulator.engine.invocation import Invocation


class Caller(NamedTuple):
    """The statements of a synchronous invocation's caller about itself.

    Attributes:
        client_context: `ClientContext`.
        tenant_id: `TenantId`.
    """

    client_context: Mapping[str, Any] | None = None
    tenant_id: str | None = None


NOBODY = Caller()


class Identity:
    """The Cognito identity of the caller, of which nothing is known in a simulation.

    Attributes:
        cognito_identity_id: Always `None`.
        cognito_identity_pool_id: Always `None`.
    """

    __slots__ = ()

    cognito_identity_id = None
    cognito_identity_pool_id = None


_IDENTITY = Identity()


class Client:
    """The application in a client context.

    Attributes:
        installation_id: Id of the installation.
        app_title: Title.
        app_version_name: Name of the version.
        app_version_code: Code of the version.
        app_package_name: Name of the package.
    """

    def __init__(self, given: Mapping[str, Any]) -> None:
        for name in ("installation_id", "app_title", "app_version_name", "app_version_code", "app_package_name"):
            setattr(self, name, given.get(name))


class ClientContext:
    """The client context of an invocation.

    Attributes:
        custom: Values of the caller.
        env: Environment of the caller.
        client: Application of the caller, or `None`.
    """

    def __init__(self, given: Mapping[str, Any]) -> None:
        self.custom = given.get("custom")
        self.env = given.get("env")
        client = given.get("client")
        self.client = None if client is None else Client(client)


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
        identity: Identity of the caller, whose attributes are `None`.
        client_context: Client context of a synchronous invocation, or `None`.
        tenant_id: Tenant of a synchronous invocation, or `None`.
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
        "tenant_id",
    )

    def __init__(self, invocation: Invocation, version: str, arn: str, request_id: str, caller: Caller) -> None:
        variables = invocation.environment
        self._invocation = invocation
        self.function_name = variables["AWS_LAMBDA_FUNCTION_NAME"]
        self.function_version = version
        self.invoked_function_arn = arn
        self.memory_limit_in_mb = variables["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"]
        self.aws_request_id = request_id
        self.log_group_name = variables["AWS_LAMBDA_LOG_GROUP_NAME"]
        self.log_stream_name = variables["AWS_LAMBDA_LOG_STREAM_NAME"]
        self.identity = _IDENTITY
        self.client_context = None if caller.client_context is None else ClientContext(caller.client_context)
        self.tenant_id = caller.tenant_id

    def get_remaining_time_in_millis(self) -> int:
        """Return the milliseconds of virtual time until Lambda ends the invocation; 0 after that."""
        if self._invocation.look is not None:
            self._invocation.look()
        return int(self._invocation.time_left * 1000)

    def log(self, message: object) -> None:
        """Write to the function's log."""
        print(message)  # noqa: T201


def lambda_environment(
    spec: FunctionSpec, region: str, version: str, folder: Path | None = None, *, is_provisioned: bool = False
) -> dict[str, str]:
    """Return the environment variables that Lambda sets for a function, plus those of the template.

    https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html#configuration-envvars-runtime

    Args:
        spec: The function.
        region: Region.
        version: Version that runs.
        folder: Folder with the function's code. Default: none, for a handler that a test has given.
        is_provisioned: Whether the version has provisioned concurrency. Default: no.
    """
    return {
        "TZ": ":UTC",
        "LANG": "en_US.UTF-8",
        **spec.environment,
        "AWS_REGION": region,
        "AWS_DEFAULT_REGION": region,
        "AWS_LAMBDA_FUNCTION_NAME": spec.function_name,
        "AWS_LAMBDA_FUNCTION_VERSION": version,
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(spec.memory),
        "AWS_LAMBDA_LOG_GROUP_NAME": spec.log_group,
        "AWS_LAMBDA_LOG_STREAM_NAME": "simulated",
        "AWS_LAMBDA_INITIALIZATION_TYPE": spec.initialization_type(version, is_provisioned=is_provisioned),
        "AWS_EXECUTION_ENV": f"AWS_Lambda_{spec.runtime or 'python'}",
        # Invalid credentials, so that a client of another library reaches no account.
        "AWS_ACCESS_KEY_ID": "simulated",
        "AWS_SECRET_ACCESS_KEY": "simulated",
        "AWS_SESSION_TOKEN": "simulated",
        "_HANDLER": spec.handler,
        "LAMBDA_TASK_ROOT": "/var/task" if folder is None else str(folder),
        "LAMBDA_RUNTIME_DIR": "/var/runtime",
    }
