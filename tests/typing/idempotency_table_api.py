"""`IdempotencyTable` as users write it: never run, but checked by pyright in strict mode."""

# pyright: strict, reportUnnecessaryTypeIgnoreComment=true
from collections.abc import Sequence
from typing import assert_type

from aws_cdk import Duration, RemovalPolicy, Stack
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_cloudwatch_actions as actions
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sns as sns
from constructs import Construct

from redrive.settings.idempotency import IdempotencySettings
from redrive_cdk import (
    AlarmOptions,
    AsyncInvocation,
    DynamoDBStreamConsumer,
    IdempotencyTable,
    KinesisConsumer,
    SqsConsumer,
    SyncInvocation,
)
from redrive_cdk.idempotency.facts import Retrying

ID = dynamodb.Attribute(name="id", type=dynamodb.AttributeType.STRING)


class Shop(Stack):
    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        topic: sns.ITopic,
        on_call: lambda_.IAlias,
        done: dynamodb.ITable,
        done_v2: dynamodb.ITableV2,
        key: kms.IKey,
    ) -> None:
        super().__init__(scope, id)
        function = lambda_.Function(
            self,
            "Function",
            runtime=lambda_.Runtime.PYTHON_3_14,
            handler="orders.handler",
            code=lambda_.Code.from_asset("orders"),
        )
        orders = IdempotencyTable(self, "Orders")
        orders.grant(function)
        orders.grant(function.current_version)
        orders.grant(function.add_alias("live"))
        orders.grant(on_call)
        orders.grant(lambda_.Function.from_function_name(self, "Imported", "stock"))
        orders.grant_powertools(function)

        orders.protects(SqsConsumer(self, "Messages", function=function))
        orders.protects(KinesisConsumer(self, "Records", function=function))
        orders.protects(DynamoDBStreamConsumer(self, "Items", function=function, partition_key=ID))
        orders.protects(AsyncInvocation(self, "Events", function=function))

        IdempotencyTable(self, "Given", table=done)
        IdempotencyTable(self, "GivenV2", table=done_v2)
        IdempotencyTable(self, "Table", table=dynamodb.Table(self, "Table1", partition_key=ID))
        IdempotencyTable(self, "TableV2", table=dynamodb.TableV2(self, "Table2", partition_key=ID))
        IdempotencyTable(self, "OwnKey", encryption_key=kms.Key(self, "Key"))
        IdempotencyTable(
            self,
            "Everything",
            name="done",
            expiry=Duration.days(7),
            encryption_key=key,
            point_in_time_recovery=False,
            deletion_protection=True,
            removal_policy=RemovalPolicy.DESTROY,
            attach_layer=False,
            write_throttle_alarm=AlarmOptions(threshold=10, evaluation_periods=3),
            read_throttle_alarm=AlarmOptions(enabled=False),
            not_recorded_alarm=AlarmOptions(threshold=5),
            metric_namespace="Shop/Retry",
            alarm_actions=[actions.SnsAction(topic)],
        )

        assert_type(orders.table, dynamodb.ITable)
        assert_type(orders.name, str)
        assert_type(orders.expiry, Duration)
        assert_type(orders.protected, list[Retrying])
        assert_type(orders.facts.expiry, float | None)
        assert_type(orders.write_throttle_alarm, cloudwatch.Alarm | None)
        assert_type(orders.read_throttle_alarm, cloudwatch.Alarm | None)
        assert_type(orders.not_recorded_alarms, list[cloudwatch.Alarm | None])
        assert_type(orders.alarms, list[cloudwatch.Alarm])
        assert_type(orders.metric_write_throttled(period=Duration.minutes(5)), cloudwatch.Metric)
        assert_type(orders.metric_read_throttled(), cloudwatch.Metric)
        assert_type(orders.metric_system_errors("PutItem", statistic="SampleCount"), cloudwatch.Metric)


class Payments(IdempotencyTable):
    """Overrides every step there is."""

    def _create_table(self) -> dynamodb.ITable:
        return dynamodb.TableV2(self, "Mine", partition_key=ID)

    def _create_grants(self, function: lambda_.IFunction, key_prefixes: Sequence[str]) -> iam.Policy | None:
        return super()._create_grants(function, key_prefixes)

    def _create_settings(self, function: lambda_.IFunction) -> IdempotencySettings:
        return super()._create_settings(function).replace(expiry=60.0)

    def _create_write_throttle_alarm(self, options: AlarmOptions) -> cloudwatch.Alarm | None:
        return super()._create_write_throttle_alarm(options)

    def _create_read_throttle_alarm(self, options: AlarmOptions) -> cloudwatch.Alarm | None:
        return None


def wrong(scope: Construct, function: lambda_.Function, call: SyncInvocation) -> None:
    """Shows that a user's mistakes are found: an ignored error that did not occur would be an error itself."""
    done = IdempotencyTable(scope, "1")
    IdempotencyTable(scope, "2", Duration.days(1))  # pyright: ignore[reportCallIssue]
    IdempotencyTable(scope, "3", expiry=3_600)  # pyright: ignore[reportArgumentType]
    IdempotencyTable(scope, "4", expires=Duration.days(1))  # pyright: ignore[reportCallIssue]
    IdempotencyTable(scope, "5", table=function)  # pyright: ignore[reportArgumentType]
    done.grant(done)  # pyright: ignore[reportArgumentType]
    done.protects(function)  # pyright: ignore[reportArgumentType]
    done.protects(call)  # pyright: ignore[reportArgumentType]
