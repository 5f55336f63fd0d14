"""A construct in place of the CDK's own event source updates the deployed mapping, and has nothing replaced."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from aws_cdk import Duration, Stack
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_kinesis as kinesis
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_lambda_event_sources as sources
from aws_cdk import aws_sqs as sqs

from redrive_cdk import AsyncInvocation, CircuitBreaker, DynamoDBStreamConsumer, KinesisConsumer, SqsConsumer
from tests.support.constructs.cdk import Synthesized, new_stack, python_function

MAPPING, CONFIGURATION = "AWS::Lambda::EventSourceMapping", "AWS::Lambda::EventInvokeConfig"
LATEST = lambda_.StartingPosition.LATEST
#: Properties whose change replaces the resource, of both kinds.
REPLACING = ("EventSourceArn", "StartingPosition", "StartingPositionTimestamp", "FunctionName", "Qualifier")

Make = Callable[[Stack, lambda_.Function, str | None], object]


def _queue(stack: Stack, function: lambda_.Function, old: str | None) -> None:
    queue = sqs.Queue(stack, "Orders", visibility_timeout=Duration.minutes(5))
    if old is None:
        function.add_event_source(sources.SqsEventSource(queue))
    else:
        SqsConsumer(stack, "Consumer", function=function, queue=queue, takes_over=old)


def _stream(stack: Stack, function: lambda_.Function, old: str | None) -> None:
    stream = kinesis.Stream(stack, "Readings")
    if old is None:
        function.add_event_source(sources.KinesisEventSource(stream, starting_position=LATEST))
    else:
        KinesisConsumer(stack, "Consumer", function=function, stream=stream, starting_position=LATEST, takes_over=old)


def _table(stack: Stack, function: lambda_.Function, old: str | None) -> None:
    key = dynamodb.Attribute(name="id", type=dynamodb.AttributeType.STRING)
    table = dynamodb.Table(stack, "Ledger", partition_key=key, stream=dynamodb.StreamViewType.NEW_IMAGE)
    if old is None:
        function.add_event_source(sources.DynamoEventSource(table, starting_position=LATEST))
    else:
        DynamoDBStreamConsumer(
            stack, "Consumer", function=function, table=table, starting_position=LATEST, takes_over=old
        )


def _asynchronous(stack: Stack, function: lambda_.Function, old: str | None) -> None:
    if old is None:
        function.configure_async_invoke(retry_attempts=1)
    else:
        AsyncInvocation(stack, "Consumer", function=function, retry_attempts=1, takes_over=old)


def _alias(stack: Stack, function: lambda_.Function, old: str | None) -> None:
    alias = function.add_alias("live")
    if old is None:
        alias.configure_async_invoke(retry_attempts=1)
    else:
        AsyncInvocation(stack, "Consumer", function=alias, retry_attempts=1, takes_over=old)


MAKE: dict[str, Make] = {
    "queue": _queue,
    "stream": _stream,
    "table": _table,
    "asynchronous": _asynchronous,
    "alias": _alias,
}


def resources(make: Make, old: str | None) -> dict[str, Any]:
    stack = new_stack("Shop")
    make(stack, python_function(stack, "Handler"), old)
    synthesized = Synthesized(stack)
    return synthesized.of_type(MAPPING) | synthesized.of_type(CONFIGURATION)


@pytest.mark.parametrize("name", MAKE)
def test_the_resource_of_an_event_source_is_updated_in_place(name: str) -> None:
    ((logical_id, deployed),) = resources(MAKE[name], None).items()
    ((same, updated),) = resources(MAKE[name], logical_id).items()
    assert same == logical_id
    before, after = deployed["Properties"], updated["Properties"]
    assert [_value(before.get(each)) for each in REPLACING] == [_value(after.get(each)) for each in REPLACING]
    assert before != after  # it is ours


def _value(given: Any) -> Any:
    """The value after the deployment, by which CloudFormation compares: the CDK takes an alias' name from its ARN."""
    return "live" if isinstance(given, dict) and "Fn::Select" in given else given


def test_a_renamed_consumer_keeps_the_mapping_it_had() -> None:
    def make(id: str, **options: Any) -> set[str]:
        stack = new_stack()
        SqsConsumer(stack, id, function=python_function(stack), queue=sqs.Queue(stack, "Queue"), **options)
        return set(Synthesized(stack).of_type(MAPPING))

    (old,) = make("Orders")
    assert make("Purchases") != {old}
    assert make("Purchases", takes_over=old) == {old}


def test_what_refers_to_the_mapping_follows() -> None:
    stack = new_stack()
    queue = sqs.Queue(stack, "Queue", retention_period=Duration.days(14))
    orders = SqsConsumer(stack, "Orders", function=python_function(stack), queue=queue, takes_over="OldMapping")
    CircuitBreaker(stack, "Payments", pauses=[orders])
    (resumption,) = Synthesized(stack).of_type("Custom::RedriveResumption").values()
    assert resumption["Properties"]["Mapping"] == {"Ref": "OldMapping"}


def _function(stack: Stack) -> lambda_.Function:
    return python_function(stack, "Handler")


KEY = dynamodb.Attribute(name="id", type=dynamodb.AttributeType.STRING)
#: Constructs that cannot take over a mapping, and the beginning of the refusal.
REFUSED: dict[str, tuple[Callable[[Stack], object], str]] = {
    "new queue": (
        lambda stack: SqsConsumer(stack, "Made", function=_function(stack), takes_over="Old"),
        "would read a queue that is yet to be created",
    ),
    "new stream": (
        lambda stack: KinesisConsumer(
            stack, "Made", function=_function(stack), starting_position=LATEST, takes_over="Old"
        ),
        "would read a stream that is yet to be created",
    ),
    "new consumer of a stream": (
        lambda stack: KinesisConsumer(
            stack,
            "Made",
            function=_function(stack),
            stream=kinesis.Stream(stack, "Stream"),
            enhanced_fan_out=True,
            starting_position=LATEST,
            takes_over="Old",
        ),
        "would read a consumer for enhanced fan-out that is yet to be created",
    ),
    "new table": (
        lambda stack: DynamoDBStreamConsumer(
            stack,
            "Made",
            function=_function(stack),
            partition_key=KEY,
            starting_position=LATEST,
            takes_over="Old",
        ),
        "would read a table that is yet to be created",
    ),
    "new stream of a table": (
        lambda stack: DynamoDBStreamConsumer(
            stack,
            "Made",
            function=_function(stack),
            table=dynamodb.Table(stack, "Table", partition_key=KEY),
            starting_position=LATEST,
            takes_over="Old",
        ),
        "would read a stream that is yet to be created",
    ),
    "another position": (
        lambda stack: KinesisConsumer(
            stack, "Made", function=_function(stack), stream=kinesis.Stream(stack, "Stream"), takes_over="Old"
        ),
        "without a starting_position: CloudFormation replaces",
    ),
    "a path": (
        lambda stack: SqsConsumer(
            stack, "Made", function=_function(stack), queue=sqs.Queue(stack, "Queue"), takes_over="Shop/Handler"
        ),
        "a logical id has letters and digits only",
    ),
    "a path of a configuration": (
        lambda stack: AsyncInvocation(stack, "Made", function=_function(stack), takes_over="Shop/Handler"),
        "give that of the deployed configuration",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_would_replace_the_mapping_is_refused(name: str) -> None:
    make, says = REFUSED[name]
    with pytest.raises(ValueError, match=rf"^Stack/Made: takes_over '.*{says}"):
        make(new_stack())
