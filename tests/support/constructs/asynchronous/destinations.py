"""Destinations of asynchronous invocation for the tests of `AsyncInvocation`, and what delivery to each takes."""

# The CDK's own classes do not fit its interfaces for a type checker: https://github.com/aws/jsii/issues/4541
# pyright: reportArgumentType=false

from collections.abc import Callable, Iterable
from typing import Any

from aws_cdk import Stack
from aws_cdk import aws_events as events
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sqs as sqs

from redrive_cdk.core.types import AnyDestination
from tests.support.constructs.cdk import deployed, python_function

QUEUE_ARN = "arn:aws:sqs:eu-west-1:111111111111:failed"
TOPIC_ARN = "arn:aws:sns:eu-west-1:111111111111:failed"
FUNCTION_ARN = "arn:aws:lambda:eu-west-1:111111111111:function:failed"
BUS_ARN = "arn:aws:events:eu-west-1:111111111111:event-bus/failed"
BUCKET_ARN = "arn:aws:s3:::failed"

Make = Callable[[Stack, str, kms.IKey | None], Any]
#: Each kind made here, with a key of one's own where there is one. A function encrypts its variables with it.
MADE: dict[str, Make] = {
    "queue": lambda stack, id, key: sqs.Queue(stack, id, encryption_master_key=key),
    "topic": lambda stack, id, key: sns.Topic(stack, id, master_key=key),
    "function": lambda stack, id, key: python_function(stack, id, environment_encryption=key),
    "event bus": lambda stack, id, key: events.EventBus(stack, id, kms_key=key),
    "bucket": lambda stack, id, key: s3.Bucket(stack, id, encryption_key=key),
}
IMPORTED: dict[str, Make] = {
    "queue": lambda stack, id, key: sqs.Queue.from_queue_attributes(
        stack, id, queue_arn=QUEUE_ARN, key_arn=key and key.key_arn
    ),
    "topic": lambda stack, id, key: sns.Topic.from_topic_attributes(
        stack, id, topic_arn=TOPIC_ARN, key_arn=key and key.key_arn
    ),
    "function": lambda stack, id, key: lambda_.Function.from_function_arn(stack, id, FUNCTION_ARN),
    "event bus": lambda stack, id, key: events.EventBus.from_event_bus_arn(stack, id, BUS_ARN),
    "bucket": lambda stack, id, key: s3.Bucket.from_bucket_attributes(
        stack, id, bucket_arn=BUCKET_ARN, encryption_key=key
    ),
}
#: https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html
CALLS: dict[str, set[str]] = {
    "queue": {"sqs:SendMessage"},
    "topic": {"sns:Publish"},
    "function": {"lambda:InvokeFunction"},
    "event bus": {"events:PutEvents"},
    "bucket": {"s3:PutObject", "s3:ListBucket"},
}
#: Calls on the key, for queues and topics from sqs-key-management.html and sns-key-management.html. The key's own
#: policy lets an event bus use its key.
KEY_CALLS: dict[str, set[str]] = {
    "queue": {"kms:Decrypt", "kms:GenerateDataKey"},
    "topic": {"kms:Decrypt", "kms:GenerateDataKey", "kms:GenerateDataKeyWithoutPlaintext"},
    "function": set(),
    "event bus": set(),
    "bucket": {"kms:GenerateDataKey"},
}
_ARNS = ("queue_arn", "topic_arn", "function_arn", "event_bus_arn", "bucket_arn")


def address(stack: Stack, destination: AnyDestination) -> str:
    """A destination's ARN after the deployment, as the support of these tests makes it up."""
    (arn,) = (getattr(destination, name) for name in _ARNS if hasattr(destination, name))
    return deployed(stack.resolve(arn))


def delivery(stack: Stack, kind: str, destination: AnyDestination, key: kms.IKey | None) -> set[tuple[str, str]]:
    """Pairs of an action and a resource: what delivery takes, and nothing else."""
    arn = address(stack, destination)
    pairs = {(call, f"{arn}/*" if call == "s3:PutObject" else arn) for call in CALLS[kind]}
    return pairs if key is None else pairs | on(deployed(stack.resolve(key.key_arn)), KEY_CALLS[kind])


def on(arn: str, calls: Iterable[str]) -> set[tuple[str, str]]:
    return {(call, arn) for call in calls}
