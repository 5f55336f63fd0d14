"""Constructs are checked again when the app is synthesized, from what is really deployed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, cast

import jsii
import pytest
from aws_cdk import (
    Acknowledgment,
    Annotations,
    App,
    Aspects,
    CfnParameter,
    Duration,
    IAspect,
    NestedStack,
    Stack,
    Stage,
    Validations,
)
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_lambda_event_sources as sources
from aws_cdk import aws_sqs as sqs
from constructs import IConstruct

from redrive_cdk import AsyncInvocation, DynamoDBStreamConsumer, KinesisConsumer, SqsConsumer
from tests.support.constructs.cdk import CONTEXT, new_app, new_stack, python_function, warnings_of

COVERS = r"visibility timeout 60 s is below the function's timeout of 61 s"


def app_of(construct: IConstruct) -> App:
    return cast("App", construct.node.root)


def consumer(stack: Stack, **options: Any) -> tuple[SqsConsumer, lambda_.CfnFunction]:
    function = python_function(stack)
    made = SqsConsumer(stack, "Orders", function=function, **options)
    return made, cast("lambda_.CfnFunction", function.node.default_child)


@jsii.implements(IAspect)
class Slower:
    """Gives each function a timeout."""

    def visit(self, node: IConstruct) -> None:
        if isinstance(node, lambda_.CfnFunction):
            node.timeout = 61


def by_aspect(stack: Stack, _: lambda_.CfnFunction) -> None:
    Aspects.of(stack).add(cast("IAspect", Slower()))


def by_override(_: Stack, function: lambda_.CfnFunction) -> None:
    function.add_property_override("Timeout", 61)


def by_property(_: Stack, function: lambda_.CfnFunction) -> None:
    function.timeout = 61


@pytest.mark.parametrize("change", [by_aspect, by_override, by_property])
def test_what_is_changed_after_a_consumer_was_made_is_refused_at_synthesis(change: Any) -> None:
    stack = new_stack()
    _, function = consumer(stack, visibility_timeout=Duration.seconds(60))
    change(stack, function)
    with pytest.raises(RuntimeError, match=COVERS):
        app_of(stack).synth()


def test_an_override_can_also_make_it_right() -> None:
    stack = new_stack()
    made, function = consumer(stack, visibility_timeout=Duration.seconds(60))
    function.add_property_override("Timeout", 61)
    cast("sqs.CfnQueue", made.queue.node.default_child).add_property_override("VisibilityTimeout", 366)
    app_of(stack).synth()


@pytest.mark.parametrize("inside", ["stack", "stage"])
def test_a_queue_of_another_stack_is_known(inside: str) -> None:
    app = new_app()
    scope: Any = app if inside == "stack" else Stage(app, "Prod")
    queues, functions = Stack(scope, "Queues"), Stack(scope, "Functions")
    kept = sqs.DeadLetterQueue(queue=cast("Any", sqs.Queue(queues, "Kept")), max_receive_count=5)
    queue = sqs.Queue(queues, "Queue", visibility_timeout=Duration.seconds(60), dead_letter_queue=kept)
    function = python_function(functions)
    SqsConsumer(functions, "Orders", function=function, queue=cast("sqs.IQueue", queue))
    cast("lambda_.CfnFunction", function.node.default_child).add_property_override("Timeout", 61)
    with pytest.raises(RuntimeError, match=COVERS):
        app.synth()


def test_a_value_that_only_the_deployment_knows_is_not_guessed() -> None:
    stack = new_stack()
    _, function = consumer(stack, visibility_timeout=Duration.seconds(60))
    function.timeout = CfnParameter(stack, "Timeout", type="Number", default=900).value_as_number
    app_of(stack).synth()


def test_a_mapping_added_by_hand_is_a_second_one() -> None:
    stack = new_stack()
    function = python_function(stack)
    orders = SqsConsumer(stack, "Orders", function=function)
    function.add_event_source(cast("lambda_.IEventSource", sources.SqsEventSource(cast("sqs.Queue", orders.queue))))
    with pytest.raises(RuntimeError, match="Lambda refuses a second mapping of the same source and function"):
        app_of(stack).synth()


def test_a_configuration_by_hand_is_a_second_one() -> None:
    stack = new_stack()
    function = python_function(stack)
    AsyncInvocation(stack, "Invoices", function=function)
    lambda_.CfnEventInvokeConfig(
        stack, "ByHand", function_name=function.function_name, qualifier="$LATEST", maximum_retry_attempts=0
    )
    with pytest.raises(RuntimeError, match="keeps one configuration"):
        app_of(stack).synth()


def later_warning(stack: Stack) -> SqsConsumer:
    """A consumer of which a rule warns only at synthesis."""
    made, function = consumer(stack, visibility_timeout=Duration.seconds(60))
    function.timeout = 11
    return made


def test_a_warning_comes_at_synthesis_too() -> None:
    stack = new_stack()
    later_warning(stack)
    assert warnings_of(stack) == {}
    app_of(stack).synth()
    assert set(warnings_of(stack)) == {"redrive:visibility-timeout"}


def reported(stack: Stack) -> set[str]:
    """The ids of what the final check has reported."""
    report = json.loads((Path(app_of(stack).synth().directory) / "validation-report.json").read_text())
    return {
        violation["ruleName"].rpartition("::")[2]
        for each in report["pluginReports"]
        if each["pluginName"] == "Redrive"
        for violation in each["violations"]
    }


def test_a_warning_is_shown() -> None:
    stack = new_stack()
    later_warning(stack)
    assert reported(stack) == {"redrive:visibility-timeout"}


@pytest.mark.parametrize("way", ["annotations", "validations"])
def test_an_acknowledged_warning_is_not_shown(way: str) -> None:
    stack = new_stack()
    orders = later_warning(stack)
    if way == "annotations":
        Annotations.of(orders).acknowledge_warning("redrive:visibility-timeout")
    else:
        Validations.of(orders).acknowledge(Acknowledgment(id="redrive:visibility-timeout", reason="It is enough."))
    assert reported(stack) == set()


def test_a_warning_of_construction_is_not_repeated() -> None:
    stack = new_stack()
    consumer(stack, max_receive_count=2)
    assert set(warnings_of(stack)) == {"redrive:max-receive-count"}
    assert reported(stack) == set()


def test_what_others_wire_by_hand_is_not_reported() -> None:
    stack = new_stack()
    consumer(stack)
    queue = sqs.Queue(stack, "Taken")
    other = python_function(stack, "Other", timeout=Duration.seconds(31))
    other.add_event_source(cast("lambda_.IEventSource", sources.SqsEventSource(queue)))
    assert reported(stack) == set()


def test_good_stacks_are_silent() -> None:
    stack = new_stack()
    consumer(stack)
    KinesisConsumer(stack, "Readings", function=python_function(stack, "Reader"))
    key = dynamodb.Attribute(name="id", type=dynamodb.AttributeType.STRING)
    DynamoDBStreamConsumer(stack, "Changes", function=python_function(stack, "Follower"), partition_key=key)
    AsyncInvocation(stack, "Invoices", function=python_function(stack, "Writer"))
    assert reported(stack) == set()


UNNAMED = {**CONTEXT, "aws:cdk:disable-logicalId-metadata": True}


@pytest.mark.parametrize("context", [CONTEXT, {**UNNAMED, "aws:cdk:enable-path-metadata": True}])
def test_constructs_are_known_by_either_kind_of_metadata(context: dict[str, Any]) -> None:
    stack = Stack(App(context=context), "Stack")
    _, function = consumer(stack, visibility_timeout=Duration.seconds(60))
    by_override(stack, function)
    with pytest.raises(RuntimeError, match=COVERS):
        app_of(stack).synth()


@pytest.mark.parametrize("inside", ["stack", "nested stack", "stage"])
def test_an_app_whose_templates_name_no_constructs_asks_the_cdk(inside: str) -> None:
    app = App(context=UNNAMED)
    scope: Any = Stage(app, "Prod") if inside == "stage" else app
    stack: Stack = Stack(scope, "Stack")
    if inside == "nested stack":
        stack = NestedStack(stack, "Nested")
    _, function = consumer(stack, visibility_timeout=Duration.seconds(60))
    by_override(stack, function)
    with pytest.raises(RuntimeError, match=COVERS):
        app.synth()


def test_an_app_without_our_constructs_is_not_checked() -> None:
    stack = Stack(App(context=UNNAMED), "Stack")
    python_function(stack)
    app_of(stack).synth()
    assert warnings_of(app_of(stack)) == {}
