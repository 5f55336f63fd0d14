"""Number of messages to Node.js for each construct: an app in Python spends its build time on them."""

from collections.abc import Callable

import pytest
from aws_cdk import Stack
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from redrive_cdk import AsyncInvocation, DynamoDBStreamConsumer, KinesisConsumer, SqsConsumer
from tests.support.constructs.cdk import new_app, new_stack, python_function
from tests.support.constructs.jsii_calls import counted

Make = Callable[[Stack, str, lambda_.Function], Construct]

KEY = dynamodb.Attribute(name="id", type=dynamodb.AttributeType.STRING)
#: The most calls of one construct with its defaults, after another one in its stack.
MOST: dict[str, tuple[int, Make]] = {
    "SqsConsumer": (33, lambda stack, id, function: SqsConsumer(stack, id, function=function)),
    "KinesisConsumer": (48, lambda stack, id, function: KinesisConsumer(stack, id, function=function)),
    "DynamoDBStreamConsumer": (
        49,
        lambda stack, id, function: DynamoDBStreamConsumer(stack, id, function=function, partition_key=KEY),
    ),
    "AsyncInvocation": (40, lambda stack, id, function: AsyncInvocation(stack, id, function=function)),
}


@pytest.mark.parametrize("name", MOST)
def test_a_construct_asks_the_cdk_each_question_once(name: str) -> None:
    most, make = MOST[name]
    stack = new_stack("Shop")
    one, other = (python_function(stack, f"Function{number}") for number in range(2))
    make(stack, "One", one)  # asks what holds for the whole stack, and creates its layer
    with counted() as calls:
        make(stack, "Other", other)
    assert len(calls) <= most, calls.names
    repeated = [call for call in set(calls.names) if call.startswith("GetRequest") and calls.names.count(call) > 1]
    assert repeated == []


#: Properties that each construct reads at synthesis, to see if their values have changed.
ASKED: dict[str, set[str]] = {
    "SqsConsumer": {"timeout", "cfnProperties", "node", "defaultChild"},
    "KinesisConsumer": {"timeout", "retentionPeriodHours", "node", "defaultChild"},
    "DynamoDBStreamConsumer": {"timeout"},
    "AsyncInvocation": set(),
}


@pytest.mark.parametrize("name", MOST)
def test_synthesis_asks_only_what_may_have_changed(name: str) -> None:
    _, make = MOST[name]
    app = new_app()
    stack = Stack(app, "Shop")
    make(stack, "One", python_function(stack))
    with counted() as calls:
        app.synth()
    # Answers to the CDK's own questions are requests too; its validation tells where the templates are.
    asked = [name.split()[1] for name in calls.names if not name.startswith("_")]
    assert sorted({*asked} - {"synth", "templatePaths"}) == sorted(ASKED[name])
    assert len([each for each in asked if each in ASKED[name]]) == len(ASKED[name])
