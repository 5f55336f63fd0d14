"""Lambda's context of the invocation that is under way, for code that was not handed it."""

from __future__ import annotations

import sys
from contextvars import ContextVar
from types import FrameType

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_TELLS_TIME = "get_remaining_time_in_millis"


class Invocation:
    """What is known of the invocation that is under way; a handler notes it in `current` for as long as it lasts.

    Args:
        context: Lambda's context, or anything else.
    """

    def __init__(self, context: Any) -> None:
        self.context = context


#: The invocation that is under way. Threads and tasks see it that run in a copy of its context variables.
current: ContextVar[Invocation | None] = ContextVar("redrive_invocation", default=None)


def find(*arguments: object) -> Any:
    """The context of the invocation that is under way.

    It is looked for among the arguments of a call, then where the helpers' handlers have noted it, and then among the
    arguments of the functions that are running in this thread: the handler, which Lambda has called with it, is one of
    them. So it need not be registered by hand.

    Args:
        *arguments: Those of the call.

    Returns:
        The context. `None` where there is none: outside Lambda, or in a thread that the user's own code has started.
    """
    for argument in arguments:
        if tells_time(argument):
            return argument
    invocation = current.get()
    if invocation is not None and tells_time(invocation.context):
        return invocation.context
    frame: FrameType | None = sys._getframe(1)  # pyright: ignore[reportPrivateUsage]
    while frame is not None:
        names = frame.f_code.co_varnames[: frame.f_code.co_argcount]
        # By its name first: to ask any object for an attribute may run anything.
        for name in names:
            if "context" in name or name == "ctx":
                found = frame.f_locals.get(name)
                if tells_time(found):
                    return found
        frame = frame.f_back
    return None


def tells_time(context: object) -> bool:
    """Whether something is a context that can be asked for the time that is left."""
    return callable(getattr(context, _TELLS_TIME, None))


def seconds_left(context: Any) -> float | None:
    """How many seconds the invocation has left; `None` where that is not known, or its time is over.

    Args:
        context: Lambda's context; one of an earlier invocation has no time left, and says nothing about this one.
    """
    if not tells_time(context):
        return None
    try:
        milliseconds: object = context.get_remaining_time_in_millis()
    except Exception:  # a proxy for one that is not there any more
        return None
    if not isinstance(milliseconds, (int, float)) or not 0 < milliseconds < float("inf"):
        return None
    return milliseconds / 1000
