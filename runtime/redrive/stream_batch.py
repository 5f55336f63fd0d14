"""One batch of a stream's records: what came of each, and from which on it is to be delivered again."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence

from redrive.deadline import Deadline

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from redrive.classification import FailureClass
    from redrive.settings import StreamSettings
    from redrive.stream_order import KeyOrder, ShardOrder
    from redrive.stream_record import StreamRecord
    from redrive.stream_source import StreamSource

    Record = StreamRecord[Any]


class StreamBatch:
    """The state of one invocation.

    Workers write into it side by side, each its own records and with single operations: it needs no lock.

    Args:
        records: All records, in the order of the batch.
        source: The kind of stream.
        settings: Finds what is known of the stream; asked only where something is to be set aside.
        context: Lambda's context.
        deadline: The end of the invocation.
        shard_id: The shard, empty where it is not known.

    Attributes:
        order: In which order they run.
        done_before: The positions of those that a delivery before this one has done.
        failed: The positions of those that failed and are to be delivered again.
        set_aside: The positions of those that were set aside.
        not_set_aside: The positions of those that should have been and were not.
        failures: What kind of failure each was that failed, and the type of its error, by position.
    """

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
        self.settings = settings
        self.context = context
        self.deadline = deadline
        self.shard_id = shard_id
        self.order: ShardOrder | KeyOrder
        self.done_before: Collection[int] = ()
        self.failed: set[int] = set()
        self.set_aside: set[int] = set()
        self.not_set_aside: set[int] = set()
        self.failures: dict[int, tuple[FailureClass, str]] = {}
        self._positions: dict[int, int] = {}

    def lanes(self, by_key: bool, workers: int) -> list[Iterator[Record]]:
        """The lanes in which the records run that are not done yet.

        Args:
            by_key: Whether only the records of one key stand in order, instead of all.
            workers: How many run at a time.
        """
        records = self.records
        if self.done_before:
            records = [record for position, record in enumerate(records) if position not in self.done_before]
        from redrive.stream_order import KeyOrder, ShardOrder

        self.order = KeyOrder(records, self.source.key) if by_key else ShardOrder(records)
        return self.order.lanes(self.deadline.within, workers)

    def position_of(self, record: Record) -> int:
        """A record's place in the batch."""
        if not self._positions:  # only failures ask
            self._positions = {id(each): position for position, each in enumerate(self.records)}
        return self._positions[id(record)]
