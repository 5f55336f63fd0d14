"""Counts what happens in an invocation and publishes the figures once, at its end.

A cold start loads only this, so it is the folder itself; the code that writes figures is loaded when there are any.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from threading import Lock

from redrive.core.system import Invocation, Seam, current

TYPE_CHECKING = False
if TYPE_CHECKING:
    from contextlib import AbstractContextManager
    from contextvars import Token
    from typing import Any, Self, TypeAlias, TypeVar

    from redrive.metrics.report import Figures
    from redrive.settings.metrics import MetricsSettings


if TYPE_CHECKING:
    R = TypeVar("R")

    #: Called with the figures of each invocation that has any.
    MetricsHook: TypeAlias = Callable[[Figures], object]


#: Passes the figures to the user's own telemetry: `meters.use(hook)`. An exception from the hook is logged and changes
#: nothing. The hook runs before the invocation is answered, so it must be fast; with less than 0.3 s left it is
#: skipped.
meters: Seam[MetricsHook | None] = Seam(None)

#: Overrides the settings that the construct wrote: `metrics_settings.use(MetricsSettings(namespace="Shop"))`.
metrics_settings: Seam[MetricsSettings | None] = Seam(None)

# One lock for all meters, because there is rarely anything to count.
_lock = Lock()
# In seconds.
_AGAIN = 0.05


class Meter(Invocation):
    """Counts within a `with` block and publishes the figures, if there are any, at its end.

    Attributes:
        source: The ARN of the queue or stream, or a word for what is counted; may be set later.
    """

    # Threads and tasks count into it if they run in a copy of the block's context variables.

    # Made at the first count: most invocations have none and should not pay for it.
    _counts: dict[tuple[str, str | None], int] | None = None
    _values: dict[str, int] | None = None
    _is_over = False
    _token: Token[Invocation | None]

    def __init__(self, context: Any, source: str = "") -> None:
        self.context = context
        self.source = source

    def __enter__(self) -> Self:
        """Make this the meter in which `count` counts."""
        self._token = current.set(self)
        return self

    def __exit__(self, *_: object) -> None:
        """Publish the figures."""
        current.reset(self._token)
        self._is_over = True
        if self._counts or self._values or _lock.locked():
            with _lock:  # threads that are counting have finished then
                counts, values = self._counts or {}, self._values or {}
                self._counts = None
            if counts or values:
                self._publish(counts, values)

    def _publish(self, counts: dict[tuple[str, str | None], int], values: dict[str, int]) -> None:
        discarding = _Discarding(None)
        discarding.describe = self.describe
        token = current.set(discarding)
        try:
            from redrive.metrics.report import publish

            publish(self.context, self.source, counts, values, hook=meters.get(), overrides=metrics_settings.get())
        finally:
            current.reset(token)

    def add(self, name: str, error_type: str | None, number: int) -> bool:
        """Count something and return true, or return false if the figures have been published."""
        key = name, error_type
        with _lock:
            counts = self._counts
            if counts is None:
                if self._is_over:
                    return False
                counts = self._counts = {}
            counts[key] = counts.get(key, 0) + number
            return True

    def value(self, name: str, value: int) -> None:
        """Record a value; the last one counts."""
        with _lock:
            values = self._values
            if values is None:
                values = self._values = {}
            values[name] = value


class _Discarding(Meter):
    """Discards counts while figures are published, because a hook that uses a helper could trigger itself."""

    def add(self, name: str, error_type: str | None, number: int) -> bool:
        return True


class _Gathering(Meter):
    """Counts what comes outside of a handler, until `end`."""

    def end(self, *, waits: bool = False) -> float | None:
        """Publish the figures; return the seconds after which to call this again, `None` if it is done."""
        if not _lock.acquire(blocking=waits):  # garbage collection calls this, maybe in the middle of a count
            return _AGAIN
        counts, self._counts = self._counts, None
        self._is_over = True
        _lock.release()
        if counts:
            self._publish(counts, {})
        return None


# By source.
_outside: dict[str, _Gathering] = {}


def count(name: str, error_type: str | None = None, number: int = 1, source: str = "") -> None:
    """Count something for the current invocation.

    Outside of a handler, publish it at once under `source`, but together what comes within a second after that.
    """
    meter: Meter | None = current.get()
    if number > 0 and not (meter is not None and meter.add(name, error_type, number)):
        meter = _outside.get(source)
        if meter is None or not meter.add(name, error_type, number):
            from redrive.metrics.outside import publishes_later

            meter = _outside[source] = _Gathering(None, source)
            meter.add(name, error_type, number)
            if not publishes_later(source, meter.end, _outside.clear):
                meter.end(waits=True)


def gathering(context: Any, source: str) -> AbstractContextManager[object]:
    """Publish the counts of a block together: with the current invocation or, without one, at the block's end."""
    from contextlib import nullcontext

    return Meter(context, source) if current.get() is None else nullcontext()


def metered(function: Callable[[Any, Any], R], /) -> Callable[[Any, Any], R]:
    """Publish the figures of a plain Lambda handler together, in one line per invocation.

        @metered
        def handler(event, context):
            return prices.invoke(event, context=context)

    The handlers that the other decorators make do this themselves. A plain function needs it if it uses `Invoker`,
    `CircuitBreaker` or `@idempotent` more than once per invocation: otherwise the first count is written in a line of
    its own, and the next ones at the end of the invocation or after some seconds.

    Args:
        function: Called with an event and Lambda's context.

    Returns:
        The handler.

    Raises:
        TypeError: The function is `async def`, and Lambda would not wait for it.
    """
    from redrive.core.callables import is_async  # what else counts does not need it

    if is_async(function):
        raise TypeError(f"{function!r} is an `async def` function: Lambda does not wait for it; give a plain handler")

    @wraps(function)
    def handler(event: Any, context: Any = None) -> R:
        with Meter(context, "call"):
            return function(event, context)

    return handler
