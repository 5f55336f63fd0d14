"""Reading what is known at synthesis: a value, or `None` where it is a token or was never set.

Tokens stand for values that only the deployment knows. The checks skip them; they never guess.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from aws_cdk import CfnResource, Duration, Reference, Stack, Token, Tokenization
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_kinesis as kinesis
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sqs as sqs
from constructs import IConstruct

# https://docs.aws.amazon.com/lambda/latest/api/API_CreateFunction.html and
# https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_CreateQueue.html: what applies if not set.
DEFAULT_FUNCTION_TIMEOUT = 3
DEFAULT_RETENTION = 345_600


def seconds(duration: Duration | None) -> float | None:
    """A duration in seconds."""
    if duration is None or duration.is_unresolved():
        return None
    return duration.to_seconds()


def number(value: object, default: float | None = None) -> float | None:
    """A property's number, or the default where the property is not set."""
    if value is None:
        return default
    if Token.is_unresolved(value) or not isinstance(value, (int, float)):
        return None
    return value


def text(value: object) -> str | None:
    """A property's text."""
    return value if isinstance(value, str) and not Token.is_unresolved(value) else None


def fields(value: object) -> Mapping[str, Any]:
    """A property's object; empty where the property is not set."""
    return cast("Mapping[str, Any]", value) if isinstance(value, Mapping) else {}


def underlying(function: lambda_.IFunction) -> lambda_.Function | None:
    """The function behind a version or an alias; `None` where it was imported.

    Args:
        function: A function, a version or an alias.

    Returns:
        The function that this app makes.
    """
    found: Any = function
    if isinstance(found, lambda_.Alias):
        found = found.version
    # By the attribute, since `latest_version` is an object of no class that could be asked for.
    found = getattr(found, "lambda_", found)
    return found if isinstance(found, lambda_.Function) else None


def function_timeout(function: lambda_.IFunction) -> float | None:
    """A function's timeout in seconds."""
    made = underlying(function)
    resource = None if made is None else resource_of(made)
    # Of the resource, as all else: an escape hatch may have changed it.
    return number(resource.timeout, DEFAULT_FUNCTION_TIMEOUT) if isinstance(resource, lambda_.CfnFunction) else None


def reserved_concurrency(function: lambda_.IFunction) -> float | None:
    """A function's reserved concurrency; `None` also where it has none."""
    made = underlying(function)
    resource = None if made is None else resource_of(made)
    return number(resource.reserved_concurrent_executions) if isinstance(resource, lambda_.CfnFunction) else None


def made_queue(queue: sqs.IQueue | None) -> sqs.CfnQueue | None:
    """The resource of a queue that this app makes; `None` where the queue was imported."""
    resource = None if queue is None else resource_of(queue)
    return resource if isinstance(resource, sqs.CfnQueue) else None


def made_stream(stream: kinesis.IStream) -> kinesis.CfnStream | None:
    """The resource of a Kinesis stream that this app makes; `None` where it was imported."""
    resource = resource_of(stream)
    return resource if isinstance(resource, kinesis.CfnStream) else None


def made_table(table: IConstruct) -> dynamodb.CfnTable | dynamodb.CfnGlobalTable | None:
    """The resource of a table that this app makes; `None` where it was imported."""
    resource = resource_of(table)
    return resource if isinstance(resource, (dynamodb.CfnTable, dynamodb.CfnGlobalTable)) else None


def named_by(arn: str) -> IConstruct | None:
    """The resource of this app that an ARN refers to: the queue behind `Queue.from_queue_arn(…, other.queue_arn)`, say.

    Args:
        arn: An ARN, or a text with the resource's name in it.

    Returns:
        The resource; `None` where the text refers to none.
    """
    for token in Tokenization.reverse_string(arn).tokens:
        if isinstance(token, Reference) and CfnResource.is_cfn_resource(token.target):
            return token.target
    return None


def is_one(construct: IConstruct | None, other: IConstruct | None) -> bool:
    """Whether two are one construct, for which Python may have several objects; not where one of them is not known."""
    return construct is not None and other is not None and construct.node.addr == other.node.addr


def resolved(resource: CfnResource, name: str) -> Any:
    """A property of a resource, resolved, with the names of its parts in camel case; `None` where it is not set.

    For those that the CDK computes late, which cannot be read one by one.
    """
    properties = resource._cfn_properties  # pyright: ignore[reportPrivateUsage]  # protected, and documented, in the CDK
    return Stack.of(resource).resolve(properties.get(name))


def resource_of(construct: IConstruct) -> IConstruct | None:
    """The main resource of a construct."""
    return construct.node.default_child
