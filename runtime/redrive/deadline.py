"""How much of an invocation's time is left, and whether another record may be started."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from redrive.clock import clock

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, TypeVar

    R = TypeVar("R")

# All in milliseconds, as Lambda counts. Lambda ends an invocation at its timeout, and with it everything that the batch
# has achieved: all of it is delivered again.
_RESERVE_SHARE = 10
_RESERVE_LEAST = 500
_RESERVE_MOST = 10_000
_ANSWERING = 300
_ALWAYS = 32
_MILLISECOND = 0.001


class Deadline:
    """The end of one invocation.

    Args:
        context: Lambda's context. Anything without `get_remaining_time_in_millis` has no deadline.
        margin: Seconds that must be left for another record to be started. Default: a tenth of the time there was at
            the start (0.5–10 s), for answering, plus as long as the slowest record has taken so far.

    Attributes:
        total: Seconds there were at the start, `None` where there is no deadline.
    """

    __slots__ = ("_needed", "_remaining", "_reserve", "_slowest", "total")

    def __init__(self, context: Any, margin: float | None = None) -> None:
        self._remaining: Callable[[], int] | None = getattr(context, "get_remaining_time_in_millis", None)
        left = 0 if self._remaining is None else self._remaining()
        self.total: float | None = None if self._remaining is None else left / 1000
        self._slowest = 0
        # `None` where the margin is given, and does not grow with the slowest record.
        self._reserve = None if margin is not None else min(_RESERVE_MOST, max(_RESERVE_LEAST, left / _RESERVE_SHARE))
        self._needed = (margin or 0) * 1000 if self._reserve is None else self._reserve

    def left_for_calls(self) -> float | None:
        """How many seconds AWS calls may take with time left to answer: 0 or less for none, `None` for any time."""
        return None if self._remaining is None else (self._remaining() - _ANSWERING) / 1000

    def within(self, records: Iterator[R]) -> Iterator[R]:
        """The records of a lane while there is time to start another one.

        Args:
            records: Run one after the other by whoever takes them from here.

        Yields:
            Each record. Those that may not be started are left in `records`.
        """
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
            # The context counts whole milliseconds, and asking it takes four times as long as asking the clock, in
            # sum as long as everything else that is done for a record. A context with a clock of its own is a test's.
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
        # The lanes share it: what one has met, the others may meet next.
        self._slowest = slowest
        if self._reserve is not None:
            self._needed = self._reserve + slowest
