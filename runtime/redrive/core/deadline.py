"""Measures the time left in an invocation, and decides whether another record may start."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from redrive.core.system import clock

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, TypeVar


if TYPE_CHECKING:
    R = TypeVar("R")

# Times in milliseconds, as in Lambda's context. At the timeout Lambda ends the invocation without a response, and the
# whole batch is delivered again, its processed records included.
_RESERVE_SHARE = 10
_RESERVE_LEAST = 500
_RESERVE_MOST = 10_000
_ANSWERING = 300
_ALWAYS = 32  # records after which the context is read less often
_MILLISECOND = 0.001  # in seconds


class Deadline:
    """The end of one invocation.

    Args:
        context: Lambda's context. An object without `get_remaining_time_in_millis` has no deadline.
        margin: Seconds that must be left to start another record. Default: a tenth of the time at the start (0.5–10 s),
            for the response, plus the time of the slowest record so far.

    Attributes:
        total: Seconds left at the start, `None` if there is no deadline.
    """

    __slots__ = ("_needed", "_remaining", "_reserve", "_slowest", "total")

    def __init__(self, context: Any, margin: float | None = None) -> None:
        self._remaining: Callable[[], int] | None = getattr(context, "get_remaining_time_in_millis", None)
        left = 0 if self._remaining is None else self._remaining()
        self.total: float | None = None if self._remaining is None else left / 1000
        self._slowest = 0
        # `None` with an explicit margin, which does not grow with the slowest record.
        self._reserve = None if margin is not None else min(_RESERVE_MOST, max(_RESERVE_LEAST, left / _RESERVE_SHARE))
        self._needed = (margin or 0) * 1000 if self._reserve is None else self._reserve

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
            return
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

    def _met(self, slowest: int) -> None:
        # All lanes share it: the next record of another lane may be as slow.
        self._slowest = slowest
        if self._reserve is not None:
            self._needed = self._reserve + slowest
