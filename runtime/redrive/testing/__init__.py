"""Unit-tests a handler: events as Lambda delivers them, a context, and stand-ins for the calls of the helpers.

Nothing of the package is loaded in a function. https://docs.aws.amazon.com/lambda/latest/dg/python-handler.html
"""

from redrive.core import attach

# `make format` writes `__init__.pyi` from this table.
NAMES = {
    "redrive.testing.calls": "AwsCalls recorded_calls returned_ids",
    "redrive.testing.context": "LambdaContext",
    "redrive.testing.failure_records": "invocation_record stream_failure",
    "redrive.testing.queue_events": "sqs_event",
    "redrive.testing.seams": "circuit_stores clock idempotency_stores randomness sleeper",
    "redrive.testing.stream_events": "dynamodb_stream_event in_window kinesis_event",
}

__getattr__, __dir__ = attach(__name__, NAMES)
