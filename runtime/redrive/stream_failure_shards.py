"""Reads shards of Kinesis and DynamoDB streams, and converts their records to the format of a Lambda event."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, Protocol, cast

from redrive.stream_failure_calls import Calls
from redrive.stream_failure_records import Found

if TYPE_CHECKING:
    from redrive.stream_failure import StreamFailure

#: Position at which an iterator begins.
Start = Literal["AT_SEQUENCE_NUMBER", "AFTER_SEQUENCE_NUMBER", "TRIM_HORIZON"]


class Page(NamedTuple):
    """Result of one `GetRecords` call; an empty page need not be the last one.

    Attributes:
        next: The iterator for the next page; `None` at the end of a closed shard.
        is_tip: `True` if there is certainly nothing more to read at the moment.
    """

    found: list[Found]
    next: str | None
    is_tip: bool


class Shard(Protocol):
    """Reads one shard of a stream."""

    #: Maximum number of records in a page.
    most: int

    def iterator(self, start: Start, sequence_number: str | None = None) -> str:
        """Return an iterator for the first page."""
        raise NotImplementedError

    def page(self, iterator: str, limit: int) -> Page:
        """Return a page of records."""
        raise NotImplementedError

    def check_stream(self) -> None:
        """Check that the stream exists, even if the shard does not.

        Raises:
            Refused: The stream does not exist or is not visible from here.
        """
        raise NotImplementedError


class KinesisShard:
    """Reads a shard of a Kinesis stream.

    https://docs.aws.amazon.com/kinesis/latest/APIReference/API_GetShardIterator.html
    """

    most = 10_000

    def __init__(self, failure: StreamFailure, calls: Calls) -> None:
        self._failure = failure
        self._calls = calls
        # The stream's ARN even if the function reads through a consumer.
        self._arn = failure.stream_arn.partition("/consumer/")[0]

    def iterator(self, start: Start, sequence_number: str | None = None) -> str:
        """Return an iterator for the first page."""
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
        """Return a page of records."""
        reply = self._calls.call("get_records", StreamARN=self._arn, ShardIterator=iterator, Limit=limit)
        found = [Found(each["SequenceNumber"], self._record(each)) for each in reply["Records"]]
        return Page(found, reply.get("NextShardIterator"), not found and reply.get("MillisBehindLatest") == 0)

    def check_stream(self) -> None:
        """Check that the stream exists, even if the shard does not."""
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
    """Reads a shard of a DynamoDB stream.

    https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_streams_GetShardIterator.html
    """

    most = 1_000

    def __init__(self, failure: StreamFailure, calls: Calls) -> None:
        self._failure = failure
        self._calls = calls

    def iterator(self, start: Start, sequence_number: str | None = None) -> str:
        """Return an iterator for the first page."""
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
        """Return a page of records; DynamoDB does not report the tip."""
        reply = self._calls.call("get_records", ShardIterator=iterator, Limit=limit)
        found = [Found(each["dynamodb"]["SequenceNumber"], self._record(each)) for each in reply.get("Records", ())]
        return Page(found, reply.get("NextShardIterator"), is_tip=False)

    def check_stream(self) -> None:
        """Check that the stream exists, even if the shard does not."""
        self._calls.call("describe_stream", StreamArn=self._failure.stream_arn, Limit=1)

    def _record(self, record: Mapping[str, Any]) -> dict[str, Any]:
        # https://docs.aws.amazon.com/lambda/latest/dg/with-ddb.html#events-sample-dynamodb
        made = {**record, "dynamodb": _plain(record["dynamodb"]), "eventSourceARN": self._failure.stream_arn}
        identity = record.get("userIdentity")
        if identity is not None:
            # Lower case in Lambda's event: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/time-to-live-ttl-streams.html
            made["userIdentity"] = {"type": identity.get("Type"), "principalId": identity.get("PrincipalId")}
        return made


def _plain(value: Any) -> Any:
    """Convert the values that boto3 returns back to JSON; numbers of items are strings already."""
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
