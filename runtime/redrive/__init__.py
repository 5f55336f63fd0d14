"""Failure handling inside a Lambda function: one helper for each construct of `redrive_cdk`.

A name is loaded when it is first asked for, so that a cold start pays for the one helper its function uses.
"""

from redrive.core import attach

# `make format` writes `__init__.pyi` from this table.
NAMES = {
    "redrive.asynchronous.attempt": "Attempt",
    "redrive.asynchronous.counters.base": "AttemptCounter",
    "redrive.asynchronous.counters.dynamodb": "DynamoDBCounter",
    "redrive.asynchronous.counters.logs": "LogsCounter",
    "redrive.asynchronous.counters.s3": "S3Counter",
    "redrive.asynchronous.counters.tmp": "TmpCounter",
    "redrive.asynchronous.handler": "AsyncHandler async_handler",
    "redrive.aws.clients": "client clients",
    "redrive.circuit.breaker": "CircuitBreaker",
    "redrive.circuit.call": "CircuitCall",
    "redrive.circuit.dynamodb": "DynamoDBCircuits",
    "redrive.circuit.errors": "CircuitOpen",
    "redrive.circuit.events": "CircuitEvent",
    "redrive.circuit.policy": "CircuitPolicy",
    "redrive.circuit.state": "CircuitState StoredCircuit",
    "redrive.circuit.stores": "CircuitStore LocalCircuits MemoryCircuits",
    "redrive.core": "Permanent Retry SettingsError",
    "redrive.core.log": "describe",
    "redrive.destinations.dead_letter": "DeadLetter",
    "redrive.destinations.failure": "Failure FailureKind ReplayRequest",
    "redrive.destinations.form": "InvalidRecord",
    "redrive.destinations.invocation_record": "InvocationRecord InvokeArguments",
    "redrive.destinations.reading": "read_failure",
    "redrive.destinations.stream_failure": "StreamFailure",
    "redrive.destinations.stream_range": "GoneRecords StreamReadError StreamRecords",
    "redrive.failures.backoff": "Backoff",
    "redrive.failures.classification": "FailureClass classify",
    "redrive.failures.durable": "durable_retry_strategy",
    "redrive.handlers.invalid_events": "InvalidEvent",
    "redrive.handlers.responses": "BatchItemFailure BatchResponse StreamResponse",
    "redrive.idempotency.decorator": "idempotent",
    "redrive.idempotency.dynamodb": "DynamoDBStore",
    "redrive.idempotency.errors": (
        "FailedBefore InProgress LateCompletion MissingKey NotClaimed NotRecorded OwnerLost PayloadMismatch "
        "ResultNotKept"
    ),
    "redrive.idempotency.memory": "MemoryStore",
    "redrive.idempotency.options": "Idempotency Serializer",
    "redrive.idempotency.stores": "IdempotencyStore",
    "redrive.invoker.errors": "FunctionError InvalidPayload InvokeError NotInvoked OutcomeUnknown",
    "redrive.invoker.invoker": "Invoker",
    "redrive.metrics": "metered meters metrics_settings",
    "redrive.metrics.report": "Figures",
    "redrive.settings.asynchronous": "AsyncSettings",
    "redrive.settings.circuit": "CircuitSettings",
    "redrive.settings.idempotency": "IdempotencySettings",
    "redrive.settings.invoker": "InvokerSettings",
    "redrive.settings.metrics": "MetricName MetricsSettings",
    "redrive.settings.sqs": "SqsSettings",
    "redrive.settings.streams": "StreamSettings",
    "redrive.sqs.failures": "SqsFailure",
    "redrive.sqs.handler": "SqsHandler sqs_handler",
    "redrive.sqs.message": "MessageAttribute SqsMessage",
    "redrive.streams.dynamodb": "DynamoDBStreamHandler DynamoDBStreamRecord dynamodb_stream_handler",
    "redrive.streams.failures": "StreamRecordFailure",
    "redrive.streams.kinesis": "KinesisHandler KinesisRecord kinesis_handler",
    "redrive.streams.succeeded": "SucceededRecords",
    "redrive.streams.window": "TumblingWindow",
}

__getattr__, __dir__ = attach(__name__, NAMES)
