"""Orders the records of a batch, and stops the records that must not run after a failed one."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Sequence
from heapq import heappop, heappush
from threading import Lock

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from redrive.streams import StreamRecord

    Record = StreamRecord[Any]
    Within = Callable[[Iterator[Record]], Iterator[Record]]


class ShardOrder:
    """Runs the records one after the other, and none after a failed one.

    Attributes:
        held: Records that were not started because of a failed record before them or an open circuit.
    """

    def __init__(self, records: Sequence[Record]) -> None:
        self.held: list[Record] = []
        self._waiting = iter(records)

    def lanes(self, within: Within, workers: int) -> list[Iterator[Record]]:
        """Return the only lane: a second worker would have no work."""
        return [within(self._waiting)]

    def stop(self, record: Record) -> None:
        """Start no record after the failed one."""
        self.held += self._waiting

    def halt(self) -> None:
        """Start no further record, since it would meet the same open circuit."""
        self.held += self._waiting

    def rest(self) -> list[Record]:
        """Return the deferred records: not started for lack of time."""
        return list(self._waiting)


class KeyOrder:
    """Runs the records of each key one after the other, and none of a key after a failed one.

    Attributes:
        held: Records that were not started because of a failed record of their key or an open circuit.
    """

    # Each worker takes the earliest record whose key is not in progress. So the records run in the order of the batch
    # as far as the keys allow, and when the time is up, the first deferred record is as late in the batch as possible.

    def __init__(self, records: Sequence[Record], key: Callable[[Any], Hashable]) -> None:
        self.held: list[Record] = []
        self._records = records
        self._keys = [key(record) for record in records]
        self._key = key
        self._lock = Lock()
        queues: dict[Hashable, list[int]] = {}
        for position in range(len(records) - 1, -1, -1):  # backwards: `pop` takes the earliest then
            queues.setdefault(self._keys[position], []).append(position)
        self._queues = queues
        self._ready = sorted(queue.pop() for queue in queues.values())  # sorted, so it is a heap

    def lanes(self, within: Within, workers: int) -> list[Iterator[Record]]:
        """Return one lane for each worker that has work."""
        return [within(self._lane()) for _ in range(min(workers, len(self._ready)))]

    def stop(self, record: Record) -> None:
        """Start no further record of the failed record's key."""
        with self._lock:
            queue = self._queues[self._key(record)]
            self.held += [self._records[position] for position in queue]
            queue.clear()

    def halt(self) -> None:
        """Start no further record, since it would meet the same open circuit."""
        with self._lock:
            self.held += self.rest()
            self._ready.clear()
            for queue in self._queues.values():
                queue.clear()

    def rest(self) -> list[Record]:
        """Return the deferred records: not started for lack of time."""
        positions = [*self._ready, *(position for queue in self._queues.values() for position in queue)]
        return [self._records[position] for position in positions]

    def _lane(self) -> Iterator[Record]:
        position = self._next(None)
        while position is not None:
            yield self._records[position]
            position = self._next(position)

    def _next(self, done: int | None) -> int | None:
        with self._lock:
            if done is not None:
                queue = self._queues[self._keys[done]]
                if queue:
                    heappush(self._ready, queue.pop())
            # If none is ready, each key with records left is in progress, and its worker takes them next.
            return heappop(self._ready) if self._ready else None
