"""What an invocation has to tell in figures: counted while it runs, told once when it ends.

This much is loaded at a cold start. What writes the figures is loaded when there are any.
"""

from __future__ import annotations

from _thread import allocate_lock  # `threading` has the same under another name, and takes longer to import
from collections.abc import Callable
from contextvars import Token
from functools import wraps

from redrive.functions import is_async
from redrive.invocation_context import Invocation, current
from redrive.seams import Seam

TYPE_CHECKING = False
if TYPE_CHECKING:
    from contextlib import AbstractContextManager
    from typing import Any, Self, TypeAlias, TypeVar

    from redrive.metrics_figures import Figures
    from redrive.settings import MetricsSettings

    R = TypeVar("R")

    #: Is told the figures of each invocation that has any.
    MetricsHook: TypeAlias = Callable[[Figures], object]

__all__ = ["Meter", "metered", "meters", "note", "settings"]

#: Hands the figures to telemetry of the user's own: `meters.use(hook)`. What the hook raises is logged and changes
#: nothing. It runs before the invocation is answered, so it has to be quick; with less than 0.3 s left it is left out.
meters: Seam[MetricsHook | None] = Seam(None)

#: What is to differ from what the construct has told the function: `settings.use(MetricsSettings(namespace="Shop"))`.
settings: Seam[MetricsSettings | None] = Seam(None)

# One for all: there is rarely anything to count.
_lock = allocate_lock()


class Meter(Invocation):
    """Counts for the length of a `with` block, and tells the figures at its end, if there are any.

    Threads and tasks count into it that run in a copy of the block's context variables.

    Args:
        context: Lambda's context.
        source: The ARN of what the records come from, or a word for what is counted.

    Attributes:
        source: The same, where it becomes known later.
    """

    # Made when there is something to count: most invocations have nothing to tell, and should not pay for it.
    _counts: dict[tuple[str, str | None], int] | None = None
    _values: dict[str, int] | None = None
    _is_over = False
    _token: Token[Invocation | None]

    def __init__(self, context: Any, source: str = "") -> None:
        self.context = context
        self.source = source

    def __enter__(self) -> Self:
        """Have `note` count here."""
        self._token = current.set(self)
        return self

    def __exit__(self, *_: object) -> None:
        """Tell the figures."""
        current.reset(self._token)
        self._is_over = True
        if self._counts or self._values or _lock.locked():
            with _lock:  # whoever has begun to count is done then
                counts, values = self._counts or {}, self._values or {}
            if counts or values:
                self._tell(counts, values)

    def _tell(self, counts: dict[tuple[str, str | None], int], values: dict[str, int]) -> None:
        token = current.set(_NOBODY)
        try:
            from redrive.metrics_telling import tell

            tell(self.context, self.source, counts, values)
        finally:
            current.reset(token)

    def add(self, name: str, error_type: str | None, number: int) -> bool:
        """Count something.

        Args:
            name: The metric.
            error_type: The type of the error behind it, if there is one.
            number: How many.

        Returns:
            Whether it was counted. It is not when the figures have been told.
        """
        with _lock:
            if self._is_over:
                return False
            counts = self._counts
            if counts is None:
                counts = self._counts = {}
            counts[name, error_type] = counts.get((name, error_type), 0) + number
            return True

    def value(self, name: str, value: int) -> None:
        """Note a value, of which the last counts.

        Args:
            name: The metric.
            value: The value.
        """
        with _lock:
            values = self._values
            if values is None:
                values = self._values = {}
            values[name] = value


class _Nobody(Meter):
    """Where what happens while figures are told is counted: else a hook that uses a helper could bring about itself."""

    def add(self, name: str, error_type: str | None, number: int) -> bool:
        return True


_NOBODY = _Nobody(None)


def note(name: str, error_type: str | None = None, number: int = 1, *, source: str = "") -> None:
    """Count something for the invocation that is under way. Outside of any handler it is told at once.

    Args:
        name: The metric.
        error_type: The type of the error behind it, if there is one.
        number: How many.
        source: A word for what is counted, where it is told at once.
    """
    if number <= 0:
        return
    meter = current.get()
    if not isinstance(meter, Meter) or not meter.add(name, error_type, number):
        with Meter(None, source) as alone:
            alone.add(name, error_type, number)


def gathering(context: Any, source: str) -> AbstractContextManager[object]:
    """Have what is counted within a block told together, by the invocation that is under way or at the block's end.

    Args:
        context: Lambda's context.
        source: A word for what is counted, where it is told at the block's end.
    """
    from contextlib import nullcontext

    return Meter(context, source) if current.get() is None else nullcontext()


def metered(function: Callable[[Any, Any], R], /) -> Callable[[Any, Any], R]:
    """Have the figures of a plain Lambda handler told together, in one line an invocation.

        @metered
        def handler(event, context):
            return prices.invoke(event, context=context)

    The handlers that the other decorators make do so themselves. A plain function needs it if it uses `Invoker`,
    `CircuitBreaker` or `@idempotent` more than once an invocation: else each of them writes a line of its own.

    Args:
        function: Called with an event and Lambda's context.

    Returns:
        The handler.

    Raises:
        TypeError: It is an `async def` function, which Lambda would not wait for.
    """
    if is_async(function):
        raise TypeError(f"{function!r} is an `async def` function: Lambda does not wait for it; give a plain handler")

    @wraps(function)
    def handler(event: Any, context: Any = None) -> R:
        with Meter(context, "call"):
            return function(event, context)

    return handler
