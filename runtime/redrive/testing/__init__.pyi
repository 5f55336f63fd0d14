# Written by `make format` from the table in __init__.py.
from redrive.testing.calls import AwsCalls as AwsCalls
from redrive.testing.calls import recorded_calls as recorded_calls
from redrive.testing.calls import returned_ids as returned_ids
from redrive.testing.context import LambdaContext as LambdaContext
from redrive.testing.failure_records import invocation_record as invocation_record
from redrive.testing.failure_records import stream_failure as stream_failure
from redrive.testing.queue_events import sqs_event as sqs_event
from redrive.testing.seams import circuit_stores as circuit_stores
from redrive.testing.seams import clock as clock
from redrive.testing.seams import idempotency_stores as idempotency_stores
from redrive.testing.seams import randomness as randomness
from redrive.testing.seams import sleeper as sleeper
from redrive.testing.stream_events import dynamodb_stream_event as dynamodb_stream_event
from redrive.testing.stream_events import in_window as in_window
from redrive.testing.stream_events import kinesis_event as kinesis_event

__all__ = [
    "AwsCalls",
    "LambdaContext",
    "circuit_stores",
    "clock",
    "dynamodb_stream_event",
    "idempotency_stores",
    "in_window",
    "invocation_record",
    "kinesis_event",
    "randomness",
    "recorded_calls",
    "returned_ids",
    "sleeper",
    "sqs_event",
    "stream_failure",
]
