"""`StreamFailure` as users write it. Nothing here runs: `pyright` reads it, in strict mode."""

# pyright: strict, reportUnusedFunction=false, reportUnnecessaryTypeIgnoreComment=true

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal, assert_type

from redrive import SqsMessage, sqs_handler
from redrive.destinations.stream_failure import StreamFailure
from redrive.destinations.stream_range import GoneRecords, StreamReadError, StreamRecords


def look(received: bytes) -> None:
    failure = StreamFailure.parse(received)
    assert_type(failure, StreamFailure)
    assert_type(failure.source, Literal["kinesis", "dynamodb"])
    assert_type(failure.stream_arn, str)
    assert_type(failure.shard_id, str | None)
    assert_type(failure.start_sequence_number, str)
    assert_type(failure.end_sequence_number, str)
    assert_type(failure.batch_size, int)
    assert_type(failure.timestamp, datetime)
    assert_type(failure.first_arrived_at, datetime | None)
    assert_type(failure.last_arrived_at, datetime | None)
    assert_type(failure.request_id, str)
    assert_type(failure.function, str)
    assert_type(failure.function_arn, str | None)
    assert_type(failure.approximate_invoke_count, int | None)
    assert_type(failure.status_code, int | None)
    assert_type(failure.executed_version, str | None)
    assert_type(failure.function_error, str | None)
    assert_type(failure.reason, str | None)
    assert_type(failure.error_type, str | None)
    assert_type(failure.payload, Mapping[str, Any] | None)
    match failure.condition:
        case "RetryAttemptsExhausted" | "RecordAgeExceeded" | None:
            pass
        case str() as unknown:  # AWS may add some
            assert_type(unknown, str)


def handle(event: dict[str, Any], context: object) -> None:
    """The function that did not process them."""


@sqs_handler
def again(message: SqsMessage[str], context: Any) -> None:
    try:
        result = StreamFailure.parse(message).records(time_limit=context.get_remaining_time_in_millis() / 2000)
    except StreamReadError as error:
        raise SystemExit(str(error)) from error
    assert_type(result, StreamRecords)
    assert_type(result.records, list[dict[str, Any]])
    assert_type(result.kept, bool)
    assert_type(result.batch_size, int)
    if result.gone is not None:
        assert_type(result.gone, GoneRecords)
        assert_type(result.gone.count, int)
        assert_type(result.gone.start_sequence_number, str)
        assert_type(result.gone.before_sequence_number, str | None)
    handle({"Records": result.records}, context)


@sqs_handler(parse=StreamFailure.parse)
def parsed(message: SqsMessage[StreamFailure]) -> None:
    assert_type(message.parsed.batch_size, int)


# Refusals of a type checker.


def refused(failure: StreamFailure) -> None:
    failure.batch_size = 1  # pyright: ignore[reportAttributeAccessIssue]
    failure.records("60")  # pyright: ignore[reportArgumentType]
    print(failure.records().gone.count)  # pyright: ignore[reportOptionalMemberAccess]
    StreamFailure(source="kafka")  # pyright: ignore[reportCallIssue]
