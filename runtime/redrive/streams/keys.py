"""Keys."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from redrive.idempotency.batch import RecordKeys
from redrive.sqs.keys import _json
from redrive.streams.dynamodb import _change
from redrive.streams.succeeded import identifiers_of

if TYPE_CHECKING:
    from redrive.streams.batch import StreamBatch


def _never(record: object) -> bool:
    return False


def stream_keys(batch: StreamBatch) -> RecordKeys:
    """Identify the records of a stream's batch by their place in the shard."""
    # Records with the same sequence number get no key: nothing else that is the same at each delivery distinguishes
    # them.
    known = identifiers_of(batch)

    def place(record: Any) -> object:
        return known.get(batch.position_of(record))

    return RecordKeys(place, _json if batch.source.field == "kinesis" else _change, _never, _never)
