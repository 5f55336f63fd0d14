"""Takes invocation records and dead-letter messages out of what contains them, validates them and reads their fields.

https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any, Literal, NamedTuple, cast, get_args

from redrive.destinations.form import JsonObject, RecordForm, as_received, inside, members, no_constant, shown
from redrive.destinations.messages import Message, message_in, message_of, refuse_others
from redrive.failures.lambda_error import ReportedError, reported_error
from redrive.sqs.message import SqsMessage

#: The expected form, for errors.
FORM = RecordForm(
    "an invocation record",
    "a message of a dead-letter queue is recognized by its attributes RequestID, ErrorCode and ErrorMessage, so hand "
    "it over whole, received with MessageAttributeNames=['All']",
)
#: The attributes that Lambda gives to a message of a dead-letter queue.
DEAD_LETTER_ATTRIBUTES = ("RequestID", "ErrorCode", "ErrorMessage")
# https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html#destinations-permissions
SUCCESS = "Lambda Function Invocation Result - Success"
DETAIL_TYPES = (SUCCESS, "Lambda Function Invocation Result - Failure")
_SOURCES = ("lambda",)


class Arrived(NamedTuple):
    """A record or dead-letter message, taken out of its envelope.

    Attributes:
        path: Its place in the input, for errors; empty without an envelope.
        value: The JSON value; of a dead-letter message that is not JSON, the text itself.
        text: Its original text; `None` if it arrived as an object.
        dead_letter: The values of a dead-letter message's attributes; `None` for an invocation record.
        attributes_path: The place of these attributes in the input.
        detail_type: EventBridge's `detail-type`, if it came from there.
    """

    path: str
    value: Any
    text: str | None
    dead_letter: Mapping[str, str] | None = None
    attributes_path: str = ""
    detail_type: str | None = None


def unwrapped(received: object, path: str = "") -> Arrived:
    """Take a record out of SQS, SNS and EventBridge envelopes, or raise `InvalidRecord` for anything else."""
    received = as_received(received)
    if isinstance(received, SqsMessage):
        return _message(message_of(cast("SqsMessage[Any]", received), path))
    value, text = FORM.object_of(received, path)
    if "requestPayload" in value:  # no envelope has that
        return Arrived(path, value, text)
    if "detail-type" in value:
        return _event(value, text, path)
    message = message_in(value, path)
    return _unknown(value, text, path) if message is None else _message(message)


def _event(value: JsonObject, text: str | None, path: str) -> Arrived:
    for name, right in (("source", _SOURCES), ("detail-type", DETAIL_TYPES)):
        if value.get(name) not in right:
            rule = f"Lambda's events have {' or '.join(map(repr, right))}"
            FORM.refuse(inside(path, name), shown(value.get(name)), rule)
    detail = value.get("detail")
    if not isinstance(detail, Mapping):
        FORM.refuse(inside(path, "detail"), shown(detail), "it must be the invocation record, a JSON object")
    record = cast("JsonObject", detail)
    written = None if text is None else members(text)["detail"]
    return Arrived(inside(path, "detail"), record, written, detail_type=value["detail-type"])


def _message(message: Message) -> Arrived:
    """Read a dead-letter message if it has that queue's attributes, else the content of the message."""
    text = message.text(FORM)
    _, path, attributes, attributes_path, string = message
    if attributes is not None and not isinstance(attributes, Mapping):
        FORM.refuse(attributes_path, shown(attributes), "it must be an object with the message's attributes by name")
    given = cast("JsonObject", attributes or {})
    values = {
        name: _string(given[name], string, inside(attributes_path, name))
        for name in DEAD_LETTER_ATTRIBUTES
        if name in given
    }
    if not values:
        return unwrapped(text, path)
    try:
        value: Any = json.loads(text, parse_constant=no_constant)
    except (ValueError, RecursionError):
        value = text  # the body is the unchanged event, which may be any text
    return Arrived(path, value, text, values, attributes_path)


def _string(attribute: Any, name: str, path: str) -> str:
    value = attribute.get(name) if hasattr(attribute, "get") else None
    if not isinstance(value, str):
        FORM.refuse(path, shown(attribute), f"it must be an object whose {name} is a string")
    return value


def _unknown(value: JsonObject, text: str | None, path: str) -> Arrived:
    """Return a record with missing members, or refuse a value that is known to be something else."""
    if any(str(name).endswith("BatchInfo") for name in value):
        FORM.refuse(
            path,
            "a record of a stream's event source mapping",
            "such a record holds no event, only where in the stream to find the batch; read it with "
            "StreamFailure.parse",
        )
    refuse_others(FORM, value, path, "read such an event with InvocationRecord.parse_event")
    return Arrived(path, value, text)


#: Why a record was sent. `RetriesExhausted`: the function failed at every attempt. `EventAgeExceeded`: the event was
#: too old for another one. `ZeroReservedConcurrency`: the function may not run at all.
Condition = Literal["Success", "RetriesExhausted", "EventAgeExceeded", "ZeroReservedConcurrency"]

_CONDITIONS: tuple[str, ...] = get_args(Condition)
#: The conditions of events with which the function was certainly called.
_RAN = ("Success", "RetriesExhausted")
_STATUS = re.compile(r"[1-5][0-9][0-9]", re.ASCII)


def fields_of(arrived: Arrived) -> dict[str, Any]:
    """Return the known fields of an `InvocationRecord`, or raise `InvalidRecord`."""
    return _of_destination(arrived) if arrived.dead_letter is None else _of_dead_letter(arrived, arrived.dead_letter)


def payload_text(arrived: Arrived) -> str | None:
    """Return the payload as its original text; `None` if it arrived as an object."""
    if arrived.text is None or arrived.dead_letter is not None:
        return arrived.text
    return members(arrived.text)["requestPayload"]


def _of_dead_letter(arrived: Arrived, attributes: Mapping[str, str]) -> dict[str, Any]:
    path = arrived.attributes_path
    for name in ("RequestID", "ErrorCode"):
        if not attributes.get(name):
            FORM.refuse(
                inside(path, name),
                "missing" if name not in attributes else "empty",
                f"a message of a dead-letter queue has it, and this one has {', '.join(attributes)}; of a message that "
                "was given such attributes on another way, parse the body alone",
            )
    code = attributes["ErrorCode"]
    if _STATUS.fullmatch(code) is None:
        FORM.refuse(inside(path, "ErrorCode"), shown(code), "it must be an HTTP status, 100–599, such as '200'")
    return {
        "source": "dead_letter_queue",
        "request_id": attributes["RequestID"],
        "payload": arrived.value,
        "error_code": int(code),
        # SQS does not accept empty attributes, so an error without a message has no such attribute.
        "error_message": attributes.get("ErrorMessage"),
    }


def _of_destination(arrived: Arrived) -> dict[str, Any]:
    record, path = cast("JsonObject", arrived.value), arrived.path
    if "requestContext" not in record and "requestPayload" not in record:
        FORM.refuse(path, f"an object with the keys {shown([*record])}", f"{_MEMBERS_RULE}; {FORM.hint}")
    payload = FORM.given(record, "requestPayload", path, "the event, any JSON value")
    request = FORM.request(record, path, _CONDITIONS)
    condition = request.condition
    if arrived.detail_type is not None and (arrived.detail_type == SUCCESS) != (condition == "Success"):
        right = DETAIL_TYPES[condition != "Success"]
        FORM.refuse(inside(request.path, "condition"), shown(condition), f"the event's detail-type is not {right!r}")
    return {
        "source": "destination",
        "condition": condition,
        "version": request.version,
        "timestamp": request.timestamp,
        "request_id": request.id,
        "function_arn": request.function_arn,
        "approximate_invoke_count": _invoke_count(request.context, condition, request.path),
        "payload": payload,
        **_response(record, condition, path),
    }


_MEMBERS_RULE = "it must have version, timestamp, requestContext and requestPayload"


def _invoke_count(context: JsonObject, condition: str, path: str) -> int:
    count = FORM.whole(context, "approximateInvokeCount", path)
    # An event can become too old before its first attempt, and nothing is known about unknown conditions.
    least, most = {"ZeroReservedConcurrency": (0, 0)}.get(condition, (1 if condition in _RAN else 0, None))
    if count < least or (most is not None and count > most):
        rule = f"it must be {least}" + (" or more" if most is None else "")
        FORM.refuse(inside(path, "approximateInvokeCount"), str(count), f"{rule} where the condition is {condition}")
    return count


def _response(record: JsonObject, condition: str, path: str) -> dict[str, Any]:
    if condition == "ZeroReservedConcurrency":
        for name in ("responseContext", "responsePayload"):
            if name in record:
                FORM.refuse(
                    inside(path, name),
                    shown(record[name]),
                    "it must be absent: with a reserved concurrency of 0 the function is never called",
                )
        return {}
    # AWS does not document the response members for an event that became too old before the function ran.
    is_certain = condition in _RAN
    if is_certain:
        FORM.given(record, "responsePayload", path, "what the function returned, or its error; any JSON value")
    has_context = is_certain or record.get("responseContext") is not None
    context: JsonObject = FORM.object(record, "responseContext", path) if has_context else {}
    at = inside(path, "responseContext")
    function_error = context.get("functionError")
    if condition == "Success" and function_error is not None:
        rule = "it must be absent where the condition is Success"
        FORM.refuse(inside(at, "functionError"), shown(function_error), rule)
    if condition == "RetriesExhausted" or function_error is not None:
        function_error = FORM.text(context, "functionError", at, "such as 'Unhandled'")
    has_status, has_version = (is_certain or name in context for name in ("statusCode", "executedVersion"))
    # Read only after a failure, because a successful result may have members with these names.
    error = ReportedError() if function_error is None else reported_error(record.get("responsePayload"))
    return {
        "status_code": FORM.whole(context, "statusCode", at) if has_status else None,
        "executed_version": FORM.text(context, "executedVersion", at, "such as '$LATEST'") if has_version else None,
        "function_error": function_error,
        "response_payload": record.get("responsePayload"),
        "error_type": error.type,
        "error_message": error.message,
        "stack_trace": error.stack_trace,
    }
