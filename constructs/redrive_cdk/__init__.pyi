# Written by `make format` from the table in __init__.py.
from redrive.settings import Backoff as Backoff
from redrive_cdk.asynchronous.counting import AttemptCounting as AttemptCounting
from redrive_cdk.asynchronous.invocation import AsyncInvocation as AsyncInvocation
from redrive_cdk.checks.failure_checks import FailureChecks as FailureChecks
from redrive_cdk.circuit.breaker import CircuitBreaker as CircuitBreaker
from redrive_cdk.guards.delivery_guard import DeliveryGuard as DeliveryGuard
from redrive_cdk.guards.delivery_guard import guard as guard
from redrive_cdk.helper.layer import RuntimeLayer as RuntimeLayer
from redrive_cdk.idempotency.table import IdempotencyTable as IdempotencyTable
from redrive_cdk.invoker.invocation import SyncInvocation as SyncInvocation
from redrive_cdk.monitoring.alarm_defaults import AlarmContext as AlarmContext
from redrive_cdk.monitoring.alarm_defaults import AlarmDefaults as AlarmDefaults
from redrive_cdk.monitoring.alarms import AlarmOptions as AlarmOptions
from redrive_cdk.monitoring.alarms import make_alarm as make_alarm
from redrive_cdk.monitoring.dashboard import FailureDashboard as FailureDashboard
from redrive_cdk.monitoring.links import Link as Link
from redrive_cdk.monitoring.sections import Graph as Graph
from redrive_cdk.monitoring.sections import Limit as Limit
from redrive_cdk.monitoring.sections import Line as Line
from redrive_cdk.monitoring.sections import Section as Section
from redrive_cdk.monitoring.sections import Watched as Watched
from redrive_cdk.operators.operator import FailureOperator as FailureOperator
from redrive_cdk.sqs.consumer import SqsConsumer as SqsConsumer
from redrive_cdk.sqs.pollers import ProvisionedPollers as ProvisionedPollers
from redrive_cdk.streams.dynamodb import DynamoDBStreamConsumer as DynamoDBStreamConsumer
from redrive_cdk.streams.kinesis import KinesisConsumer as KinesisConsumer

__all__ = [
    "AlarmContext",
    "AlarmDefaults",
    "AlarmOptions",
    "AsyncInvocation",
    "AttemptCounting",
    "Backoff",
    "CircuitBreaker",
    "DeliveryGuard",
    "DynamoDBStreamConsumer",
    "FailureChecks",
    "FailureDashboard",
    "FailureOperator",
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
    "guard",
    "make_alarm",
]
