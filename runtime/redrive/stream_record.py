"""Defines the record properties that Kinesis and DynamoDB streams share."""

from __future__ import annotations

from redrive.delivered import Delivered

TYPE_CHECKING = False
if TYPE_CHECKING:
    from datetime import datetime
    from typing import ClassVar, TypeVar

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
