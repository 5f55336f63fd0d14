"""Failed batches as AWS shows them or as they were recorded there, and shards to read them from again.

DG is https://docs.aws.amazon.com/lambda/latest/dg/. "Recorded" are the shapes that the snapshots in
localstack/localstack keep (tests/aws/services/lambda_/event_source_mapping/); ids and names are others here.
"""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from redrive.core.system import randomness
from tests.support.runtime.asynchronous.attempts import aws_error, stores
from tests.support.runtime.destinations.invocation_records import WRAPPINGS as EVERY_WRAPPING
from tests.support.runtime.destinations.invocation_records import changed, without
from tests.support.runtime.sqs.queue import VirtualTime
from tests.support.runtime.streams import documented_events

Record = dict[str, Any]

STREAM = "arn:aws:kinesis:eu-west-1:111111111111:stream/orders"
TABLE_STREAM = "arn:aws:dynamodb:eu-west-1:111111111111:table/orders/stream/2026-11-21T08:00:00.123"
SHARD = "shardId-000000000001"

#: The first record of each documented event.
KINESIS_EVENT: Record = {"Records": documented_events.KINESIS_EVENT["Records"][:1]}
DYNAMODB_EVENT: Record = {"Records": documented_events.DYNAMODB_EVENT["Records"][:1]}

#: DG/kinesis-on-failure-destination.html, "Example Amazon SNS and Amazon SQS invocation record".
KINESIS: Record = {
    "requestContext": {
        "requestId": "c9b8fa9f-5a7f-xmpl-af9c-0c604cde93a5",
        "functionArn": "arn:aws:lambda:us-east-2:123456789012:function:myfunction",
        "condition": "RetryAttemptsExhausted",
        "approximateInvokeCount": 1,
    },
    "responseContext": {"statusCode": 200, "executedVersion": "$LATEST", "functionError": "Unhandled"},
    "version": "1.0",
    "timestamp": "2019-11-14T00:38:06.021Z",
    "KinesisBatchInfo": {
        "shardId": "shardId-000000000001",
        "startSequenceNumber": "49601189658422359378836298521827638475320189012309704722",
        "endSequenceNumber": "49601189658422359378836298522902373528957594348623495186",
        "approximateArrivalOfFirstRecord": "2019-11-14T00:38:04.835Z",
        "approximateArrivalOfLastRecord": "2019-11-14T00:38:05.580Z",
        "batchSize": 500,
        "streamArn": "arn:aws:kinesis:us-east-2:123456789012:stream/mystream",
    },
}
#: DG/services-dynamodb-errors.html, "Example Amazon SNS and Amazon SQS invocation record".
DYNAMODB: Record = {
    "requestContext": {
        "requestId": "316aa6d0-8154-xmpl-9af7-85d5f4a6bc81",
        "functionArn": "arn:aws:lambda:us-east-2:123456789012:function:myfunction",
        "condition": "RetryAttemptsExhausted",
        "approximateInvokeCount": 1,
    },
    "responseContext": {"statusCode": 200, "executedVersion": "$LATEST", "functionError": "Unhandled"},
    "version": "1.0",
    "timestamp": "2019-11-14T00:13:49.717Z",
    "DDBStreamBatchInfo": {
        "shardId": "shardId-00000001573689847184-864758bb",
        "startSequenceNumber": "800000000003126276362",
        "endSequenceNumber": "800000000003126276362",
        "approximateArrivalOfFirstRecord": "2019-11-14T00:13:19Z",
        "approximateArrivalOfLastRecord": "2019-11-14T00:13:19Z",
        "batchSize": 1,
        "streamArn": "arn:aws:dynamodb:us-east-2:123456789012:table/mytable/stream/2019-11-14T00:04:06.388",
    },
}
#: Recorded: the function answered with what had failed.
BY_RESPONSE = changed(KINESIS, "responseContext.functionError", None)
#: Recorded: too old.
AGE_EXCEEDED = changed(without(KINESIS, "responseContext"), "requestContext.condition", "RecordAgeExceeded")
#: DG: S3 gets the event as JSON in a string. Recorded: perhaps as an object.
WITH_TEXT = {**KINESIS, "payload": json.dumps(KINESIS_EVENT)}
WITH_OBJECT = {**DYNAMODB, "payload": DYNAMODB_EVENT}


def set_aside(event: Record, number: str) -> Record:
    """Record that a handler of Redrive has set aside."""
    (record,) = event["Records"]
    return {
        "version": "redrive-1",
        "reason": "an order needs a line",
        "errorType": "Permanent",
        "function": "orders-function",
        "requestId": "c6af9ac6-7b61-11e6-9a41-93e8deadbeef",
        "eventSourceARN": record["eventSourceARN"],
        "shardId": SHARD,
        "sequenceNumber": number,
        "timestamp": "2026-11-21T08:00:00.123456+00:00",
        "record": record,
    }


KINESIS_SET_ASIDE = set_aside(KINESIS_EVENT, "49590338271490256608559692538361571095921575989136588898")
DYNAMODB_SET_ASIDE = {**set_aside(DYNAMODB_EVENT, "111"), "shardId": None}

RECORDS: dict[str, Record] = {
    "kinesis": KINESIS,
    "dynamodb": DYNAMODB,
    "by its response": BY_RESPONSE,
    "too old": AGE_EXCEEDED,
    "with a payload as text": WITH_TEXT,
    "with a payload as an object": WITH_OBJECT,
    "set aside from kinesis": KINESIS_SET_ASIDE,
    "set aside from dynamodb": DYNAMODB_SET_ASIDE,
}

#: Forms in which a user may have a record, by its way. EventBridge is no destination of an event source mapping.
WRAPPINGS = {name: wrap for name, wrap in EVERY_WRAPPING.items() if "EventBridge" not in name}


def failure(first: int, last: int, size: int, *, dynamodb: bool = False) -> Record:
    """A failed batch of the shard below."""
    name, arn = ("DDBStreamBatchInfo", TABLE_STREAM) if dynamodb else ("KinesisBatchInfo", STREAM)
    record = DYNAMODB if dynamodb else KINESIS
    position = {"startSequenceNumber": str(first), "endSequenceNumber": str(last), "batchSize": size}
    return {**record, name: {**record[name], "shardId": SHARD, "streamArn": arn, **position}}


ARRIVED_AT = datetime(2026, 11, 21, 8, 0, 0, 123_000, UTC)


def stored(number: int, *, dynamodb: bool = False) -> Record:
    """A record as boto3 reads it from a shard."""
    if dynamodb:
        return {
            "eventID": f"event-{number}",
            "eventName": "INSERT",
            "eventVersion": "1.1",
            "eventSource": "aws:dynamodb",
            "awsRegion": "eu-west-1",
            "dynamodb": {
                "ApproximateCreationDateTime": ARRIVED_AT.replace(microsecond=0),
                "Keys": {"Id": {"N": str(number)}},
                "NewImage": {"Id": {"N": str(number)}, "Picture": {"B": b"\xff"}},
                "SequenceNumber": str(number),
                "SizeBytes": 26,
                "StreamViewType": "NEW_AND_OLD_IMAGES",
            },
        }
    return {
        "SequenceNumber": str(number),
        "ApproximateArrivalTimestamp": ARRIVED_AT,
        "Data": b"%d" % number,
        "PartitionKey": f"key-{number}",
        "EncryptionType": "KMS",
    }


def delivered(number: int, *, dynamodb: bool = False) -> Record:
    """The same as Lambda delivers it."""
    if dynamodb:
        made = stored(number, dynamodb=True)
        image = {"Id": {"N": str(number)}, "Picture": {"B": "/w=="}}
        seconds = 1_795_248_000
        changes = {"NewImage": image, "ApproximateCreationDateTime": seconds}
        return {**made, "dynamodb": {**made["dynamodb"], **changes}, "eventSourceARN": TABLE_STREAM}
    return {
        "kinesis": {
            "kinesisSchemaVersion": "1.0",
            "partitionKey": f"key-{number}",
            "sequenceNumber": str(number),
            "data": b64encode(b"%d" % number).decode(),
            "approximateArrivalTimestamp": 1_795_248_000.123,
        },
        "eventSource": "aws:kinesis",
        "eventVersion": "1.0",
        "eventID": f"{SHARD}:{number}",
        "eventName": "aws:kinesis:record",
        "invokeIdentityArn": "",
        "awsRegion": "eu-west-1",
        "eventSourceARN": STREAM,
    }


@dataclass
class FakeShard:
    """A client that knows one shard of one stream, of either service.

    It does as the API references say, and for iterators as AWS's own client library expects: Kinesis begins with its
    oldest record where one is asked for that it has no more, DynamoDB refuses.

    Attributes:
        time: The clock.
        numbers: The sequence numbers of the records that it has had, in order.
        trimmed: How many of them it has lost, from the oldest on.
        is_closed: Whether the shard was split or merged, so that it has an end.
        dynamodb: Whether it is a shard of a table's stream.
        has_shard: Whether there is the shard.
        has_stream: Whether there is the stream.
        share: How many records go into a page, from how many were asked for.
        before: Called before each request, with its name; may raise.
        requests: The name and the arguments of each request.
    """

    time: VirtualTime
    numbers: list[int]
    trimmed: int = 0
    is_closed: bool = True
    dynamodb: bool = False
    has_shard: bool = True
    has_stream: bool = True
    share: Callable[[int], int] = lambda limit: limit
    before: Callable[[str], object] = lambda name: None
    requests: list[tuple[str, dict[str, Any]]] = field(default_factory=list)

    def calls(self, name: str) -> list[dict[str, Any]]:
        return [arguments for each, arguments in self.requests if each == name]

    def get_shard_iterator(self, **request: Any) -> dict[str, Any]:
        self._begin("get_shard_iterator", request)
        assert request["StreamArn" if self.dynamodb else "StreamARN"] == (TABLE_STREAM if self.dynamodb else STREAM)
        assert request["ShardId"] == SHARD
        if not self.has_shard:
            raise aws_error("ResourceNotFoundException")
        start = request["ShardIteratorType"]
        given = request.get("SequenceNumber" if self.dynamodb else "StartingSequenceNumber")
        assert (given is None) == (start == "TRIM_HORIZON")
        place = self.trimmed
        if given is not None:
            place = sum(number < int(given) for number in self.numbers) + (start == "AFTER_SEQUENCE_NUMBER")
            if place < self.trimmed:
                self._refuse_trimmed()
        return {"ShardIterator": self._iterator(max(place, self.trimmed))}

    def get_records(self, **request: Any) -> dict[str, Any]:
        self._begin("get_records", request)
        assert 1 <= request["Limit"] <= (1_000 if self.dynamodb else 10_000)
        place, issued_at = json.loads(request["ShardIterator"])
        if self.time() - issued_at > (900 if self.dynamodb else 300):
            raise aws_error("ExpiredIteratorException")
        if place < self.trimmed:
            self._refuse_trimmed()
        place = max(place, self.trimmed)
        end = min(len(self.numbers), place + min(request["Limit"], self.share(request["Limit"])))
        page: dict[str, Any] = {
            "Records": [stored(number, dynamodb=self.dynamodb) for number in self.numbers[place:end]]
        }
        if not (self.is_closed and end == len(self.numbers)):
            page["NextShardIterator"] = self._iterator(end)
        if not self.dynamodb:
            page["MillisBehindLatest"] = 0 if end == len(self.numbers) else 1_000
        return page

    def describe_stream_summary(self, StreamARN: str) -> dict[str, Any]:  # noqa: N803
        assert not self.dynamodb
        return self._describe("describe_stream_summary", StreamARN)

    def describe_stream(self, StreamArn: str, Limit: int) -> dict[str, Any]:  # noqa: N803
        assert self.dynamodb
        return self._describe("describe_stream", StreamArn)

    def _describe(self, name: str, arn: str) -> dict[str, Any]:
        self._begin(name, {"arn": arn})
        if not self.has_stream:
            raise aws_error("ResourceNotFoundException")
        return {}

    def _begin(self, name: str, request: dict[str, Any]) -> None:
        self.requests.append((name, request))
        self.before(name)

    def _iterator(self, place: int) -> str:
        return json.dumps([place, self.time()])

    def _refuse_trimmed(self) -> None:
        if self.dynamodb:
            raise aws_error("TrimmedDataAccessException")


@contextmanager
def behind(shard: Any, time: VirtualTime) -> Iterator[None]:
    """The shard is where the clients are."""
    with ExitStack() as stack:
        stack.enter_context(stores({"dynamodbstreams" if shard.dynamodb else "kinesis": shard}, time))
        stack.enter_context(randomness.replaced(lambda: 0.5))
        yield
