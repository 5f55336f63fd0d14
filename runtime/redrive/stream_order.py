"""In which order the records of a batch run, and which of them may not run any more once one has failed."""

from __future__ import annotations

from _thread import allocate_lock
from collections.abc import Callable, Hashable, Iterator, Sequence
from heapq import heappop, heappush

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from redrive.stream_record import StreamRecord

    Record = StreamRecord[Any]
    Within = Callable[[Iterator[Record]], Iterator[Record]]


class ShardOrder:
    """One record after the other, and none after one that has failed.

    Args:
        records: The records, in the order of the batch.

    Attributes:
        held: The records that may not run before one that has failed, or not while a circuit is open.
    """

    def __init__(self, records: Sequence[Record]) -> None:
        self.held: list[Record] = []
        self._waiting = iter(records)

    def lanes(self, within: Within, workers: int) -> list[Iterator[Record]]:
        """The lanes for the workers, of which one has work."""
        return [within(self._waiting)]

    def stop(self, record: Record) -> None:
        """Start nothing that stands behind a record that has failed."""
        self.held = list(self._waiting)

    def halt(self) -> None:
        """Start nothing more: it would meet the same open circuit."""
        self.held += self._waiting

    def rest(self) -> list[Record]:
        """What was not started, and not for a failure: for lack of time."""
        return list(self._waiting)


class KeyOrder:
    """The records of one key one after the other, and none of them after one that has failed.

    Each worker takes the earliest record whose key nobody is busy with. So the records run in the order of the batch as
    far as the keys allow it: when time is up, the first record not started stands as far behind as it can.

    Args:
        records: The records, in the order of the batch.
        key: Tells a record's key.

    Attributes:
        held: The records that may not run before one that has failed, or not while a circuit is open.
    """

    def __init__(self, records: Sequence[Record], key: Callable[[Any], Hashable]) -> None:
        self.held: list[Record] = []
        self._records = records
        self._keys = [key(record) for record in records]
        self._key = key
        self._lock = allocate_lock()
        queues: dict[Hashable, list[int]] = {}
        for position in range(len(records) - 1, -1, -1):  # backwards, so that the earliest is the one to pop
            queues.setdefault(self._keys[position], []).append(position)
        self._queues = queues
        self._ready = sorted(queue.pop() for queue in queues.values())  # a heap

    def lanes(self, within: Within, workers: int) -> list[Iterator[Record]]:
        """The lanes for the workers: one each."""
        return [within(self._lane()) for _ in range(min(workers, len(self._ready)))]

    def stop(self, record: Record) -> None:
        """Start nothing of a key of which a record has failed."""
        with self._lock:
            queue = self._queues[self._key(record)]
            self.held += [self._records[position] for position in queue]
            queue.clear()

    def halt(self) -> None:
        """Start nothing more: it would meet the same open circuit."""
        with self._lock:
            self.held += self.rest()
            self._ready.clear()
            for queue in self._queues.values():
                queue.clear()

    def rest(self) -> list[Record]:
        """What was not started, and not for a failure: for lack of time."""
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
            # Where none is ready, each key with records left has a worker who is busy with it and will go on with it.
            return heappop(self._ready) if self._ready else None
