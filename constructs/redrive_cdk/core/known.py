"""Reads values that are known at synthesis; returns `None` for a token or an unset value.

Tokens stand for values that only the deployment knows. The checks skip them and never guess.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple, cast

from aws_cdk import CfnResource, Duration, Reference, Tokenization
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_kinesis as kinesis
from aws_cdk import aws_lambda as lambda_
from constructs import IConstruct

from redrive_cdk.core.tree import node_of, once, resource_of, stack_of
from redrive_model.limits import DEFAULT_FUNCTION_TIMEOUT

# By these a text and a number are known to stand for another value, without a question to the CDK:
# https://docs.aws.amazon.com/cdk/v2/guide/tokens.html
_MARKER = "${Token["
_LARGEST_NUMBER = 1e200


def seconds(duration: Duration | None) -> float | None:
    """Return a duration in seconds."""
    return None if duration is None else _seconds_of(duration)


@once
def _seconds_of(duration: Duration) -> float | None:
    return None if duration.is_unresolved() else duration.to_seconds()


def number(value: object, default: float | None = None) -> float | None:
    """Return a property's number, or the default if the property is unset."""
    if value is None:
        return default
    return value if isinstance(value, (int, float)) and abs(value) <= _LARGEST_NUMBER else None


def text(value: object) -> str | None:
    """Return a property's text."""
    return value if isinstance(value, str) and _MARKER not in value else None


def fields(value: object) -> Mapping[str, Any]:
    """Return a property's object, empty if the property is unset."""
    return cast("Mapping[str, Any]", value) if isinstance(value, Mapping) else {}


def underlying(function: lambda_.IFunction) -> lambda_.Function | None:
    """Return the function of this app behind a version or an alias, or `None` if it is imported."""
    found: Any = function
    if isinstance(found, lambda_.Alias):
        found = found.version
    # Tests the attribute, since `latest_version` is an object without a class that `isinstance` could test.
    found = getattr(found, "lambda_", found)
    return found if isinstance(found, lambda_.Function) else None


class FunctionFacts(NamedTuple):
    """The known facts about a function; `None` for each unknown value.

    Attributes:
        timeout: Timeout in seconds.
        reserved_concurrency: Reserved concurrency; `None` also if it is unset.
    """

    timeout: float | None
    reserved_concurrency: float | None


def function_facts(function: lambda_.IFunction) -> FunctionFacts:
    """Read what is known about a function."""
    made = underlying(function)
    resource = None if made is None else resource_of(made)
    if not isinstance(resource, lambda_.CfnFunction):
        return FunctionFacts(None, None)
    # Reads the resource, because an escape hatch may have changed the value.
    properties = properties_of(resource)
    if made is not None:
        runtime_of.note(made, properties.get("runtime"))
    return FunctionFacts(
        timeout=number(properties.get("timeout"), DEFAULT_FUNCTION_TIMEOUT),
        reserved_concurrency=number(properties.get("reservedConcurrentExecutions")),
    )


def function_timeout(function: lambda_.IFunction) -> float | None:
    """Return a function's timeout in seconds."""
    made = underlying(function)
    resource = None if made is None else resource_of(made)
    return number(resource.timeout, DEFAULT_FUNCTION_TIMEOUT) if isinstance(resource, lambda_.CfnFunction) else None


def made_stream(stream: kinesis.IStream) -> kinesis.CfnStream | None:
    """Return the resource of a Kinesis stream that this app creates, or `None` if the stream is imported."""
    resource = resource_of(stream)
    return resource if isinstance(resource, kinesis.CfnStream) else None


def made_table(table: IConstruct) -> dynamodb.CfnTable | dynamodb.CfnGlobalTable | None:
    """Return the resource of a table that this app creates, or `None` if the table is imported."""
    resource = resource_of(table)
    return resource if isinstance(resource, (dynamodb.CfnTable, dynamodb.CfnGlobalTable)) else None


def named_by(arn: str) -> IConstruct | None:
    """Return the resource of this app that an ARN or a name refers to, as in `from_queue_arn(…, queue.queue_arn)`."""
    for token in Tokenization.reverse_string(arn).tokens:
        if isinstance(token, Reference) and CfnResource.is_cfn_resource(token.target):
            return token.target
    return None


def is_one(construct: IConstruct | None, other: IConstruct | None) -> bool:
    """Return whether both are known and the same construct, which may have several Python objects."""
    return construct is not None and other is not None and node_of(construct).addr == node_of(other).addr


def properties_of(resource: CfnResource) -> dict[str, Any]:
    """Return a resource's properties, with camel-case names."""
    return dict(resource._cfn_properties)  # pyright: ignore[reportPrivateUsage]  # protected but documented in the CDK


def resolved(resource: CfnResource, name: str) -> Any:
    """Return a resource's property, resolved, with camel-case names, or `None` if it is unset.

    Some properties cannot be read one by one, because the CDK computes them late.
    """
    value = properties_of(resource).get(name)
    return None if value is None else stack_of(resource).resolve(value)


@once
def runtime_of(function: lambda_.Function) -> str | None:
    """Return the name of a function's runtime, such as `"python3.14"` or a token; `None` for a container image."""
    resource = resource_of(function)
    return resource.runtime if isinstance(resource, lambda_.CfnFunction) else None


def log_group_of(function: lambda_.IFunction) -> str | None:
    """Return the log group configured for a function; `None` if Lambda names it after the function."""
    made = underlying(function)
    resource = None if made is None else resource_of(made)
    configured: Any = resource.logging_config if isinstance(resource, lambda_.CfnFunction) else None
    group = getattr(configured, "log_group", None)
    return group if isinstance(group, str) else None
