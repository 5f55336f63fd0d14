"""Handlers that call AWS as people write it, on a stack of the usual parts."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import boto3
from boto3.dynamodb.conditions import Attr, Key

from redrive_simulator import Outcome, Simulation
from tests.support.simulator.usual_stack import REGION, played, stack

# The resource API.


def stores_an_order(event: dict[str, Any], context: Any) -> None:
    order = json.loads(event["Records"][0]["body"], parse_float=Decimal)  # the resource API takes no floats
    orders = boto3.resource("dynamodb", **REGION).Table("Orders")
    try:
        orders.put_item(Item={**order, "status": "new"}, ConditionExpression=Attr("id").not_exists())
    except orders.meta.client.exceptions.ConditionalCheckFailedException:
        return
    total = sum(line["price"] for line in order["lines"])
    orders.update_item(
        Key={"id": order["id"]},
        UpdateExpression="SET #s = :done, #t = :total ADD version :one",
        ExpressionAttributeNames={"#s": "status", "#t": "total"},
        ExpressionAttributeValues={":done": "done", ":total": total, ":one": 1},
    )
    stored = orders.get_item(Key={"id": order["id"]}, ConsistentRead=True)["Item"]
    boto3.resource("s3", **REGION).Object("bucket", f"orders/{order['id']}.json").put(
        Body=json.dumps(stored, default=str), ContentType="application/json"
    )
    queue = boto3.resource("sqs", **REGION).get_queue_by_name(QueueName="Done")
    queue.send_message(MessageBody=json.dumps({"id": stored["id"], "total": str(stored["total"])}))


def test_the_resource_api() -> None:
    order = {"id": "7", "lines": [{"price": 1.5}, {"price": 2}]}
    simulation = played(stores_an_order, order, order)
    assert simulation.queue("Done").bodies == [{"id": "7", "total": "3.5"}]
    (stored,) = simulation.bucket("Bucket").objects.values()
    assert stored.json() == {
        "id": "7",
        "lines": [{"price": "1.5"}, {"price": "2"}],
        "status": "done",
        "total": "3.5",
        "version": "1",
    }
    simulation.assert_ended()


# Query, scan, batches, transactions.


def moves_lines(event: dict[str, Any], context: Any) -> dict[str, Any]:
    resource_ = boto3.resource("dynamodb", **REGION)
    lines, orders = resource_.Table("Lines"), resource_.Table("Orders")
    with lines.batch_writer() as batch:
        for number in range(30):
            batch.put_item(Item={"order": "a" if number % 2 else "b", "line": f"{number:02}", "price": number})
    page = lines.query(KeyConditionExpression=Key("order").eq("a") & Key("line").between("05", "21"), Limit=5)
    found = list(page["Items"])
    while "LastEvaluatedKey" in page:
        page = lines.query(
            KeyConditionExpression=Key("order").eq("a") & Key("line").between("05", "21"),
            ExclusiveStartKey=page["LastEvaluatedKey"],
        )
        found += page["Items"]
    dear = lines.scan(
        FilterExpression=Attr("price").gt(25), ProjectionExpression="#l", ExpressionAttributeNames={"#l": "line"}
    )
    client = resource_.meta.client
    some = client.batch_get_item(
        RequestItems={"Lines": {"Keys": [{"order": "a", "line": "01"}, {"order": "a", "line": "xx"}]}}
    )
    put = {"Put": {"TableName": "Orders", "Item": {"id": "a", "lines": len(found)}}}
    check = {
        "ConditionCheck": {
            "TableName": "Lines",
            "Key": {"order": "a", "line": "01"},
            "ConditionExpression": "attribute_exists(price)",
        }
    }
    client.transact_write_items(TransactItems=[put, check])
    again = {"Put": {**put["Put"], "ConditionExpression": "attribute_not_exists(id)"}}
    try:
        client.transact_write_items(TransactItems=[check, again])
        reasons: Any = None
    except client.exceptions.TransactionCanceledException as error:
        reasons = [each["Code"] for each in error.response["CancellationReasons"]]
    return {
        "found": [item["line"] for item in found],
        "dear": sorted(item["line"] for item in dear["Items"]),
        "some": len(some["Responses"]["Lines"]),
        "stored": int(orders.get_item(Key={"id": "a"})["Item"]["lines"]),
        "reasons": reasons,
    }


def test_query_scan_batches_and_transactions() -> None:
    simulation = Simulation.from_template(stack(), {"Function": moves_lines}, echo=False)
    found = simulation.invoke("Function").payload
    assert found == {
        "found": [f"{number:02}" for number in range(5, 22, 2)],
        "dear": ["26", "27", "28", "29"],
        "some": 1,
        "stored": 9,
        "reasons": ["None", "ConditionalCheckFailed"],
    }


# S3 listings.


def archives(event: dict[str, Any], context: Any) -> list[str]:
    s3 = boto3.client("s3", **REGION)
    for number in range(25):
        s3.put_object(Bucket="bucket", Key=f"in/{number % 2}/{number:02}.json", Body=b"{}")
    for page in s3.get_paginator("list_objects_v2").paginate(
        Bucket="bucket", Prefix="in/1/", PaginationConfig={"PageSize": 5}
    ):
        for each in page.get("Contents", []):
            s3.copy_object(Bucket="bucket", Key=f"done/{each['Key'][5:]}", CopySource=f"bucket/{each['Key']}")
        s3.delete_objects(Bucket="bucket", Delete={"Objects": [{"Key": each["Key"]} for each in page["Contents"]]})
    listed = s3.list_objects_v2(Bucket="bucket", Delimiter="/")
    left = boto3.resource("s3", **REGION).Bucket("bucket").objects.filter(Prefix="in/")
    older = s3.list_objects(Bucket="bucket", Delimiter="/", MaxKeys=1)
    assert older["NextMarker"] == "done/"
    assert s3.list_objects(Bucket="bucket", Delimiter="/", Marker="done/")["CommonPrefixes"] == [{"Prefix": "in/"}]
    return [*(each["Prefix"] for each in listed["CommonPrefixes"]), str(len(list(left)))]


def test_listings_of_a_bucket() -> None:
    simulation = Simulation.from_template(stack(), {"Function": archives}, echo=False)
    assert simulation.invoke("Function").payload == ["done/", "in/", "13"]
    assert sum(key.startswith("done/") for key in simulation.bucket("Bucket").objects) == 12


def test_what_a_handler_loses_is_found() -> None:
    """A client error that a handler does not catch is retried, and ends in the dead-letter queue."""

    def handler(event: dict[str, Any], context: Any) -> None:
        boto3.client("sqs", **REGION).send_message(
            QueueUrl="https://sqs.eu-west-1.amazonaws.com/111111111111/No", MessageBody="x"
        )

    simulation = played(handler, {"id": 7})
    assert simulation.queue("DeadLetters").bodies == [{"id": 7}]
    assert [ended.outcome for ended in simulation.ended] == [Outcome.DEAD_LETTERED]
    assert "NonExistentQueue" in simulation.errors[0] or "QueueDoesNotExist" in simulation.errors[0]
