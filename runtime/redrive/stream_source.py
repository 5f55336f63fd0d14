"""Describes the differences between Kinesis and DynamoDB streams, and reads the records of their events."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from functools import partial
from itertools import repeat

from redrive.delivered import Unparsed, made
from redrive.errors import InvalidEvent
from redrive.frozen import Frozen

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from redrive.stream_record import StreamRecord

    Record = StreamRecord[Any]


class StreamSource(Frozen):
    """A kind of stream.

    Attributes:
        name: The name in error messages.
        event_source: The `eventSource` of the records.
        helper: The name of the decorator.
        field: The member of an event's record that contains the data from the stream.
        sequence_field: The member of `field` that contains the sequence number.
        record: The class of the records that the user's function receives.
        key: Returns the key of a record, for order per key.
        key_order: The value of the option `ordered_by` for order per key.
        content: Returns the part of a record that the user's `parse` receives.
        content_name: The name of that part in error messages.
    """

    __slots__ = (
        "content",
        "content_name",
        "event_source",
        "field",
        "helper",
        "key",
        "key_order",
        "name",
        "record",
        "sequence_field",
    )
    name: str
    event_source: str
    helper: str
    field: str
    sequence_field: str
    record: type[Record]
    key: Callable[[Any], Hashable]
    key_order: str
    content: Callable[[Any], Any]
    content_name: str

    def __init__(
        self,
        *,
        name: str,
        event_source: str,
        helper: str,
        field: str,
        sequence_field: str,
        record: type[Record],
        key: Callable[[Any], Hashable],
        key_order: str,
        content: Callable[[Any], Any],
        content_name: str,
    ) -> None:
        self._set(
            name=name,
            event_source=event_source,
            helper=helper,
            field=field,
            sequence_field=sequence_field,
            record=record,
            key=key,
            key_order=key_order,
            content=content,
            content_name=content_name,
        )


def records_of(event: Any, source: StreamSource) -> list[Record]:
    """Return the records of a stream's event; only the sequence number must be present in each.

    Raises:
        InvalidEvent: The event is of another kind, or a record has no sequence number to return as a checkpoint.
    """
    field, sequence_field = source.field, source.sequence_field
    try:
        records: list[Mapping[str, Any]] = event["Records"]
        details = [record[field] for record in records]
        numbers = [detail[sequence_field] for detail in details]
        # One quick check, since there may be 10,000 records. Only if it fails, `_complaint` looks for the invalid one.
        if (
            set(map(type, numbers)) == {str}
            and all(numbers)
            and records[0].get("eventSource", source.event_source) == source.event_source
        ):
            return list(map(partial(made, source.record), zip(records, details, repeat(Unparsed), strict=False)))
        if records == []:
            return []
    except (KeyError, TypeError, AttributeError):
        pass
    raise InvalidEvent(_complaint(event, source))


def _complaint(event: object, source: StreamSource) -> str:
    from typing import cast

    keys = cast("dict[str, object]", event) if isinstance(event, dict) else {}
    records = keys.get("Records")
    if not isinstance(records, list):
        shown = f"an object with the keys {list(keys)[:5]!r}" if keys else type(cast(object, event)).__name__
        return (
            f"no {source.name} event: expected an object with a list 'Records', got {shown}; "
            "connect this handler to a stream through an event source mapping"
        )
    for position, record in enumerate(cast("list[object]", records)):
        fields = cast("dict[str, object]", record) if isinstance(record, dict) else {}
        event_source = fields.get("eventSource", source.event_source)
        if event_source != source.event_source:
            return (
                f"no {source.name} event: record {position} comes from {event_source!r} instead of "
                f"{source.event_source!r}; each kind of source has a helper of its own"
            )
        detail = fields.get(source.field)
        number = cast("dict[str, object]", detail).get(source.sequence_field) if isinstance(detail, dict) else None
        if not isinstance(number, str) or not number:
            return (
                f"record {position} has {source.field}.{source.sequence_field} {number!r}: without a sequence number "
                "no checkpoint can be given there, so the whole batch fails and nothing of it is checkpointed"
            )
    return f"no {source.name} event"
