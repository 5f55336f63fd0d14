"""Finds the context of the current invocation, and reads its request id, function name and time left."""

from __future__ import annotations

import os
import sys
from contextvars import ContextVar
from types import FrameType

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def request_id(context: Any) -> str:
    """Return the invocation's request id, empty without a Lambda context."""
    return getattr(context, "aws_request_id", None) or ""


def function_name(context: Any) -> str:
    """Return the function's name, empty without a Lambda context and outside Lambda's environment."""
    return getattr(context, "function_name", None) or os.environ.get("AWS_LAMBDA_FUNCTION_NAME", "")


_TIME_LEFT = "get_remaining_time_in_millis"


class Invocation:
    """The current invocation, which a handler keeps in `current` until it returns."""

    def __init__(self, context: Any) -> None:
        self.context = context


#: The current invocation. Threads and tasks see it if they run in a copy of its context variables.
current: ContextVar[Invocation | None] = ContextVar("redrive_invocation", default=None)


def find(*arguments: object) -> Any:
    """Return the context of the current invocation, or `None` outside Lambda or in a thread of the user's own code.

    The search covers the arguments of a call, then `current`, then the arguments of the functions that run in this
    thread. One of these is the handler that Lambda has called with the context, so that no one needs to register it.
    """
    for argument in arguments:
        if knows_time_left(argument):
            return argument
    invocation = current.get()
    if invocation is not None and knows_time_left(invocation.context):
        return invocation.context
    frame: FrameType | None = sys._getframe(1)  # pyright: ignore[reportPrivateUsage]
    while frame is not None:
        names = frame.f_code.co_varnames[: frame.f_code.co_argcount]
        # Check the name first, because reading an attribute of an unknown object may run any code.
        for name in names:
            if "context" in name or name == "ctx":
                found = frame.f_locals.get(name)
                if knows_time_left(found):
                    return found
        frame = frame.f_back
    return None


def knows_time_left(context: object) -> bool:
    """Return True if an object is a context that knows the time left."""
    return callable(getattr(context, _TIME_LEFT, None))


def seconds_left(context: Any) -> float | None:
    """Return the seconds left in the invocation; `None` if that is not known or no time is left.

    A context of an earlier invocation has no time left, and says nothing about the current one.
    """
    if not knows_time_left(context):
        return None
    try:
        milliseconds: object = context.get_remaining_time_in_millis()
    except Exception:  # such as a proxy of a context that no longer exists
        return None
    if not isinstance(milliseconds, (int, float)) or not 0 < milliseconds < float("inf"):
        return None
    return milliseconds / 1000
