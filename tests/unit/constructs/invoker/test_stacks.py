"""Caller, callee and construct may be in different stacks; what is refused could not be deployed."""

# The CDK's own classes do not fit its interfaces for a type checker: https://github.com/aws/jsii/issues/4541
# pyright: reportArgumentType=false

import json

import pytest
from aws_cdk import App, NestedStack, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_

from redrive_cdk import SyncInvocation
from redrive_cdk.core.types import AnyFunction
from tests.support.constructs.cdk import Synthesized, new_app, new_stack, python_function


@pytest.fixture
def app() -> App:
    return new_app()


def given_as(kind: str, function: lambda_.Function) -> AnyFunction:
    return {
        "function": lambda: function,
        "version": lambda: function.current_version,
        "alias": lambda: function.add_alias("live"),
    }[kind]()


@pytest.mark.parametrize("place", ["Callers", "Callees", "Third"])
@pytest.mark.parametrize("kind", ["function", "version", "alias"])
def test_caller_and_callee_may_be_in_different_stacks_and_the_construct_in_any(app: App, kind: str, place: str) -> None:
    stacks = {name: Stack(app, name) for name in ("Callers", "Callees", "Third")}
    caller = python_function(stacks["Callers"], "Caller")
    callee = given_as(kind, python_function(stacks["Callees"], "Callee"))
    SyncInvocation(stacks[place], "Prices", caller=caller, callee=callee)
    app.synth()
    assert stacks["Callers"].dependencies == [stacks["Callees"]]
    assert stacks["Callees"].dependencies == []
    callers = Synthesized(stacks["Callers"])
    (policy,) = callers.of_type("AWS::IAM::Policy").values()
    (statement,) = policy["Properties"]["PolicyDocument"]["Statement"]
    # Both name what the other stack puts out.
    assert json.dumps(statement["Resource"]) in json.dumps(callers.properties(caller)["Environment"])


@pytest.mark.parametrize("where", ["caller", "callee", "both", "construct"])
def test_nested_stacks_work(app: App, where: str) -> None:
    parent = Stack(app, "Parent")
    nested = NestedStack(parent, "Nested")
    caller = python_function(nested if where in ("caller", "both") else parent, "Caller")
    callee = python_function(nested if where in ("callee", "both") else parent, "Callee")
    SyncInvocation(nested if where == "construct" else parent, "Prices", caller=caller, callee=callee)
    app.synth()
    for stack in (parent, nested):  # a circle would be an error here
        assert Synthesized(stack).template


@pytest.mark.parametrize("kind", ["function", "version", "alias"])
def test_a_function_that_may_invoke_itself_would_indeed_be_a_circle(kind: str) -> None:
    stack = new_stack()
    function = python_function(stack)
    callee = given_as(kind, function)
    iam.Grant.add_to_principal(grantee=function, actions=["lambda:InvokeFunction"], resource_arns=[callee.function_arn])
    with pytest.raises(RuntimeError, match="dependency cycle"):
        assert Synthesized(stack).template


def test_functions_that_know_each_others_address_would_indeed_be_a_circle() -> None:
    stack = new_stack()
    first, second = python_function(stack, "First"), python_function(stack, "Second")
    first.add_environment("OTHER", second.function_arn)
    second.add_environment("OTHER", first.function_arn)
    with pytest.raises(RuntimeError, match="dependency cycle"):
        assert Synthesized(stack).template
