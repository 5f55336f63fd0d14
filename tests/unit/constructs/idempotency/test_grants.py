"""Permissions of a function on a table: exactly the helper's calls, on that table alone, and those on its key."""

# The CDK's own classes do not fit its interfaces for a type checker: https://github.com/aws/jsii/issues/4541
# pyright: reportArgumentType=false

from collections.abc import Callable

import pytest
from aws_cdk import Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_

from redrive_cdk import IdempotencyTable
from redrive_cdk.core.types import AnyFunction
from redrive_cdk.idempotency.grants import HELPER_CALLS
from tests.support.constructs.asynchronous.destinations import on
from tests.support.constructs.cdk import Synthesized, deployed, new_stack, python_function, warnings_of
from tests.support.constructs.idempotency.tables import (
    CALLS,
    GIVE,
    IRELAND,
    KEY_CALLS,
    POWERTOOLS_CALLS,
    TAKEN,
    arn_of,
    told,
)

FUNCTION_ARN = "arn:aws:lambda:eu-west-1:111111111111:function:orders"
ROLE_ARN = "arn:aws:iam::111111111111:role/orders"


def test_the_helpers_calls_and_nothing_else_are_allowed_on_this_table_alone() -> None:
    stack = new_stack()
    function, other = python_function(stack), python_function(stack, "Other")
    done = IdempotencyTable(stack, "Orders")
    done.grant(function)
    synthesized = Synthesized(stack)
    assert synthesized.statements(function, conditional=True) == on(arn_of(done.table), CALLS)
    assert synthesized.statements(other, conditional=True) == set()
    assert not any("*" in resource for _, resource in synthesized.statements(function, conditional=True))


def test_the_list_of_the_helpers_calls_is_what_is_allowed() -> None:
    assert set(HELPER_CALLS) == CALLS
    assert len(HELPER_CALLS) == len(CALLS)


def test_an_own_key_is_allowed_for_what_dynamodb_does_with_it() -> None:
    stack = new_stack()
    key = kms.Key(stack, "Key")
    function = python_function(stack)
    done = IdempotencyTable(stack, "Orders", encryption_key=key)
    done.grant(function)
    synthesized = Synthesized(stack)
    expected = on(arn_of(done.table), CALLS) | on(deployed(synthesized.arn(key)), KEY_CALLS)
    assert synthesized.statements(function, conditional=True) == expected


def test_the_keys_own_policy_is_left_alone() -> None:
    stack = new_stack()
    key = kms.Key(stack, "Key")
    before = Synthesized(stack).properties(key)["KeyPolicy"]
    other = new_stack()
    same = kms.Key(other, "Key")
    IdempotencyTable(other, "Orders", encryption_key=same).grant(python_function(other))
    assert Synthesized(other).properties(same)["KeyPolicy"] == before


@pytest.mark.parametrize("kind", TAKEN)
@pytest.mark.parametrize("with_key", [False, True])
def test_a_taken_table_is_allowed_in_the_same_way(kind: str, with_key: bool) -> None:
    stack = new_stack(env=IRELAND)
    key = kms.Key(stack, "Key") if with_key else None
    function = python_function(stack)
    done = IdempotencyTable(stack, "Orders", table=TAKEN[kind](stack, key))
    done.grant(function)
    synthesized = Synthesized(stack)
    expected = on(arn_of(done.table), CALLS)
    if key is not None:
        expected |= on(deployed(synthesized.arn(key)), KEY_CALLS)
    assert synthesized.statements(function, conditional=True) == expected
    assert told(synthesized, function).table == deployed(stack.resolve(done.table.table_name))


@pytest.mark.parametrize("first", GIVE)
@pytest.mark.parametrize("second", GIVE)
def test_a_function_is_granted_once_by_whatever_it_is_given_as(first: str, second: str) -> None:
    stack = new_stack()
    function = python_function(stack)
    done = IdempotencyTable(stack, "Orders")
    given = {kind: GIVE[kind](function) for kind in {first, second}}
    done.grant(given[first])
    done.grant(given[second])
    synthesized = Synthesized(stack)
    assert synthesized.statements(function, conditional=True) == on(arn_of(done.table), CALLS)
    (policy,) = synthesized.of_type("AWS::IAM::Policy").values()
    assert len(policy["Properties"]["PolicyDocument"]["Statement"]) == 1
    assert list(synthesized.environment(function)) == ["REDRIVE_IDEMPOTENCY_1"]
    assert len(synthesized.properties(function)["Layers"]) == 1
    assert warnings_of(stack) == {}


Imported = Callable[[Stack, str], AnyFunction]
#: One function of another app, given as itself, as a version and as an alias, with its role.
WITH_ROLE: dict[str, Imported] = {
    suffix: lambda stack, id, suffix=suffix: lambda_.Function.from_function_attributes(
        stack,
        id,
        function_arn=FUNCTION_ARN + suffix,
        role=iam.Role.from_role_arn(stack, f"{id}Role", ROLE_ARN),
        same_environment=True,
    )
    for suffix in ("", ":7", ":live")
}
WITHOUT_ROLE: dict[str, Imported] = {
    "by ARN": lambda stack, id: lambda_.Function.from_function_arn(stack, id, FUNCTION_ARN),
    "by name": lambda stack, id: lambda_.Function.from_function_name(stack, id, "orders"),
    "version": lambda stack, id: lambda_.Version.from_version_arn(stack, id, f"{FUNCTION_ARN}:7"),
}


@pytest.mark.parametrize("suffix", WITH_ROLE)
def test_the_role_of_an_imported_function_is_granted_and_its_code_told_what_to_pass(suffix: str) -> None:
    stack = new_stack(env=IRELAND)
    done = IdempotencyTable(stack, "Orders")
    done.grant(WITH_ROLE[suffix](stack, "Imported"))
    (policy,) = Synthesized(stack).of_type("AWS::IAM::Policy").values()
    assert policy["Properties"]["Roles"] == ["orders"]
    (statement,) = policy["Properties"]["PolicyDocument"]["Statement"]
    assert set(statement["Action"]) == CALLS
    warnings = warnings_of(stack)
    assert set(warnings) == {"redrive:imported-function"}
    for part in ("Stack/Imported", "Idempotency(settings=IdempotencySettings(table=…, expiry=…))"):
        assert part in warnings["redrive:imported-function"]


def test_versions_and_aliases_of_an_imported_function_are_that_function() -> None:
    stack = new_stack(env=IRELAND)
    done = IdempotencyTable(stack, "Orders")
    for number, give in enumerate(WITH_ROLE.values()):
        done.grant(give(stack, f"Imported{number}"))
    assert len(Synthesized(stack).of_type("AWS::IAM::Policy")) == 1


@pytest.mark.parametrize("kind", WITHOUT_ROLE)
def test_where_the_role_is_not_known_it_is_said_what_to_allow(kind: str) -> None:
    stack = new_stack(env=IRELAND)
    done = IdempotencyTable(stack, "Orders")
    done.grant(WITHOUT_ROLE[kind](stack, "Imported"))
    warnings = warnings_of(stack)
    assert set(warnings) == {"redrive:imported-function", "redrive:unknown-role"}
    for part in ("the role of Stack/Imported is not known", *CALLS):
        assert part in warnings["redrive:unknown-role"]
    assert Synthesized(stack).of_type("AWS::IAM::Policy") == {}


def test_several_functions_of_unknown_roles_are_each_named() -> None:
    stack = new_stack(env=IRELAND)
    done = IdempotencyTable(stack, "Orders")
    for name in ("One", "Two"):
        done.grant(lambda_.Function.from_function_name(stack, name, name.lower()))
    found = [str(entry.data) for entry in done.node.metadata if "redrive:unknown-role" in str(entry.data)]
    assert len(found) == 2
    assert "Stack/One" in found[0]
    assert "Stack/Two" in found[1]


def test_powertools_gets_its_own_calls_and_nothing_is_told() -> None:
    stack = new_stack()
    function = python_function(stack)
    done = IdempotencyTable(stack, "Orders")
    done.grant_powertools(function)
    done.grant_powertools(function.current_version)
    synthesized = Synthesized(stack)
    assert synthesized.statements(function, conditional=True) == on(arn_of(done.table), POWERTOOLS_CALLS)
    assert synthesized.environment(function) == {}
    assert "Layers" not in synthesized.properties(function)


def test_powertools_and_the_helper_may_share_a_function() -> None:
    stack = new_stack()
    key = kms.Key(stack, "Key")
    function = python_function(stack)
    done = IdempotencyTable(stack, "Orders", encryption_key=key)
    done.grant_powertools(function)
    done.grant(function)
    synthesized = Synthesized(stack)
    assert synthesized.statements(function, conditional=True) == on(arn_of(done.table), CALLS | POWERTOOLS_CALLS) | on(
        deployed(synthesized.arn(key)), KEY_CALLS
    )
    assert told(synthesized, function).name == "Orders"


def test_what_powertools_of_an_unknown_role_needs_is_said() -> None:
    stack = new_stack(env=IRELAND)
    done = IdempotencyTable(stack, "Orders")
    function = lambda_.Function.from_function_name(stack, "Imported", "orders")
    done.grant_powertools(function)
    done.grant(function)
    texts = [str(entry.data) for entry in done.node.metadata if "redrive:unknown-role" in str(entry.data)]
    assert ["dynamodb:GetItem" in text for text in texts] == [True, False]
