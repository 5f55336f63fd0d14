"""Makes the records that Lambda sends to on-failure destinations."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Literal

from redrive.core.system import now
from redrive.testing.names import arn_of, uuid_of

_ERROR: dict[str, object] = {"errorMessage": "boom", "errorType": "RuntimeError", "stackTrace": []}


def invocation_record(
    payload: object,
    *,
    condition: str = "RetriesExhausted",
    function: str = "function",
    response: object = _ERROR,
    invoke_count: int = 3,
    request_id: str | None = None,
) -> dict[str, Any]:
    """Make the record of an asynchronous invocation, for a test of a destination's function.

    https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html. It arrives as the event of a
    function; put it into `sqs_event` for a queue.

    Args:
        payload: The event of the function.
        condition: Why Lambda sent it. `"Success"`, `"RetriesExhausted"`, `"EventAgeExceeded"` or
            `"ZeroReservedConcurrency"`, which has no response. Default: `"RetriesExhausted"`.
        function: The function's name or ARN. Default: `"function"`.
        response: The function's return value, or its error as an object with `errorMessage` and `errorType`. Default:
            an error.
        invoke_count: How often the function was called. 0: it never ran, and there is no response. Default: 3.
        request_id: The request id. Default: the same each time for the same event.

    Returns:
        The record, which `InvocationRecord.parse` reads.

    Raises:
        ValueError: `invoke_count` is no whole number of 0 or more.
    """
    arn = function if function.startswith("arn:") else arn_of("lambda", f"function:{function}:$LATEST")
    if not isinstance(invoke_count, int) or isinstance(invoke_count, bool) or invoke_count < 0:  # pyright: ignore[reportUnnecessaryIsInstance]
        raise ValueError(f"invoke_count={invoke_count!r}: give how often the function was called, 0 or more")
    ran = condition != "ZeroReservedConcurrency" and invoke_count > 0
    record: dict[str, Any] = {
        "version": "1.0",
        "timestamp": _text(now()),
        "requestContext": {
            "requestId": request_id or uuid_of("record", payload),
            "functionArn": arn,
            "condition": condition,
            "approximateInvokeCount": invoke_count if ran else 0,
        },
        "requestPayload": payload,
    }
    if ran:
        error = {} if condition == "Success" else {"functionError": "Unhandled"}
        record["responseContext"] = {"statusCode": 200, "executedVersion": "$LATEST", **error}
        record["responsePayload"] = response
    return record


def stream_failure(
    event: Mapping[str, Any],
    *,
    condition: Literal["RetryAttemptsExhausted", "RecordAgeExceeded"] = "RetryAttemptsExhausted",
    function: str = "function",
    invoke_count: int = 3,
    with_payload: bool = False,
) -> dict[str, Any]:
    """Make the record of a stream's batch that Lambda gave up, for a test of a destination's function.

    https://docs.aws.amazon.com/lambda/latest/dg/kinesis-on-failure-destination.html. Put it into `sqs_event` for a
    queue.

    Args:
        event: The event of the batch, from `kinesis_event` or `dynamodb_stream_event`.
        condition: Why Lambda gave it up. Default: `"RetryAttemptsExhausted"`.
        function: The function's name or ARN. Default: `"function"`.
        invoke_count: How often the function was called. Default: 3.
        with_payload: Whether the record has the event, as in a bucket; queues and topics get none. Default: `False`.

    Returns:
        The record, which `StreamFailure.parse` reads.

    Raises:
        ValueError: The event has no records, or no records of a stream.
    """
    records: list[Mapping[str, Any]] = list(event.get("Records") or [])
    if not records:
        raise ValueError("the event has no records: Lambda gives up batches with at least one")
    first, last = records[0], records[-1]
    kinesis = "kinesis" in first
    if not kinesis and "dynamodb" not in first:
        raise ValueError(
            f"the record {first!r:.200} is none of a stream: give the event of kinesis_event or dynamodb_stream_event"
        )
    member, number = ("kinesis", "sequenceNumber") if kinesis else ("dynamodb", "SequenceNumber")
    time = "approximateArrivalTimestamp" if kinesis else "ApproximateCreationDateTime"
    digits = "milliseconds" if kinesis else "seconds"
    request = {
        "requestId": uuid_of("stream", first[member][number]),
        "functionArn": function if function.startswith("arn:") else arn_of("lambda", f"function:{function}"),
        "condition": condition,
        "approximateInvokeCount": invoke_count,
    }
    record: dict[str, Any] = {"requestContext": request}
    if condition != "RecordAgeExceeded":
        record["responseContext"] = {"statusCode": 200, "executedVersion": "$LATEST", "functionError": "Unhandled"}
    record |= {
        "version": "1.0",
        "timestamp": _text(now()),
        "KinesisBatchInfo" if kinesis else "DDBStreamBatchInfo": {
            "shardId": first["eventID"].partition(":")[0] if kinesis else "shardId-00000001573689847184-864758bb",
            "startSequenceNumber": first[member][number],
            "endSequenceNumber": last[member][number],
            "approximateArrivalOfFirstRecord": _text(first[member][time], digits),
            "approximateArrivalOfLastRecord": _text(last[member][time], digits),
            "batchSize": len(records),
            "streamArn": first["eventSourceARN"],
        },
    }
    if with_payload:
        record["payload"] = json.dumps(event)
    return record


def _text(seconds: float, digits: str = "milliseconds") -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec=digits).replace("+00:00", "Z")
