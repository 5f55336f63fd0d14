"""What the records of Kinesis and of DynamoDB streams have in common."""

from __future__ import annotations

from redrive.delivered import Delivered

TYPE_CHECKING = False
if TYPE_CHECKING:
    from datetime import datetime
    from typing import ClassVar, TypeVar

    T_co = TypeVar("T_co", covariant=True)


class StreamRecord(Delivered["T_co"]):
    """One record of a stream: a tuple of (record, what came from the stream, parsed)."""

    __slots__ = ()
    _SEQUENCE_NUMBER: ClassVar[str]
    _ARRIVED_AT: ClassVar[str]

    def __hash__(self) -> int:
        return hash(self.sequence_number)

    @property
    def sequence_number(self) -> str:
        """The record's place in its shard."""
        return self[1][self._SEQUENCE_NUMBER]

    @property
    def event_id(self) -> str:
        """The id of the event, the same at each delivery."""
        return self[0].get("eventID") or ""

    @property
    def shard_id(self) -> str:
        """The shard, empty where Lambda does not say it."""
        return ""

    @property
    def source_arn(self) -> str:
        """The ARN of the stream, or with enhanced fan-out of the consumer."""
        return self[0].get("eventSourceARN") or ""

    @property
    def arrived_at(self) -> datetime | None:
        """When the stream took the record in, about; in UTC."""
        seconds = self[1].get(self._ARRIVED_AT)
        if seconds is None:
            return None
        from datetime import UTC, datetime

        return datetime.fromtimestamp(seconds, UTC)
