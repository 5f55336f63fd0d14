"""Group commit: what is finished while a write is under way goes out together in the next one."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from threading import Condition
from time import monotonic
from typing import TYPE_CHECKING

from redrive.parallel import background
from redrive.partiql_batch import MOST_STATEMENTS

if TYPE_CHECKING:
    from redrive.idempotency_record import Ending

# As many requests as run side by side, each with as many statements as it takes.
_MOST = MOST_STATEMENTS * 8
# In seconds. A write that was held up says nothing of the next.
_LONGEST_LINGER = 0.05

Write = Callable[[Sequence["Ending"]], Mapping[str, Exception | None]]


class GroupCommit:
    """Writes endings beside the work that makes them, so that nobody waits for a write but at the end.

    One write is under way at a time. It takes all that has gathered, in requests side by side, when the first of that
    has waited for as long as a write takes (at most 50 ms), when there is as much as can be sent at once, or at the
    end. So what is in doubt after a crash was finished within the time of two writes: the one under way, and the one
    that gathers.

    Args:
        write: Makes a write of as many endings as it is given.
        round_trip: How long a write takes, in seconds, as far as it is known.
    """

    def __init__(self, write: Write, round_trip: float) -> None:
        self._write = write
        self._linger = min(round_trip, _LONGEST_LINGER)
        self._pending: list[Ending] = []
        self._since = 0.0
        self._outcomes: dict[str, Exception | None] = {}
        self._changed = Condition()
        self._closing = False
        self._running = False

    def add(self, ending: Ending) -> None:
        """Have an ending written. Returns at once, unless nothing can run beside."""
        with self._changed:
            if not self._pending:
                self._since = monotonic()
            self._pending.append(ending)
            if len(self._pending) in (1, _MOST):
                self._changed.notify_all()
            starts = not self._running
            self._running = True
        start = background.get()
        if start is None:
            self._drain()
        elif starts:
            try:
                start(self._work)
            except RuntimeError:  # there are as many threads as there may be
                self._drain()

    def close(self, seconds: float | None) -> Mapping[str, Exception | None]:
        """Write what is left, and wait until it is written.

        Args:
            seconds: For how long to wait. `None`: as long as it takes.

        Returns:
            By key: `None` where the ending is stored, an error where it is not, or nobody knows. What is not there
            was not answered in time.
        """
        with self._changed:
            self._closing = True
            self._changed.notify_all()
            self._changed.wait_for(lambda: not self._running, seconds)
            return dict(self._outcomes)

    def _work(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._pending or self._closing)
                self._changed.wait_for(self._is_due, self._time_left())
                group, self._pending = self._pending, []
                if not group:
                    self._running = False
                    self._changed.notify_all()
                    return
            began = monotonic()
            outcomes = self._written(group)
            with self._changed:
                self._linger = min(monotonic() - began, _LONGEST_LINGER)
                self._outcomes |= outcomes

    def _drain(self) -> None:
        with self._changed:
            group, self._pending = self._pending, []
            self._running = False
        self._outcomes |= self._written(group)

    def _is_due(self) -> bool:
        return self._closing or len(self._pending) >= _MOST

    def _time_left(self) -> float:
        return max(0.0, self._since + self._linger - monotonic())

    def _written(self, group: list[Ending]) -> Mapping[str, Exception | None]:
        try:
            return self._write(group)
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # a store of the user's own; what ends this thread must not keep others waiting
            told = error if isinstance(error, Exception) else RuntimeError(f"the store has raised {error!r}")
            return dict.fromkeys((ending.key for ending in group), told)
