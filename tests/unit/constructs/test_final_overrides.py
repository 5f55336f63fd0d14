"""An override in a call or a circuit, which no construct can read, is found in the template."""

# The CDK's own classes do not fit its interfaces for a type checker: https://github.com/aws/jsii/issues/4541
# pyright: reportArgumentType=false

from __future__ import annotations

from typing import Any, cast

import pytest
from aws_cdk import App, Duration, Stack
from aws_cdk import aws_lambda as lambda_

from redrive_cdk import CircuitBreaker, SyncInvocation
from tests.support.constructs.cdk import new_stack, python_function, warnings_of


def synthesize(stack: Stack) -> None:
    cast("App", stack.node.root).synth()


def override(construct: Any, name: str, value: Any) -> None:
    construct.node.default_child.add_property_override(name, value)


def calls(stack: Stack, **options: Any) -> tuple[lambda_.Function, lambda_.Function]:
    """A caller and what it calls, for 10 s."""
    caller, callee = python_function(stack, "Caller", timeout=Duration.seconds(30)), python_function(stack, "Callee")
    SyncInvocation(stack, "Rates", caller=caller, callee=callee, **options)
    return caller, callee


def test_a_callee_that_may_run_longer_than_its_caller_was_told_is_refused() -> None:
    stack = new_stack()
    override(calls(stack)[1], "Timeout", 20)
    with pytest.raises(RuntimeError, match="Stack/Callee may run for 20 s, and Stack/Caller was told 10 s"):
        synthesize(stack)


def test_one_that_stops_sooner_is_not() -> None:
    stack = new_stack()
    override(calls(stack)[1], "Timeout", 5)
    synthesize(stack)
    assert warnings_of(stack) == {}


def test_a_caller_that_stops_before_its_callee_is_warned_of() -> None:
    stack = new_stack()
    override(calls(stack)[0], "Timeout", 9)
    synthesize(stack)
    said = warnings_of(stack)["redrive:shorter-caller"]
    assert "the timeout of Stack/Caller, 9 s, is below that of Stack/Callee, 10 s, which it calls" in said


def test_unless_it_is_meant() -> None:
    stack = new_stack()
    override(calls(stack, caller_may_be_shorter=True)[0], "Timeout", 9)
    synthesize(stack)
    assert warnings_of(stack) == {}


def circuit(stack: Stack) -> CircuitBreaker:
    breaker = CircuitBreaker(stack, "Payments")
    breaker.grant(python_function(stack))
    return breaker


def test_a_circuits_table_that_keeps_what_has_expired_is_warned_of() -> None:
    stack = new_stack()
    override(circuit(stack).table, "TimeToLiveSpecification.AttributeName", "expires")
    synthesize(stack)
    assert set(warnings_of(stack)) == {"redrive:circuit-ttl"}


def test_a_circuits_table_with_another_key_is_refused() -> None:
    stack = new_stack()
    table = circuit(stack).table
    override(table, "KeySchema.0.AttributeName", "order")
    override(table, "AttributeDefinitions.0.AttributeName", "order")
    with pytest.raises(RuntimeError, match="circuit-key-can-be-written"):
        synthesize(stack)


def test_what_is_not_overridden_is_right() -> None:
    stack = new_stack()
    calls(stack)
    circuit(stack)
    synthesize(stack)
    assert warnings_of(stack) == {}
