"""`StreamFailure.records` reads failed batches again: from kinesis-local, and from a table's stream on MiniStack."""

from __future__ import annotations

import json
import time
from base64 import b64decode
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest

from redrive.aws.clients import clients
from redrive.destinations.stream_failure import StreamFailure
from redrive.destinations.stream_range import GoneRecords, StreamReadError, StreamRecords
from tests.support.runtime.destinations.stream_failures import DYNAMODB, KINESIS
from tools.local_aws import ACCOUNT, REGION, LocalAws
from tools.local_kinesis import LocalKinesis

pytestmark = pytest.mark.integration

HASH_KEYS = 2**128


@pytest.fixture(scope="module")
def kinesis() -> Iterator[Any]:
    with LocalKinesis() as running:
        yield running.client()


class Stream:
    """A stream of kinesis-local, with one shard at first."""

    def __init__(self, kinesis: Any) -> None:
        name = f"orders-{uuid4()}"
        self.kinesis = kinesis
        self.arn = f"arn:aws:kinesis:{REGION}:{ACCOUNT}:stream/{name}"
        kinesis.create_stream(StreamName=name, ShardCount=1)
        self.finish_changes()

    def finish_changes(self) -> None:
        end = time.monotonic() + 30
        while self._status() != "ACTIVE":
            assert time.monotonic() < end
            time.sleep(0.02)

    def _status(self) -> str:
        return self.kinesis.describe_stream_summary(StreamARN=self.arn)["StreamDescriptionSummary"]["StreamStatus"]

    def put(self, text: str, hash_key: int = 0) -> tuple[str, str]:
        """Write a record, and answer its shard and its sequence number."""
        reply = self.kinesis.put_record(
            StreamARN=self.arn, Data=text.encode(), PartitionKey=f"key-{text}", ExplicitHashKey=str(hash_key)
        )
        return reply["ShardId"], reply["SequenceNumber"]

    def split(self, shard_id: str) -> None:
        self.kinesis.split_shard(StreamARN=self.arn, ShardToSplit=shard_id, NewStartingHashKey=str(HASH_KEYS // 2))
        self.finish_changes()

    def merge(self, shard_id: str, other: str) -> None:
        self.kinesis.merge_shards(StreamARN=self.arn, ShardToMerge=shard_id, AdjacentShardToMerge=other)
        self.finish_changes()

    def failure(self, shard_id: str, first: str, last: str, size: int) -> StreamFailure:
        position = {"shardId": shard_id, "startSequenceNumber": first, "endSequenceNumber": last, "batchSize": size}
        info = {**KINESIS["KinesisBatchInfo"], **position, "streamArn": self.arn}
        return StreamFailure.parse(json.dumps({**KINESIS, "KinesisBatchInfo": info}))

    def read(self, shard_id: str, first: str, last: str, size: int) -> StreamRecords:
        with clients.replaced(lambda service, limits: {"kinesis": self.kinesis}[service]):
            return self.failure(shard_id, first, last, size).records(time_limit=30)


@pytest.fixture
def stream(kinesis: Any) -> Stream:
    return Stream(kinesis)


def texts(result: StreamRecords) -> list[str]:
    return [b64decode(each["kinesis"]["data"]).decode() for each in result.records]


def test_a_batch_is_read_again_from_a_shard_that_is_open(stream: Stream) -> None:
    places = [stream.put(str(number)) for number in range(6)]
    shard_id = places[0][0]
    numbers = [number for _, number in places]
    result = stream.read(shard_id, numbers[2], numbers[4], 3)
    assert texts(result) == ["2", "3", "4"]
    assert result.gone is None
    record = result.records[0]
    assert record["eventID"] == f"{shard_id}:{numbers[2]}"
    assert record["eventSourceARN"] == stream.arn
    assert record["kinesis"]["partitionKey"] == "key-2"
    assert abs(record["kinesis"]["approximateArrivalTimestamp"] - time.time()) < 60


def test_a_batch_that_fills_many_pages_is_read_to_its_end(stream: Stream) -> None:
    places = [stream.put(str(number)) for number in range(230)]
    result = stream.read(places[0][0], places[3][1], places[-1][1], 2)
    assert texts(result) == [str(number) for number in range(3, 230)]


def test_batches_before_and_after_a_split_are_read_each_from_its_own_shard(stream: Stream) -> None:
    before = [stream.put(str(number)) for number in range(4)]
    parent = before[0][0]
    stream.split(parent)
    low = [stream.put(f"low-{number}") for number in range(3)]
    high = [stream.put(f"high-{number}", HASH_KEYS - 1) for number in range(3)]
    assert len({parent, low[0][0], high[0][0]}) == 3

    assert texts(stream.read(parent, before[1][1], before[2][1], 2)) == ["1", "2"]
    assert texts(stream.read(parent, before[0][1], before[-1][1], 4)) == ["0", "1", "2", "3"]
    assert texts(stream.read(low[0][0], low[0][1], low[-1][1], 3)) == ["low-0", "low-1", "low-2"]
    assert texts(stream.read(high[0][0], high[1][1], high[2][1], 2)) == ["high-1", "high-2"]


def test_batches_before_a_merge_are_read_from_both_parents(stream: Stream) -> None:
    stream.split(stream.put("first")[0])
    low, high = stream.put("low"), stream.put("high", HASH_KEYS - 1)
    stream.merge(low[0], high[0])
    after = stream.put("after")
    assert after[0] not in (low[0], high[0])
    for (shard_id, number), text in ((low, "low"), (high, "high"), (after, "after")):
        assert texts(stream.read(shard_id, number, number, 1)) == [text]


def test_a_batch_whose_first_records_the_stream_does_not_have_begins_with_those_it_has(stream: Stream) -> None:
    (shard_id, first), (_, last) = stream.put("1"), stream.put("2")
    older = str(int(first) - 160)
    result = stream.read(shard_id, older, last, 4)
    assert texts(result) == ["1", "2"]
    assert result.gone == GoneRecords(count=2, start_sequence_number=older, before_sequence_number=first)


@pytest.mark.parametrize("is_closed", [False, True])
def test_a_batch_that_the_stream_does_not_have_at_all_is_gone(stream: Stream, is_closed: bool) -> None:
    shard_id, number = stream.put("1")
    if is_closed:
        stream.split(shard_id)
    older = str(int(number) - 160)
    result = stream.read(shard_id, older, str(int(number) - 16), 4)
    assert (result.records, result.gone) == (
        [],
        GoneRecords(count=4, start_sequence_number=older, before_sequence_number=None),
    )


def test_a_shard_that_the_stream_does_not_have_is_gone_and_a_stream_that_is_not_there_an_error(stream: Stream) -> None:
    _, number = stream.put("1")
    result = stream.read("shardId-000000000009", number, number, 1)
    assert result.gone == GoneRecords(count=1, start_sequence_number=number, before_sequence_number=None)
    stream.arn += "-other"
    with pytest.raises(StreamReadError, match="the stream was deleted, or is not this account's"):
        stream.read("shardId-000000000000", number, number, 1)


# DynamoDB.

#: The number of a record that no stream has any more.
OLDEST = "1".zfill(30)


class Table:
    """A table of MiniStack's, with a stream."""

    def __init__(self, aws: LocalAws) -> None:
        self.aws = aws
        self.dynamodb = aws.client("dynamodb")
        self.name = f"orders-{uuid4()}"
        made = self.dynamodb.create_table(
            TableName=self.name,
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
            StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"},
        )
        self.arn = made["TableDescription"]["LatestStreamArn"]

    def put(self, id: str, data: bytes = b"\xff") -> None:
        self.dynamodb.put_item(TableName=self.name, Item={"id": {"S": id}, "data": {"B": data}, "n": {"N": "1.5"}})

    def numbers(self) -> tuple[str, list[str]]:
        """The shard and the sequence numbers of what was written, as a function would have seen them."""
        streams = self.aws.client("dynamodbstreams")
        (shard,) = streams.describe_stream(StreamArn=self.arn)["StreamDescription"]["Shards"]
        start = streams.get_shard_iterator(
            StreamArn=self.arn, ShardId=shard["ShardId"], ShardIteratorType="TRIM_HORIZON"
        )
        records = streams.get_records(ShardIterator=start["ShardIterator"])["Records"]
        return shard["ShardId"], [each["dynamodb"]["SequenceNumber"] for each in records]

    def read(self, shard_id: str, first: str, last: str, size: int, time_limit: float = 30) -> StreamRecords:
        position = {"shardId": shard_id, "startSequenceNumber": first, "endSequenceNumber": last, "batchSize": size}
        info = {**DYNAMODB["DDBStreamBatchInfo"], **position, "streamArn": self.arn}
        failure = StreamFailure.parse({**DYNAMODB, "DDBStreamBatchInfo": info})
        with clients.replaced(lambda service, limits: self.aws.client(service)):
            return failure.records(time_limit)


@pytest.fixture
def table(aws: LocalAws) -> Table:
    return Table(aws)


def ids(result: StreamRecords) -> list[str]:
    return [each["dynamodb"]["Keys"]["id"]["S"] for each in result.records]


def test_a_batch_is_read_again_from_a_tables_stream(table: Table) -> None:
    for id in "abcde":
        table.put(id)
    shard_id, numbers = table.numbers()
    result = table.read(shard_id, numbers[1], numbers[3], 3)
    assert (ids(result), result.gone) == (["b", "c", "d"], None)
    record = result.records[0]
    image = {"id": {"S": "b"}, "data": {"B": "/w=="}, "n": {"N": "1.5"}}
    assert record["dynamodb"]["NewImage"] == image
    assert record["eventSourceARN"] == table.arn
    assert (record["eventName"], record["eventSource"], record["awsRegion"]) == ("INSERT", "aws:dynamodb", REGION)
    assert isinstance(record["dynamodb"]["ApproximateCreationDateTime"], int)
    json.dumps(result.records)  # as Lambda's event, it is JSON


def test_changes_and_deletions_come_with_both_images(table: Table) -> None:
    table.put("a", b"1")
    table.put("a", b"2")
    table.dynamodb.delete_item(TableName=table.name, Key={"id": {"S": "a"}})
    shard_id, numbers = table.numbers()
    _, changed, removed = table.read(shard_id, numbers[0], numbers[-1], 3).records
    assert [changed["eventName"], removed["eventName"]] == ["MODIFY", "REMOVE"]
    assert changed["dynamodb"]["OldImage"]["data"] == {"B": "MQ=="}
    assert changed["dynamodb"]["NewImage"]["data"] == removed["dynamodb"]["OldImage"]["data"] == {"B": "Mg=="}


def test_the_stream_of_a_deleted_table_is_closed_and_can_be_read(table: Table) -> None:
    for id in "abc":
        table.put(id)
    shard_id, numbers = table.numbers()
    table.dynamodb.delete_table(TableName=table.name)
    assert ids(table.read(shard_id, numbers[0], numbers[-1], 3)) == ["a", "b", "c"]
    older = f"{int(numbers[0]) - 1:0{len(numbers[0])}}"
    gone = table.read(shard_id, OLDEST, older, 2).gone
    assert gone == GoneRecords(count=2, start_sequence_number=OLDEST, before_sequence_number=None)


def test_a_batch_whose_first_records_the_tables_stream_does_not_have_begins_with_those_it_has(table: Table) -> None:
    for id in "ab":
        table.put(id)
    shard_id, numbers = table.numbers()
    result = table.read(shard_id, OLDEST, numbers[-1], 5)
    assert ids(result) == ["a", "b"]
    assert result.gone == GoneRecords(count=3, start_sequence_number=OLDEST, before_sequence_number=numbers[0])


def test_a_shard_that_a_tables_stream_does_not_have_is_gone_and_a_missing_stream_an_error(table: Table) -> None:
    table.put("a")
    _, (number,) = table.numbers()
    other = "shardId-00000001573689847184-864758bb"
    assert table.read(other, number, number, 1).gone is not None
    table.arn += "9"
    with pytest.raises(StreamReadError, match="the stream was deleted, or is not this account's"):
        table.read(other, number, number, 1)
