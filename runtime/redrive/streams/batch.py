"""Stores the state of one batch of stream records during an invocation."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence

from redrive.core.invocation import Deadline

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from redrive.failures.diagnosis import Diagnosis
    from redrive.settings.streams import StreamSettings
    from redrive.streams import StreamRecord, StreamSource
    from redrive.streams.order import KeyOrder, ShardOrder

    Record = StreamRecord[Any]


class StreamBatch:
    """State of one invocation's batch; sets and dicts refer to records by their position.

    Attributes:
        shard_id: Empty if unknown.
        done_before: Records that an earlier delivery processed.
        failed: Records to retry.
        not_set_aside: Permanent failures that could not be set aside; they are in `failed` too.
        failures: The diagnosis of each failure.
    """

    # Needs no lock: workers write at the same time, but only about their own records and in single operations.

    def __init__(
        self,
        records: Sequence[Record],
        *,
        source: StreamSource,
        settings: Callable[[], StreamSettings],
        context: Any,
        deadline: Deadline,
        shard_id: str,
    ) -> None:
        self.records = records
        self.source = source
        self._read_settings = settings
        self._settings: StreamSettings | None = None
        self.context = context
        self.deadline = deadline
        self.shard_id = shard_id
        self.order: ShardOrder | KeyOrder
        self.done_before: Collection[int] = ()
        self.failed: set[int] = set()
        self.set_aside: set[int] = set()
        self.not_set_aside: set[int] = set()
        self.failures: dict[int, Diagnosis] = {}
        self._positions: dict[int, int] = {}

    def settings(self) -> StreamSettings:
        """Return the settings in force, read when first asked for: only failures need them."""
        if self._settings is None:
            self._settings = self._read_settings()
        return self._settings

    def lanes(self, by_key: bool, workers: int) -> list[Iterator[Record]]:
        """Return the lanes of the records not processed yet, in order per key if `by_key`, else in order per shard."""
        records = self.records
        if self.done_before:
            records = [record for position, record in enumerate(records) if position not in self.done_before]
        from redrive.streams.order import KeyOrder, ShardOrder

        self.order = KeyOrder(records, self.source.key) if by_key else ShardOrder(records)
        return self.order.lanes(self.deadline.within, workers)

    def retry(self, record: Record) -> None:
        """Mark a record as failed whose failure could not be handled, unless it is set aside."""
        position = self.position_of(record)
        if position not in self.set_aside:
            self.failed.add(position)
            self.order.stop(record)

    def undone(self, not_started: Sequence[Record]) -> set[int]:
        """Return the records to be delivered again: the failed ones, and those that did not start."""
        return self.failed | {self.position_of(record) for record in (*self.order.held, *not_started)}

    def checkpoint(self, not_started: Sequence[Record]) -> int | None:
        """Return the earliest record to be delivered again."""
        return min(self.undone(not_started), default=None)

    def sequence_number_at(self, position: int | None) -> str | None:
        """Return the sequence number of the record at a position."""
        return None if position is None else self.records[position].sequence_number

    def position_of(self, record: Record) -> int:
        """Return a record's position in the batch."""
        if not self._positions:  # built late, since only failures need it
            self._positions = {id(each): position for position, each in enumerate(self.records)}
        return self._positions[id(record)]
