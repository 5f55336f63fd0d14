"""Parts of a consumer of streams in different stacks either deploy, or are refused with the reason."""

# The CDK's own classes do not fit its interfaces for a type checker: https://github.com/aws/jsii/issues/4541
# pyright: reportArgumentType=false

from collections.abc import Callable
from typing import Any

import pytest
from aws_cdk import App, NestedStack, Stack
from aws_cdk import aws_kinesis as kinesis
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from redrive.settings.streams import read_stream
from tests.support.constructs.asynchronous.destinations import MADE
from tests.support.constructs.cdk import Synthesized, deployed, new_app, python_function
from tests.support.constructs.streams.consumers import CONSUMERS, GIVEN, a_stream, kinesis_consumer

CIRCLE = "the two stacks would depend on each other; "
GIVE: dict[str, Callable[[lambda_.Function], Any]] = {
    "function": lambda function: function,
    "version": lambda function: function.current_version,
    "alias": lambda function: function.add_alias("live"),
}
#: Options that are not in the function's settings: the resources may be with the consumer.
UNTOLD: dict[str, Callable[[Stack], dict[str, Any]]] = {
    "no destination": lambda stack: {"on_failure": "none"},
    "a topic": lambda stack: {"on_failure": MADE["topic"](stack, "Given", kms.Key(stack, "Key"))},
}
#: Options that are in the function's settings, since it sets records aside there.
TOLD: dict[str, Callable[[Stack], dict[str, Any]]] = {
    "a queue": lambda stack: {"on_failure": MADE["queue"](stack, "Given", kms.Key(stack, "Key"))},
    "a bucket": lambda stack: {"on_failure": MADE["bucket"](stack, "Given", kms.Key(stack, "Key"))},
    "a queue to set aside": lambda stack: {
        "on_failure": "none",
        "set_aside": MADE["queue"](stack, "Given", kms.Key(stack, "Key")),
    },
    "a bucket to set aside": lambda stack: {
        "on_failure": "none",
        "set_aside": MADE["bucket"](stack, "Given", kms.Key(stack, "Key")),
    },
}


@pytest.fixture
def app() -> App:
    return new_app()


@pytest.fixture(params=CONSUMERS)
def name(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.mark.parametrize("given", GIVE)
@pytest.mark.parametrize("case", UNTOLD)
def test_function_and_stream_of_another_stack_work_with(app: App, name: str, case: str, given: str) -> None:
    there, here = Stack(app, "There"), Stack(app, "Here")
    function = python_function(there)
    consumer = CONSUMERS[name](here, function=GIVE[given](function), **GIVEN[name](there), **UNTOLD[case](here))
    app.synth()
    assert here.dependencies == [there]
    assert there.dependencies == []
    source = deployed(there.resolve(consumer.source.arn))
    assert read_stream(Synthesized(there).environment(function), source).source_arn == source


def test_a_consumer_registered_here_for_a_stream_of_another_stack_works(app: App) -> None:
    """The function is told the stream's ARN, not the consumer's."""
    there, here = Stack(app, "There"), Stack(app, "Here")
    kinesis_consumer(
        here, function=python_function(there), stream=a_stream(there), enhanced_fan_out=True, on_failure="none"
    )
    app.synth()
    assert there.dependencies == []
    assert len(Synthesized(here).of_type("AWS::Kinesis::StreamConsumer")) == 1


@pytest.mark.parametrize("case", [*UNTOLD, *TOLD])
def test_a_stream_and_a_place_of_a_third_stack_work(app: App, name: str, case: str) -> None:
    there, here, third = (Stack(app, id) for id in ("There", "Here", "Third"))
    options = {**UNTOLD, **TOLD}[case](third)
    CONSUMERS[name](here, function=python_function(there), **GIVEN[name](third), **options)
    app.synth()
    assert third.dependencies == []
    assert there.dependencies == [third]
    assert set(here.dependencies) == {there, third}


@pytest.mark.parametrize("case", TOLD)
def test_a_place_of_the_functions_stack_works(app: App, name: str, case: str) -> None:
    there, here = Stack(app, "There"), Stack(app, "Here")
    CONSUMERS[name](here, function=python_function(there), **GIVEN[name](there), **TOLD[case](there))
    app.synth()
    assert there.dependencies == []


def test_the_roles_policy_is_with_the_consumer(app: App, name: str) -> None:
    there, here = Stack(app, "There"), Stack(app, "Here")
    CONSUMERS[name](here, function=python_function(there), on_failure="none", **GIVEN[name](there))
    app.synth()
    assert Synthesized(there).of_type("AWS::IAM::Policy") == {}
    assert len(Synthesized(here).of_type("AWS::IAM::Policy")) == 1


def refusal(name: str, scope: Construct, **options: Any) -> str:
    with pytest.raises(ValueError) as raised:  # noqa: PT011 (what it says is for the caller to judge)
        CONSUMERS[name](scope, **options)
    return str(raised.value)


@pytest.mark.parametrize("given", GIVE)
def test_a_stream_made_here_for_a_function_of_another_stack_is_refused(app: App, name: str, given: str) -> None:
    """The function is told the stream's ARN, and the mapping needs the function: neither stack could go first."""
    there, here = Stack(app, "There"), Stack(app, "Here")
    text = refusal(name, here, function=GIVE[given](python_function(there)), on_failure="none")
    source = {"Kinesis": "Stream", "DynamoDB": "Table"}[name]
    assert f"There/Function belongs to another stack than Here/Orders, and would need Here/Orders/{source}" in text
    consumer = {"Kinesis": "KinesisConsumer", "DynamoDB": "DynamoDBStreamConsumer"}[name]
    assert CIRCLE + f"make {consumer} in the function's stack, or give it what lies in a third" in text


def test_a_stream_of_the_consumers_stack_is_refused_too(app: App, name: str) -> None:
    there, here = Stack(app, "There"), Stack(app, "Here")
    text = refusal(name, here, function=python_function(there), on_failure="none", **GIVEN[name](here))
    assert "would need Here/" in text


@pytest.mark.parametrize("case", ["bucket", "queue"])
def test_a_place_made_here_for_a_function_of_another_stack_is_refused(app: App, name: str, case: str) -> None:
    there, here = Stack(app, "There"), Stack(app, "Here")
    text = refusal(name, here, function=python_function(there), on_failure=case, **GIVEN[name](there))
    assert f"would need Here/Orders/Failure{case.title()}" in text


@pytest.mark.parametrize("case", TOLD)
def test_a_place_of_the_consumers_stack_is_refused(app: App, name: str, case: str) -> None:
    there, here = Stack(app, "There"), Stack(app, "Here")
    text = refusal(name, here, function=python_function(there), **GIVEN[name](there), **TOLD[case](here))
    assert "would need Here/Given of that one" in text


def test_what_is_refused_would_indeed_not_synthesize(app: App) -> None:
    there, here = Stack(app, "There"), Stack(app, "Here")
    function, stream = python_function(there), a_stream(here)
    function.add_environment("STREAM", stream.stream_arn)
    lambda_.EventSourceMapping(
        here,
        "Mapping",
        target=function,
        event_source_arn=stream.stream_arn,
        starting_position=lambda_.StartingPosition.LATEST,
    )
    with pytest.raises(RuntimeError, match="cyclic reference"):
        app.synth()


def test_imported_parts_may_be_imported_anywhere(app: App) -> None:
    there, here = Stack(app, "There"), Stack(app, "Here")
    stream = kinesis.Stream.from_stream_arn(here, "Stream", "arn:aws:kinesis:eu-west-1:111111111111:stream/orders")
    kinesis_consumer(here, function=python_function(there), stream=stream, on_failure="none")
    imported = lambda_.Function.from_function_name(there, "Imported", "orders")
    kinesis_consumer(here, "Others", function=imported)
    app.synth()


@pytest.mark.parametrize("case", [*UNTOLD, *TOLD])
def test_all_in_a_nested_stack_works(app: App, name: str, case: str) -> None:
    parent = Stack(app, "Parent")
    nested = NestedStack(parent, "Nested")
    CONSUMERS[name](nested, **{**UNTOLD, **TOLD}[case](nested))
    app.synth()
    assert Synthesized(parent).template


def test_a_function_of_a_nested_stack_works(app: App, name: str) -> None:
    """The nested stack may need what is in its parent, as far as that does not need it."""
    parent = Stack(app, "Parent")
    nested = NestedStack(parent, "Nested")
    CONSUMERS[name](parent, function=python_function(nested))
    app.synth()
    assert Synthesized(parent).template
    assert Synthesized(nested).template


def test_what_the_function_is_told_of_a_nested_stack_is_refused(app: App, name: str) -> None:
    parent = Stack(app, "Parent")
    nested = NestedStack(parent, "Nested")
    text = refusal(name, nested, function=python_function(parent), on_failure="none")
    assert "Parent/Function belongs to another stack than Parent/Nested/Orders" in text
