"""A table that is taken: what is set on it, and what is refused and warned of."""

# The CDK's own classes do not fit its interfaces for a type checker: https://github.com/aws/jsii/issues/4541
# pyright: reportArgumentType=false

from collections.abc import Callable
from typing import Any

import pytest
from aws_cdk import Annotations, CfnParameter, Stack
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_lambda as lambda_

from redrive_cdk import IdempotencyTable
from tests.support.constructs.cdk import Synthesized, new_stack, python_function, warnings_of
from tests.support.constructs.idempotency.tables import ID, IRELAND, TABLE_ARN, a_table, a_table_v2, resource_of

TTL = {"AttributeName": "expiration", "Enabled": True}
NUMBER = dynamodb.Attribute(name="n", type=dynamodb.AttributeType.NUMBER)
ELSEWHERE = {"account": "222222222222", "region": "eu-west-3"}


@pytest.mark.parametrize("make", [a_table, a_table_v2], ids=["table", "table of version 2"])
@pytest.mark.parametrize("ttl", ["expiration", None])
def test_a_table_of_this_app_has_ttl_or_is_given_one(make: Callable[..., Any], ttl: str | None) -> None:
    stack = new_stack()
    table = make(stack, time_to_live_attribute=ttl)
    done = IdempotencyTable(stack, "Orders", table=table)
    assert done.table is table
    assert Synthesized(stack).properties(table)["TimeToLiveSpecification"] == TTL
    assert done.node.try_find_child("Table") is None
    assert warnings_of(stack) == {}


def test_a_table_made_by_its_resource_alone_is_taken() -> None:
    stack = new_stack()
    resource = dynamodb.CfnTable(
        stack,
        "Done",
        key_schema=[dynamodb.CfnTable.KeySchemaProperty(attribute_name="id", key_type="HASH")],
        attribute_definitions=[dynamodb.CfnTable.AttributeDefinitionProperty(attribute_name="id", attribute_type="S")],
        billing_mode="PAY_PER_REQUEST",
    )
    table = dynamodb.Table.from_table_arn(stack, "Table", resource.attr_arn)
    done = IdempotencyTable(stack, "Orders", table=table)
    assert done.facts.key == (("id", "S"),)
    assert Synthesized(stack).resources["Done"]["Properties"]["TimeToLiveSpecification"] == TTL
    assert warnings_of(stack) == {}


KEYS: dict[str, tuple[dict[str, Any], str]] = {
    "another name": (
        {"partition_key": dynamodb.Attribute(name="pk", type=dynamodb.AttributeType.STRING)},
        "the table's key is pk (S): ",
    ),
    "another type": (
        {"partition_key": dynamodb.Attribute(name="id", type=dynamodb.AttributeType.BINARY)},
        "the table's key is id (B): ",
    ),
    "a sort key": ({"sort_key": NUMBER}, "the table's key is id (S) and n (N): "),
}


@pytest.mark.parametrize("make", [a_table, a_table_v2], ids=["table", "table of version 2"])
@pytest.mark.parametrize("name", KEYS)
def test_a_key_with_which_every_write_would_fail_is_refused(make: Callable[..., Any], name: str) -> None:
    options, text = KEYS[name]
    stack = new_stack()
    with pytest.raises(ValueError, match="Stack/Orders: the table's key is") as raised:
        IdempotencyTable(stack, "Orders", table=make(stack, **options))
    assert text in str(raised.value)
    assert "with the partition key id (S) and no sort key" in str(raised.value)


def test_indexes_do_not_change_the_key() -> None:
    stack = new_stack()
    table = a_table(stack)
    table.add_global_secondary_index(index_name="other", partition_key=NUMBER, sort_key=ID)
    assert IdempotencyTable(stack, "Orders", table=table).facts.key == (("id", "S"),)


def test_a_key_that_only_the_deployment_knows_is_not_guessed() -> None:
    stack = new_stack()
    name = CfnParameter(stack, "Name").value_as_string
    table = a_table(stack, partition_key=dynamodb.Attribute(name=name, type=dynamodb.AttributeType.STRING))
    assert IdempotencyTable(stack, "Orders", table=table).facts.key is None


def test_ttl_on_another_attribute_is_warned_of_and_left() -> None:
    stack = new_stack()
    table = a_table(stack, time_to_live_attribute="ttl")
    done = IdempotencyTable(stack, "Orders", table=table)
    assert Synthesized(stack).properties(table)["TimeToLiveSpecification"]["AttributeName"] == "ttl"
    text = warnings_of(done)["redrive:idempotency-ttl"]
    assert text.startswith("TTL is on ttl and not on expiration: ")
    Annotations.of(done).acknowledge_warning("redrive:idempotency-ttl")
    assert warnings_of(stack) == {}


def test_ttl_that_was_turned_off_is_warned_of_and_left() -> None:
    stack = new_stack()
    table = a_table(stack)
    resource_of(table).time_to_live_specification = dynamodb.CfnTable.TimeToLiveSpecificationProperty(enabled=False)
    done = IdempotencyTable(stack, "Orders", table=table)
    assert warnings_of(done)["redrive:idempotency-ttl"].startswith("TTL is off and not on expiration: ")


def test_ttl_that_only_the_deployment_knows_is_not_guessed() -> None:
    stack = new_stack()
    table = a_table(stack, time_to_live_attribute=CfnParameter(stack, "Name").value_as_string)
    assert IdempotencyTable(stack, "Orders", table=table).facts.ttl is None
    assert warnings_of(stack) == {}


def test_replicas_that_do_not_see_each_others_claims_are_warned_of() -> None:
    stack = new_stack(env=IRELAND)
    table = a_table_v2(stack, replicas=[dynamodb.ReplicaTableProps(region="eu-west-3")])
    done = IdempotencyTable(stack, "Orders", table=table)
    warnings = warnings_of(done)
    assert set(warnings) == {"redrive:idempotency-replicas"}
    assert warnings["redrive:idempotency-replicas"].startswith("the table is in 2 Regions, which see each other's ")


def test_replicas_that_do_see_them_have_no_ttl_and_are_given_none() -> None:
    """DynamoDB has no TTL for them, so that a deployment with it would fail."""
    stack = new_stack(env=IRELAND)
    table = a_table_v2(
        stack,
        time_to_live_attribute=None,
        replicas=[dynamodb.ReplicaTableProps(region=region) for region in ("eu-west-2", "eu-west-3")],
        multi_region_consistency=dynamodb.MultiRegionConsistency.STRONG,
    )
    done = IdempotencyTable(stack, "Orders", table=table)
    assert "TimeToLiveSpecification" not in Synthesized(stack).properties(table)
    assert set(warnings_of(done)) == {"redrive:idempotency-ttl"}


IMPORTED: dict[str, Callable[[Stack], Any]] = {
    "by ARN": lambda stack: dynamodb.Table.from_table_arn(stack, "Imported", TABLE_ARN),
    "by name": lambda stack: dynamodb.Table.from_table_name(stack, "Imported", "done"),
    "of version 2 by ARN": lambda stack: dynamodb.TableV2.from_table_arn(stack, "Imported", TABLE_ARN),
    "of version 2 by name": lambda stack: dynamodb.TableV2.from_table_name(stack, "Imported", "done"),
}


@pytest.mark.parametrize("env", [None, IRELAND], ids=["agnostic", "in a Region"])
@pytest.mark.parametrize("name", IMPORTED)
def test_of_an_imported_table_it_is_said_what_cannot_be_seen(name: str, env: dict[str, str] | None) -> None:
    stack = new_stack(env=env)
    done = IdempotencyTable(stack, "Orders", table=IMPORTED[name](stack))
    done.grant(python_function(stack))
    warnings = warnings_of(stack)
    assert set(warnings) == {"redrive:imported-table"}
    for part in ("Stack/Imported is imported", "its partition key is id, a string", "TTL is on expiration"):
        assert part in warnings["redrive:imported-table"]
    assert Synthesized(stack).of_type("AWS::DynamoDB::Table") == {}


def imported_from(stack: Stack, kind: str, *, account: str = "111111111111", region: str = "eu-west-1") -> Any:
    arn = f"arn:aws:dynamodb:{region}:{account}:table/done"
    return {"1": dynamodb.Table, "2": dynamodb.TableV2}[kind].from_table_arn(stack, "Imported", arn)


@pytest.mark.parametrize("kind", ["1", "2"])
@pytest.mark.parametrize(
    ("place", "text"),
    [
        ({"region": "eu-west-3"}, "Stack/Function is in eu-west-1 and the table in eu-west-3: "),
        ({"account": "222222222222"}, "Stack/Function is of account 111111111111 and the table of 222222222222: "),
    ],
)
def test_a_table_out_of_the_functions_reach_is_refused(kind: str, place: dict[str, str], text: str) -> None:
    stack = new_stack(env=IRELAND)
    done = IdempotencyTable(stack, "Orders", table=imported_from(stack, kind, **place))
    function = python_function(stack)
    for grant in (done.grant, done.grant_powertools):
        with pytest.raises(ValueError, match="Stack/Orders: Stack/Function is ") as raised:
            grant(function)
        assert text in str(raised.value)
    synthesized = Synthesized(stack)
    assert synthesized.statements(function, conditional=True) == set()
    assert synthesized.environment(function) == {}


def test_an_imported_function_of_another_account_is_refused() -> None:
    stack = new_stack(env=IRELAND)
    function = lambda_.Function.from_function_arn(
        stack, "Imported", "arn:aws:lambda:eu-west-1:222222222222:function:orders"
    )
    with pytest.raises(ValueError, match="Stack/Imported is of account 222222222222 and the table of 111111111111"):
        IdempotencyTable(stack, "Orders").grant(function)


def test_a_place_that_only_the_deployment_knows_is_not_guessed() -> None:
    stack = new_stack()
    done = IdempotencyTable(stack, "Orders", table=imported_from(stack, "1", **ELSEWHERE))
    done.grant(python_function(stack))
    assert set(warnings_of(stack)) == {"redrive:imported-table"}
