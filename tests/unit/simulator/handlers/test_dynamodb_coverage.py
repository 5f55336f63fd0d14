"""The stand-in for DynamoDB says by name what it does not do, and counts capacity as DynamoDB does."""

from __future__ import annotations

from typing import Any

import pytest

from redrive_simulator import NotSimulatedError
from tests.support.simulator.tables import answer, fresh_client, invalid, shared_client

KEY = {"p": {"S": "a"}}
CONDITION = {"p": {"AttributeValueList": [{"S": "a"}], "ComparisonOperator": "EQ"}}
EXPRESSION = {"KeyConditionExpression": "p = :p", "ExpressionAttributeValues": {":p": {"S": "a"}}}
# Parameters that the developer guide calls legacy, and others that are not modelled.
UNSUPPORTED: list[tuple[str, str, dict[str, Any], dict[str, Any]]] = [
    ("put_item", "PutItem", {"Item": KEY}, {"Expected": {"a": {"Exists": False}}}),
    ("put_item", "PutItem", {"Item": KEY}, {"ReturnItemCollectionMetrics": "SIZE"}),
    ("get_item", "GetItem", {"Key": KEY}, {"AttributesToGet": ["a"]}),
    ("delete_item", "DeleteItem", {"Key": KEY}, {"ConditionalOperator": "AND"}),
    ("update_item", "UpdateItem", {"Key": KEY}, {"AttributeUpdates": {"a": {"Action": "DELETE"}}}),
    ("query", "Query", {}, {"KeyConditions": CONDITION}),
    ("query", "Query", EXPRESSION, {"QueryFilter": CONDITION}),
    ("query", "Query", EXPRESSION, {"AttributesToGet": ["a"]}),
    ("scan", "Scan", {}, {"ScanFilter": CONDITION}),
]


@pytest.mark.parametrize(
    ("method", "operation", "given", "unsupported"),
    UNSUPPORTED,
    ids=[f"{operation} {next(iter(more))}" for _, operation, _, more in UNSUPPORTED],
)
def test_a_parameter_that_is_not_modelled_is_an_error_by_name(
    method: str, operation: str, given: dict[str, Any], unsupported: dict[str, Any]
) -> None:
    (name,) = unsupported
    with pytest.raises(NotSimulatedError, match=rf"dynamodb\.{operation}\({name}=…\).*leave {name} out"):
        getattr(shared_client(), method)(TableName="hash", **given, **unsupported)


CALLS: dict[str, Any] = {
    "BatchGetItem": lambda client: client.batch_get_item(
        RequestItems={"hash": {"Keys": [KEY], "AttributesToGet": ["a"]}}
    ),
    "BatchWriteItem": lambda client: client.batch_write_item(
        RequestItems={"hash": [{"DeleteRequest": {"Key": KEY}}]}, ReturnConsumedCapacity="TOTAL"
    ),
    "ExecuteStatement": lambda client: client.execute_statement(Statement="SELECT * FROM hash"),
    "ExecuteTransaction": lambda client: client.execute_transaction(TransactStatements=[{"Statement": "SELECT 1"}]),
    "BatchExecuteStatement": lambda client: client.batch_execute_statement(Statements=[{"Statement": "SELECT 1"}]),
    "UpdateTimeToLive": lambda client: client.update_time_to_live(
        TableName="hash", TimeToLiveSpecification={"Enabled": True, "AttributeName": "a"}
    ),
    "CreateTable": lambda client: client.create_table(
        TableName="new",
        KeySchema=[{"AttributeName": "p", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "p", "AttributeType": "S"}],
    ),
    "UpdateTable": lambda client: client.update_table(TableName="hash"),
    "DeleteTable": lambda client: client.delete_table(TableName="hash"),
    "ListTables": lambda client: client.list_tables(),
    "ExportTableToPointInTime": lambda client: client.export_table_to_point_in_time(TableArn="a", S3Bucket="b"),
}


@pytest.mark.parametrize("operation", CALLS)
def test_an_operation_that_is_not_modelled_is_an_error_by_name(operation: str) -> None:
    with pytest.raises(NotSimulatedError, match=rf"dynamodb\.{operation}"):
        CALLS[operation](shared_client())


@pytest.mark.parametrize("wanted", ["TOTAL", "INDEXES"])
def test_capacity_that_an_index_consumes_is_an_error_before_anything_is_written(wanted: str) -> None:
    client, item = fresh_client(), {**KEY, "c": {"N": "1"}}
    with pytest.raises(NotSimulatedError, match="ReturnConsumedCapacity of a write to a table with indexes"):
        client.put_item(TableName="both", Item=item, ReturnConsumedCapacity=wanted)
    with pytest.raises(NotSimulatedError, match="ReturnConsumedCapacity of an index"):
        client.scan(TableName="both", IndexName="whole", ReturnConsumedCapacity=wanted)
    assert client.scan(TableName="both", Select="COUNT")["Count"] == 0


def test_capacity_is_counted_by_size() -> None:
    """https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/read-write-operations.html."""
    client = fresh_client()

    def units(method: str, **given: Any) -> float:
        reply = getattr(client, method)(TableName="hash", ReturnConsumedCapacity="TOTAL", **given)
        return reply["ConsumedCapacity"]["CapacityUnits"]

    assert units("get_item", Key=KEY) == 0.5
    assert units("get_item", Key=KEY, ConsistentRead=True) == 1
    assert units("put_item", Item={**KEY, "a": {"B": b"x" * 1021}}) == 1
    assert units("put_item", Item={**KEY, "a": {"B": b"x" * 9_000}}) == 9
    assert units("get_item", Key=KEY, ConsistentRead=True) == 3
    assert units("get_item", Key=KEY, ProjectionExpression="p") == 1.5
    assert units("scan") == 1.5
    assert units("update_item", Key=KEY, UpdateExpression="REMOVE a") == 9
    assert units("delete_item", Key=KEY) == 1
    assert units("delete_item", Key=KEY) == 1
    with_table = client.get_item(TableName="hash", Key=KEY, ReturnConsumedCapacity="INDEXES")
    assert with_table["ConsumedCapacity"] == {
        "TableName": "hash",
        "CapacityUnits": 0.5,
        "Table": {"CapacityUnits": 0.5},
    }


def test_a_table_is_described_with_its_indexes() -> None:
    described = shared_client().describe_table(TableName="both")["Table"]
    hashed, ranged = {"AttributeName": "p", "KeyType": "HASH"}, {"AttributeName": "c", "KeyType": "RANGE"}
    assert described["KeySchema"] == [hashed, ranged]
    whole, part = described["GlobalSecondaryIndexes"]
    (local,) = described["LocalSecondaryIndexes"]
    assert (whole["IndexName"], whole["IndexStatus"], whole["Projection"]) == (
        "whole",
        "ACTIVE",
        {"ProjectionType": "ALL"},
    )
    assert part["Projection"] == {"ProjectionType": "INCLUDE", "NonKeyAttributes": ["a"]}
    assert local["Projection"] == {"ProjectionType": "KEYS_ONLY"}
    assert local["KeySchema"] == [hashed, {"AttributeName": "h", "KeyType": "RANGE"}]


def test_a_table_that_is_missing_is_named_where_it_is_described() -> None:
    """As recorded: https://github.com/mhart/dynalite/blob/main/test/describeTable.js, getItem.js."""
    client = shared_client()
    code = "ResourceNotFoundException"
    assert answer(lambda: client.describe_table(TableName="none")) == (
        code,
        "Requested resource not found: Table: none not found",
    )
    assert answer(lambda: client.get_item(TableName="none", Key=KEY)) == (code, "Requested resource not found")


def test_a_logical_id_is_no_name_of_a_table() -> None:
    code, _ = answer(lambda: shared_client().get_item(TableName="Hash", Key=KEY))
    assert code == "ResourceNotFoundException"


def test_a_table_goes_by_its_arn_as_well() -> None:
    client = fresh_client()
    arn = client.describe_table(TableName="hash")["Table"]["TableArn"]
    client.put_item(TableName=arn, Item=KEY)
    assert client.get_item(TableName="hash", Key=KEY)["Item"] == KEY
    twice = {"hash": [{"PutRequest": {"Item": KEY}}], arn: [{"DeleteRequest": {"Key": KEY}}]}
    refused = answer(lambda: client.batch_write_item(RequestItems=twice))
    assert refused == invalid("Provided list of item keys contains duplicates")
