"""Permissions of the function's role: exactly the calls that reading, each kind of destination, and each key take."""

# The CDK's own classes do not fit its interfaces for a type checker: https://github.com/aws/jsii/issues/4541
# pyright: reportArgumentType=false, reportReturnType=false

from collections.abc import Callable, Mapping
from typing import Any

import pytest
from aws_cdk import Environment, Stack
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kinesis as kinesis
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_sns as sns

from redrive.settings.streams import read_stream
from redrive_cdk.streams.consumer import StreamConsumer
from tests.support.constructs.asynchronous.destinations import IMPORTED, MADE, Make, address, delivery, on
from tests.support.constructs.cases import KEYS, key_of
from tests.support.constructs.cdk import (
    Synthesized,
    conditions_of,
    deployed,
    new_stack,
    pairs_of,
    python_function,
    warnings_of,
)
from tests.support.constructs.streams.consumers import (
    CONSUMERS,
    ID,
    STREAM_ARN,
    TABLE_ARN,
    TABLE_STREAM_ARN,
    a_table,
    kinesis_consumer,
    reading,
)

ROLE_ARN = "arn:aws:iam::111111111111:role/orders"
CONSUMER_ARN = f"{STREAM_ARN}/consumer/orders:1540591608"
ORIGINS: dict[str, Mapping[str, Make]] = {"made": MADE, "imported": IMPORTED}
PLACES = ["queue", "topic", "bucket"]


def policy_of(stack: Stack, consumer: StreamConsumer) -> dict[str, Any]:
    return Synthesized(stack).resource(consumer.access_policy)


@pytest.mark.parametrize("key", KEYS)
@pytest.mark.parametrize("origin", ORIGINS)
@pytest.mark.parametrize("kind", PLACES)
@pytest.mark.parametrize("name", CONSUMERS)
def test_the_role_may_read_deliver_and_use_the_key_and_nothing_else(
    name: str, kind: str, origin: str, key: str
) -> None:
    stack = new_stack()
    used = key_of(stack, key)
    destination = ORIGINS[origin][kind](stack, "Failed", used)
    consumer = CONSUMERS[name](stack, on_failure=destination)
    policy = policy_of(stack, consumer)
    assert pairs_of(policy) == reading(stack, consumer) | delivery(stack, kind, destination, used)
    assert policy["Properties"]["Roles"] == [{"Ref": Synthesized(stack).id(consumer.function.role)}]


@pytest.mark.parametrize("on_failure", ["bucket", "queue"])
@pytest.mark.parametrize("name", CONSUMERS)
def test_one_key_for_all_that_is_made_is_granted_for_each(name: str, on_failure: str) -> None:
    stack = new_stack()
    key = kms.Key(stack, "Key")
    consumer = CONSUMERS[name](stack, on_failure=on_failure, encryption_key=key)
    used = {"Kinesis": {"kms:Decrypt"}, "DynamoDB": {"kms:Decrypt", "kms:DescribeKey"}}[name]
    assert consumer.on_failure is not None
    expected = reading(stack, consumer) | delivery(stack, on_failure, consumer.on_failure, key)
    assert pairs_of(policy_of(stack, consumer)) == expected | on(deployed(stack.resolve(key.key_arn)), used)


@pytest.mark.parametrize("key", KEYS)
@pytest.mark.parametrize("kind", ["queue", "bucket"])
@pytest.mark.parametrize("name", CONSUMERS)
def test_the_role_may_set_records_aside_under_its_prefix(name: str, kind: str, key: str) -> None:
    """In a bucket that is no destination it may not list, nor write anywhere else."""
    stack = new_stack()
    used = key_of(stack, key)
    place = MADE[kind](stack, "Aside", used)
    consumer = CONSUMERS[name](stack, on_failure=sns.Topic(stack, "Topic"), set_aside=place)
    synthesized = Synthesized(stack)
    assert isinstance(consumer.function, lambda_.Function)
    source = deployed(stack.resolve(consumer.source.arn))
    prefix = read_stream(synthesized.environment(consumer.function), source).set_aside_prefix
    topic = {("sns:Publish", address(stack, consumer.on_failure))}  # pyright: ignore[reportArgumentType]
    expected = {
        (call, f"{address(stack, place)}/{prefix}*" if call == "s3:PutObject" else resource)
        for call, resource in delivery(stack, kind, place, used)
        if call != "s3:ListBucket"
    }
    assert pairs_of(policy_of(stack, consumer)) == reading(stack, consumer) | topic | expected


STREAMS: dict[str, Callable[[Stack, kms.IKey | None], kinesis.IStream]] = {
    "made": lambda stack, key: kinesis.Stream(stack, "Stream", encryption_key=key),
    "imported": lambda stack, key: kinesis.Stream.from_stream_attributes(
        stack, "Stream", stream_arn=STREAM_ARN, encryption_key=key
    ),
}
TABLES: dict[str, Callable[[Stack, kms.IKey | None], Any]] = {
    "made": lambda stack, key: a_table(stack, encryption_key=key),
    "made as a global table": lambda stack, key: dynamodb.TableV2(
        stack,
        "Table",
        partition_key=ID,
        encryption=None if key is None else dynamodb.TableEncryptionV2.customer_managed_key(key),
    ),
    "imported": lambda stack, key: dynamodb.Table.from_table_attributes(
        stack, "Table", table_arn=TABLE_ARN, table_stream_arn=TABLE_STREAM_ARN, encryption_key=key
    ),
}
SOURCES = [("Kinesis", "stream", origin, make) for origin, make in STREAMS.items()] + [
    ("DynamoDB", "table", origin, make) for origin, make in TABLES.items()
]


@pytest.mark.parametrize("key", KEYS)
@pytest.mark.parametrize(("name", "option", "origin", "make"), SOURCES)
def test_a_taken_source_may_be_read_with_its_key(name: str, option: str, origin: str, make: Any, key: str) -> None:
    stack = new_stack(env=Environment(account="111111111111", region="eu-west-1"))
    used = key_of(stack, key)
    consumer = CONSUMERS[name](stack, on_failure="none", **{option: make(stack, used)})
    calls = {"Kinesis": {"kms:Decrypt"}, "DynamoDB": {"kms:Decrypt", "kms:DescribeKey"}}[name]
    granted = set() if used is None else on(deployed(stack.resolve(used.key_arn)), calls)
    assert pairs_of(policy_of(stack, consumer)) == reading(stack, consumer) | granted


@pytest.mark.parametrize("origin", ["made", "imported"])
def test_enhanced_fan_out_may_read_by_its_consumer(origin: str) -> None:
    """Lambda reads the stream itself, too, when it tries again."""
    stack = new_stack()
    imported = kinesis.StreamConsumer.from_stream_consumer_arn(stack, "Registered", CONSUMER_ARN)
    consumer = kinesis_consumer(stack, on_failure="none", enhanced_fan_out=origin == "made" or imported)
    assert consumer.stream_consumer is not None
    arn = deployed(stack.resolve(consumer.stream_consumer.stream_consumer_arn))
    calls = {"kinesis:DescribeStreamConsumer", "kinesis:SubscribeToShard"}
    assert pairs_of(policy_of(stack, consumer)) == reading(stack, consumer) | on(arn, calls)


@pytest.mark.parametrize(
    ("env", "account"),
    [(None, {"Ref": "AWS::AccountId"}), (Environment(account="222222222222", region="eu-west-1"), "222222222222")],
)
@pytest.mark.parametrize("option", ["on_failure", "set_aside"])
def test_a_bucket_is_written_to_only_while_it_belongs_to_its_account(
    env: Environment | None, account: Any, option: str
) -> None:
    """A bucket that was deleted may be made again by someone else."""
    stack = new_stack(env=env)
    options = {"on_failure": "none", option: s3.Bucket(stack, "Failed")}
    consumer = kinesis_consumer(stack, **options)
    condition = {"StringEquals": {"s3:ResourceAccount": account}}
    calls = {"on_failure": {"s3:PutObject", "s3:ListBucket"}, "set_aside": {"s3:PutObject"}}[option]
    assert dict(conditions_of(policy_of(stack, consumer))) == dict.fromkeys(calls, condition)


@pytest.mark.parametrize("name", CONSUMERS)
def test_an_imported_role_is_granted_by_a_policy_that_the_mapping_waits_for(name: str) -> None:
    stack = new_stack()
    role = iam.Role.from_role_arn(stack, "Role", ROLE_ARN)
    consumer = CONSUMERS[name](stack, function=python_function(stack, role=role))
    synthesized = Synthesized(stack)
    assert synthesized.resource(consumer.access_policy)["Properties"]["Roles"] == ["orders"]
    mapping = synthesized.resource(consumer.event_source_mapping)
    assert mapping["DependsOn"] == [synthesized.id(consumer.access_policy)]


@pytest.mark.parametrize("name", CONSUMERS)
def test_a_role_that_takes_no_policies_is_left_alone(name: str) -> None:
    stack = new_stack()
    role = iam.Role.from_role_arn(stack, "Role", ROLE_ARN, mutable=False)
    consumer = CONSUMERS[name](stack, function=python_function(stack, role=role))
    synthesized = Synthesized(stack)
    assert synthesized.of_type("AWS::IAM::Policy") == {}
    assert "DependsOn" not in synthesized.resource(consumer.event_source_mapping)


@pytest.mark.parametrize("name", CONSUMERS)
def test_what_a_role_that_is_not_known_needs_is_said(name: str) -> None:
    stack = new_stack()
    function = lambda_.Function.from_function_name(stack, "Imported", "orders")
    CONSUMERS[name](stack, function=function)
    text = warnings_of(stack)["redrive:unknown-role"]
    assert "the role of Stack/Imported is not known" in text
    for action in ({"Kinesis": "kinesis", "DynamoDB": "dynamodb"}[name] + ":GetRecords", "s3:PutObject"):
        assert action in text


@pytest.mark.parametrize("name", CONSUMERS)
def test_no_resource_is_opened_by_a_policy_of_its_own(name: str) -> None:
    stack = new_stack()
    CONSUMERS[name](stack)
    synthesized = Synthesized(stack)
    for resource in synthesized.resources.values():
        for statement in resource.get("Properties", {}).get("PolicyDocument", {}).get("Statement", []):
            assert statement["Effect"] == "Deny" or resource["Type"] == "AWS::IAM::Policy"
    assert len(synthesized.of_type("AWS::IAM::Policy")) == 1


@pytest.mark.parametrize("key", KEYS)
def test_a_producer_may_put_records_and_use_the_streams_key(key: str) -> None:
    stack = new_stack()
    used = key_of(stack, key)
    consumer = kinesis_consumer(stack, encryption_key=used)
    producer = python_function(stack, "Producer")
    consumer.grant_put_records(producer)
    arn = deployed(stack.resolve(consumer.stream.stream_arn))
    granted = set() if used is None else {("kms:GenerateDataKey", deployed(stack.resolve(used.key_arn)))}
    assert Synthesized(stack).statements(producer) == granted | on(arn, {"kinesis:PutRecord", "kinesis:PutRecords"})
