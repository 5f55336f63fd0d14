"""Checks the stacks, Regions and accounts of a consumer's parts."""

from __future__ import annotations

from collections.abc import Iterator

from aws_cdk import IResource, Stack
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sqs as sqs
from constructs import Construct, IConstruct

from redrive_cdk.core import known


def refuse_circle(consumer: Construct, needs: IConstruct, needed: IConstruct, remedy: str) -> None:
    """Raise ValueError if two stacks would depend on each other, which cannot be deployed.

    The consumer always depends on `needs`: its function, or a queue that the user passed. If `needs` must depend on
    `needed`, and `needed` shares a stack with the consumer but not with `needs`, the dependencies form a circle. Nested
    stacks count, because CloudFormation deploys each as a whole.
    """
    if Stack.of(consumer) is Stack.of(needs):  # the usual case; each question to the CDK takes a message to Node.js
        return
    if (set(_stacks_around(consumer)) & set(_stacks_around(needed))) - set(_stacks_around(needs)):
        raise ValueError(
            f"{needs.node.path} belongs to another stack than {consumer.node.path}, and would need {needed.node.path} "
            f"of that one: the two stacks would depend on each other; {remedy}"
        )


def refuse_circle_with(
    consumer: Construct, function: lambda_.IFunction, *needed: IConstruct | None, remedy: str
) -> None:
    """Call `refuse_circle` for a function and each resource that it must depend on, if this app creates both."""
    made = known.underlying(function)
    for each in needed:
        if made is not None and each is not None and known.resource_of(each) is not None:
            refuse_circle(consumer, made, each, remedy)


def _stacks_around(construct: IConstruct) -> Iterator[str]:
    stack: Stack | None = Stack.of(construct)
    while stack is not None:
        yield stack.node.path
        stack = stack.nested_stack_parent


def refuse_other_places(consumer: Construct, queue: sqs.IQueue, dead_letter_queue: sqs.IQueue | None) -> None:
    """Raise ValueError if a queue is known to be in a Region or account that Lambda or SQS does not support.

    The queue must be in the mapping's Region, and the dead-letter queue in the queue's Region and account.

    https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html and
    https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-dead-letter-queues.html
    """
    region = Stack.of(consumer).region
    if _differ(queue.env.region, region):
        raise ValueError(
            f"{consumer.node.path}: the queue is in {queue.env.region} and the mapping in {region}: Lambda takes "
            f"messages from its own Region only; make function and SqsConsumer in a stack of {queue.env.region}"
        )
    if dead_letter_queue is None:
        return
    for there, here in (
        (dead_letter_queue.env.region, queue.env.region),
        (dead_letter_queue.env.account, queue.env.account),
    ):
        if _differ(there, here):
            raise ValueError(
                f"{consumer.node.path}: the dead-letter queue is in {there} and the queue in {here}: SQS wants both in "
                "one account and Region; give a dead_letter_queue from there, or none to have one made"
            )


def is_elsewhere(construct: IConstruct, resource: IResource) -> bool:
    """Return whether a resource is known to be in another account or Region than a construct."""
    stack = Stack.of(construct)
    return _differ(resource.env.region, stack.region) or _differ(resource.env.account, stack.account)


def _differ(one: str, other: str) -> bool:
    return known.text(one) is not None and known.text(other) is not None and one != other
