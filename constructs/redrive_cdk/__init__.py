"""CDK constructs that set up how Lambda retries, and where what cannot be processed ends up."""

from redrive.settings import Backoff
from redrive_cdk.alarms import AlarmOptions
from redrive_cdk.async_invocation import AsyncInvocation
from redrive_cdk.attempt_counting import AttemptCounting
from redrive_cdk.dynamodb_stream_consumer import DynamoDBStreamConsumer
from redrive_cdk.idempotency_table import IdempotencyTable
from redrive_cdk.kinesis_consumer import KinesisConsumer
from redrive_cdk.provisioned_pollers import ProvisionedPollers
from redrive_cdk.runtime_layer import RuntimeLayer
from redrive_cdk.sqs_consumer import SqsConsumer
from redrive_cdk.sync_invocation import SyncInvocation

__all__ = [
    "AlarmOptions",
    "AsyncInvocation",
    "AttemptCounting",
    "Backoff",
    "DynamoDBStreamConsumer",
    "IdempotencyTable",
    "KinesisConsumer",
    "ProvisionedPollers",
    "RuntimeLayer",
    "SqsConsumer",
    "SyncInvocation",
]
