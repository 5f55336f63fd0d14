"""CDK constructs that configure Lambda's retries and keep events that cannot be processed."""

from redrive.settings import Backoff
from redrive_cdk.alarm_defaults import AlarmContext, AlarmDefaults
from redrive_cdk.alarms import AlarmOptions, make_alarm
from redrive_cdk.async_invocation import AsyncInvocation
from redrive_cdk.attempt_counting import AttemptCounting
from redrive_cdk.circuit_breaker import CircuitBreaker
from redrive_cdk.console_links import Link
from redrive_cdk.dashboard_sections import Graph, Limit, Line, Section, Watched
from redrive_cdk.dynamodb_stream_consumer import DynamoDBStreamConsumer
from redrive_cdk.failure_dashboard import FailureDashboard
from redrive_cdk.idempotency_table import IdempotencyTable
from redrive_cdk.kinesis_consumer import KinesisConsumer
from redrive_cdk.provisioned_pollers import ProvisionedPollers
from redrive_cdk.runtime_layer import RuntimeLayer
from redrive_cdk.sqs_consumer import SqsConsumer
from redrive_cdk.sync_invocation import SyncInvocation

__all__ = [
    "AlarmContext",
    "AlarmDefaults",
    "AlarmOptions",
    "AsyncInvocation",
    "AttemptCounting",
    "Backoff",
    "CircuitBreaker",
    "DynamoDBStreamConsumer",
    "FailureDashboard",
    "Graph",
    "IdempotencyTable",
    "KinesisConsumer",
    "Limit",
    "Line",
    "Link",
    "ProvisionedPollers",
    "RuntimeLayer",
    "Section",
    "SqsConsumer",
    "SyncInvocation",
    "Watched",
    "make_alarm",
]
