"""The final check reads nested stacks, with what they pass to each other."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from aws_cdk import Duration, NestedStack, Stack
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_lambda_event_sources as sources
from aws_cdk import aws_sqs as sqs

from redrive_cdk import SqsConsumer
from tests.support.constructs.cdk import new_app, python_function

COVERS = r"visibility timeout 60 s is below the function's timeout of 61 s"


def consumer(scope: Stack, function: lambda_.Function, **options: Any) -> SqsConsumer:
    return SqsConsumer(scope, "Orders", function=function, visibility_timeout=Duration.seconds(60), **options)


def slow(function: lambda_.Function) -> None:
    resource = function.node.default_child
    assert isinstance(resource, lambda_.CfnFunction)
    resource.add_property_override("Timeout", 61)


def with_dead_letters(scope: Stack) -> sqs.Queue:
    failed = sqs.Queue(scope, "Failed", retention_period=Duration.days(14))
    return sqs.Queue(
        scope,
        "Queue",
        visibility_timeout=Duration.seconds(60),
        dead_letter_queue=sqs.DeadLetterQueue(queue=failed, max_receive_count=6),
    )


def inside(parent: Stack) -> lambda_.Function:
    """All of it in a nested stack."""
    nested = NestedStack(parent, "Nested")
    function = python_function(nested)
    consumer(nested, function)
    return function


def deep_inside(parent: Stack) -> lambda_.Function:
    return inside(NestedStack(parent, "Outer"))


def function_inside(parent: Stack) -> lambda_.Function:
    """The function is an output of a nested stack."""
    function = python_function(NestedStack(parent, "Nested"))
    consumer(parent, function)
    return function


def queue_outside(parent: Stack) -> lambda_.Function:
    """The queue is a parameter of a nested stack."""
    queue = with_dead_letters(parent)
    nested = NestedStack(parent, "Nested")
    function = python_function(nested)
    SqsConsumer(nested, "Orders", function=function, queue=queue)
    return function


def beside(parent: Stack) -> lambda_.Function:
    """The queue is in one nested stack, the function in another."""
    queue = with_dead_letters(NestedStack(parent, "Queues"))
    nested = NestedStack(parent, "Nested")
    function = python_function(nested)
    SqsConsumer(nested, "Orders", function=function, queue=queue)
    return function


WAYS: list[Callable[[Stack], lambda_.Function]] = [inside, deep_inside, function_inside, queue_outside, beside]


@pytest.mark.parametrize("make", WAYS)
def test_what_is_changed_later_is_refused(make: Callable[[Stack], lambda_.Function]) -> None:
    app = new_app()
    function = make(Stack(app, "Parent"))
    slow(function)
    with pytest.raises(RuntimeError, match=COVERS):
        app.synth()


@pytest.mark.parametrize("make", WAYS)
def test_what_is_not_changed_is_right(make: Callable[[Stack], lambda_.Function]) -> None:
    app = new_app()
    make(Stack(app, "Parent"))
    app.synth()


def test_a_mapping_added_in_the_nested_stack_is_a_second_one() -> None:
    app = new_app()
    nested = NestedStack(Stack(app, "Parent"), "Nested")
    function = python_function(nested)
    orders = consumer(nested, function)
    function.add_event_source(sources.SqsEventSource(orders.queue))
    with pytest.raises(RuntimeError, match="Lambda refuses a second mapping of the same source and function"):
        app.synth()
