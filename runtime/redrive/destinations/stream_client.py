"""Reads shards of Kinesis and DynamoDB streams, with retries and a time limit, as records of a Lambda event."""

from __future__ import annotations

from abc import ABC, abstractmethod
from base64 import b64encode
from collections.abc import Mapping
from datetime import datetime
from typing import Any, ClassVar, Literal, NamedTuple, cast

from redrive.aws.clients import client
from redrive.core.log import described
from redrive.core.system import draw, now, pause
from redrive.destinations.stream_range import FailedRange, Found, StreamReadError, range_of
from redrive.failures.backoff import Backoff
from redrive.failures.classification import FailureClass, classify

# A shard allows five reads a second for all readers together, and Kinesis pauses for five seconds after 10 MiB:
# https://docs.aws.amazon.com/kinesis/latest/APIReference/API_GetRecords.html
_BACKOFF = Backoff(base=0.5, cap=5, jitter="equal")
_BETWEEN_PAGES = 0.25
# Temporary errors that `classify` does not know, since other services do not have these codes.
_THROTTLING = frozenset({"KMSThrottlingException"})


class Refused(Exception):
    """Raised if AWS refuses a call and would refuse a retry; `__cause__` is AWS's error.

    Args:
        code: AWS's error code; empty if the error has none.
        reason: A sentence for people.
    """

    def __init__(self, code: str, reason: str) -> None:
        super().__init__(reason)
        self.code = code


class Calls:
    """Makes calls to one stream.

    Args:
        service: boto3's name of the service.
        failed: The failed batch, for error messages and the Region.
        time_limit: Seconds for all calls together.

    Raises:
        StreamReadError: There is no client, or its Region is not the stream's.
    """

    def __init__(self, service: str, failed: FailedRange, time_limit: float) -> None:
        self._failed = failed
        self._time_limit = time_limit
        self._end = now() + time_limit
        try:
            self._client = client(service, time_limit)
        except Exception as error:
            raise StreamReadError(
                f"{range_of(failed)} cannot be read: no client for {service}: {described(error)}"
            ) from error
        region = getattr(getattr(self._client, "meta", None), "region_name", None)
        home = failed.stream_arn.split(":")[3]
        if region is not None and region != home:
            raise StreamReadError(
                f"{range_of(failed)} is in {home}, and the client for {service} in {region}: run where AWS_REGION is "
                f"{home}, or bring a client, redrive.clients.use(lambda service, limits: "
                f"session.client(service, region_name={home!r}))"
            )

    def call(self, operation: str, **request: Any) -> dict[str, Any]:
        """Make a call, with retries for throttling and transient errors.

        Raises:
            Refused: A retry would not help.
            TimeoutError: The time limit is reached.
        """
        # Retries are safe: reading changes nothing.
        retry = 0
        while True:
            self._check(0, None)
            try:
                return getattr(self._client, operation)(**request)
            except Exception as error:
                code = _code(error)
                failure = classify(error)
                if failure not in (FailureClass.THROTTLING, FailureClass.TRANSIENT) and code not in _THROTTLING:
                    raise Refused(code, f"{operation} failed: {described(error)}") from error
                self._wait(_BACKOFF.wait(retry, draw()), error)
                retry += 1

    def wait(self) -> None:
        """Wait before the next page, so that other readers get their share of the shard's throughput."""
        self._wait(_BETWEEN_PAGES, None)

    def _wait(self, seconds: float, error: Exception | None) -> None:
        self._check(seconds, error)
        pause(seconds)

    def _check(self, seconds: float, error: Exception | None) -> None:
        if now() + seconds < self._end:
            return
        said = "" if error is None else f", the last call failed: {described(error)}"
        raise TimeoutError(
            f"{range_of(self._failed)} was not read within {self._time_limit:g} s{said}; try again, or give "
            "records(time_limit=…) more"
        ) from error


def _code(error: Exception) -> str:
    response: Any = getattr(error, "response", None)
    return str(response.get("Error", {}).get("Code", "")) if isinstance(response, dict) else ""  # pyright: ignore


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


class Shard(ABC):
    """Reads one shard of a stream.

    Attributes:
        most: Maximum number of records in a page.
    """

    most: ClassVar[int]
    # The names of two arguments of `GetShardIterator`.
    _STREAM: ClassVar[str]
    _START: ClassVar[str]

    def __init__(self, failed: FailedRange, calls: Calls) -> None:
        self._failed = failed
        self._calls = calls
        # The stream's ARN even if the function reads through a consumer.
        self._arn = failed.stream_arn.partition("/consumer/")[0]

    def iterator(self, start: Start, sequence_number: str | None = None) -> str:
        """Return an iterator for the first page."""
        at = {} if sequence_number is None else {self._START: sequence_number}
        stream = {self._STREAM: self._arn}
        reply = self._calls.call(
            "get_shard_iterator", **stream, ShardId=self._failed.shard_id, ShardIteratorType=start, **at
        )
        return reply["ShardIterator"]

    @abstractmethod
    def page(self, iterator: str, limit: int) -> Page:
        """Return a page of records."""

    @abstractmethod
    def check_stream(self) -> None:
        """Check that the stream exists, even if the shard does not.

        Raises:
            Refused: The stream does not exist or is not visible from here.
        """


class KinesisShard(Shard):
    """Reads a shard of a Kinesis stream.

    https://docs.aws.amazon.com/kinesis/latest/APIReference/API_GetShardIterator.html
    """

    most = 10_000
    _STREAM = "StreamARN"
    _START = "StartingSequenceNumber"

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
            "eventID": f"{self._failed.shard_id}:{record['SequenceNumber']}",
            "eventName": "aws:kinesis:record",
            "invokeIdentityArn": "",
            "awsRegion": self._failed.stream_arn.split(":")[3],
            "eventSourceARN": self._failed.stream_arn,
        }


class DynamoDBShard(Shard):
    """Reads a shard of a DynamoDB stream.

    https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_streams_GetShardIterator.html
    """

    most = 1_000
    _STREAM = "StreamArn"
    _START = "SequenceNumber"

    def page(self, iterator: str, limit: int) -> Page:
        """Return a page of records; DynamoDB does not report the tip."""
        reply = self._calls.call("get_records", ShardIterator=iterator, Limit=limit)
        # A reply with neither would look like the end of the shard.
        records = reply.get("Records", ()) if "NextShardIterator" in reply else reply["Records"]
        found = [Found(each["dynamodb"]["SequenceNumber"], self._record(each)) for each in records]
        return Page(found, reply.get("NextShardIterator"), is_tip=False)

    def check_stream(self) -> None:
        """Check that the stream exists, even if the shard does not."""
        self._calls.call("describe_stream", StreamArn=self._arn, Limit=1)

    def _record(self, record: Mapping[str, Any]) -> dict[str, Any]:
        # https://docs.aws.amazon.com/lambda/latest/dg/with-ddb.html#events-sample-dynamodb
        made = {**record, "dynamodb": _plain(record["dynamodb"]), "eventSourceARN": self._failed.stream_arn}
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
