"""Reads the error that a function's runtime reports to Lambda."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, NamedTuple, cast


class ReportedError(NamedTuple):
    """An error that a runtime has reported.

    Attributes:
        type: The name of the error's class. `None` if the runtime did not report it, for instance when it was killed.
        message: The message of the error.
        stack_trace: The stack trace, frame by frame, in the format of the runtime.
    """

    type: str | None = None
    message: str | None = None
    stack_trace: tuple[str, ...] = ()


def reported_error(payload: object) -> ReportedError:
    """Read the error in a failed function's answer; a custom runtime may write anything, so all fields may be unknown.

    https://docs.aws.amazon.com/lambda/latest/dg/python-exceptions.html and, with `trace`,
    https://docs.aws.amazon.com/lambda/latest/dg/nodejs-exceptions.html
    """
    if not isinstance(payload, Mapping):
        return ReportedError()
    said = cast("Mapping[str, Any]", payload)
    trace = said.get("stackTrace") or said.get("trace")
    if isinstance(trace, str):
        trace = trace.splitlines()
    frames = cast("list[object]", trace) if isinstance(trace, list) else []
    return ReportedError(
        type=_text(said.get("errorType")),
        message=_text(said.get("errorMessage")),
        # Go reports frames as objects.
        stack_trace=tuple(frame if isinstance(frame, str) else json.dumps(frame, default=str) for frame in frames),
    )


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None
