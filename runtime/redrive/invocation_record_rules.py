"""What must be in an invocation record, and in the attributes of a dead-letter message.

https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any, Literal, cast, get_args

from redrive.invocation_record_sources import DETAIL_TYPES, SUCCESS, Arrived, JsonObject
from redrive.invocation_record_text import AS_A_WHOLE, inside, members, refuse, shown
from redrive.reported_error import ReportedError, reported_error

#: Why a record was sent. `RetriesExhausted`: the function failed at every attempt. `EventAgeExceeded`: the event was
#: too old for another one. `ZeroReservedConcurrency`: the function may not run at all.
Condition = Literal["Success", "RetriesExhausted", "EventAgeExceeded", "ZeroReservedConcurrency"]

_CONDITIONS: tuple[str, ...] = get_args(Condition)
# https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html
_FUNCTION_ARN = re.compile(r"arn:[^:]+:lambda:[^:]+:\d{12}:function:[^:]+(:[^:]+)?", re.ASCII)
_STATUS = re.compile(r"[1-5][0-9][0-9]", re.ASCII)


def fields_of(arrived: Arrived) -> dict[str, Any]:
    """The fields of an `InvocationRecord`.

    Args:
        arrived: What was in the message.

    Returns:
        The fields by name; those that are not known are left out.

    Raises:
        InvalidRecord: Something is missing, or is not what AWS documents.
    """
    return _of_destination(arrived) if arrived.dead_letter is None else _of_dead_letter(arrived, arrived.dead_letter)


def payload_text(arrived: Arrived) -> str | None:
    """The payload as it was written; `None` where it was handed over as an object."""
    if arrived.text is None or arrived.dead_letter is not None:
        return arrived.text
    return members(arrived.text)["requestPayload"]


def _of_dead_letter(arrived: Arrived, attributes: Mapping[str, str]) -> dict[str, Any]:
    path = arrived.attributes_path
    for name in ("RequestID", "ErrorCode"):
        if not attributes.get(name):
            refuse(
                inside(path, name),
                "missing" if name not in attributes else "empty",
                f"a message of a dead-letter queue has it, and this one has {', '.join(attributes)}; of a message that "
                "was given such attributes on another way, parse the body alone",
            )
    code = attributes["ErrorCode"]
    if _STATUS.fullmatch(code) is None:
        refuse(inside(path, "ErrorCode"), shown(code), "it must be an HTTP status, 100–599, such as '200'")
    return {
        "source": "dead_letter_queue",
        "request_id": attributes["RequestID"],
        "payload": arrived.value,
        "error_code": int(code),
        # SQS takes no empty attributes, so an error without a message has none.
        "error_message": attributes.get("ErrorMessage"),
    }


def _of_destination(arrived: Arrived) -> dict[str, Any]:
    record, path = cast("JsonObject", arrived.value), arrived.path
    if "requestContext" not in record and "requestPayload" not in record:
        refuse(path, f"an object with the keys {shown([*record])}", f"{_MEMBERS_RULE}; {AS_A_WHOLE}")
    context, at = _object(record, "requestContext", path), inside(path, "requestContext")
    payload = _given(record, "requestPayload", path, "the event, any JSON value")
    version = _text(record, "version", path, "such as '1.0'")
    if not version.startswith("1."):
        refuse(inside(path, "version"), shown(version), "versions 1.x are known here, such as '1.0'")
    condition = _text(context, "condition", at, _CONDITION_RULE)
    if condition not in _CONDITIONS:
        refuse(inside(at, "condition"), shown(condition), _CONDITION_RULE)
    if arrived.detail_type is not None and (arrived.detail_type == SUCCESS) != (condition == "Success"):
        right = DETAIL_TYPES[condition != "Success"]
        refuse(inside(at, "condition"), shown(condition), f"the event's detail-type is not {right!r}")
    function_arn = _text(context, "functionArn", at, "the function's ARN")
    if _FUNCTION_ARN.fullmatch(function_arn) is None:
        refuse(
            inside(at, "functionArn"),
            shown(function_arn),
            "it must be a function's ARN, such as 'arn:aws:lambda:eu-west-1:111111111111:function:orders:$LATEST'",
        )
    return {
        "source": "destination",
        "condition": condition,
        "version": version,
        "timestamp": _time(record, "timestamp", path),
        "request_id": _text(context, "requestId", at, "the id of the request"),
        "function_arn": function_arn,
        "approximate_invoke_count": _invoke_count(context, condition, at),
        "payload": payload,
        **_response(record, condition, path),
    }


_MEMBERS_RULE = "it must have version, timestamp, requestContext and requestPayload"
_CONDITION_RULE = (
    f"it must be one of {', '.join(_CONDITIONS)} (records of streams and of Kafka have others, and hold no event)"
)


def _invoke_count(context: JsonObject, condition: str, path: str) -> int:
    count = _whole(context, "approximateInvokeCount", path)
    # An event that is too old may never have been tried.
    least, most = {"ZeroReservedConcurrency": (0, 0), "EventAgeExceeded": (0, None)}.get(condition, (1, None))
    if count < least or (most is not None and count > most):
        rule = f"it must be {least}" + (" or more" if most is None else "")
        refuse(inside(path, "approximateInvokeCount"), str(count), f"{rule} where the condition is {condition}")
    return count


def _response(record: JsonObject, condition: str, path: str) -> dict[str, Any]:
    if condition == "ZeroReservedConcurrency":
        for name in ("responseContext", "responsePayload"):
            if name in record:
                refuse(
                    inside(path, name),
                    shown(record[name]),
                    "it must be absent: with a reserved concurrency of 0 the function is never called",
                )
        return {}
    # AWS does not say what there is of an event that grew too old before the function ran.
    is_certain = condition != "EventAgeExceeded"
    if is_certain:
        _given(record, "responsePayload", path, "what the function returned, or its error; any JSON value")
    has_context = is_certain or record.get("responseContext") is not None
    context: JsonObject = _object(record, "responseContext", path) if has_context else {}
    at = inside(path, "responseContext")
    function_error = context.get("functionError")
    if condition == "Success" and function_error is not None:
        refuse(inside(at, "functionError"), shown(function_error), "it must be absent where the condition is Success")
    if condition == "RetriesExhausted" or function_error is not None:
        function_error = _text(context, "functionError", at, "such as 'Unhandled'")
    has_status, has_version = (is_certain or name in context for name in ("statusCode", "executedVersion"))
    # What a function returns may have members of the same names.
    error = ReportedError() if function_error is None else reported_error(record.get("responsePayload"))
    return {
        "status_code": _whole(context, "statusCode", at) if has_status else None,
        "executed_version": _text(context, "executedVersion", at, "such as '$LATEST'") if has_version else None,
        "function_error": function_error,
        "response_payload": record.get("responsePayload"),
        "error_type": error.type,
        "error_message": error.message,
        "stack_trace": error.stack_trace,
    }


def _given(values: JsonObject, name: str, path: str, rule: str) -> Any:
    if name not in values:
        refuse(inside(path, name), "missing", f"it must be {rule}; {AS_A_WHOLE}")
    return values[name]


def _text(values: JsonObject, name: str, path: str, rule: str) -> str:
    value = _given(values, name, path, f"a string, {rule}")
    if not isinstance(value, str) or not value:
        refuse(inside(path, name), shown(value), f"it must be a string, {rule}")
    return value


def _whole(values: JsonObject, name: str, path: str) -> int:
    value = _given(values, name, path, "a whole number")
    if not isinstance(value, int) or isinstance(value, bool):
        refuse(inside(path, name), shown(value), "it must be a whole number")
    return value


def _object(values: JsonObject, name: str, path: str) -> JsonObject:
    value = _given(values, name, path, "an object")
    if not isinstance(value, Mapping):
        refuse(inside(path, name), shown(value), "it must be an object")
    return cast("JsonObject", value)


def _time(values: JsonObject, name: str, path: str) -> datetime:
    rule = "a time with its zone, such as '2026-11-21T08:00:00.123Z'"
    value = _text(values, name, path, rule)
    time = None
    with suppress(ValueError, OverflowError):
        given = datetime.fromisoformat(value)
        time = None if given.tzinfo is None else given.astimezone(UTC)
    if time is None:
        refuse(inside(path, name), shown(value), f"it must be {rule}")
    return time
