"""Defines the properties that the records of all streams have, and the differences between the kinds of streams."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from functools import partial
from itertools import repeat

from redrive.handlers.record import REPLAY, Delivered, EventSource, Unparsed, made

TYPE_CHECKING = False
if TYPE_CHECKING:
    from datetime import datetime
    from typing import Any, ClassVar, TypeVar

    T_co = TypeVar("T_co", covariant=True)


class StreamRecord(Delivered["T_co"]):
    """One record of a stream: a tuple of the event's record, the part of it from the stream, and the parsed value."""

    __slots__ = ()
    _SEQUENCE_NUMBER: ClassVar[str]
    _ARRIVED_AT: ClassVar[str]

    def __hash__(self) -> int:
        return hash(self.sequence_number)

    @property
    def sequence_number(self) -> str:
        """The sequence number: the record's position in its shard."""
        return self[1][self._SEQUENCE_NUMBER]

    @property
    def delivery(self) -> str:
        """Identifies this delivery for idempotency: the sequence number, or what marks a record that is replayed."""
        if REPLAY not in self[0]:
            return self.sequence_number
        from redrive.streams.replay import replay_of

        replayed = replay_of(self[0]).id
        return self.sequence_number if replayed is None else f"{self.sequence_number}-{replayed}"

    @property
    def event_id(self) -> str:
        """The event's ID, the same at each delivery; empty if the event has none."""
        return self[0].get("eventID") or ""

    @property
    def shard_id(self) -> str:
        """The shard's ID; empty if Lambda does not provide it."""
        return ""

    @property
    def source_arn(self) -> str:
        """The ARN of the stream or, with enhanced fan-out, of the consumer; empty if the event has none."""
        return self[0].get("eventSourceARN") or ""

    @property
    def arrived_at(self) -> datetime | None:
        """The approximate time at which the stream received the record, in UTC; `None` if the event has none."""
        seconds = self[1].get(self._ARRIVED_AT)
        if seconds is None:
            return None
        from datetime import UTC, datetime

        return datetime.fromtimestamp(seconds, UTC)


if TYPE_CHECKING:
    Record = StreamRecord[Any]


class StreamSource(EventSource, kw_only=True):
    """A kind of stream.

    Attributes:
        id_path: The member of a record that contains the data from the stream, and in it the sequence number.
        helper: The name of the decorator.
        record: The class of the records that the user's function receives.
        key: Returns the key of a record, for order per key.
        key_order: The value of the option `ordered_by` for order per key.
        content: Returns the part of a record that the user's `parse` receives.
        content_name: The name of that part in error messages.
        payload: Returns the part of a record in which idempotency looks up its paths.
        payload_name: The name of that part in error messages.
    """

    origin: str = "stream"
    without_id: str = (
        "without a sequence number no checkpoint can be given there, so the whole batch fails and nothing of it is "
        "checkpointed"
    )
    helper: str
    record: type[Record]
    key: Callable[[Any], Hashable]
    key_order: str
    content: Callable[[Any], Any]
    content_name: str
    payload: Callable[[Any], object]
    payload_name: str


def records_of(event: Any, source: StreamSource) -> list[Record]:
    """Return the records of a stream's event; only the sequence number must be present in each.

    Raises:
        InvalidEvent: The event is of another kind, or a record has no sequence number to return as a checkpoint.
    """
    field, sequence_field = source.id_path
    try:
        records: list[Mapping[str, Any]] = event["Records"]
        details = [record[field] for record in records]
        numbers = [detail[sequence_field] for detail in details]
        # One quick check, since there may be 10,000 records. Only if it fails, the invalid one is searched for.
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
    from redrive.handlers.pipes import as_event

    from_pipe = as_event(event)
    if from_pipe is not None:
        return records_of(from_pipe, source)
    from redrive.handlers.invalid_events import invalid_event

    raise invalid_event(event, source)
