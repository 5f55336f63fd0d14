"""The items of a table that a function may read and write: those of its own name, of its prefixes, and of owners."""

# The CDK's own classes do not fit its interfaces for a type checker: https://github.com/aws/jsii/issues/4541
# pyright: reportArgumentType=false

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import Any

import pytest
from aws_cdk import Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sqs as sqs

from redrive import MemoryStore, idempotent
from redrive.idempotency.stores import stores
from redrive.settings.idempotency import OWNER_KEYS
from redrive_cdk import AsyncInvocation, AttemptCounting, CircuitBreaker, IdempotencyTable, SqsConsumer
from tests.support.constructs.cdk import (
    Synthesized,
    conditions_of,
    deployed,
    new_app,
    new_stack,
    python_function,
)

GRANTS = ["grant", "grant_powertools"]


def allowed_keys(synthesized: Synthesized) -> set[tuple[str, ...]]:
    """The keys of each statement about a table in the stack, after the deployment."""
    conditions: list[Any] = [
        condition
        for policy in synthesized.of_type("AWS::IAM::Policy").values()
        for _, condition in conditions_of(policy)
    ]
    return {tuple(map(name_or_text, each["ForAllValues:StringLike"]["dynamodb:LeadingKeys"])) for each in conditions}


def name_or_text(key: Any) -> str:
    """A key, with the logical id for the function's name."""
    return deployed(key).rpartition("/")[2]


@pytest.mark.parametrize("grant", GRANTS)
@pytest.mark.parametrize("name", [None, "orders"])
def test_a_function_may_use_its_own_keys_and_those_of_owners(grant: str, name: str | None) -> None:
    stack = new_stack()
    function = python_function(stack, function_name=name)
    getattr(IdempotencyTable(stack, "Done"), grant)(function, key_prefixes=["refunds-", "50$*"])
    synthesized = Synthesized(stack)
    own = f"{name or synthesized.id(function)}.*"
    assert allowed_keys(synthesized) == {(own, "redrive-owner-*", "refunds-*", "50${$}${*}*")}


def test_every_statement_on_the_table_has_the_condition() -> None:
    stack = new_stack()
    IdempotencyTable(stack, "Done").grant(python_function(stack))
    for policy in Synthesized(stack).of_type("AWS::IAM::Policy").values():
        for statement in policy["Properties"]["PolicyDocument"]["Statement"]:
            assert "Condition" in statement


@pytest.mark.parametrize("prefix", ["", "refunds-"])
@pytest.mark.parametrize("like_powertools", [False, True])
def test_the_keys_that_the_helper_makes_are_allowed(
    monkeypatch: pytest.MonkeyPatch, prefix: str, like_powertools: bool
) -> None:
    """What the runtime writes is compared with what the construct allows, as IAM compares."""
    monkeypatch.setenv("AWS_LAMBDA_FUNCTION_NAME", "orders")
    monkeypatch.setenv("REDRIVE_IDEMPOTENCY_1", '{"name": "Done", "table": "done"}')
    stack = new_stack()
    prefixes = [prefix] if prefix else []
    IdempotencyTable(stack, "Done").grant(python_function(stack, function_name="orders"), key_prefixes=prefixes)
    (patterns,) = allowed_keys(Synthesized(stack))
    store = MemoryStore()
    with stores.replaced(lambda table: store):

        @idempotent(prefix=prefix, like_powertools=like_powertools)
        def refund(order: int) -> None: ...

        refund(7)
    (key,) = store.records
    for each in (key, f"{OWNER_KEYS}token"):
        assert any(fnmatchcase(each, pattern) for pattern in patterns), each
    assert not any(fnmatchcase("orders-archive.app.refund#1", pattern) for pattern in patterns)


def test_a_protected_consumer_delivers_nothing_before_its_function_may_use_the_table() -> None:
    stack = new_stack()
    orders = SqsConsumer(stack, "Orders", function=python_function(stack), queue=sqs.Queue(stack, "Queue"))
    IdempotencyTable(stack, "Done").protects(orders)
    synthesized = Synthesized(stack)
    (policy,) = [name for name, each in synthesized.of_type("AWS::IAM::Policy").items() if "LeadingKeys" in str(each)]
    assert policy in synthesized.resource(orders.event_source_mapping)["DependsOn"]


def test_a_function_with_a_name_waits_for_its_leave_itself() -> None:
    stack = new_stack()
    function = python_function(stack, function_name="orders")
    IdempotencyTable(stack, "Done").grant(function)
    synthesized = Synthesized(stack)
    (policy,) = synthesized.of_type("AWS::IAM::Policy")
    assert policy in synthesized.resource(function)["DependsOn"]


def test_the_policy_is_in_the_functions_stack() -> None:
    app = new_app()
    there, here = Stack(app, "There"), Stack(app, "Here")
    IdempotencyTable(there, "Done").grant(python_function(here))
    app.synth()
    assert here.dependencies == [there]
    assert len(Synthesized(here).of_type("AWS::IAM::Policy")) == 1
    assert Synthesized(there).of_type("AWS::IAM::Policy") == {}


@pytest.mark.parametrize("grant", GRANTS)
def test_one_function_may_use_two_tables(grant: str) -> None:
    stack = new_stack()
    function = python_function(stack)
    for id in ("Done", "Paid"):
        getattr(IdempotencyTable(stack, id), grant)(function)
    assert len(Synthesized(stack).of_type("AWS::IAM::Policy")) == 2


def test_an_imported_functions_name_is_in_its_arn() -> None:
    stack = new_stack()
    function = lambda_.Function.from_function_attributes(
        stack,
        "Imported",
        function_arn="arn:aws:lambda:eu-west-1:111111111111:function:orders",
        role=iam.Role.from_role_arn(stack, "Role", "arn:aws:iam::111111111111:role/orders"),
        same_environment=True,
    )
    IdempotencyTable(stack, "Done").grant(function)
    assert allowed_keys(Synthesized(stack)) == {("orders.*", "redrive-owner-*")}


@pytest.mark.parametrize("grant", GRANTS)
def test_prefixes_that_come_too_late_are_refused(grant: str) -> None:
    stack = new_stack()
    function, done = python_function(stack), IdempotencyTable(stack, "Done")
    getattr(done, grant)(function, key_prefixes=["refunds-"])
    getattr(done, grant)(function, key_prefixes=["refunds-"])
    getattr(done, grant)(function)
    with pytest.raises(ValueError, match=r"is granted already, without key_prefixes \['orders-'\]"):
        getattr(done, grant)(function, key_prefixes=["orders-"])


def test_a_shared_table_keeps_attempts_circuits_and_calls_apart() -> None:
    stack = new_stack()
    done = IdempotencyTable(stack, "Done")
    counted, calling = python_function(stack, "Counted"), python_function(stack, "Calling")
    AsyncInvocation(stack, "Mails", function=counted, count_attempts=AttemptCounting.dynamodb(done.table))
    CircuitBreaker(stack, "Payments", table=done.table).grant(calling)
    assert allowed_keys(Synthesized(stack)) == {("attempts#*",), ("circuit#Payments",)}
