"""Calls, tables and circuits are checked again when nothing changes any more, and their settings follow."""

from __future__ import annotations

from typing import Any, cast

import pytest
from aws_cdk import App, Duration, Stack
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_lambda as lambda_

from redrive.settings.invoker import InvokerSettings, read_invoker
from redrive_cdk import CircuitBreaker, IdempotencyTable, SyncInvocation
from tests.support.constructs.cdk import Synthesized, new_stack, python_function, warnings_of

TTL = dynamodb.CfnTable.TimeToLiveSpecificationProperty(enabled=True, attribute_name="expires")
KEY = dynamodb.Attribute(name="id", type=dynamodb.AttributeType.STRING)


def calls(stack: Stack) -> tuple[lambda_.Function, lambda_.Function]:
    """A caller and what it calls."""
    caller, callee = python_function(stack, "Caller", timeout=Duration.seconds(30)), python_function(stack, "Callee")
    SyncInvocation(stack, "Rates", caller=caller, callee=callee)
    return caller, callee


def resource(construct: Any) -> Any:
    return construct.node.default_child


def told(synthesized: Synthesized, caller: lambda_.Function) -> InvokerSettings:
    return read_invoker(synthesized.environment(caller), "Rates")


def test_a_callee_that_becomes_slower_than_its_caller_is_refused() -> None:
    stack = new_stack()
    _, callee = calls(stack)
    resource(callee).timeout = 31
    with pytest.raises(RuntimeError, match="the caller's timeout of 30 s is below the callee's of 31 s"):
        cast("App", stack.node.root).synth()


def test_the_caller_is_told_the_callees_last_timeout() -> None:
    stack = new_stack()
    caller, callee = calls(stack)
    resource(callee).timeout = 29
    assert told(Synthesized(stack), caller).function_timeout == 29


def test_a_caller_that_is_slowed_down_too_is_right() -> None:
    stack = new_stack()
    caller, callee = calls(stack)
    resource(callee).timeout = 31
    resource(caller).timeout = 32
    assert told(Synthesized(stack), caller).function_timeout == 31


@pytest.mark.parametrize(
    ("construct", "warning"),
    [(IdempotencyTable, "redrive:idempotency-ttl"), (CircuitBreaker, "redrive:circuit-ttl")],
)
def test_a_table_whose_ttl_is_moved_is_warned_of(construct: Any, warning: str) -> None:
    stack = new_stack("Shop")
    table = dynamodb.Table(stack, "Table", partition_key=KEY)
    construct(stack, "Made", table=table)
    assert warnings_of(stack) == {}
    resource(table).time_to_live_specification = TTL
    cast("App", stack.node.root).synth()
    assert set(warnings_of(stack)) == {warning}
