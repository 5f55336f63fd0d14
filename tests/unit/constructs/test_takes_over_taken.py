"""A logical id that is taken over is in the template once: what had it until now has to leave the app."""

# The CDK's own classes do not fit its interfaces for a type checker: https://github.com/aws/jsii/issues/4541
# pyright: reportArgumentType=false

from __future__ import annotations

from typing import Any, cast

import pytest
from aws_cdk import App, CfnResource, Duration, NestedStack, Stack
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_lambda_event_sources as sources
from aws_cdk import aws_sqs as sqs

from redrive_cdk import AsyncInvocation, SqsConsumer
from tests.support.constructs.cdk import CONTEXT, Synthesized, new_stack, python_function


def consumer(stack: Stack, id: str, **options: Any) -> SqsConsumer:
    queue = sqs.Queue(stack, f"{id}Queue", visibility_timeout=Duration.seconds(60))
    return SqsConsumer(stack, id, function=python_function(stack, f"{id}Function"), queue=queue, **options)


def test_two_constructs_cannot_take_over_one_resource() -> None:
    stack = new_stack()
    consumer(stack, "Orders", takes_over="Old")
    with pytest.raises(ValueError, match="Stack/Mail: takes_over 'Old': Stack/Orders has this logical id"):
        consumer(stack, "Mail", takes_over="Old")


def test_what_is_still_in_the_app_is_named() -> None:
    """The mapping that the L2 made until now."""
    stack = new_stack()
    queue = sqs.Queue(stack, "Queue", visibility_timeout=Duration.seconds(60))
    function = python_function(stack)
    function.add_event_source(sources.SqsEventSource(queue))
    (old,) = [each for each in function.node.children if isinstance(each, lambda_.EventSourceMapping)]
    id = stack.resolve(cast("CfnResource", old.node.default_child).logical_id)
    SqsConsumer(stack, "Orders", function=function, queue=queue, takes_over=id)
    with pytest.raises(RuntimeError, match=f"takes_over '{id}': Stack/Function/SqsEventSource:.* has this logical id"):
        cast("App", stack.node.root).synth()


def test_another_stack_may_have_the_same_id() -> None:
    stack = new_stack()
    CfnResource(NestedStack(stack, "Nested"), "Old", type="AWS::SNS::Topic")
    made = consumer(stack, "Orders", takes_over="Old")
    assert Synthesized(stack).id(made.event_source_mapping) == "Old"


def test_a_configuration_of_asynchronous_invocation_is_taken_once_too() -> None:
    stack = new_stack()
    CfnResource(stack, "Old", type="AWS::SNS::Topic")
    AsyncInvocation(stack, "Invoices", function=python_function(stack), takes_over="Old")
    with pytest.raises(RuntimeError, match="remove from the app what made the configuration until now"):
        cast("App", stack.node.root).synth()


def test_what_is_taken_over_is_known_without_the_cdks_metadata() -> None:
    stack = Stack(App(context={**CONTEXT, "aws:cdk:disable-logicalId-metadata": True}), "Stack")
    made = consumer(stack, "Orders", takes_over="Old")
    cast("CfnResource", made.event_source_mapping.node.default_child).add_property_override("BatchSize", 11)
    with pytest.raises(RuntimeError, match="sqs-large-batches-have-a-window"):
        cast("App", stack.node.root).synth()
