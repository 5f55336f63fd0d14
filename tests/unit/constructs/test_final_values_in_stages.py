"""Values are derived again in stages, too, whose stacks are synthesized before the rest of the app."""

# The CDK's own classes do not fit its interfaces for a type checker: https://github.com/aws/jsii/issues/4541
# pyright: reportArgumentType=false

from __future__ import annotations

from typing import Any

import pytest
from aws_cdk import Duration, NestedStack, Stack, Stage
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets

from redrive.settings.invoker import read_invoker
from redrive_cdk import SqsConsumer, SyncInvocation, guard
from tests.support.constructs.cdk import Synthesized, new_app, python_function, warnings_of


def in_stage(inside: str) -> Stack:
    """A stack in a stage."""
    stage = Stage(new_app(), "Prod")
    stack = Stack(Stage(stage, "Inner") if inside == "stage in a stage" else stage, "Stack")
    return NestedStack(stack, "Nested") if inside == "nested stack" else stack


@pytest.mark.parametrize("inside", ["stage", "stage in a stage", "nested stack"])
def test_the_visibility_timeout_follows_the_functions(inside: str) -> None:
    stack = in_stage(inside)
    function = python_function(stack)
    consumer = SqsConsumer(stack, "Orders", function=function)
    resource: Any = function.node.default_child
    resource.timeout = 70
    assert Synthesized(stack).properties(consumer.queue)["VisibilityTimeout"] >= 6 * 70
    assert warnings_of(stack) == {}


def test_the_caller_is_told_the_callees_last_timeout() -> None:
    stack = in_stage("stage")
    caller, callee = python_function(stack, "Caller", timeout=Duration.seconds(90)), python_function(stack, "Callee")
    SyncInvocation(stack, "Rates", caller=caller, callee=callee)
    resource: Any = callee.node.default_child
    resource.timeout = 70
    assert read_invoker(Synthesized(stack).environment(caller), "Rates").function_timeout == 70


def test_a_target_that_is_added_later_is_guarded() -> None:
    stack = in_stage("stage")
    rule = events.Rule(stack, "Rule", schedule=events.Schedule.rate(Duration.hours(1)))
    guard(rule)
    rule.add_target(targets.LambdaFunction(python_function(stack)))
    (found,) = Synthesized(stack).of_type("AWS::Events::Rule").values()
    assert ["DeadLetterConfig" in each for each in found["Properties"]["Targets"]] == [True]
