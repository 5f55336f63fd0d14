"""Defines the DynamoDB stream record that a user's function receives."""

from __future__ import annotations

from collections.abc import Mapping

from redrive.delivered import Unparsed, made
from redrive.dynamodb_values import plain_item, stored_item
from redrive.stream_record import StreamRecord
from redrive.stream_source import StreamSource

TYPE_CHECKING = False
if TYPE_CHECKING:
    from datetime import datetime
    from typing import Any, Literal, TypeVar

    T_co = TypeVar("T_co", covariant=True)
    EventName = Literal["INSERT", "MODIFY", "REMOVE"]

_SEQUENCE_NUMBER = "SequenceNumber"
_ARRIVED_AT = "ApproximateCreationDateTime"


class DynamoDBStreamRecord(StreamRecord["T_co"]):
    """One change of an item, as Lambda delivers it from a DynamoDB stream; immutable.

    Each access converts keys and images again, so store a value in a variable if you use it more than once.

    Tests can make a record by hand: `DynamoDBStreamRecord("INSERT", {"id": 7}, new_image={"id": 7, "lines": []})`.

    Args:
        event_name: The kind of change: `"INSERT"`, `"MODIFY"` or `"REMOVE"`.
        keys: The item's primary key, as plain values.
        new_image: The item after the change, as plain values. Default: `None`.
        old_image: The item before the change, as plain values. Default: `None`.
        sequence_number: The sequence number. Default: `"1"`.
        event_id: The event's ID. Default: `"1"`.
        arrived_at: The time of the change. Default: `None`, unknown.
        source_arn: The stream's ARN. Default: empty.
        user_identity: The identity that made the change. Default: `None`.
        parsed: The value that the handler's `parse` would return. Default: `None`.

    Raises:
        TypeError: A value has a type that DynamoDB does not support.
    """

    __slots__ = ()
    _SEQUENCE_NUMBER = _SEQUENCE_NUMBER
    _ARRIVED_AT = _ARRIVED_AT

    def __new__(
        cls,
        event_name: EventName,
        keys: Mapping[str, Any],
        *,
        new_image: Mapping[str, Any] | None = None,
        old_image: Mapping[str, Any] | None = None,
        sequence_number: str = "1",
        event_id: str = "1",
        arrived_at: datetime | None = None,
        source_arn: str = "",
        user_identity: Mapping[str, str] | None = None,
        parsed: Any = Unparsed,
    ) -> DynamoDBStreamRecord[T_co]:
        """Make a record by hand; see the class."""
        dynamodb: dict[str, Any] = {"Keys": stored_item(keys), _SEQUENCE_NUMBER: sequence_number}
        for name, image in {"NewImage": new_image, "OldImage": old_image}.items():
            if image is not None:
                dynamodb[name] = stored_item(image)
        if arrived_at is not None:
            dynamodb[_ARRIVED_AT] = arrived_at.timestamp()
        record = {
            "eventID": event_id,
            "eventName": event_name,
            "eventVersion": "1.1",
            "eventSource": "aws:dynamodb",
            "dynamodb": dynamodb,
            "eventSourceARN": source_arn,
        }
        if user_identity is not None:
            record["userIdentity"] = dict(user_identity)
        return made(cls, (record, dynamodb, parsed))

    def __repr__(self) -> str:
        return (
            f"DynamoDBStreamRecord({self.event_name!r}, keys={self.keys!r}, sequence_number={self.sequence_number!r})"
        )

    @property
    def event_name(self) -> EventName:
        """The kind of change: `"INSERT"`, `"MODIFY"` or `"REMOVE"`."""
        return self[0]["eventName"]

    @property
    def keys(self) -> dict[str, Any]:
        """The item's primary key, as plain values."""
        return plain_item(self[1].get("Keys") or {})

    @property
    def new_image(self) -> dict[str, Any] | None:
        """The item after the change; `None` if it was removed, or if the stream's view type excludes new images."""
        return self._image("NewImage")

    @property
    def old_image(self) -> dict[str, Any] | None:
        """The item before the change; `None` if it is new, or if the stream's view type excludes old images."""
        return self._image("OldImage")

    @property
    def parsed(self) -> T_co:
        """The value that the handler's `parse` returned for the record; `None` if the handler has no `parse`."""
        parsed: Any = self[2]
        return None if parsed is Unparsed else parsed  # pyright: ignore[reportReturnType]

    @property
    def user_identity(self) -> Mapping[str, str] | None:
        """The identity that made the change, if it was not a user of the table; else `None`.

        It is `{"type": "Service", "principalId": "dynamodb.amazonaws.com"}` for an item that Time to Live deleted:
        https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/time-to-live-ttl-streams.html
        """
        return self[0].get("userIdentity")

    def _image(self, name: str) -> dict[str, Any] | None:
        image = self[1].get(name)
        return None if image is None else plain_item(image)


def _key(record: DynamoDBStreamRecord[Any]) -> str:
    keys: Mapping[str, Mapping[str, str]] = record[1].get("Keys") or {}
    return repr(sorted(keys.items()))


def _record(record: DynamoDBStreamRecord[Any]) -> DynamoDBStreamRecord[Any]:
    return record


DYNAMODB = StreamSource(
    name="DynamoDB stream",
    event_source="aws:dynamodb",
    helper="@dynamodb_stream_handler",
    field="dynamodb",
    sequence_field=_SEQUENCE_NUMBER,
    record=DynamoDBStreamRecord,
    key=_key,
    key_order="item_key",
    content=_record,
    content_name="record",
)
