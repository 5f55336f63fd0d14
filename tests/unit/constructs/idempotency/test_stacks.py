"""Table, functions and consumers in different stacks either deploy, or are refused with the reason."""

# The CDK's own classes do not fit its interfaces for a type checker: https://github.com/aws/jsii/issues/4541
# pyright: reportArgumentType=false

import json
from collections.abc import Callable
from typing import Any

import pytest
from aws_cdk import App, NestedStack, Stack
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_kinesis as kinesis
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from redrive.settings.idempotency import read_idempotency
from redrive_cdk import AsyncInvocation, DynamoDBStreamConsumer, IdempotencyTable, KinesisConsumer, SqsConsumer
from tests.support.constructs.cdk import Synthesized, new_app, python_function
from tests.support.constructs.idempotency.tables import CALLS, GIVE, ID, TABLE_ARN

CIRCLE = "the two stacks would depend on each other; make IdempotencyTable in the function's stack, or in a third"


def _stream(function: Any) -> Any:
    return kinesis.Stream(Stack.of(function), "Stream")


def _table(function: Any) -> Any:
    return dynamodb.Table(Stack.of(function), "Table", partition_key=ID)


def _queue(function: Any) -> Any:
    failed = sqs.Queue(Stack.of(function), "Failed")
    return sqs.Queue(
        Stack.of(function), "Queue", dead_letter_queue=sqs.DeadLetterQueue(queue=failed, max_receive_count=5)
    )


#: Consumers that need nothing of their own that the function must be told of, so that they may be in another stack.
CONSUMERS: dict[str, Callable[[Construct, Any], Any]] = {
    "async": lambda scope, function: AsyncInvocation(scope, "Events", function=function),
    "kinesis": lambda scope, function: KinesisConsumer(
        scope, "Records", function=function, stream=_stream(function), on_failure="none"
    ),
    "dynamodb": lambda scope, function: DynamoDBStreamConsumer(
        scope, "Items", function=function, table=_table(function), on_failure="none"
    ),
    "sqs": lambda scope, function: SqsConsumer(scope, "Messages", function=function, queue=_queue(function)),
}


@pytest.fixture
def app() -> App:
    return new_app()


@pytest.mark.parametrize("kind", GIVE)
@pytest.mark.parametrize("with_key", [False, True])
def test_a_function_of_another_stack_may_use_the_table(app: App, kind: str, with_key: bool) -> None:
    there, here = Stack(app, "There"), Stack(app, "Here")
    function = python_function(there)
    key = kms.Key(here, "Key") if with_key else None
    IdempotencyTable(here, "Orders", encryption_key=key).grant(GIVE[kind](function))
    app.synth()
    assert there.dependencies == [here]
    assert here.dependencies == []
    synthesized = Synthesized(there)
    (policy,) = synthesized.of_type("AWS::IAM::Policy").values()
    statements = policy["Properties"]["PolicyDocument"]["Statement"]
    assert set(statements[0]["Action"]) == CALLS
    assert len(statements) == 1 + with_key
    # Both name what the other stack puts out.
    name = json.dumps(synthesized.properties(function)["Environment"])
    assert "OutputRefOrdersTable" in name
    assert "OutputFnGetAttOrdersTable" in json.dumps(statements[0]["Resource"])
    assert Synthesized(here).of_type("AWS::IAM::Policy") == {}


def test_functions_of_several_stacks_may_use_one_table(app: App) -> None:
    here = Stack(app, "Here")
    done = IdempotencyTable(here, "Orders")
    others = [Stack(app, f"There{number}") for number in range(2)]
    for stack in (here, *others):
        done.grant(python_function(stack))
    app.synth()
    assert [stack.dependencies for stack in (here, *others)] == [[], [here], [here]]


@pytest.mark.parametrize("where", ["table", "function", "both"])
def test_nested_stacks_work(app: App, where: str) -> None:
    parent = Stack(app, "Parent")
    nested = NestedStack(parent, "Nested")
    function = python_function(nested if where in ("function", "both") else parent)
    IdempotencyTable(nested if where in ("table", "both") else parent, "Orders").grant(function)
    app.synth()
    for stack in (parent, nested):  # a circle would be an error here
        assert Synthesized(stack).template


@pytest.mark.parametrize("name", CONSUMERS)
def test_a_consumer_beside_its_function_may_be_protected_by_a_table_of_another_stack(app: App, name: str) -> None:
    there, here = Stack(app, "There"), Stack(app, "Here")
    consumer = CONSUMERS[name](there, python_function(there))
    IdempotencyTable(here, "Orders").protects(consumer)
    app.synth()
    assert there.dependencies == [here]


@pytest.mark.parametrize("name", CONSUMERS)
@pytest.mark.parametrize("place", ["the function's", "a third"])
def test_a_consumer_apart_from_its_function_may_be_protected_by_a_table(app: App, name: str, place: str) -> None:
    there, here, third = (Stack(app, id) for id in ("There", "Here", "Third"))
    consumer = CONSUMERS[name](here, python_function(there))
    IdempotencyTable(there if place == "the function's" else third, "Orders").protects(consumer)
    app.synth()
    assert there in here.dependencies
    assert there.dependencies == ([] if place == "the function's" else [third])


@pytest.mark.parametrize("kind", ["function", "version", "alias"])
@pytest.mark.parametrize("name", CONSUMERS)
def test_a_table_with_a_consumer_but_not_with_its_function_is_refused(app: App, name: str, kind: str) -> None:
    there, here = Stack(app, "There"), Stack(app, "Here")
    function = python_function(there)
    consumer = CONSUMERS[name](here, GIVE[kind](function))
    done = IdempotencyTable(here, "Orders")
    with pytest.raises(ValueError, match="There/Function belongs to another stack than Here/") as raised:
        done.protects(consumer)
    assert CIRCLE in str(raised.value)
    assert done.protected == []


def test_what_is_refused_would_indeed_not_synthesize(app: App) -> None:
    there, here = Stack(app, "There"), Stack(app, "Here")
    function = python_function(there)
    AsyncInvocation(here, "Events", function=function)
    IdempotencyTable(here, "Orders").grant(function)
    with pytest.raises(RuntimeError, match="cyclic reference"):
        app.synth()


def test_an_imported_table_makes_no_circle(app: App) -> None:
    there, here = Stack(app, "There"), Stack(app, "Here")
    function = python_function(there)
    consumer = AsyncInvocation(here, "Events", function=function)
    IdempotencyTable(here, "Orders", table=dynamodb.Table.from_table_arn(here, "Done", TABLE_ARN)).protects(consumer)
    app.synth()
    assert there.dependencies == []
    assert read_idempotency(Synthesized(there).environment(function), None).table == "done"


def test_an_imported_function_makes_no_circle(app: App) -> None:
    here = Stack(app, "Here")
    function = lambda_.Function.from_function_name(here, "Imported", "orders")
    consumer = AsyncInvocation(here, "Events", function=function)
    IdempotencyTable(here, "Orders").protects(consumer)
    app.synth()
    assert here.dependencies == []
