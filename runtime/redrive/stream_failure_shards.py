"""A shard as the two services offer it: iterators, pages, and records in the form in which Lambda delivers them."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, Protocol, cast

from redrive.stream_failure_calls import Calls
from redrive.stream_failure_records import Found

if TYPE_CHECKING:
    from redrive.stream_failure import StreamFailure

#: Where an iterator begins.
Start = Literal["AT_SEQUENCE_NUMBER", "AFTER_SEQUENCE_NUMBER", "TRIM_HORIZON"]


class Page(NamedTuple):
    """What one call of `GetRecords` brings. It may be empty, and not be the last.

    Attributes:
        found: The records, in their order.
        next: The iterator for the next page; `None` at the end of a shard that is closed.
        is_tip: Whether it is known that there is nothing more to read at the moment.
    """

    found: list[Found]
    next: str | None
    is_tip: bool


class Shard(Protocol):
    """One shard of a stream."""

    #: The most records that a page can have.
    most: int

    def iterator(self, start: Start, sequence_number: str | None = None) -> str:
        """An iterator, for the first page."""
        raise NotImplementedError

    def page(self, iterator: str, limit: int) -> Page:
        """A page of records."""
        raise NotImplementedError

    def check_stream(self) -> None:
        """Make sure that there is the stream, which may have lost the shard.

        Raises:
            Refused: There is not, or it cannot be seen.
        """
        raise NotImplementedError


class KinesisShard:
    """A shard of a Kinesis stream. https://docs.aws.amazon.com/kinesis/latest/APIReference/API_GetShardIterator.html."""

    most = 10_000

    def __init__(self, failure: StreamFailure, calls: Calls) -> None:
        self._failure = failure
        self._calls = calls
        # The stream's own ARN, where the function reads it through a consumer.
        self._arn = failure.stream_arn.partition("/consumer/")[0]

    def iterator(self, start: Start, sequence_number: str | None = None) -> str:
        """An iterator, for the first page."""
        at = {} if sequence_number is None else {"StartingSequenceNumber": sequence_number}
        reply = self._calls.call(
            "get_shard_iterator",
            StreamARN=self._arn,
            ShardId=self._failure.shard_id,
            ShardIteratorType=start,
            **at,
        )
        return reply["ShardIterator"]

    def page(self, iterator: str, limit: int) -> Page:
        """A page of records."""
        reply = self._calls.call("get_records", StreamARN=self._arn, ShardIterator=iterator, Limit=limit)
        found = [Found(each["SequenceNumber"], self._record(each)) for each in reply["Records"]]
        return Page(found, reply.get("NextShardIterator"), not found and reply.get("MillisBehindLatest") == 0)

    def check_stream(self) -> None:
        """Make sure that there is the stream, which may have lost the shard."""
        self._calls.call("describe_stream_summary", StreamARN=self._arn)

    def _record(self, record: Mapping[str, Any]) -> dict[str, Any]:
        # https://docs.aws.amazon.com/lambda/latest/dg/with-kinesis.html#services-kinesis-event-example
        return {
            "kinesis": {
                "kinesisSchemaVersion": "1.0",
                "partitionKey": record["PartitionKey"],
                "sequenceNumber": record["SequenceNumber"],
                "data": _base64(record["Data"]),
                "approximateArrivalTimestamp": _seconds(record["ApproximateArrivalTimestamp"]),
            },
            "eventSource": "aws:kinesis",
            "eventVersion": "1.0",
            "eventID": f"{self._failure.shard_id}:{record['SequenceNumber']}",
            "eventName": "aws:kinesis:record",
            "invokeIdentityArn": "",
            "awsRegion": self._failure.stream_arn.split(":")[3],
            "eventSourceARN": self._failure.stream_arn,
        }


class DynamoDBShard:
    """A shard of a table's stream.

    https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_streams_GetShardIterator.html
    """

    most = 1_000

    def __init__(self, failure: StreamFailure, calls: Calls) -> None:
        self._failure = failure
        self._calls = calls

    def iterator(self, start: Start, sequence_number: str | None = None) -> str:
        """An iterator, for the first page."""
        at = {} if sequence_number is None else {"SequenceNumber": sequence_number}
        reply = self._calls.call(
            "get_shard_iterator",
            StreamArn=self._failure.stream_arn,
            ShardId=self._failure.shard_id,
            ShardIteratorType=start,
            **at,
        )
        return reply["ShardIterator"]

    def page(self, iterator: str, limit: int) -> Page:
        """A page of records. It never says that it is the tip."""
        reply = self._calls.call("get_records", ShardIterator=iterator, Limit=limit)
        found = [Found(each["dynamodb"]["SequenceNumber"], self._record(each)) for each in reply.get("Records", ())]
        return Page(found, reply.get("NextShardIterator"), is_tip=False)

    def check_stream(self) -> None:
        """Make sure that there is the stream, which may have lost the shard."""
        self._calls.call("describe_stream", StreamArn=self._failure.stream_arn, Limit=1)

    def _record(self, record: Mapping[str, Any]) -> dict[str, Any]:
        # https://docs.aws.amazon.com/lambda/latest/dg/with-ddb.html#events-sample-dynamodb
        made = {**record, "dynamodb": _plain(record["dynamodb"]), "eventSourceARN": self._failure.stream_arn}
        identity = record.get("userIdentity")
        if identity is not None:
            # In lower case there: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/time-to-live-ttl-streams.html
            made["userIdentity"] = {"type": identity.get("Type"), "principalId": identity.get("PrincipalId")}
        return made


def _plain(value: Any) -> Any:
    """What boto3 has made of JSON, as JSON again. Numbers of items are strings there."""
    if isinstance(value, Mapping):
        return {name: _plain(each) for name, each in cast("Mapping[str, Any]", value).items()}
    if isinstance(value, list):
        return [_plain(each) for each in cast("list[Any]", value)]
    if isinstance(value, (bytes, bytearray)):
        return _base64(value)
    return _seconds(value) if isinstance(value, datetime) else value


def _base64(data: bytes | bytearray) -> str:
    return b64encode(data).decode()


def _seconds(time: datetime) -> float:
    seconds = time.timestamp()
    return int(seconds) if seconds.is_integer() else seconds
