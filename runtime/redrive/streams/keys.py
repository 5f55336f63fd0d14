"""Identifies the records of a stream for idempotency: the same at each delivery, and never by the whole record."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from redrive.handlers.record import to_parse
from redrive.idempotency.record_keys import RecordKeys
from redrive.streams.replay import function_of
from redrive.streams.succeeded import identifiers_of

if TYPE_CHECKING:
    from redrive.streams.batch import StreamBatch


def stream_keys(batch: StreamBatch, parse: Callable[[Any], object] | None) -> RecordKeys:
    """Identify the records of a stream's batch by their place in the shard.

    Functions for keys get the records with the value of the handler's `parse`.
    """
    # Records with the same sequence number get no key: nothing else that is the same at each delivery distinguishes
    # them.
    known = identifiers_of(batch)

    def place(record: Any) -> object:
        return known.get(batch.position_of(record))

    source = batch.source

    def given(record: Any) -> Any:
        return record if parse is None else to_parse(record, source.content(record), parse, source.content_name)

    where = f"the record's {source.payload_name}"
    return RecordKeys(place, source.payload, _never, where, function=_function, given=given)


def _function(record: Any) -> str:
    return function_of(record[0])


def _never(_: object) -> bool:
    return False
