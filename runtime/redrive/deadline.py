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
_LAST_CALL = 300
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

    __slots__ = ("_margin", "_remaining", "_reserve", "_slowest", "total")

    def __init__(self, context: Any, margin: float | None = None) -> None:
        self._remaining: Callable[[], int] | None = getattr(context, "get_remaining_time_in_millis", None)
        left = 0 if self._remaining is None else self._remaining()
        self.total: float | None = None if self._remaining is None else left / 1000
        self._margin = None if margin is None else margin * 1000
        self._reserve = min(_RESERVE_MOST, max(_RESERVE_LEAST, left / _RESERVE_SHARE))
        self._slowest = 0

    def allows_call(self) -> bool:
        """Whether there is time to begin another AWS call."""
        return self._remaining is None or self._remaining() > _LAST_CALL

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
        asked_at, asked = now(), 1
        last = remaining()
        needed = self._needed()
        if last < needed:
            return
        slowest = self._slowest
        for record in records:
            yield record
            # The context counts whole milliseconds, and asking it takes four times as long as asking the clock, in
            # sum as long as everything else that is done for a record. A context with a clock of its own is a test's.
            if asked > _ALWAYS and 0 <= now() - asked_at < _MILLISECOND:
                continue
            asked_at, asked = now(), asked + 1
            left = remaining()
            if last - left > slowest:
                slowest = self._slowest = max(self._slowest, last - left)  # other lanes write it too
                needed = self._needed()
            last = left
            if left < needed:
                return

    def _needed(self) -> float:
        return self._reserve + self._slowest if self._margin is None else self._margin
