"""Identifies the records of a stream for idempotency: the same at each delivery, and never by the whole record."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from redrive.idempotency.call import RecordKeys
from redrive.streams.replay import function_of
from redrive.streams.succeeded import identifiers_of

if TYPE_CHECKING:
    from redrive.streams.batch import StreamBatch


def stream_keys(batch: StreamBatch) -> RecordKeys:
    """Identify the records of a stream's batch by their place in the shard."""
    # Records with the same sequence number get no key: nothing else that is the same at each delivery distinguishes
    # them.
    known = identifiers_of(batch)

    def place(record: Any) -> object:
        return known.get(batch.position_of(record))

    return RecordKeys(
        place, batch.source.payload, _never, f"the record's {batch.source.payload_name}", function=_function
    )


def _function(record: Any) -> str:
    return function_of(record[0])


def _never(_: object) -> bool:
    return False
