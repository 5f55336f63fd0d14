"""Reads the answer to a call: the function's result, its error, or the receipt for an event."""

from __future__ import annotations

import json
from base64 import b64decode
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from redrive.core.log import shortened
from redrive.failures.lambda_error import reported_error
from redrive.invoker.errors import FunctionError

# https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html
_ANSWERED = 200
_QUEUED = 202


class UnreadableReply(ValueError):
    """Lambda answered, but the answer does not give the outcome of the call."""


def read_result(response: Mapping[str, Any], function: str) -> Any:
    """Return the result of a synchronous call: a JSON value, or `None` for an empty answer.

    Raises:
        FunctionError: The function ran and failed.
        UnreadableReply: Lambda answered with another status than 200, or not with JSON.
        Exception: botocore's error for an incomplete answer.
    """
    failed = response.get("FunctionError")
    try:
        body: bytes = response["Payload"].read()
    except Exception:
        if failed is None:
            raise
        body = b""  # the headers already say that the function failed
    if failed is not None:  # any value: the status is 200 for a failure and for a result
        raise _function_error(response, failed, body, function)
    _check_status(response, _ANSWERED)
    if not body:
        return None
    try:
        return json.loads(body)
    except (ValueError, RecursionError) as error:
        raise UnreadableReply(f"an answer of {len(body)} bytes that is not JSON: {_text(body[:100])!r}") from error


def read_receipt(response: Mapping[str, Any], function: str) -> str:
    """Return the request id of a queued event, which all attempts at the event share.

    Raises:
        FunctionError: The answer says that the function failed.
        UnreadableReply: Lambda answered with another status than 202.
    """
    if response.get("FunctionError") is not None:
        raise _function_error(response, response["FunctionError"], b"", function)
    _check_status(response, _QUEUED)
    with suppress(Exception):  # the body is empty; reading it to the end lets the connection be reused
        response["Payload"].read()
    return _request_id(response)


def _check_status(response: Mapping[str, Any], expected: int) -> None:
    if (status := response.get("StatusCode")) != expected:
        raise UnreadableReply(f"the status {status!r} in place of {expected}")


def _function_error(response: Mapping[str, Any], kind: str, body: bytes, function: str) -> FunctionError:
    payload: Any = _text(body)
    with suppress(ValueError, RecursionError):
        payload = json.loads(body)
    reported = reported_error(payload)
    error_type = reported.type or kind or "Unhandled"
    message = reported.message or (payload if isinstance(payload, str) else "")
    request_id = _request_id(response)
    return FunctionError(
        f"{function} failed with {error_type}: {shortened(message)} (request {request_id})",
        function=function,
        error_type=error_type,
        message=message,
        stack_trace=reported.stack_trace,
        log_tail=_log_tail(response.get("LogResult")),
        request_id=request_id,
        payload=payload,
        executed_version=response.get("ExecutedVersion") or "",
    )


def _log_tail(encoded: str | None) -> str:
    with suppress(ValueError):
        return _text(b64decode(encoded or ""))
    return ""


def _text(data: bytes) -> str:
    return data.decode(errors="replace")


def _request_id(response: Mapping[str, Any]) -> str:
    return response.get("ResponseMetadata", {}).get("RequestId") or ""
