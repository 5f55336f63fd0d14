"""Both consumers of streams, for the tests of what they have in common."""

# The CDK's own classes do not fit its interfaces for a type checker: https://github.com/aws/jsii/issues/4541
# pyright: reportArgumentType=false

from collections.abc import Callable
from typing import Any

from aws_cdk import Stack
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_kinesis as kinesis
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from redrive.settings import StreamSettings, read_stream
from redrive_cdk.streams.consumer import StreamConsumer
from redrive_cdk.streams.dynamodb import DynamoDBStreamConsumer
from redrive_cdk.streams.kinesis import KinesisConsumer
from tests.support.constructs.cdk import Synthesized, deployed, new_stack, python_function

ID = dynamodb.Attribute(name="id", type=dynamodb.AttributeType.STRING)
STREAM_ARN = "arn:aws:kinesis:eu-west-1:111111111111:stream/orders"
TABLE_ARN = "arn:aws:dynamodb:eu-west-1:111111111111:table/orders"
TABLE_STREAM_ARN = f"{TABLE_ARN}/stream/2026-11-22T00:00:00.000"

Make = Callable[..., StreamConsumer]


def kinesis_consumer(scope: Construct, id: str = "Orders", **options: Any) -> KinesisConsumer:
    """A consumer with a function of its own, unless it is given one."""
    return KinesisConsumer(scope, id, **{"function": _function(scope, id, options), **options})


def dynamodb_consumer(scope: Construct, id: str = "Orders", **options: Any) -> DynamoDBStreamConsumer:
    """A consumer with a function and a key of its own, unless it is given one, or a table."""
    key = {} if "table" in options else {"partition_key": ID}
    return DynamoDBStreamConsumer(scope, id, **{"function": _function(scope, id, options), **key, **options})


def _function(scope: Construct, id: str, options: dict[str, Any]) -> Any:
    return options["function"] if "function" in options else python_function(scope, f"{id}Function")


CONSUMERS: dict[str, Make] = {"Kinesis": kinesis_consumer, "DynamoDB": dynamodb_consumer}


def a_stream(scope: Construct, id: str = "Stream", **options: Any) -> kinesis.Stream:
    return kinesis.Stream(scope, id, encryption=kinesis.StreamEncryption.MANAGED, **options)


def a_table(scope: Construct, id: str = "Table", **options: Any) -> dynamodb.Table:
    return dynamodb.Table(scope, id, partition_key=ID, **options)


#: Options that give each consumer a source of this app.
GIVEN: dict[str, Callable[[Construct], dict[str, Any]]] = {
    "Kinesis": lambda scope: {"stream": a_stream(scope)},
    "DynamoDB": lambda scope: {"table": a_table(scope)},
}


def mapping_of(synthesized: Synthesized, consumer: StreamConsumer) -> dict[str, Any]:
    """The mapping's properties."""
    return synthesized.properties(consumer.event_source_mapping)


def reading(stack: Stack, consumer: StreamConsumer) -> set[tuple[str, str]]:
    """Pairs of an action and a resource: what reading takes, and nothing else.

    https://docs.aws.amazon.com/lambda/latest/dg/services-kinesis-create.html and
    https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/iam-policy-read-stream-only.html
    """
    if isinstance(consumer, KinesisConsumer):
        calls = "DescribeStream DescribeStreamSummary GetRecords GetShardIterator ListShards SubscribeToShard"
        return {(f"kinesis:{call}", deployed(stack.resolve(consumer.stream.stream_arn))) for call in calls.split()}
    assert isinstance(consumer, DynamoDBStreamConsumer)
    calls = "DescribeStream GetRecords GetShardIterator"
    pairs = {(f"dynamodb:{call}", deployed(stack.resolve(consumer.stream_arn))) for call in calls.split()}
    return pairs | {("dynamodb:ListStreams", f"{deployed(stack.resolve(consumer.table.table_arn))}/stream/*")}


def made(name: str, **options: Any) -> tuple[Synthesized, StreamConsumer]:
    stack = new_stack()
    consumer = CONSUMERS[name](stack, **options)
    return Synthesized(stack), consumer


def function_of(consumer: StreamConsumer) -> lambda_.Function:
    assert isinstance(consumer.function, lambda_.Function)
    return consumer.function


def settings_of(synthesized: Synthesized, consumer: StreamConsumer) -> StreamSettings:
    source = deployed(synthesized.stack.resolve(consumer.source.arn))
    return read_stream(synthesized.environment(function_of(consumer)), source)
