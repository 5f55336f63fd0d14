"""Makes the responses and error objects that Lambda's Python runtime passes on.

https://docs.aws.amazon.com/lambda/latest/dg/python-exceptions.html
"""

from __future__ import annotations

import json
import linecache
from collections.abc import Mapping
from decimal import Decimal
from types import CodeType
from typing import Any, cast

from redrive_model.limits import LARGEST_REQUEST
from redrive_simulator.invocation.environments import InitError


class MarshalError(Exception):
    """The response cannot be written as JSON, or is too large."""


def as_json(response: Any) -> Any:
    """Return a handler's response as Lambda passes it on."""
    # As Lambda's own runtime, which uses simplejson, writes it:
    # https://github.com/aws/aws-lambda-python-runtime-interface-client/blob/main/awslambdaric/lambda_runtime_marshaller.py
    try:
        text = response.decode() if isinstance(response, bytes) else json.dumps(_plain(response), allow_nan=False)
    except (TypeError, ValueError, RecursionError) as error:
        raise MarshalError(f"Unable to marshal response: {error}") from error
    try:
        value = json.loads(text)
    except ValueError:  # bytes are passed on as they are
        value = text
    size = len(text)
    if size > LARGEST_REQUEST // 6:  # Lambda's runtime writes UTF-8, where \u65e5 takes 3 bytes and not 6
        size = len(response if isinstance(response, bytes) else _in_utf_8(value))
    if size > LARGEST_REQUEST:
        raise MarshalError(f"Response payload size ({size} bytes) exceeded maximum allowed payload size")
    return value


def _in_utf_8(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode("utf-8", "surrogatepass")


def _plain(value: Any) -> Any:
    """Return a value with what simplejson knows and `json` does not: decimals, bytes, and named tuples as objects."""
    match value:
        case str() | bool() | int() | float() | None:
            return value
        case Decimal():
            return int(value) if value == value.to_integral_value() else float(value)
        case bytes():
            return value.decode()
        case list() | tuple():
            as_object: Any = getattr(cast("Any", value), "_asdict", None)
            if as_object is not None:
                return _plain(as_object())
            return [_plain(each) for each in cast("list[Any]", value)]
        case dict():
            members = cast("dict[Any, Any]", value)
            return {name.decode() if isinstance(name, bytes) else name: _plain(each) for name, each in members.items()}
        case _:
            raise TypeError(f"Object of type {type(value).__name__} is not JSON serializable")


def error_object(error: BaseException, request_id: str) -> dict[str, Any]:
    """Return the error object that the Python runtime makes of an exception."""
    if isinstance(error, InitError):
        return {"errorMessage": str(error), "errorType": error.kind, "requestId": "", "stackTrace": error.trace}
    kind = "Runtime.MarshalError" if isinstance(error, MarshalError) else type(error).__name__
    try:
        message = str(error)
    except Exception as another:  # in AWS the runtime itself fails here, and the function with it
        message = f"<{type(another).__name__} in {type(error).__name__}.__str__>"
    return {
        "errorMessage": message,
        "errorType": kind,
        "requestId": request_id,
        "stackTrace": _stack_trace(error),
    }


# A cache, as the same few lines fail many times.
_lines: dict[tuple[CodeType, int], str] = {}


def _stack_trace(error: BaseException) -> list[str]:
    """Return the stack trace as the Python runtime writes it."""
    found: list[str] = []
    trace = error.__traceback__
    while trace is not None:
        key = (trace.tb_frame.f_code, trace.tb_lineno)
        line = _lines.get(key)
        if line is None:
            code, number = key
            source = linecache.getline(code.co_filename, number).strip()
            line = f'  File "{code.co_filename}", line {number}, in {code.co_name}\n'
            line = _lines[key] = f"{line}    {source}\n" if source else line
        found.append(line)
        trace = trace.tb_next
    return found[1:]  # the first frame is the simulator's own


def timeout_error(request_id: str, timeout: float) -> dict[str, Any]:
    """Return Lambda's error object for a function that ran into its timeout."""
    return _ended(request_id, "Sandbox.Timedout", f"Task timed out after {timeout:.2f} seconds")


def exit_error(request_id: str, cause: str) -> dict[str, Any]:
    """Return Lambda's error object for a process that ended, such as by `signal: killed`."""
    return _ended(request_id, "Runtime.ExitError", f"Runtime exited with error: {cause}")


def _ended(request_id: str, kind: str, message: str) -> dict[str, Any]:
    return {"errorType": kind, "errorMessage": f"RequestId: {request_id} Error: {message}"}


def reason_of(error: Mapping[str, Any] | None) -> str:
    """Return an error object as a short reason for the history."""
    if error is None:
        return ""
    message = str(error.get("errorMessage", ""))
    if error.get("errorType") in ("Sandbox.Timedout", "Runtime.ExitError"):
        return message.partition(" Error: ")[2] or message
    return f"{error.get('errorType')}: {message}" if message else str(error.get("errorType"))
