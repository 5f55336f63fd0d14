"""Failure handling inside a Lambda function: one helper for each construct of `redrive_cdk`.

A name is loaded when it is first asked for, so that a cold start pays for the one helper its function uses.
"""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from redrive.asynchronous import AsyncHandler, async_handler
    from redrive.attempt import Attempt
    from redrive.attempt_counter import AttemptCounter
    from redrive.backoff import Backoff
    from redrive.circuit import CircuitBreaker
    from redrive.circuit_dynamodb import DynamoDBCircuits
    from redrive.circuit_event import CircuitEvent
    from redrive.circuit_guard import CircuitCall
    from redrive.circuit_open import CircuitOpen
    from redrive.circuit_policy import CircuitPolicy
    from redrive.circuit_state import CircuitState
    from redrive.circuit_store import CircuitStore, LocalCircuits, MemoryCircuits, StoredCircuit
    from redrive.classification import FailureClass, classify
    from redrive.dynamodb_counter import DynamoDBCounter
    from redrive.dynamodb_stream import DynamoDBStreamHandler, dynamodb_stream_handler
    from redrive.dynamodb_stream_record import DynamoDBStreamRecord
    from redrive.errors import InvalidEvent, InvalidRecord, Permanent, Retry, SettingsError
    from redrive.idempotency import Idempotency, Serializer
    from redrive.idempotency_dynamodb import DynamoDBStore
    from redrive.idempotency_errors import (
        FailedBefore,
        InProgress,
        LateCompletion,
        MissingKey,
        NotRecorded,
        PayloadMismatch,
        ResultNotKept,
    )
    from redrive.idempotency_memory import MemoryStore
    from redrive.idempotency_stores import IdempotencyStore
    from redrive.idempotent import idempotent
    from redrive.invocation_record import InvocationRecord, InvokeArguments
    from redrive.invoke_errors import FunctionError, InvalidPayload, InvokeError, NotInvoked, OutcomeUnknown
    from redrive.invoker import Invoker
    from redrive.kinesis_record import KinesisRecord
    from redrive.kinesis_stream import KinesisHandler, kinesis_handler
    from redrive.logs_counter import LogsCounter
    from redrive.metrics import metered, meters
    from redrive.metrics_figures import Figures
    from redrive.s3_counter import S3Counter
    from redrive.settings import (
        AsyncSettings,
        CircuitSettings,
        IdempotencySettings,
        InvokerSettings,
        MetricName,
        MetricsSettings,
        SqsSettings,
        StreamSettings,
    )
    from redrive.sqs import SqsHandler, sqs_handler
    from redrive.sqs_failure import SqsFailure
    from redrive.sqs_message import MessageAttribute, SqsMessage
    from redrive.sqs_response import BatchItemFailure, BatchResponse
    from redrive.stream_failure import StreamFailure
    from redrive.stream_failure_records import GoneRecords, StreamReadError, StreamRecords
    from redrive.stream_record_failure import StreamRecordFailure
    from redrive.stream_response import StreamResponse
    from redrive.stream_succeeded import SucceededRecords
    from redrive.stream_window import TumblingWindow
    from redrive.tmp_counter import TmpCounter

_HOMES = {
    "AsyncHandler": "asynchronous",
    "AsyncSettings": "settings",
    "Attempt": "attempt",
    "AttemptCounter": "attempt_counter",
    "Backoff": "backoff",
    "BatchItemFailure": "sqs_response",
    "BatchResponse": "sqs_response",
    "CircuitBreaker": "circuit",
    "CircuitCall": "circuit_guard",
    "CircuitEvent": "circuit_event",
    "CircuitOpen": "circuit_open",
    "CircuitPolicy": "circuit_policy",
    "CircuitSettings": "settings",
    "CircuitState": "circuit_state",
    "CircuitStore": "circuit_store",
    "DynamoDBCircuits": "circuit_dynamodb",
    "DynamoDBCounter": "dynamodb_counter",
    "DynamoDBStore": "idempotency_dynamodb",
    "DynamoDBStreamHandler": "dynamodb_stream",
    "DynamoDBStreamRecord": "dynamodb_stream_record",
    "FailedBefore": "idempotency_errors",
    "FailureClass": "classification",
    "Figures": "metrics_figures",
    "FunctionError": "invoke_errors",
    "GoneRecords": "stream_failure_records",
    "Idempotency": "idempotency",
    "IdempotencySettings": "settings",
    "IdempotencyStore": "idempotency_stores",
    "InProgress": "idempotency_errors",
    "InvalidEvent": "errors",
    "InvalidPayload": "invoke_errors",
    "InvalidRecord": "errors",
    "InvocationRecord": "invocation_record",
    "InvokeArguments": "invocation_record",
    "InvokeError": "invoke_errors",
    "Invoker": "invoker",
    "InvokerSettings": "settings",
    "KinesisHandler": "kinesis_stream",
    "KinesisRecord": "kinesis_record",
    "LateCompletion": "idempotency_errors",
    "LocalCircuits": "circuit_store",
    "LogsCounter": "logs_counter",
    "MemoryCircuits": "circuit_store",
    "MemoryStore": "idempotency_memory",
    "MessageAttribute": "sqs_message",
    "MetricName": "settings",
    "MetricsSettings": "settings",
    "MissingKey": "idempotency_errors",
    "NotInvoked": "invoke_errors",
    "NotRecorded": "idempotency_errors",
    "OutcomeUnknown": "invoke_errors",
    "PayloadMismatch": "idempotency_errors",
    "Permanent": "errors",
    "ResultNotKept": "idempotency_errors",
    "Retry": "errors",
    "S3Counter": "s3_counter",
    "Serializer": "idempotency",
    "SettingsError": "errors",
    "SqsFailure": "sqs_failure",
    "SqsHandler": "sqs",
    "SqsMessage": "sqs_message",
    "SqsSettings": "settings",
    "StoredCircuit": "circuit_store",
    "StreamFailure": "stream_failure",
    "StreamReadError": "stream_failure_records",
    "StreamRecordFailure": "stream_record_failure",
    "StreamRecords": "stream_failure_records",
    "StreamResponse": "stream_response",
    "StreamSettings": "settings",
    "SucceededRecords": "stream_succeeded",
    "TmpCounter": "tmp_counter",
    "TumblingWindow": "stream_window",
    "async_handler": "asynchronous",
    "classify": "classification",
    "dynamodb_stream_handler": "dynamodb_stream",
    "idempotent": "idempotent",
    "kinesis_handler": "kinesis_stream",
    "metered": "metrics",
    "meters": "metrics",
    "sqs_handler": "sqs",
}

__all__ = [
    "AsyncHandler",
    "AsyncSettings",
    "Attempt",
    "AttemptCounter",
    "Backoff",
    "BatchItemFailure",
    "BatchResponse",
    "CircuitBreaker",
    "CircuitCall",
    "CircuitEvent",
    "CircuitOpen",
    "CircuitPolicy",
    "CircuitSettings",
    "CircuitState",
    "CircuitStore",
    "DynamoDBCircuits",
    "DynamoDBCounter",
    "DynamoDBStore",
    "DynamoDBStreamHandler",
    "DynamoDBStreamRecord",
    "FailedBefore",
    "FailureClass",
    "Figures",
    "FunctionError",
    "GoneRecords",
    "Idempotency",
    "IdempotencySettings",
    "IdempotencyStore",
    "InProgress",
    "InvalidEvent",
    "InvalidPayload",
    "InvalidRecord",
    "InvocationRecord",
    "InvokeArguments",
    "InvokeError",
    "Invoker",
    "InvokerSettings",
    "KinesisHandler",
    "KinesisRecord",
    "LateCompletion",
    "LocalCircuits",
    "LogsCounter",
    "MemoryCircuits",
    "MemoryStore",
    "MessageAttribute",
    "MetricName",
    "MetricsSettings",
    "MissingKey",
    "NotInvoked",
    "NotRecorded",
    "OutcomeUnknown",
    "PayloadMismatch",
    "Permanent",
    "ResultNotKept",
    "Retry",
    "S3Counter",
    "Serializer",
    "SettingsError",
    "SqsFailure",
    "SqsHandler",
    "SqsMessage",
    "SqsSettings",
    "StoredCircuit",
    "StreamFailure",
    "StreamReadError",
    "StreamRecordFailure",
    "StreamRecords",
    "StreamResponse",
    "StreamSettings",
    "SucceededRecords",
    "TmpCounter",
    "TumblingWindow",
    "async_handler",
    "classify",
    "dynamodb_stream_handler",
    "idempotent",
    "kinesis_handler",
    "metered",
    "meters",
    "sqs_handler",
]


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module 'redrive' has no attribute {name!r}")
    from importlib import import_module

    value = getattr(import_module(f"redrive.{_HOMES[name]}"), name)
    globals()[name] = value  # asked for once
    return value


def __dir__() -> list[str]:
    return __all__
