"""The table of `DynamoDBStreamConsumer`: made or taken, with a stream or given one."""

# The CDK's own classes do not fit its interfaces for a type checker: https://github.com/aws/jsii/issues/4541
# pyright: reportArgumentType=false

from typing import Any

import pytest
from aws_cdk import RemovalPolicy, Stack
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_

from redrive.settings.streams import read_stream
from redrive_cdk.streams.dynamodb import DynamoDBStreamConsumer
from tests.support.constructs.cdk import Synthesized, deployed, new_stack, python_function, warnings_of
from tests.support.constructs.streams.consumers import (
    ID,
    TABLE_ARN,
    TABLE_STREAM_ARN,
    a_table,
    dynamodb_consumer,
    mapping_of,
)

BOTH = {"StreamViewType": "NEW_AND_OLD_IMAGES"}
KEYS_ONLY = dynamodb.StreamViewType.KEYS_ONLY
REPLICA = dynamodb.ReplicaTableProps(region="eu-west-3")
IRELAND = {"account": "111111111111", "region": "eu-west-1"}


def test_a_table_is_made_on_demand_encrypted_and_recoverable_with_a_stream() -> None:
    stack = new_stack()
    consumer = dynamodb_consumer(stack)
    table = Synthesized(stack).resource(consumer.table)
    assert table["Properties"] == {
        "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
        "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
        "BillingMode": "PAY_PER_REQUEST",
        "PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": True},
        "StreamSpecification": BOTH,
    }
    assert table["DeletionPolicy"] == "Retain"
    assert consumer.source.is_made


def test_sort_key_removal_and_key_of_the_table_can_be_chosen() -> None:
    stack = new_stack()
    key = kms.Key(stack, "Key")
    consumer = dynamodb_consumer(
        stack,
        sort_key=dynamodb.Attribute(name="at", type=dynamodb.AttributeType.NUMBER),
        table_removal_policy=RemovalPolicy.DESTROY,
        encryption_key=key,
        on_failure="none",
    )
    synthesized = Synthesized(stack)
    table = synthesized.resource(consumer.table)
    assert table["Properties"]["KeySchema"][1] == {"AttributeName": "at", "KeyType": "RANGE"}
    assert table["Properties"]["SSESpecification"]["KMSMasterKeyId"] == synthesized.arn(key)
    assert table["DeletionPolicy"] == "Delete"


def table_v2(stack: Stack, **options: Any) -> dynamodb.TableV2:
    return dynamodb.TableV2(stack, "Table", partition_key=ID, **options)


TABLES = {
    "without a stream": (a_table, BOTH),
    "with a stream": (lambda stack: a_table(stack, stream=KEYS_ONLY), {"StreamViewType": "KEYS_ONLY"}),
    "global without a stream": (table_v2, BOTH),
    "global with a stream": (lambda stack: table_v2(stack, dynamo_stream=KEYS_ONLY), {"StreamViewType": "KEYS_ONLY"}),
    "global with replicas": (lambda stack: table_v2(stack, replicas=[REPLICA]), BOTH),
}


@pytest.mark.parametrize("name", TABLES)
def test_a_table_of_this_app_is_given_a_stream_if_it_has_none(name: str) -> None:
    make, specification = TABLES[name]
    stack = new_stack(env=IRELAND)
    table = make(stack)
    consumer = dynamodb_consumer(stack, table=table)
    assert consumer.table is table
    assert not consumer.source.is_made
    synthesized = Synthesized(stack)
    assert synthesized.properties(table)["StreamSpecification"] == specification
    assert mapping_of(synthesized, consumer)["EventSourceArn"] == {"Fn::GetAtt": [synthesized.id(table), "StreamArn"]}
    assert consumer.facts.retention == 24 * 60 * 60
    assert warnings_of(stack) == {}


def test_a_stream_set_on_the_resource_is_left_as_it_is() -> None:
    stack = new_stack()
    table = a_table(stack)
    resource = table.node.default_child
    assert isinstance(resource, dynamodb.CfnTable)
    resource.stream_specification = dynamodb.CfnTable.StreamSpecificationProperty(stream_view_type="OLD_IMAGE")
    dynamodb_consumer(stack, table=table)
    assert Synthesized(stack).properties(table)["StreamSpecification"] == {"StreamViewType": "OLD_IMAGE"}


def test_two_functions_may_read_one_table() -> None:
    stack = new_stack()
    table = a_table(stack)
    consumers = [dynamodb_consumer(stack, id, table=table) for id in ("Orders", "Mails")]
    assert len({deployed(stack.resolve(consumer.stream_arn)) for consumer in consumers}) == 1
    assert warnings_of(stack) == {}


@pytest.mark.parametrize("origin", ["Table", "TableV2"])
def test_an_imported_table_is_taken_with_its_stream(origin: str) -> None:
    stack = new_stack()
    kind = {"Table": dynamodb.Table, "TableV2": dynamodb.TableV2}[origin]
    table: Any = kind.from_table_attributes(stack, "Imported", table_arn=TABLE_ARN, table_stream_arn=TABLE_STREAM_ARN)
    consumer = dynamodb_consumer(stack, table=table)
    synthesized = Synthesized(stack)
    assert mapping_of(synthesized, consumer)["EventSourceArn"] == TABLE_STREAM_ARN
    assert isinstance(consumer.function, lambda_.Function)
    settings = read_stream(synthesized.environment(consumer.function), TABLE_STREAM_ARN)
    assert settings.source_arn == TABLE_STREAM_ARN
    assert warnings_of(stack) == {}


def refusal(stack: Stack, **options: Any) -> str:
    with pytest.raises(ValueError) as raised:  # noqa: PT011 (what it says is for the caller to judge)
        DynamoDBStreamConsumer(stack, "Orders", function=python_function(stack), **options)
    return str(raised.value)


def test_a_table_imported_without_its_stream_is_refused() -> None:
    stack = new_stack()
    text = refusal(stack, table=dynamodb.Table.from_table_arn(stack, "Imported", TABLE_ARN))
    assert text == (
        "Stack/Orders: Stack/Imported was imported without its stream: import it by "
        "dynamodb.Table.from_table_attributes(…, table_stream_arn=…)"
    )


def test_neither_a_table_nor_a_key_for_one_is_refused() -> None:
    text = refusal(new_stack())
    assert "Stack/Orders: neither a table nor a partition_key to make one with: give table, or partition_key=" in text


@pytest.mark.parametrize(
    "option",
    [{"partition_key": ID}, {"sort_key": ID}, {"table_removal_policy": RemovalPolicy.RETAIN}],
    ids=lambda option: next(iter(option)),
)
def test_options_of_a_table_that_is_not_made_are_refused(option: dict[str, Any]) -> None:
    stack = new_stack()
    (name,) = option
    text = refusal(stack, table=a_table(stack), **option)
    assert f"{name} is for a table that the consumer makes, and here it makes none" in text


def readers(make: Any, count: int) -> dict[str, str]:
    stack = new_stack(env=IRELAND)
    table = make(stack)
    for number in range(count):
        dynamodb_consumer(stack, f"Orders{number}", table=table)
    return warnings_of(stack)


@pytest.mark.parametrize(
    ("name", "most", "kind"),
    [
        ("without a stream", 2, "single-Region"),
        ("global without a stream", 2, "single-Region"),
        ("global with replicas", 1, "global"),
    ],
)
def test_more_readers_than_dynamodb_serves_are_warned_of(name: str, most: int, kind: str) -> None:
    """https://docs.aws.amazon.com/lambda/latest/dg/with-ddb.html#events-dynamodb-simultaneous-readers"""
    make, _ = TABLES[name]
    assert readers(make, most) == {}
    text = readers(make, most + 1)["redrive:stream-readers"]
    assert f"Stack/Table has {most + 1} consumers, and DynamoDB serves {most} at a time of a {kind} table" in text


def test_readers_of_different_tables_are_counted_apart() -> None:
    stack = new_stack()
    for number in range(3):
        dynamodb_consumer(stack, f"Orders{number}", table=a_table(stack, f"Table{number}"))
    assert warnings_of(stack) == {}
