"""Finds, sets and grants a function's classic dead-letter queue, which all its versions and aliases share.

https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html#invocation-dlq
"""

from __future__ import annotations

from typing import Any, cast

from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from redrive_cdk.core import known
from redrive_cdk.core.destinations import arn_of, grant_delivery
from redrive_cdk.core.grants import complete_grants
from redrive_cdk.core.tree import node_of, path_of, resource_of, stack_of
from redrive_cdk.core.types import AnyDeadLetterTarget


def dead_letter_target_of(
    invocation: Construct, function: lambda_.IFunction, given: AnyDeadLetterTarget | None
) -> AnyDeadLetterTarget | None:
    """Return the given dead-letter queue, else the function's own; `None` if there is none or none is known.

    Raises:
        ValueError: A queue was given, and the function is imported or has another one.
    """
    made = known.underlying(function)
    resource = None if made is None else resource_of(made)
    if not isinstance(resource, lambda_.CfnFunction) or made is None:
        if given is not None:
            raise ValueError(
                f"{path_of(invocation)}: {path_of(function)} is imported, and its dead-letter queue cannot be set "
                "here: set it where the function is made, or give an on_failure destination"
            )
        return None
    own = cast("AnyDeadLetterTarget | None", made.dead_letter_queue or made.dead_letter_topic)
    target: Any = getattr(resource.dead_letter_config, "target_arn", None)
    if given is None:
        return own or _known_target(invocation, target)
    if isinstance(target, str) and not _is_same(made, target, arn_of(given)):
        raise ValueError(
            f"{path_of(invocation)}: {path_of(made)} has another dead-letter queue already: a function has one, for "
            "all its versions and aliases; give the same one, or leave dead_letter_queue unset"
        )
    return given


def _is_same(function: lambda_.Function, arn: str, other: str) -> bool:
    # Compare the resources first: different queues in two stacks may have the same logical id.
    named, other_named = known.named_by(arn), known.named_by(other)
    if named is not None or other_named is not None:
        return known.is_one(named, other_named)
    stack = stack_of(function)
    return stack.resolve(arn) == stack.resolve(other)


def _known_target(invocation: Construct, arn: object) -> AnyDeadLetterTarget | None:
    # It was set on the CloudFormation resource: by AsyncInvocation for another qualifier, or by the user.
    if not isinstance(arn, str):
        return None
    named = known.named_by(arn)
    around: object = None if named is None else node_of(named).scope
    if isinstance(around, (sqs.Queue, sns.Topic)):
        return around
    service = arn.split(":")[2:3]
    if isinstance(named, sqs.CfnQueue) or service == ["sqs"]:
        return sqs.Queue.from_queue_arn(invocation, "DeadLetterQueue", arn)
    if isinstance(named, sns.CfnTopic) or service == ["sns"]:
        return sns.Topic.from_topic_arn(invocation, "DeadLetterQueue", arn)
    return None


def grant(function: lambda_.IFunction, target: AnyDeadLetterTarget, *, given: bool) -> None:
    """Allow a function's role to send to its dead-letter queue, and set a queue that the user gave.

    The CDK's own grant lacks the queue's KMS key. Without the key, Lambda rejects the function or loses events:
    https://github.com/aws/aws-cdk/issues/33153
    """
    made = known.underlying(function)
    if made is None:
        return
    # The role's own policy: the function depends on it, and Lambda checks the permission when it creates the function.
    grant_delivery(made, target)
    complete_grants(made, function, made)
    resource = resource_of(made)
    if given and isinstance(resource, lambda_.CfnFunction):
        resource.dead_letter_config = lambda_.CfnFunction.DeadLetterConfigProperty(target_arn=arn_of(target))
