"""Stand-ins refuse what the services refuse."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from redrive_simulator import Simulation
from tests.support.simulator.simulations import resource, template

STACK = template(
    Table=resource(
        "AWS::DynamoDB::Table",
        TableName="table",
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}, {"AttributeName": "at", "KeyType": "RANGE"}],
    ),
    Stream=resource("AWS::Kinesis::Stream", Name="stream", ShardCount=1),
)
KEY = {"id": {"S": "a"}, "at": {"N": "1"}}


def put(simulation: Simulation, **more: Any) -> None:
    simulation.client("dynamodb").put_item(TableName="table", Item={**KEY, **more})


def update(simulation: Simulation, expression: str, **values: Any) -> None:
    given = {f":{name}": value for name, value in values.items()}
    simulation.client("dynamodb").update_item(
        TableName="table", Key=KEY, UpdateExpression=expression, ExpressionAttributeValues=given
    )


def record(simulation: Simulation, count: int = 1, key: str = "a") -> None:
    simulation.client("kinesis").put_records(StreamName="stream", Records=[{"Data": b"x", "PartitionKey": key}] * count)


@pytest.mark.parametrize(
    ("refused", "taken", "message"),
    [
        (lambda s: put(s, text={"S": "x" * 409_600}), lambda s: put(s, text={"S": "x" * 409_000}), "Item size"),
        (lambda s: put(s, at={"S": ""}), lambda s: put(s, text={"S": ""}), "empty string value. Key: at"),
        (lambda s: put(s, id={"S": "é" * 1_025}), lambda s: put(s, id={"S": "é" * 1_024}), "limit of2048 bytes"),
        (lambda s: put(s, at={"B": b"x" * 1_025}), lambda s: put(s, at={"B": b"x" * 1_024}), "limit of 1024 bytes"),
        (lambda s: put(s, tags={"L": [{"SS": []}]}), lambda s: put(s, tags={"L": []}), "string set  may not be empty"),
        (lambda s: update(s, "SET id = :b", b={"S": "b"}), lambda s: update(s, "SET x = :b", b={"S": "b"}), "the key"),
        (lambda s: update(s, "SET x = :b", b={"S": "x" * 409_600}), lambda s: put(s, x={"NULL": True}), "Item size"),
        (lambda s: record(s, count=501), lambda s: record(s, count=500), "less than or equal to 500"),
        (lambda s: record(s, key="x" * 257), lambda s: record(s, key="x" * 256), "less than or equal to 256"),
    ],
    ids=["item", "no key", "hash key", "range key", "set", "update of a key", "update", "records", "partition key"],
)
def test_a_call_that_the_service_refuses_is_refused(
    refused: Callable[[Simulation], None], taken: Callable[[Simulation], None], message: str
) -> None:
    simulation = Simulation.from_template(STACK)
    with pytest.raises(ClientError, match=f"ValidationException.*{message}"):
        refused(simulation)
    assert (simulation.table("Table").items, simulation.stream("Stream").records) == ([], [])
    taken(simulation)


def write_all(simulation: Simulation, *actions: dict[str, Any]) -> None:
    simulation.client("dynamodb").transact_write_items(
        TransactItems=[{kind: {"TableName": "table", **given}} for each in actions for kind, given in each.items()]
    )


def batch(simulation: Simulation) -> None:
    items = [{**KEY, "id": {"S": "b"}}, {**KEY, "x": {"NS": []}}]
    simulation.client("dynamodb").batch_write_item(
        RequestItems={"table": [{"PutRequest": {"Item": item}} for item in items]}
    )


def records(simulation: Simulation) -> None:
    given = [{"Data": b"x", "PartitionKey": key} for key in ("a", "x" * 257)]
    simulation.client("kinesis").put_records(StreamName="stream", Records=given)


BAD: dict[str, Any] = {
    "Key": KEY,
    "UpdateExpression": "SET #at = :b",
    "ExpressionAttributeNames": {"#at": "at"},
    "ExpressionAttributeValues": {":b": {"N": "2"}},
}


@pytest.mark.parametrize(
    ("call", "code"),
    [
        (
            lambda s: write_all(s, {"Put": {"Item": {**KEY, "id": {"S": "b"}}}}, {"Update": BAD}),
            r"TransactionCanceledException.*\[None, ValidationError\]",
        ),
        (
            lambda s: write_all(
                s, {"Put": {"Item": {**KEY, "id": {"S": "b"}}}}, {"Put": {"Item": {**KEY, "x": {"SS": []}}}}
            ),
            "ValidationException",
        ),
        (batch, "ValidationException"),
        (records, "ValidationException"),
    ],
    ids=["update in a transaction", "put in a transaction", "batch", "records"],
)
def test_a_request_of_which_one_part_is_refused_writes_nothing(call: Callable[[Simulation], None], code: str) -> None:
    simulation = Simulation.from_template(STACK)
    with pytest.raises(ClientError, match=code):
        call(simulation)
    assert (simulation.table("Table").items, simulation.stream("Stream").records) == ([], [])
