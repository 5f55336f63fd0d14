"""The error that a function's runtime reports to Lambda."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, NamedTuple, cast


class ReportedError(NamedTuple):
    """What there is to read of an error.

    Attributes:
        type: The name of the error's class. `None` where the runtime did not say, as when it was killed.
        message: What the error says.
        stack_trace: Where it was raised, frame by frame, as the runtime writes it.
    """

    type: str | None = None
    message: str | None = None
    stack_trace: tuple[str, ...] = ()


def reported_error(payload: object) -> ReportedError:
    """Read what a function that failed has answered.

    https://docs.aws.amazon.com/lambda/latest/dg/python-exceptions.html and, with `trace`,
    https://docs.aws.amazon.com/lambda/latest/dg/nodejs-exceptions.html

    Args:
        payload: The answer. A custom runtime may write anything, of which nothing may be known.

    Returns:
        The error.
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
        # The frames of Go are objects.
        stack_trace=tuple(frame if isinstance(frame, str) else json.dumps(frame, default=str) for frame in frames),
    )


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None
