"""Makes the responses and error objects that Lambda's Python runtime passes on.

https://docs.aws.amazon.com/lambda/latest/dg/python-exceptions.html
"""

from __future__ import annotations

import json
import linecache
import math
import sys
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from types import CodeType
from typing import Any, cast

from redrive_model.limits import LARGEST_RESPONSE
from redrive_simulator.invocation.environments import InitError

# The runtimes that write responses in ASCII. Later ones write UTF-8, and end at half a surrogate pair.
_IN_ASCII = frozenset({"python3.8", "python3.9", "python3.10", "python3.11"})
_OWN_FOLDER = str(Path(__file__).parents[1])


class MarshalError(Exception):
    """The response cannot be written as JSON."""


class ResponseTooLargeError(Exception):
    """The response is larger than Lambda passes on."""

    def __str__(self) -> str:
        return f"Response payload size exceeded maximum allowed payload size ({LARGEST_RESPONSE} bytes)."


class UnsendableError(BaseException):
    """The runtime fails to send the response, which ends its process.

    Args:
        cause: The runtime's error.
    """

    def __init__(self, cause: Exception) -> None:
        super().__init__(str(cause))
        self.cause = cause


def _no_json(constant: str) -> Any:
    raise ValueError(f"{constant} is no JSON")


# Made once, as each response is decoded.
_decode = json.JSONDecoder(parse_constant=_no_json).decode


def as_json(response: Any, runtime: str) -> Any:
    """Return a handler's response as Lambda passes it on; as text if it is no JSON, such as `NaN`.

    As Lambda's own runtime, which uses simplejson, writes it:
    https://github.com/aws/aws-lambda-python-runtime-interface-client/blob/main/awslambdaric/lambda_runtime_marshaller.py

    Args:
        response: The response.
        runtime: Runtime of the function, such as `python3.13`.

    Raises:
        MarshalError: It cannot be written as JSON.
        ResponseTooLargeError: It is too large.
        UnsendableError: It has half a surrogate pair.
    """
    try:
        text = response.decode() if isinstance(response, bytes) else _encoded(response)
    except (TypeError, ValueError, RecursionError) as error:
        raise MarshalError(f"Unable to marshal response: {error}") from error
    try:
        value = _decode(text)
    except ValueError:  # bytes, and what is not a number, are passed on as they are
        value = text
    size = len(text)
    may_be_half = "\\ud" in text and runtime not in _IN_ASCII
    if size > LARGEST_RESPONSE // 6 or may_be_half:  # the runtime writes UTF-8, where \u65e5 takes 3 bytes and not 6
        size = len(response if isinstance(response, bytes) else _in_utf_8(value, strict=may_be_half))
    if size > LARGEST_RESPONSE:
        raise ResponseTooLargeError
    return value


def _encoded(response: Any) -> str:
    try:
        return json.dumps(_plain(response))
    except RecursionError:
        return json.dumps(response, default=_plain)  # which fails for what contains itself, too, and says why


def _in_utf_8(value: Any, *, strict: bool) -> bytes:
    try:
        return json.dumps(value, ensure_ascii=False).encode("utf-8", "strict" if strict else "surrogatepass")
    except UnicodeEncodeError as error:
        raise UnsendableError(error) from error


def _plain(value: Any) -> Any:
    """Return a value with what simplejson knows and `json` does not: decimals, bytes, and named tuples as objects."""
    match value:
        case str() | bool() | int() | float() | None:
            return value
        case Decimal():
            return math.nan if value.is_nan() else json.loads(str(value))
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
    error = error.cause if isinstance(error, UnsendableError) else error
    if isinstance(error, InitError):
        return {"errorMessage": str(error), "errorType": error.kind, "requestId": "", "stackTrace": error.trace}
    if isinstance(error, ResponseTooLargeError):
        return {"errorMessage": str(error), "errorType": "Function.ResponseSizeTooLarge"}
    if isinstance(error, MarshalError):
        return {
            "errorMessage": str(error),
            "errorType": "Runtime.MarshalError",
            "requestId": request_id,
            "stackTrace": [],
        }
    try:
        message = str(error)
    except Exception as another:  # in AWS the runtime itself fails here, and the function with it
        message = f"<{type(another).__name__} in {type(error).__name__}.__str__>"
    return {
        "errorMessage": message,
        "errorType": type(error).__name__,
        "requestId": request_id,
        "stackTrace": _stack_trace(error),
    }


# A cache, as the same few lines fail many times.
_lines: dict[tuple[CodeType, int], str] = {}


def _stack_trace(error: BaseException) -> list[str]:
    """Return the stack trace as the Python runtime writes it."""
    found: list[str] = []
    trace = error.__traceback__
    while trace is not None and trace.tb_frame.f_code.co_filename.startswith(_OWN_FOLDER):
        trace = trace.tb_next  # the simulator's own frames, which stand in for those of the bootstrap
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
    return found


def timeout_error(request_id: str, timeout: float) -> dict[str, Any]:
    """Return Lambda's error object for a function that ran into its timeout."""
    return _ended(request_id, "Sandbox.Timedout", f"Task timed out after {timeout:.2f} seconds")


def exit_error(request_id: str, cause: str | int) -> dict[str, Any]:
    """Return Lambda's error object for a process that ended.

    Args:
        request_id: Request id.
        cause: Exit status, or another cause, such as `signal: killed`.
    """
    if cause == 0:  # as recorded on AWS
        return _ended(request_id, "Runtime.ExitError", "Runtime exited without providing a reason")
    cause = f"exit status {cause}" if isinstance(cause, int) else cause
    return _ended(request_id, "Runtime.ExitError", f"Runtime exited with error: {cause}")


def exit_status(left: SystemExit) -> int:
    """Return the exit status of a process that `sys.exit` ends, and print what Python prints."""
    if left.code is None or isinstance(left.code, int):
        return (left.code or 0) & 0xFF
    sys.stderr.write(f"{left.code}\n")
    return 1


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
