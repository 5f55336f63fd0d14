# Written by `make format` from the table in __init__.py.
from redrive.asynchronous.attempt import Attempt as Attempt
from redrive.asynchronous.counters.base import AttemptCounter as AttemptCounter
from redrive.asynchronous.counters.dynamodb import DynamoDBCounter as DynamoDBCounter
from redrive.asynchronous.counters.logs import LogsCounter as LogsCounter
from redrive.asynchronous.counters.s3 import S3Counter as S3Counter
from redrive.asynchronous.counters.tmp import TmpCounter as TmpCounter
from redrive.asynchronous.handler import AsyncHandler as AsyncHandler
from redrive.asynchronous.handler import async_handler as async_handler
from redrive.aws.clients import client as client
from redrive.aws.clients import clients as clients
from redrive.circuit.breaker import CircuitBreaker as CircuitBreaker
from redrive.circuit.call import CircuitCall as CircuitCall
from redrive.circuit.dynamodb import DynamoDBCircuits as DynamoDBCircuits
from redrive.circuit.errors import CircuitOpen as CircuitOpen
from redrive.circuit.events import CircuitEvent as CircuitEvent
from redrive.circuit.policy import CircuitPolicy as CircuitPolicy
from redrive.circuit.state import CircuitState as CircuitState
from redrive.circuit.state import StoredCircuit as StoredCircuit
from redrive.circuit.stores import CircuitStore as CircuitStore
from redrive.circuit.stores import LocalCircuits as LocalCircuits
from redrive.circuit.stores import MemoryCircuits as MemoryCircuits
from redrive.core import Permanent as Permanent
from redrive.core import Retry as Retry
from redrive.core import SettingsError as SettingsError
from redrive.core.log import describe as describe
from redrive.destinations.dead_letter import DeadLetter as DeadLetter
from redrive.destinations.failure import Failure as Failure
from redrive.destinations.failure import FailureKind as FailureKind
from redrive.destinations.failure import ReplayRequest as ReplayRequest
from redrive.destinations.form import InvalidRecord as InvalidRecord
from redrive.destinations.invocation_record import InvocationRecord as InvocationRecord
from redrive.destinations.invocation_record import InvokeArguments as InvokeArguments
from redrive.destinations.reading import read_failure as read_failure
from redrive.destinations.stream_failure import StreamFailure as StreamFailure
from redrive.destinations.stream_range import GoneRecords as GoneRecords
from redrive.destinations.stream_range import StreamReadError as StreamReadError
from redrive.destinations.stream_range import StreamRecords as StreamRecords
from redrive.failures.backoff import Backoff as Backoff
from redrive.failures.classification import FailureClass as FailureClass
from redrive.failures.classification import classify as classify
from redrive.failures.durable import durable_retry_strategy as durable_retry_strategy
from redrive.handlers.invalid_events import InvalidEvent as InvalidEvent
from redrive.handlers.responses import BatchItemFailure as BatchItemFailure
from redrive.handlers.responses import BatchResponse as BatchResponse
from redrive.handlers.responses import StreamResponse as StreamResponse
from redrive.idempotency.decorator import idempotent as idempotent
from redrive.idempotency.dynamodb import DynamoDBStore as DynamoDBStore
from redrive.idempotency.errors import FailedBefore as FailedBefore
from redrive.idempotency.errors import InProgress as InProgress
from redrive.idempotency.errors import LateCompletion as LateCompletion
from redrive.idempotency.errors import MissingKey as MissingKey
from redrive.idempotency.errors import NotClaimed as NotClaimed
from redrive.idempotency.errors import NotRecorded as NotRecorded
from redrive.idempotency.errors import OwnerLost as OwnerLost
from redrive.idempotency.errors import PayloadMismatch as PayloadMismatch
from redrive.idempotency.errors import ResultNotKept as ResultNotKept
from redrive.idempotency.memory import MemoryStore as MemoryStore
from redrive.idempotency.options import Idempotency as Idempotency
from redrive.idempotency.options import Serializer as Serializer
from redrive.idempotency.stores import IdempotencyStore as IdempotencyStore
from redrive.invoker.errors import FunctionError as FunctionError
from redrive.invoker.errors import InvalidPayload as InvalidPayload
from redrive.invoker.errors import InvokeError as InvokeError
from redrive.invoker.errors import NotInvoked as NotInvoked
from redrive.invoker.errors import OutcomeUnknown as OutcomeUnknown
from redrive.invoker.invoker import Invoker as Invoker
from redrive.metrics import metered as metered
from redrive.metrics import meters as meters
from redrive.metrics import metrics_settings as metrics_settings
from redrive.metrics.report import Figures as Figures
from redrive.settings.asynchronous import AsyncSettings as AsyncSettings
from redrive.settings.circuit import CircuitSettings as CircuitSettings
from redrive.settings.idempotency import IdempotencySettings as IdempotencySettings
from redrive.settings.invoker import InvokerSettings as InvokerSettings
from redrive.settings.metrics import MetricName as MetricName
from redrive.settings.metrics import MetricsSettings as MetricsSettings
from redrive.settings.sqs import SqsSettings as SqsSettings
from redrive.settings.streams import StreamSettings as StreamSettings
from redrive.sqs.failures import SqsFailure as SqsFailure
from redrive.sqs.handler import SqsHandler as SqsHandler
from redrive.sqs.handler import sqs_handler as sqs_handler
from redrive.sqs.message import MessageAttribute as MessageAttribute
from redrive.sqs.message import SqsMessage as SqsMessage
from redrive.streams.dynamodb import DynamoDBStreamHandler as DynamoDBStreamHandler
from redrive.streams.dynamodb import DynamoDBStreamRecord as DynamoDBStreamRecord
from redrive.streams.dynamodb import dynamodb_stream_handler as dynamodb_stream_handler
from redrive.streams.failures import StreamRecordFailure as StreamRecordFailure
from redrive.streams.kinesis import KinesisHandler as KinesisHandler
from redrive.streams.kinesis import KinesisRecord as KinesisRecord
from redrive.streams.kinesis import kinesis_handler as kinesis_handler
from redrive.streams.succeeded import SucceededRecords as SucceededRecords
from redrive.streams.window import TumblingWindow as TumblingWindow

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
    "DeadLetter",
    "DynamoDBCircuits",
    "DynamoDBCounter",
    "DynamoDBStore",
    "DynamoDBStreamHandler",
    "DynamoDBStreamRecord",
    "FailedBefore",
    "Failure",
    "FailureClass",
    "FailureKind",
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
    "NotClaimed",
    "NotInvoked",
    "NotRecorded",
    "OutcomeUnknown",
    "OwnerLost",
    "PayloadMismatch",
    "Permanent",
    "ReplayRequest",
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
    "client",
    "clients",
    "describe",
    "durable_retry_strategy",
    "dynamodb_stream_handler",
    "idempotent",
    "kinesis_handler",
    "metered",
    "meters",
    "metrics_settings",
    "read_failure",
    "sqs_handler",
]
