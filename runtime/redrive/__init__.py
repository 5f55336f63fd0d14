"""Failure handling inside a Lambda function: one helper for each construct of `redrive_cdk`.

A name is loaded when it is first asked for, so that a cold start pays for the one helper its function uses.
"""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from redrive.asynchronous import AsyncHandler, async_handler
    from redrive.attempt import Attempt
    from redrive.attempt_counter import AttemptCounter
    from redrive.backoff import Backoff
    from redrive.classification import FailureClass, classify
    from redrive.dynamodb_counter import DynamoDBCounter
    from redrive.dynamodb_stream import DynamoDBStreamHandler, dynamodb_stream_handler
    from redrive.dynamodb_stream_record import DynamoDBStreamRecord
    from redrive.errors import InvalidEvent, InvalidRecord, Permanent, Retry, SettingsError
    from redrive.invocation_record import InvocationRecord, InvokeArguments
    from redrive.invoke_errors import FunctionError, InvalidPayload, InvokeError, NotInvoked, OutcomeUnknown
    from redrive.invoker import Invoker
    from redrive.kinesis_record import KinesisRecord
    from redrive.kinesis_stream import KinesisHandler, kinesis_handler
    from redrive.logs_counter import LogsCounter
    from redrive.s3_counter import S3Counter
    from redrive.settings import AsyncSettings, InvokerSettings, SqsSettings, StreamSettings
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
    "DynamoDBCounter": "dynamodb_counter",
    "DynamoDBStreamHandler": "dynamodb_stream",
    "DynamoDBStreamRecord": "dynamodb_stream_record",
    "FailureClass": "classification",
    "FunctionError": "invoke_errors",
    "GoneRecords": "stream_failure_records",
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
    "LogsCounter": "logs_counter",
    "MessageAttribute": "sqs_message",
    "NotInvoked": "invoke_errors",
    "OutcomeUnknown": "invoke_errors",
    "Permanent": "errors",
    "Retry": "errors",
    "S3Counter": "s3_counter",
    "SettingsError": "errors",
    "SqsFailure": "sqs_failure",
    "SqsHandler": "sqs",
    "SqsMessage": "sqs_message",
    "SqsSettings": "settings",
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
    "kinesis_handler": "kinesis_stream",
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
    "DynamoDBCounter",
    "DynamoDBStreamHandler",
    "DynamoDBStreamRecord",
    "FailureClass",
    "FunctionError",
    "GoneRecords",
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
    "LogsCounter",
    "MessageAttribute",
    "NotInvoked",
    "OutcomeUnknown",
    "Permanent",
    "Retry",
    "S3Counter",
    "SettingsError",
    "SqsFailure",
    "SqsHandler",
    "SqsMessage",
    "SqsSettings",
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
    "kinesis_handler",
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
