"""The stand-ins beside moto, an oracle from outside: the same calls get the same replies and errors."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from moto import mock_aws

from redrive_simulator import Simulation
from tests.support.simulator.simulations import resource, template

SESSION = boto3.Session(aws_access_key_id="test", aws_secret_access_key="test", region_name="eu-west-1")
TABLE: dict[str, Any] = {
    "TableName": "orders",
    "KeySchema": [{"AttributeName": "shop", "KeyType": "HASH"}, {"AttributeName": "n", "KeyType": "RANGE"}],
    "AttributeDefinitions": [
        {"AttributeName": "shop", "AttributeType": "S"},
        {"AttributeName": "n", "AttributeType": "N"},
        {"AttributeName": "state", "AttributeType": "S"},
    ],
    "BillingMode": "PAY_PER_REQUEST",
    "GlobalSecondaryIndexes": [
        {
            "IndexName": "by-state",
            "KeySchema": [{"AttributeName": "state", "KeyType": "HASH"}, {"AttributeName": "n", "KeyType": "RANGE"}],
            "Projection": {"ProjectionType": "KEYS_ONLY"},
        }
    ],
}
STACK = template(
    Table=resource("AWS::DynamoDB::Table", **TABLE),
    Bucket=resource("AWS::S3::Bucket", BucketName="bucket"),
    Queue=resource("AWS::SQS::Queue", QueueName="queue"),
)
ORDERS = [
    {
        "shop": {"S": shop},
        "n": {"N": str(n)},
        "state": {"S": "open" if n % 2 else "paid"},
        "address": {"M": {"city": {"S": "Bonn"}, "lines": {"L": [{"S": "a"}, {"S": "b"}]}}},
        "tags": {"SS": ["x", "y"]},
    }
    for shop in ("one", "two")
    for n in (1, 2, 10)
]
FIRST = {"shop": {"S": "one"}, "n": {"N": "1"}}
VALUES = {":s": {"S": "one"}, ":2": {"N": "2"}}
# Members that only one of the two knows, or makes up.
LEFT_OUT = frozenset(
    {"ResponseMetadata", "LastModified", "MessageId", "ReceiptHandle", "ConsumedCapacity", "VersionId"}
)


def cleaned(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: cleaned(each) for name, each in value.items() if name not in LEFT_OUT}
    if isinstance(value, list) and all(isinstance(each, str) for each in value):
        return sorted(value)  # a set of DynamoDB, in any order
    if isinstance(value, list):
        return [cleaned(each) for each in value]
    return value


def outcome(call: Callable[[], Any]) -> Any:
    """The reply of a call, or the code of its error."""
    try:
        reply = call()
    except ClientError as error:
        said: dict[str, Any] = {**error.response}
        reply = {"error": said["Error"]["Code"], "item": said.get("Item")}
        reply["reasons"] = [each["Code"] for each in said.get("CancellationReasons", [])]
    body = reply.get("Body") if isinstance(reply, dict) else None
    if body is not None:
        reply = {**reply, "Body": body.read()}
    return cleaned(reply)


Moto = Callable[[str], Any]


@pytest.fixture(scope="module")
def moto() -> Iterator[Moto]:
    """Clients of moto by service."""
    with mock_aws():
        yield cache(SESSION.client)


def both(moto: Moto, service: str) -> tuple[Any, Any]:
    """A client of moto, and one of a simulation with the same resources."""
    return moto(service), Simulation.from_template(STACK).client(service)


def both_with_orders(moto: Moto) -> tuple[Any, Any]:
    """Clients of tables with the same content."""
    theirs, ours = both(moto, "dynamodb")
    if "orders" in theirs.list_tables()["TableNames"]:
        theirs.delete_table(TableName="orders")
    theirs.create_table(**TABLE)
    for client in (theirs, ours):
        for order in ORDERS:
            client.put_item(TableName="orders", Item=order)
    return theirs, ours


def update(expression: str, **more: Any) -> Callable[[Any], Any]:
    def work(client: Any) -> Any:
        client.update_item(TableName="orders", Key=FIRST, UpdateExpression=expression, **more)
        return client.get_item(TableName="orders", Key=FIRST)

    return work


def query(condition: str, **more: Any) -> Callable[[Any], Any]:
    return lambda client: client.query(TableName="orders", KeyConditionExpression=condition, **more)


def transact(*items: Any) -> Callable[[Any], Any]:
    def work(client: Any) -> Any:
        client.transact_write_items(TransactItems=list(items))
        return client.scan(TableName="orders", Select="COUNT")["Count"]

    return work


def check(condition: str) -> dict[str, Any]:
    return {"ConditionCheck": {"TableName": "orders", "Key": FIRST, "ConditionExpression": condition}}


NEW = {"Put": {"TableName": "orders", "Item": {"shop": {"S": "new"}, "n": {"N": "1"}}}}
DYNAMODB: dict[str, Callable[[Any], Any]] = {
    "query": query("shop = :s", ExpressionAttributeValues={":s": {"S": "one"}}),
    "query backwards": query("shop = :s", ExpressionAttributeValues={":s": {"S": "one"}}, ScanIndexForward=False),
    "query range": query("shop = :s AND n >= :2", ExpressionAttributeValues=VALUES),
    "query between": query("shop = :s AND n BETWEEN :2 AND :2", ExpressionAttributeValues=VALUES),
    "query page": query("shop = :s", ExpressionAttributeValues={":s": {"S": "one"}}, Limit=2),
    "query filtered": query(
        "shop = :s",
        FilterExpression="#state = :o",
        ExpressionAttributeNames={"#state": "state"},
        ExpressionAttributeValues={":s": {"S": "one"}, ":o": {"S": "open"}},
    ),
    "query index": query(
        "#state = :o AND n < :2",
        IndexName="by-state",
        ExpressionAttributeNames={"#state": "state"},
        ExpressionAttributeValues={":o": {"S": "open"}, ":2": {"N": "2"}},
    ),
    "query without the partition key": query("n = :2", ExpressionAttributeValues={":2": {"N": "2"}}),
    "projection": lambda client: client.get_item(
        TableName="orders",
        Key=FIRST,
        ProjectionExpression="#a.city, tags",
        ExpressionAttributeNames={"#a": "address"},
    ),
    "scan count": lambda client: client.scan(TableName="orders", Select="COUNT"),
    "scan filtered": lambda client: client.scan(
        TableName="orders",
        FilterExpression="contains(tags, :x) AND size(address) = :2 AND n = :2",
        ExpressionAttributeValues={":x": {"S": "x"}, ":2": {"N": "2"}},
    )["Count"],
    "batch get": lambda client: client.batch_get_item(RequestItems={"orders": {"Keys": [FIRST]}}),
    "batch write": lambda client: (
        client.batch_write_item(
            RequestItems={"orders": [{"DeleteRequest": {"Key": FIRST}}, {"PutRequest": {"Item": NEW["Put"]["Item"]}}]}
        )["UnprocessedItems"],
        client.scan(TableName="orders", Select="COUNT")["Count"],
    ),
    "set nested": update("SET address.city = :v", ExpressionAttributeValues={":v": {"S": "Kiel"}}),
    "set in list": update(
        "SET address.#lines[0] = :v",
        ExpressionAttributeNames={"#lines": "lines"},
        ExpressionAttributeValues={":v": {"S": "z"}},
    ),
    "remove in list": update("REMOVE address.#lines[0], address.city", ExpressionAttributeNames={"#lines": "lines"}),
    "reserved word": update("REMOVE address.lines[0]"),
    "set below nothing": update("SET nothing.city = :v", ExpressionAttributeValues={":v": {"S": "Kiel"}}),
    "add to nothing": update("ADD visits :v", ExpressionAttributeValues={":v": {"N": "3"}}),
    "unused value": update("REMOVE tags", ExpressionAttributeValues={":v": {"N": "3"}}),
    "unknown value": update("SET a = :v"),
    "syntax": update("SET a = "),
    "condition": lambda client: client.delete_item(
        TableName="orders",
        Key=FIRST,
        ConditionExpression="attribute_not_exists(address.city)",
        ReturnValuesOnConditionCheckFailure="ALL_OLD",
    ),
    "key of wrong type": lambda client: client.put_item(TableName="orders", Item={"shop": {"N": "1"}, "n": {"N": "1"}}),
    "key incomplete": lambda client: client.get_item(TableName="orders", Key={"shop": {"S": "one"}}),
    "transaction": transact(NEW, check("attribute_exists(shop)")),
    "transaction cancelled": transact(NEW, check("attribute_not_exists(shop)")),
    "transaction on one item": transact(NEW, NEW),
    "transaction get": lambda client: client.transact_get_items(
        TransactItems=[{"Get": {"TableName": "orders", "Key": FIRST}}]
    )["Responses"],
}


@pytest.mark.parametrize("name", DYNAMODB)
def test_tables_answer_as_moto_does(name: str, moto: Moto) -> None:
    theirs, ours = both_with_orders(moto)
    assert outcome(lambda: DYNAMODB[name](ours)) == outcome(lambda: DYNAMODB[name](theirs))


def objects(client: Any) -> None:
    for key in ("a/1", "a/2", "b c", "d"):
        client.put_object(Bucket="bucket", Key=key, Body=key.encode(), ContentType="text/plain", Metadata={"k": "v"})


S3: dict[str, Callable[[Any], Any]] = {
    "list": lambda client: [each["Key"] for each in client.list_objects_v2(Bucket="bucket", Prefix="a/")["Contents"]],
    "folders": lambda client: [
        client.list_objects_v2(Bucket="bucket", Delimiter="/").get(name) for name in ("CommonPrefixes", "KeyCount")
    ],
    "pages": lambda client: [
        [each["Key"] for each in page["Contents"]]
        for page in client.get_paginator("list_objects_v2").paginate(Bucket="bucket", PaginationConfig={"PageSize": 3})
    ],
    "range": lambda client: client.get_object(Bucket="bucket", Key="b c", Range="bytes=1-2")["Body"].read(),
    "last bytes": lambda client: client.get_object(Bucket="bucket", Key="b c", Range="bytes=-1")["Body"].read(),
    "range behind the end": lambda client: client.get_object(Bucket="bucket", Key="b c", Range="bytes=9-"),
    "head": lambda client: {
        name: client.head_object(Bucket="bucket", Key="d")[name]
        for name in ("ContentLength", "ETag", "ContentType", "Metadata")
    },
    "no head": lambda client: client.head_object(Bucket="bucket", Key="none"),
    "no object": lambda client: client.get_object(Bucket="bucket", Key="none"),
    "no bucket": lambda client: client.get_object(Bucket="none", Key="none"),
    "copy": lambda client: [
        client.copy_object(Bucket="bucket", Key="e", CopySource={"Bucket": "bucket", "Key": "b c"}),
        client.get_object(Bucket="bucket", Key="e")["Body"].read(),
    ][1],
    "delete": lambda client: [
        client.delete_objects(Bucket="bucket", Delete={"Objects": [{"Key": "a/1"}, {"Key": "a/2"}]})["Deleted"],
        client.list_objects_v2(Bucket="bucket")["KeyCount"],
    ],
}


@pytest.mark.parametrize("name", S3)
def test_buckets_answer_as_moto_does(name: str, moto: Moto) -> None:
    theirs, ours = both(moto, "s3")
    theirs.create_bucket(Bucket="bucket", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    objects(theirs)
    objects(ours)
    try:
        assert outcome(lambda: S3[name](ours)) == outcome(lambda: S3[name](theirs))
    finally:
        for each in theirs.list_objects_v2(Bucket="bucket").get("Contents", ()):
            theirs.delete_object(Bucket="bucket", Key=each["Key"])
        theirs.delete_bucket(Bucket="bucket")


ATTRIBUTES = {
    "one": {"DataType": "String", "StringValue": "x"},
    "two": {"DataType": "Binary", "BinaryValue": b"\0"},
}


def sent(client: Any, **receive: Any) -> Any:
    url = client.get_queue_url(QueueName="queue")["QueueUrl"]
    reply = client.send_message(QueueUrl=url, MessageBody="hello", MessageAttributes=ATTRIBUTES)
    (message,) = client.receive_message(QueueUrl=url, **receive)["Messages"]
    names = sorted(message.get("Attributes", {}))
    client.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
    # moto has this one without being asked for attributes of messages.
    message.pop("MD5OfMessageAttributes", None)
    return [reply, {**message, "Attributes": names}]


SQS: dict[str, Callable[[Any], Any]] = {
    "attributes that are not asked for": sent,
    "message attributes": lambda client: sent(client, MessageAttributeNames=["o.*", "two"]),
    "system attributes": lambda client: sent(client, MessageSystemAttributeNames=["ApproximateReceiveCount"]),
    "empty": lambda client: client.receive_message(QueueUrl=client.get_queue_url(QueueName="queue")["QueueUrl"]),
    "no queue": lambda client: client.get_queue_url(QueueName="none"),
    "too many": lambda client: client.receive_message(
        QueueUrl=client.get_queue_url(QueueName="queue")["QueueUrl"], MaxNumberOfMessages=11
    ),
    "same ids": lambda client: client.send_message_batch(
        QueueUrl=client.get_queue_url(QueueName="queue")["QueueUrl"],
        Entries=[{"Id": "1", "MessageBody": "x"}, {"Id": "1", "MessageBody": "y"}],
    ),
}


@pytest.mark.parametrize("name", SQS)
def test_queues_answer_as_moto_does(name: str, moto: Moto) -> None:
    theirs, ours = both(moto, "sqs")
    theirs.create_queue(QueueName="queue")
    assert outcome(lambda: SQS[name](ours)) == outcome(lambda: SQS[name](theirs))
