"""Every argument of every construct and of its methods refuses a value of a wrong type, by the argument's name."""

from __future__ import annotations

from collections.abc import Callable
from inspect import Parameter, isclass, signature, unwrap
from typing import Any

import pytest
from aws_cdk import Stack
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_events as events
from constructs import Construct

import redrive_cdk
from redrive_cdk import (
    AsyncInvocation,
    CircuitBreaker,
    DeliveryGuard,
    DynamoDBStreamConsumer,
    FailureDashboard,
    FailureOperator,
    IdempotencyTable,
    KinesisConsumer,
    SqsConsumer,
    SyncInvocation,
)
from tests.support.constructs.cdk import new_stack, python_function

KEY = dynamodb.Attribute(name="id", type=dynamodb.AttributeType.STRING)

SHOP = events.EventPattern(source=["shop"])
#: The arguments that each construct needs at least.
NEEDED: dict[type[Construct], Callable[[Stack], dict[str, Any]]] = {
    SqsConsumer: lambda stack: {"function": python_function(stack)},
    KinesisConsumer: lambda stack: {"function": python_function(stack)},
    DynamoDBStreamConsumer: lambda stack: {"function": python_function(stack), "partition_key": KEY},
    AsyncInvocation: lambda stack: {"function": python_function(stack)},
    SyncInvocation: lambda stack: {"caller": python_function(stack), "callee": python_function(stack, "Callee")},
    IdempotencyTable: lambda stack: {},
    CircuitBreaker: lambda stack: {},
    FailureDashboard: lambda stack: {"watch": [IdempotencyTable(stack, "Done")]},
    FailureOperator: lambda stack: {"watch": [IdempotencyTable(stack, "Done")]},
    DeliveryGuard: lambda stack: {
        "guarded": events.Rule(stack, "Rule", event_pattern=events.EventPattern(source=["a"]))
    },
}
#: Constructs without options of this kind: their scope and id are the CDK's to check.
WITHOUT = {"AlarmDefaults", "RuntimeLayer"}

OPTIONS = [
    (construct, name)
    for construct in NEEDED
    for made in (construct, *construct.__mro__[1:2])
    for name, each in signature(unwrap(made.__init__)).parameters.items()
    if name not in ("self", "scope", "id") and each.kind is Parameter.KEYWORD_ONLY
]


def test_each_construct_is_walked() -> None:
    public = [getattr(redrive_cdk, name) for name in redrive_cdk.__all__]
    constructs = {each.__name__ for each in public if isclass(each) and issubclass(each, Construct)}
    assert constructs == {each.__name__ for each in NEEDED} | WITHOUT


@pytest.mark.parametrize(
    ("construct", "name"), list(dict.fromkeys(OPTIONS)), ids=lambda each: getattr(each, "__name__", each)
)
def test_an_object_of_no_kind_is_refused(construct: Any, name: str) -> None:
    stack = new_stack()
    needed = NEEDED[construct](stack)
    with pytest.raises((TypeError, ValueError)) as raised:
        construct(stack, "Made", **{**needed, name: object()})
    assert str(raised.value).startswith("Stack/Made: ")
    assert name in str(raised.value) or name == "guarded"


METHODS: list[tuple[type[Construct], str]] = [
    (SqsConsumer, "grant_send_messages"),
    (KinesisConsumer, "grant_put_records"),
    (IdempotencyTable, "grant"),
    (IdempotencyTable, "grant_powertools"),
    (IdempotencyTable, "protects"),
    (CircuitBreaker, "grant"),
]


@pytest.mark.parametrize(("construct", "method"), METHODS, ids=lambda each: getattr(each, "__name__", each))
def test_a_method_refuses_it_too(construct: Any, method: str) -> None:
    stack = new_stack()
    made = construct(stack, "Made", **NEEDED[construct](stack))
    with pytest.raises((TypeError, ValueError), match=r"'arn:aws:lambda:"):
        getattr(made, method)("arn:aws:lambda:eu-west-1:111111111111:function:orders")


def test_one_prefix_is_no_list() -> None:
    stack = new_stack()
    with pytest.raises(TypeError, match=r"^Stack/Done: key_prefixes 'orders-': give a list, also of one: \[…\]"):
        IdempotencyTable(stack, "Done").grant(python_function(stack), key_prefixes="orders-")
