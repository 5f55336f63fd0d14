"""Reads failed batches from a shard in which things go wrong."""

from __future__ import annotations

from collections.abc import Callable

from botocore.exceptions import EndpointConnectionError

from redrive.destinations.stream_failure import StreamFailure
from redrive.destinations.stream_range import StreamRecords
from tests.support.runtime.asynchronous.attempts import aws_error
from tests.support.runtime.destinations.stream_failures import (
    FakeShard,
    Record,
    behind,
)


def read(shard: FakeShard, record: Record, time_limit: float = 60.0) -> StreamRecords:
    with behind(shard, shard.time):
        return StreamFailure.parse(record).records(time_limit)


def numbers_of(result: StreamRecords) -> list[int]:
    return [
        int(each.get("kinesis", {}).get("sequenceNumber") or each["dynamodb"]["SequenceNumber"])
        for each in result.records
    ]


def trouble(*errors: Exception | None, at: str = "get_records") -> Callable[[str], None]:
    """Raises each error in turn, at the requests of one name; `None` lets one through."""
    left = list(errors)

    def before(name: str) -> None:
        error = left.pop(0) if left and name == at else None
        if error is not None:
            raise error

    return before


TROUBLES = [
    aws_error("ProvisionedThroughputExceededException"),
    aws_error("LimitExceededException"),
    aws_error("KMSThrottlingException"),
    aws_error("InternalFailureException", ResponseMetadata={"HTTPStatusCode": 500}),
    EndpointConnectionError(endpoint_url="https://kinesis.eu-west-1.amazonaws.com"),
]
