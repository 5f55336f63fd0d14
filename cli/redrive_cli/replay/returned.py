"""Knows the failures of a replay again that have failed once more, wherever they turn up."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from threading import Lock
from typing import NamedTuple

from redrive.destinations.dead_letter import DeadLetter
from redrive.destinations.invocation_record import InvocationRecord
from redrive.destinations.stream_failure import StreamFailure
from redrive_cli.failures.found import Found
from redrive_cli.replay.item import Item, Sent


class _Records(NamedTuple):
    """Records of a shard that a run has brought back.

    Attributes:
        shard: The shard; `None` if it is not known.
        first: Sequence number of the first one.
        last: Sequence number of the last one.
        failed_at: The time of their failure before the run; `None` if they never failed under these numbers.
    """

    shard: str | None
    first: int
    last: int
    failed_at: datetime | None


class Returned:
    """The events that a run has sent. Threads may share it.

    Args:
        run: Id of the run.
    """

    def __init__(self, run: str) -> None:
        self._run = run
        self._lock = Lock()
        # New ids of what could not be marked as replayed by this run.
        self._ids: set[str] = set()
        self._records: list[_Records] = []
        self._counted: set[str] = set()

    def expect(self, item: Item) -> None:
        """Remember a batch that a function is about to get, and may set aside again before it answers."""
        failure = item.found.failure
        if isinstance(failure, StreamFailure) and item.to.kind == "function":
            first, last = int(failure.start_sequence_number), int(failure.end_sequence_number)
            with self._lock:
                self._records.append(_Records(failure.shard_id, first, last, failure.timestamp))

    def add(self, sent: Sent) -> None:
        """Remember an event that was sent."""
        with self._lock:
            if not sent.is_marked and sent.id:
                self._ids.add(sent.id)
            for shard, number in sent.records:
                self._records.append(_Records(shard, int(number), int(number), None))

    def count(self, several: Iterable[Found]) -> int:
        """Return how many failures are events of this run and were not counted before."""
        return self.mark([each.id for each in several if self.has(each)])

    def mark(self, ids: Iterable[str]) -> int:
        """Count failures, and return how many of them were not counted before."""
        with self._lock:
            new = set(ids) - self._counted
            self._counted |= new
        return len(new)

    def has(self, found: Found) -> bool:
        """Return whether a failure is an event of this run that has failed again."""
        if found.history.run == self._run:
            return True
        failure = found.failure
        with self._lock:
            if isinstance(failure, DeadLetter):
                return not self._ids.isdisjoint((failure.message_id, failure.original_message_id))
            if isinstance(failure, InvocationRecord):
                return failure.request_id in self._ids
            return isinstance(failure, StreamFailure) and self._has_records(failure)

    def _has_records(self, failure: StreamFailure) -> bool:
        # Lambda's clock, or that of a function, gave both times.
        first, last = int(failure.start_sequence_number), int(failure.end_sequence_number)
        return any(
            each.first <= last
            and first <= each.last
            and (each.failed_at is None or each.failed_at < failure.timestamp)
            and (each.shard == failure.shard_id or None in (each.shard, failure.shard_id))
            for each in self._records
        )
