"""The stand-in of Kinesis writes to the shard that is asked for, and refuses what Kinesis refuses."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from redrive_simulator import NotSimulatedError, Simulation
from tests.support.simulator.simulations import resource, template

STACK = template(
    Stream=resource("AWS::Kinesis::Stream", Name="stream", ShardCount=2),
    Other=resource("AWS::Kinesis::Stream", Name="other", ShardCount=1),
)
ARN = "arn:aws:kinesis:eu-west-1:111111111111:stream/stream"
HALF = 1 << 127
MIB = 1024 * 1024
RECORD: dict[str, Any] = {"Data": b"x", "PartitionKey": "a"}

Call = Callable[[Any], Any]


def put(**given: Any) -> Call:
    return lambda client: client.put_record(**{"StreamName": "stream", **RECORD, **given})


def put_many(*records: dict[str, Any]) -> Call:
    return lambda client: client.put_records(StreamName="stream", Records=[{**RECORD, **each} for each in records])


# https://docs.aws.amazon.com/kinesis/latest/APIReference/API_PutRecord.html and API_PutRecords.html, unless another one
# is named.
@pytest.mark.parametrize(
    ("call", "code"),
    [
        (lambda c: c.put_record(**RECORD), "InvalidArgumentException"),
        (put(StreamName="none"), "ResourceNotFoundException"),
        (put(StreamARN=f"{ARN}s"), "ResourceNotFoundException"),
        (put(StreamName="other", StreamARN=ARN), "InvalidArgumentException"),
        (put(ExplicitHashKey=str(1 << 128)), "InvalidArgumentException"),
        (put(ExplicitHashKey="x"), "ValidationException"),
        (put(Data=b"x" * 10 * MIB), "InvalidArgumentException"),
        (put_many({"Data": b"x" * 5 * MIB}, {"Data": b"x" * 5 * MIB}), "InvalidArgumentException"),
        (put_many({}, {"ExplicitHashKey": str(1 << 128)}), "InvalidArgumentException"),
    ],
    ids=["no stream", "name", "arn", "two streams", "hash", "no hash", "size", "size of all", "one of two"],
)
def test_a_record_is_refused(call: Call, code: str) -> None:
    simulation = Simulation.from_template(STACK)
    with pytest.raises(ClientError, match=code):
        call(simulation.client("kinesis"))
    assert simulation.stream("Stream").records == []


def test_a_missing_stream_is_named() -> None:  # test_cbor_exceptions of localstack/localstack, recorded on AWS
    client = Simulation.from_template(STACK).client("kinesis")
    with pytest.raises(
        client.exceptions.ResourceNotFoundException, match="Stream x under account 111111111111 not found"
    ):
        put(StreamName="x")(client)


def test_a_hash_key_chooses_the_shard() -> None:
    client = Simulation.from_template(STACK).client("kinesis")
    shards = [put(ExplicitHashKey=str(key))(client)["ShardId"][-1] for key in (0, HALF - 1, HALF, 2 * HALF - 1)]
    shards += [each["ShardId"][-1] for each in put_many({"ExplicitHashKey": str(HALF)}, {})(client)["Records"]]
    assert shards == ["0", "0", "1", "1", "1", "0"]


def test_records_stay_in_order() -> None:
    client = Simulation.from_template(STACK).client("kinesis")
    first = put(StreamARN=ARN)(client)["SequenceNumber"]
    assert int(put(SequenceNumberForOrdering=first)(client)["SequenceNumber"]) > int(first)
    put(Data=b"x" * (10 * MIB - 1))(client)


def test_reading_is_not_simulated() -> None:
    client = Simulation.from_template(STACK).client("kinesis")
    with pytest.raises(NotSimulatedError, match=r"kinesis\.ListShards is not answered inside the simulation: give an"):
        client.list_shards(StreamName="stream")
