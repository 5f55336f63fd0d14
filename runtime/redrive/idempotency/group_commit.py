"""Writes endings in groups: those that finish during one write go out together in the next one."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from threading import Condition
from time import monotonic
from typing import TYPE_CHECKING, Any

from redrive.aws.partiql import MOST_STATEMENTS
from redrive.core.parallel import background

if TYPE_CHECKING:
    from redrive.idempotency.record import Claim, Ending


# As many requests as run in parallel, each with its maximum of statements.
_MOST = MOST_STATEMENTS * 8
# In seconds. One delayed write does not predict the next one.
_LONGEST_LINGER = 0.05

Write = Callable[[Sequence[Any]], Mapping[str, Exception | None]]


# One write runs at a time. It takes all endings gathered so far, in parallel requests: when the first of them has
# waited as long as a write takes (at most 50 ms), when a write is full, or at the end. So the endings in doubt after a
# crash are those of two writes: the running one, and the one that gathers. Claims of keys that are done besides come
# last, after all endings, since no ending may wait for one.
class GroupCommit:
    """Writes endings in parallel to the work that makes them, so that only the end of a batch waits for a write.

    Args:
        write: Writes any number of endings, or any number of the claims given to `add_last`.
        round_trip: Seconds that a write takes, as far as known.
    """

    def __init__(self, write: Write, round_trip: float) -> None:
        self._write = write
        self._linger = min(round_trip, _LONGEST_LINGER)
        self._pending: list[Ending] = []
        self._last: list[Claim] = []
        self._since = 0.0
        self._outcomes: dict[str, Exception | None] = {}
        self._changed = Condition()
        self._closing = False
        self._running = False

    def add(self, ending: Ending) -> None:
        """Write an ending in the background; write it at once only if nothing can run in the background."""
        with self._changed:
            if not self._pending:
                self._since = monotonic()
            self._pending.append(ending)
            if len(self._pending) in (1, _MOST):
                self._changed.notify_all()
            starts = not self._running
            self._running = True
        if starts or background.get() is None:
            self._start()

    def add_last(self, claim: Claim) -> None:
        """Write the claim of a key that is done besides, after all endings."""
        with self._changed:
            self._last.append(claim)

    def close(self, seconds: float | None) -> Mapping[str, Exception | None]:
        """Write the remaining endings, and wait at most `seconds` until they are written.

        Returns:
            By key: `None` if the ending is stored, an error if it is not, or if this is unknown. Keys without an answer
            in time are missing.
        """
        with self._changed:
            self._closing = True
            self._changed.notify_all()
            starts = bool(self._last) and not self._running
            self._running = self._running or starts
        if starts:
            self._start()
        with self._changed:
            self._changed.wait_for(lambda: not self._running, seconds)
            return dict(self._outcomes)

    def _start(self) -> None:
        start = background.get()
        try:
            if start is None:
                self._drain()
            else:
                start(self._work)
        except RuntimeError:  # no more threads are allowed
            self._drain()

    def _work(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._pending or self._closing)
                self._changed.wait_for(self._is_due, self._time_left())
                group = self._taken()
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
            group = self._taken()
            self._running = False
        self._outcomes |= self._written(group)

    def _taken(self) -> Sequence[Ending | Claim]:
        group: Sequence[Ending | Claim]
        group, self._pending = self._pending, []
        if not group and self._closing:
            group, self._last = self._last, []
        return group

    def _is_due(self) -> bool:
        return self._closing or len(self._pending) >= _MOST

    def _time_left(self) -> float:
        return max(0.0, self._since + self._linger - monotonic())

    def _written(self, group: Sequence[Ending | Claim]) -> Mapping[str, Exception | None]:
        try:
            return self._write(group)
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # a user's own store may raise, and `close` must not wait for a dead thread
            reason = error if isinstance(error, Exception) else RuntimeError(f"the store has raised {error!r}")
            return dict.fromkeys((ending.key for ending in group), reason)
