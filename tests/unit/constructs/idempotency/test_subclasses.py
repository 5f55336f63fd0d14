"""`IdempotencyTable` is made to be subclassed: each `_create_*` step can be replaced."""

# The CDK's own classes do not fit its interfaces for a type checker: https://github.com/aws/jsii/issues/4541
# pyright: reportArgumentType=false

from collections.abc import Sequence
from typing import Any

import pytest
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_

from redrive.settings.idempotency import IdempotencySettings
from redrive_cdk import AlarmOptions, IdempotencyTable
from tests.support.constructs.asynchronous.destinations import on
from tests.support.constructs.cdk import Synthesized, new_stack, python_function
from tests.support.constructs.idempotency.tables import CALLS, ID, arn_of, told


class Payments(IdempotencyTable):
    """Does each step in its own way."""

    def _create_table(self) -> dynamodb.ITable:
        return dynamodb.TableV2(self, "Payments", partition_key=ID)

    def _create_grants(self, function: lambda_.IFunction, key_prefixes: Sequence[str]) -> iam.Policy | None:
        policy = super()._create_grants(function, key_prefixes)
        iam.Grant.add_to_principal(
            grantee=function, actions=["dynamodb:DescribeTable"], resource_arns=[self.table.table_arn]
        )
        return policy

    def _create_settings(self, function: lambda_.IFunction) -> IdempotencySettings:
        return super()._create_settings(function).replace(expiry=42.0)

    def _create_write_throttle_alarm(self, options: AlarmOptions) -> cloudwatch.Alarm | None:
        return cloudwatch.Alarm(
            self, "Throttled", metric=self.metric_write_throttled(), threshold=3, evaluation_periods=1
        )

    def _create_read_throttle_alarm(self, options: AlarmOptions) -> cloudwatch.Alarm | None:
        return None


def test_table_grants_settings_and_alarms_can_be_made_differently() -> None:
    stack = new_stack()
    function = python_function(stack)
    done = Payments(stack, "Payments")
    done.grant(function)
    synthesized = Synthesized(stack)
    table = synthesized.resource(done.table)
    assert table["Type"] == "AWS::DynamoDB::GlobalTable"
    assert synthesized.statements(function, conditional=True) == on(
        arn_of(done.table), CALLS | {"dynamodb:DescribeTable"}
    )
    assert told(synthesized, function).expiry == 42
    assert synthesized.properties(done.write_throttle_alarm)["Threshold"] == 3
    assert done.alarms == [done.write_throttle_alarm, done.not_recorded_alarms[0]]


def test_a_subclasses_table_is_completed_too() -> None:
    stack = new_stack()
    done = Payments(stack, "Payments")
    ttl = Synthesized(stack).properties(done.table)["TimeToLiveSpecification"]
    assert ttl == {"AttributeName": "expiration", "Enabled": True}


def test_a_subclasses_table_is_looked_at_too() -> None:
    class Sorted(IdempotencyTable):
        def _create_table(self) -> dynamodb.ITable:
            number = dynamodb.Attribute(name="n", type=dynamodb.AttributeType.NUMBER)
            return dynamodb.Table(self, "Table", partition_key=ID, sort_key=number)

    with pytest.raises(ValueError, match=r"the table's key is id \(S\) and n \(N\)"):
        Sorted(new_stack(), "Orders")


def test_a_step_sees_what_is_known() -> None:
    seen: dict[str, Any] = {}

    class Watching(IdempotencyTable):
        def _create_settings(self, function: lambda_.IFunction) -> IdempotencySettings:
            seen.update(function=function, table=self.table, name=self.name, facts=self.facts, alarms=self.alarms)
            return super()._create_settings(function)

    stack = new_stack()
    function = python_function(stack)
    done = Watching(stack, "Orders")
    done.grant(function)
    assert seen == {
        "function": function,
        "table": done.table,
        "name": "Orders",
        "facts": done.facts,
        "alarms": done.alarms,
    }
    assert len(done.alarms) == 3


def test_the_name_that_counts_is_the_one_in_the_settings() -> None:
    class Prefixed(IdempotencyTable):
        def _create_settings(self, function: lambda_.IFunction) -> IdempotencySettings:
            return super()._create_settings(function).replace(name=f"shop/{self.name}")

    stack = new_stack()
    function = python_function(stack)
    Prefixed(stack, "One", name="orders").grant(function)
    IdempotencyTable(stack, "Two", name="orders").grant(function)
    with pytest.raises(ValueError, match="by the name 'shop/orders' already"):
        IdempotencyTable(stack, "Three", name="shop/orders").grant(function)
    synthesized = Synthesized(stack)
    assert {told(synthesized, function, name).name for name in ("orders", "shop/orders")} == {"orders", "shop/orders"}
