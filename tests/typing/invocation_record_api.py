"""`InvocationRecord` as users write it. Nothing here runs: `pyright` reads it, in strict mode."""

# pyright: strict, reportUnusedFunction=false, reportUnnecessaryTypeIgnoreComment=true

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any, Literal, assert_type

import boto3

from redrive import InvalidRecord, InvocationRecord, SqsMessage, sqs_handler
from redrive.destinations.invocation_record import InvokeArguments


def destination(event: dict[str, Any], context: object) -> None:
    for record in InvocationRecord.parse_event(event):
        assert_type(record, InvocationRecord)
        assert_type(record.source, Literal["destination", "dead_letter_queue"])
        assert_type(record.request_id, str)
        assert_type(record.payload, Any)
        assert_type(record.version, str | None)
        assert_type(record.timestamp, datetime | None)
        assert_type(record.function_arn, str | None)
        assert_type(record.approximate_invoke_count, int | None)
        assert_type(record.status_code, int | None)
        assert_type(record.executed_version, str | None)
        assert_type(record.function_error, str | None)
        assert_type(record.response_payload, Any)
        assert_type(record.error_code, int | None)
        assert_type(record.error_type, str | None)
        assert_type(record.error_message, str | None)
        assert_type(record.stack_trace, tuple[str, ...])
        match record.condition:
            case "Success" | "RetriesExhausted" | "EventAgeExceeded" | "ZeroReservedConcurrency" | None:
                pass
            case str() as unknown:  # AWS may add some
                assert_type(unknown, str)


@sqs_handler
def behind_a_queue(message: SqsMessage[str]) -> None:
    record = InvocationRecord.parse(message)
    arguments = record.invoke_arguments()
    assert_type(arguments, InvokeArguments)
    assert_type(arguments["Payload"], bytes)
    boto3.client("lambda").invoke(**arguments)


@sqs_handler(parse=InvocationRecord.parse)
def parsed(message: SqsMessage[InvocationRecord]) -> None:
    assert_type(message.parsed.request_id, str)


def corrected(body: bytes) -> InvokeArguments:
    try:
        record = InvocationRecord.parse(body)
    except InvalidRecord as error:
        raise SystemExit(str(error)) from error
    return replace(record, payload={**record.payload, "lines": []}).invoke_arguments(function="orders:live")


# Refusals of a type checker.

by_hand = InvocationRecord(source="destination", request_id="1", payload={}, condition="Success")
by_hand.payload = {}  # pyright: ignore[reportAttributeAccessIssue]
InvocationRecord(source="queue", request_id="1", payload={})  # pyright: ignore[reportArgumentType]
InvocationRecord("destination", "1", {})  # pyright: ignore[reportCallIssue]
by_hand.invoke_arguments(payload={})  # pyright: ignore[reportCallIssue]
