"""Finds the context of the current invocation, reads its request id and name, and measures the time it has left."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from types import FrameType

from redrive.core.system import Invocation, clock, current

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, TypeVar

    R = TypeVar("R")

# Times in milliseconds, as in Lambda's context. At the timeout Lambda ends the invocation without a response, and the
# whole batch is delivered again, its processed records included.
_RESERVE_SHARE = 10
_RESERVE_LEAST = 500
_RESERVE_MOST = 10_000
_ANSWERING = 300
_MOST_RESERVED = 4
_ALWAYS = 32  # records after which the context is read less often
_MILLISECOND = 0.001  # in seconds
_TIME_LEFT = "get_remaining_time_in_millis"


def lambda_context(context: Any) -> Any:
    """Return Lambda's context, also from the context of a durable execution, which has it as an attribute."""
    if callable(_attribute(context, _TIME_LEFT)):
        return context
    inner = _attribute(context, "lambda_context")
    return context if inner is None else inner


def _attribute(thing: object, name: str) -> Any:
    """Return an attribute of any object, `None` if it has none or raises: an argument of a call may be of any kind."""
    try:
        return getattr(thing, name, None)
    except Exception:  # such as a proxy of what no longer exists, or members of a `dict` as attributes
        return None


def durable_execution(context: Any) -> str | None:
    """Return the ARN of the durable execution that a context belongs to; `None` without one.

    https://docs.aws.amazon.com/lambda/latest/dg/durable-functions.html
    """
    if context is None or callable(_attribute(context, _TIME_LEFT)):
        return None
    arn: Any = _attribute(_attribute(context, "execution_context"), "durable_execution_arn")
    return arn if arn and issubclass(type(arn), str) else None


def request_id(context: Any) -> str:
    """Return the invocation's request id, empty without a Lambda context."""
    return _text_of(context, "aws_request_id")


def function_name(context: Any) -> str:
    """Return the function's name, empty without a Lambda context and outside Lambda's environment."""
    return _text_of(context, "function_name") or os.environ.get("AWS_LAMBDA_FUNCTION_NAME", "")


def qualifier(context: Any) -> str:
    """Return the qualifier in `arn:aws:lambda:<Region>:<account>:function:<name>[:<qualifier>]`, or `$LATEST`."""
    parts = _text_of(context, "invoked_function_arn").split(":")
    return parts[7] if len(parts) > 7 else "$LATEST"


def _text_of(context: Any, name: str) -> str:
    value: Any = _attribute(lambda_context(context), name)
    return value if issubclass(type(value), str) else ""  # a mock may even pass `isinstance`


def find(*arguments: object) -> Any:
    """Return the context of the current invocation, or `None` outside Lambda or in a thread of the user's own code.

    The search covers the arguments of a call, then `current`, then the arguments of the functions that run in this
    thread. One of these is the handler that Lambda has called with the context, so that no one needs to register it.
    """
    for argument in arguments:
        if knows_time_left(argument):
            return argument
    invocation: Invocation | None = current.get()
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
    return callable(_attribute(lambda_context(context), _TIME_LEFT))


def seconds_left(context: Any) -> float | None:
    """Return the seconds left in the invocation; `None` if that is not known or no time is left.

    A context of an earlier invocation has no time left, and says nothing about the current one.
    """
    if not knows_time_left(context):
        return None
    milliseconds = _milliseconds_left(context)
    return milliseconds / 1000 if milliseconds is not None and milliseconds > 0 else None


def _milliseconds_left(context: Any) -> float | None:
    """Return the time left that a context gives; `None` if it gives none, as `None` or a mock."""
    try:
        milliseconds: Any = lambda_context(context).get_remaining_time_in_millis()
    except Exception:  # also a proxy of a context that no longer exists
        return None
    return milliseconds if _is_time(milliseconds) else None


def _is_time(value: Any) -> bool:
    return issubclass(type(value), (int, float)) and abs(value) < float("inf")


def code_outlives_timeout() -> bool:
    """Return True on Lambda Managed Instances, where the code continues after the invocation's time.

    https://docs.aws.amazon.com/lambda/latest/dg/lambda-managed-instances-execution-environment.html
    """
    return os.environ.get("AWS_LAMBDA_INITIALIZATION_TYPE") == "lambda-managed-instances"


def without_reserve(seconds: float) -> float:
    """Return how many of the seconds left may pass before the invocation must see to its response."""
    return max(0.0, seconds - _reserve(seconds * 1000) / 1000)


def _reserve(milliseconds: float) -> float:
    return min(_RESERVE_MOST, max(_RESERVE_LEAST, milliseconds / _RESERVE_SHARE))


class Deadline:
    """The end of one invocation.

    Args:
        context: Lambda's context. An object that gives no time left, such as `None` or a mock, has no deadline.
        margin: Seconds that must be left to start another record; the first one always starts. Default: a tenth of the
            time at the start (0.5–10 s), for the response, plus the time of the slowest record so far.

    Attributes:
        total: Seconds left at the start, `None` if there is no deadline.
    """

    __slots__ = ("_context", "_known", "_needed", "_remaining", "_reserve", "_slowest", "_started", "total")

    def __init__(self, context: Any, margin: float | None = None) -> None:
        context = lambda_context(context)
        known = _milliseconds_left(context)
        left = known or 0
        self._context = context
        self._started = False
        self._known: float = left
        self._remaining: Callable[[], float] | None = None if known is None else self._milliseconds
        self.total: float | None = None if known is None else left / 1000
        self._slowest = 0.0
        # `None` with an explicit margin, which does not grow with the slowest record.
        self._reserve = None if margin is not None else _reserve(left)
        self._needed = (margin or 0) * 1000 if self._reserve is None else self._reserve

    def reserve(self, seconds: float) -> None:
        """Keep more time for the calls at the end, at most a quarter of it; an explicit margin stays as it is."""
        if self._reserve is not None and self.total is not None:
            milliseconds = min(seconds, self.total / _MOST_RESERVED) * 1000
            self._reserve += milliseconds
            self._needed += milliseconds

    def _milliseconds(self) -> float:
        """Return the time left; as it was last, if the context gives none any more."""
        try:
            left: Any = self._context.get_remaining_time_in_millis()
        except Exception:
            return self._known
        if type(left) is int or _is_time(left):  # Lambda's is an `int`, and this is asked for each record
            self._known = left
        return self._known

    def left_for_calls(self) -> float | None:
        """Return the seconds that AWS calls may take before the response: 0 or less for none, `None` for no limit."""
        return None if self._remaining is None else (self._remaining() - _ANSWERING) / 1000

    def within(self, records: Iterator[R]) -> Iterator[R]:
        """Yield the records of a lane while there is time to start another one; the others stay in `records`."""
        remaining = self._remaining
        if remaining is None:
            yield from records
            return
        now = clock.get()
        asked_at, asked = 0.0, 1
        last = remaining()
        if last < self._needed:
            if self._started:
                return
            self._warn(last)
        self._started = True
        for record in records:
            yield record
            # The context counts whole milliseconds, and reading it takes four times as long as reading the clock: as
            # long as all other work for a record. So read it at most once a millisecond after the first records. Only
            # a test has a context that does not follow the clock.
            if asked < _ALWAYS:
                asked += 1
            else:
                moment = now()
                if 0 <= moment - asked_at < _MILLISECOND:
                    continue
                asked_at = moment
            left = remaining()
            if last - left > self._slowest:
                self._met(last - left)
            last = left
            if left < self._needed:
                return

    def _warn(self, left: float) -> None:
        # An invocation that starts nothing fails in the same way at each delivery, until its records are given up.
        from redrive.core.log import warn

        shorter = "" if self._reserve is not None else "give a deadline_margin below this time, or "
        warn(
            "redrive.deadline",
            left=left / 1000,
            needed=self._needed / 1000,
            remedy="there was less time left at the first record than must be left to start one, so this invocation "
            f"starts only this record: {shorter}give the function a longer timeout",
            request_id=request_id(self._context) or None,
        )

    def _met(self, slowest: float) -> None:
        # All lanes share it: the next record of another lane may be as slow.
        self._slowest = slowest
        if self._reserve is not None:
            self._needed = self._reserve + slowest
