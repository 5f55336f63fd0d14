"""CDK constructs that configure how Lambda retries and where failed events go."""

from importlib.util import find_spec

from redrive.core import attach

if find_spec("aws_cdk") is None:
    raise ImportError("redrive_cdk needs aws-cdk-lib and constructs: install the extra, pip install 'redrive[cdk]'")

# `make format` writes `__init__.pyi` from this table.
NAMES = {
    "redrive.settings": "Backoff",
    "redrive_cdk.asynchronous.counting": "AttemptCounting",
    "redrive_cdk.asynchronous.invocation": "AsyncInvocation",
    "redrive_cdk.checks.failure_checks": "FailureChecks",
    "redrive_cdk.circuit.breaker": "CircuitBreaker",
    "redrive_cdk.guards.delivery_guard": "DeliveryGuard guard",
    "redrive_cdk.helper.layer": "RuntimeLayer",
    "redrive_cdk.idempotency.table": "IdempotencyTable",
    "redrive_cdk.invoker.invocation": "SyncInvocation",
    "redrive_cdk.monitoring.alarm_defaults": "AlarmContext AlarmDefaults",
    "redrive_cdk.monitoring.alarms": "AlarmOptions make_alarm",
    "redrive_cdk.monitoring.dashboard": "FailureDashboard",
    "redrive_cdk.monitoring.links": "Link",
    "redrive_cdk.monitoring.sections": "Graph Limit Line Section Watched",
    "redrive_cdk.operators.operator": "FailureOperator",
    "redrive_cdk.sqs.consumer": "SqsConsumer",
    "redrive_cdk.sqs.pollers": "ProvisionedPollers",
    "redrive_cdk.streams.dynamodb": "DynamoDBStreamConsumer",
    "redrive_cdk.streams.kinesis": "KinesisConsumer",
}

__getattr__, __dir__ = attach(__name__, NAMES)
