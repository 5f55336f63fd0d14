"""Makes the records that Lambda sends to destinations: of asynchronous invocations, and of failed batches of a stream.

https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html and
https://docs.aws.amazon.com/lambda/latest/dg/kinesis-on-failure-destination.html
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, Literal, NamedTuple

from redrive_model.resources.stream import StreamKind
from redrive_model.template.arns import with_qualifier

#: Outcome of an asynchronous invocation, in its record.
Condition = Literal["Success", "RetriesExhausted", "EventAgeExceeded", "ZeroReservedConcurrency"]
#: Reason why records of a stream were given up, in their record.
StreamCondition = Literal["RetryAttemptsExhausted", "RecordAgeExceeded"]
_BATCH_INFO = {"kinesis": "KinesisBatchInfo", "dynamodb": "DDBStreamBatchInfo"}
_UNHANDLED = "Unhandled"


class Attempted(NamedTuple):
    """The last attempt, for a record.

    Attributes:
        version: Version that ran.
        payload: Return value or error object of the function.
        failed: Whether the function raised an error.
        status: HTTP status of the call.
    """

    version: str
    payload: Any
    failed: bool
    status: int = 200


def invocation_record(
    *,
    request_id: str,
    function_arn: str,
    condition: Condition,
    invoke_count: int,
    payload: Any,
    last: Attempted | None,
    time: float,
) -> dict[str, Any]:
    """Make the record of an asynchronous invocation.

    Args:
        request_id: Request id.
        function_arn: Invoked ARN; `:$LATEST` is appended if it has no qualifier.
        condition: Outcome of the event.
        invoke_count: Number of calls of the function.
        payload: The event.
        last: Last attempt; `None` if there was none.
        time: Seconds since the epoch.
    """
    record: dict[str, Any] = {
        "version": "1.0",
        "timestamp": iso_time(time),
        "requestContext": {
            "requestId": request_id,
            "functionArn": with_qualifier(function_arn),
            "condition": condition,
            "approximateInvokeCount": invoke_count,
        },
        "requestPayload": payload,
    }
    # AWS does not document the record of an event that grew too old without an attempt. Here it has no response, as
    # with `ZeroReservedConcurrency`.
    if last is not None:
        record["responseContext"] = _response_context(last, always=False)
        record["responsePayload"] = last.payload
    return record


def dead_letter_attributes(request_id: str, error_code: int, error_message: str) -> dict[str, tuple[str, str]]:
    """Make the attributes of a message in a function's dead-letter queue.

    Args:
        request_id: Request id.
        error_code: HTTP status; 200 if the function failed.
        error_message: Error message; its first 1 KB is kept.
    """
    found = {"RequestID": ("String", request_id), "ErrorCode": ("Number", str(error_code))}
    message = error_message.encode()[:1024].decode(errors="ignore")
    if message:  # SQS refuses empty attributes
        found["ErrorMessage"] = ("String", message)
    return found


def stream_record(
    *,
    kind: StreamKind,
    request_id: str,
    function_arn: str,
    condition: StreamCondition,
    invoke_count: int,
    last: Attempted | None,
    shard_id: str,
    sequence_numbers: Sequence[str],
    arrivals: tuple[float, float],
    stream_arn: str,
    time: float,
    event: Any = None,
) -> dict[str, Any]:
    """Make the record of a stream's batch that was given up.

    Args:
        kind: Kind of stream.
        request_id: Id of the last request.
        function_arn: Invoked ARN.
        condition: Reason.
        invoke_count: Number of calls of the function; written as at least 1, as observed of a batch that was never sent
            to the function.
        last: Last attempt; `None` for records that were too old.
        shard_id: Shard.
        sequence_numbers: Sequence numbers of the batch.
        arrivals: Times at which the first and the last record were written, in seconds since the epoch.
        stream_arn: ARN of the stream.
        time: Seconds since the epoch.
        event: For S3: event of the function, stored as JSON text.
    """
    as_text = iso_time if kind == "kinesis" else whole_seconds
    record: dict[str, Any] = {
        "requestContext": {
            "requestId": request_id,
            "functionArn": function_arn,
            "condition": condition,
            "approximateInvokeCount": max(1, invoke_count),
        }
    }
    if last is not None:
        record["responseContext"] = _response_context(last, always=True)
    record |= {
        "version": "1.0",
        "timestamp": iso_time(time),
        _BATCH_INFO[kind]: {
            "shardId": shard_id,
            "startSequenceNumber": sequence_numbers[0],
            "endSequenceNumber": sequence_numbers[-1],
            "approximateArrivalOfFirstRecord": as_text(arrivals[0]),
            "approximateArrivalOfLastRecord": as_text(arrivals[1]),
            "batchSize": len(sequence_numbers),
            "streamArn": stream_arn,
        },
    }
    if event is not None:
        record["payload"] = json.dumps(event)
    return record


def _response_context(last: Attempted, *, always: bool) -> dict[str, Any]:
    context: dict[str, Any] = {"statusCode": last.status, "executedVersion": last.version}
    if last.failed or always:  # null for a stream's response that reports failures
        context["functionError"] = _UNHANDLED if last.failed else None
    return context


def iso_time(seconds: float) -> str:
    """Format seconds since the epoch as Lambda does, with milliseconds."""
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def object_key(folder: str, seconds: float, unique: str) -> str:
    """Return the S3 object key of a record.

    Args:
        folder: `aws/lambda/async/<function>` or `aws/lambda/<mapping>/<shard>`.
        seconds: Seconds since the epoch.
        unique: A UUID.
    """
    return f"{folder}/{datetime.fromtimestamp(seconds, UTC):%Y/%m/%d/%Y-%m-%dT%H.%M.%S}-{unique}"


def whole_seconds(seconds: float) -> str:
    """Format seconds since the epoch without a fraction."""
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%SZ}"
