"""Defines the Kinesis record that a user's function receives."""

from __future__ import annotations

from binascii import a2b_base64

from redrive.delivered import Unparsed, made
from redrive.errors import Permanent
from redrive.parsing import read_json
from redrive.stream_record import StreamRecord
from redrive.stream_source import StreamSource

TYPE_CHECKING = False
if TYPE_CHECKING:
    from datetime import datetime
    from typing import Any, TypeVar

    T_co = TypeVar("T_co", covariant=True)

_SEQUENCE_NUMBER = "sequenceNumber"
_ARRIVED_AT = "approximateArrivalTimestamp"
# Prefix that the Kinesis Producer Library writes before several records that it sends as one:
# https://github.com/awslabs/amazon-kinesis-producer/blob/master/aggregation-format.md
_AGGREGATED = b"\xf3\x89\x9a\xc2"


class KinesisRecord(StreamRecord["T_co"]):
    """One record of a Kinesis data stream, as Lambda delivers it; immutable.

    Tests can make a record by hand: `KinesisRecord(b'{"lines": []}', partition_key="customer-7")`.

    Args:
        data: The data, unparsed.
        partition_key: The partition key. Default: `"1"`.
        sequence_number: The sequence number. Default: `"1"`.
        arrived_at: The time at which the stream received the record. Default: `None`, unknown.
        shard_id: The shard's ID. Default: `"shardId-000000000000"`, the first shard.
        source_arn: The stream's ARN. Default: empty.
        parsed: The value that the handler's `parse` would return. Default: the data.
    """

    __slots__ = ()
    _SEQUENCE_NUMBER = _SEQUENCE_NUMBER
    _ARRIVED_AT = _ARRIVED_AT

    def __new__(
        cls,
        data: bytes,
        *,
        partition_key: str = "1",
        sequence_number: str = "1",
        arrived_at: datetime | None = None,
        shard_id: str = "shardId-000000000000",
        source_arn: str = "",
        parsed: Any = Unparsed,
    ) -> KinesisRecord[T_co]:
        """Make a record by hand; see the class."""
        from binascii import b2a_base64

        kinesis: dict[str, Any] = {
            "kinesisSchemaVersion": "1.0",
            "partitionKey": partition_key,
            _SEQUENCE_NUMBER: sequence_number,
            "data": b2a_base64(data, newline=False).decode(),
        }
        if arrived_at is not None:
            kinesis[_ARRIVED_AT] = arrived_at.timestamp()
        record = {
            "kinesis": kinesis,
            "eventSource": "aws:kinesis",
            "eventVersion": "1.0",
            "eventID": f"{shard_id}:{sequence_number}",
            "eventName": "aws:kinesis:record",
            "eventSourceARN": source_arn,
        }
        return made(cls, (record, kinesis, parsed))

    def __repr__(self) -> str:
        return (
            f"KinesisRecord(sequence_number={self.sequence_number!r}, partition_key={self.partition_key!r}, "
            f"data={self.data!r})"
        )

    @property
    def data(self) -> bytes:
        """The data, unparsed."""
        return a2b_base64(self[1].get("data") or "")

    @property
    def parsed(self) -> T_co:
        """The value that the handler's `parse` returned for the data; the data if the handler has no `parse`."""
        parsed: Any = self[2]
        return self.data if parsed is Unparsed else parsed  # pyright: ignore[reportReturnType]

    @property
    def partition_key(self) -> str:
        """The partition key, which the producer chose: records with the same key are in one shard, in order."""
        return self[1].get("partitionKey") or ""

    @property
    def shard_id(self) -> str:
        """The shard's ID, such as `shardId-000000000006`; empty if the event does not contain it."""
        shard, colon, _ = self.event_id.partition(":")
        return shard if colon else ""

    @property
    def is_aggregated(self) -> bool:
        """`True` if the data consists of several records that the Kinesis Producer Library sent as one.

        The handler treats them as one record, which fails or succeeds as a whole. Separate them in `parse`.
        https://docs.aws.amazon.com/streams/latest/dev/kinesis-kpl-consumer-deaggregation.html
        """
        # The first 8 characters of base64 are 6 bytes, enough for the prefix; all of the data may be megabytes.
        return a2b_base64((self[1].get("data") or "")[:8]).startswith(_AGGREGATED)

    def json(self) -> Any:
        """Parse the data as JSON.

        Returns:
            The JSON value.

        Raises:
            Permanent: The data is not JSON, which no retry can change, or an aggregate of the Kinesis Producer Library.
        """
        if self.is_aggregated:
            raise Permanent(
                "the data is an aggregate of the Kinesis Producer Library, not JSON: give a parse= that takes its "
                "records apart"
            )
        return read_json(self.data, "data")


def _key(record: KinesisRecord[Any]) -> str:
    return record.partition_key


def _data(record: KinesisRecord[Any]) -> bytes:
    return record.data


KINESIS = StreamSource(
    name="Kinesis",
    event_source="aws:kinesis",
    helper="@kinesis_handler",
    field="kinesis",
    sequence_field=_SEQUENCE_NUMBER,
    record=KinesisRecord,
    key=_key,
    key_order="partition_key",
    content=_data,
    content_name="data",
)
