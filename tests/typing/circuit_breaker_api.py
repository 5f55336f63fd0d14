"""`CircuitBreaker`, the construct, as users write it: never run, but checked by pyright in strict mode."""

# pyright: strict, reportUnnecessaryTypeIgnoreComment=true
from collections.abc import Sequence
from typing import assert_type

from aws_cdk import Duration, RemovalPolicy, Stack
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_cloudwatch_actions as actions
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sns as sns
from constructs import Construct

from redrive.settings.circuit import CircuitSettings, SwitchSettings
from redrive_cdk import (
    AlarmOptions,
    AsyncInvocation,
    Backoff,
    CircuitBreaker,
    DynamoDBStreamConsumer,
    FailureDashboard,
    IdempotencyTable,
    KinesisConsumer,
    SqsConsumer,
)
from redrive_cdk.circuit.breaker import Pausable
from redrive_cdk.circuit.switch import CircuitSwitch

ID = dynamodb.Attribute(name="id", type=dynamodb.AttributeType.STRING)


class Shop(Stack):
    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        topic: sns.ITopic,
        on_call: lambda_.IAlias,
        key: kms.IKey,
        v2: dynamodb.ITableV2,
    ) -> None:
        super().__init__(scope, id)
        function = lambda_.Function(
            self,
            "Function",
            runtime=lambda_.Runtime.PYTHON_3_14,
            handler="orders.handler",
            code=lambda_.Code.from_asset("orders"),
        )
        payments = CircuitBreaker(self, "Payments")
        payments.grant(function)
        payments.grant(function.current_version)
        payments.grant(function.add_alias("live"))
        payments.grant(on_call)
        payments.grant(lambda_.Function.from_function_name(self, "Imported", "stock"))

        CircuitBreaker(self, "Done", table=IdempotencyTable(self, "Table").table)
        CircuitBreaker(self, "Table", table=dynamodb.Table(self, "Table1", partition_key=ID))
        CircuitBreaker(self, "TableV2", table=v2)
        CircuitBreaker(self, "One", pauses=[SqsConsumer(self, "Single", function=function)])
        stock = CircuitBreaker(
            self,
            "Everything",
            name="stock",
            failure_rate=0.5,
            minimum_calls=20,
            window=Duration.minutes(2),
            open_time=Backoff(60, 2, 300, jitter="equal"),
            success_threshold=1,
            lease=Duration.seconds(10),
            cache_age=Duration.seconds(1),
            pauses=[
                SqsConsumer(self, "Messages", function=function),
                KinesisConsumer(self, "Records", function=function),
                DynamoDBStreamConsumer(self, "Items", function=function, partition_key=ID),
            ],
            encryption_key=key,
            removal_policy=RemovalPolicy.RETAIN,
            attach_layer=False,
            metric_namespace="Shop",
            opened_alarm=AlarmOptions(threshold=2),
            store_alarm=AlarmOptions(enabled=False),
            switch_alarm=AlarmOptions(evaluation_periods=5),
            switch_idle_alarm=AlarmOptions(evaluation_periods=10),
            dead_letter_alarm=AlarmOptions(threshold=10),
            alarm_actions=[actions.SnsAction(topic)],
        )
        FailureDashboard(self, "Failures", watch=[payments, stock])

        assert_type(stock.table, dynamodb.ITable)
        assert_type(stock.name, str)
        assert_type(stock.paused, list[Pausable])
        assert_type(stock.facts.settings, CircuitSettings)
        assert_type(stock.opened_alarms, list[cloudwatch.Alarm | None])
        assert_type(stock.store_alarms, list[cloudwatch.Alarm | None])
        assert_type(stock.alarms, list[cloudwatch.Alarm])
        assert_type(stock.metric_opened(function), cloudwatch.Metric)
        assert_type(stock.metric_rejections(on_call), cloudwatch.Metric)
        assert_type(stock.metric_store_failures(function), cloudwatch.Metric)
        assert_type(stock.switch, CircuitSwitch | None)
        if stock.switch is not None:
            assert_type(stock.switch.function, lambda_.IFunction)
            assert_type(stock.switch.timers, SqsConsumer)
            assert_type(stock.switch.changes, DynamoDBStreamConsumer)
            assert_type(stock.switch.error_alarm, cloudwatch.Alarm | None)
            assert_type(stock.switch.idle_alarm, cloudwatch.Alarm | None)
            assert_type(stock.switch.dead_letter_alarm, cloudwatch.Alarm | None)
            assert_type(stock.switch.alarms, list[cloudwatch.Alarm])
            assert_type(stock.switch.metric_errors(period=Duration.minutes(5)), cloudwatch.Metric)


class Switch(CircuitSwitch):
    """Overrides some steps."""

    def _create_resumptions(self) -> None:
        super()._create_resumptions()

    def _create_settings(self) -> SwitchSettings:
        return super()._create_settings()

    def _create_error_alarm(self, options: AlarmOptions) -> cloudwatch.Alarm | None:
        return super()._create_error_alarm(options)


class Payments(CircuitBreaker):
    """Overrides every step there is."""

    def _create_table(self) -> dynamodb.ITable:
        return dynamodb.TableV2(self, "Mine", partition_key=ID)

    def _create_grants(self, function: lambda_.IFunction) -> None:
        super()._create_grants(function)

    def _create_settings(self, function: lambda_.IFunction) -> CircuitSettings:
        return super()._create_settings(function).replace(window=60.0)

    def _create_switch(self, mappings: Sequence[lambda_.IEventSourceMapping]) -> CircuitSwitch:
        return Switch(self, "Switch", circuit=self.name, table=self.table, mappings=mappings)

    def _create_opened_alarm(self, function: lambda_.IFunction, options: AlarmOptions) -> cloudwatch.Alarm | None:
        return super()._create_opened_alarm(function, options)

    def _create_store_alarm(self, function: lambda_.IFunction, options: AlarmOptions) -> cloudwatch.Alarm | None:
        return None


def wrong(scope: Construct, function: lambda_.Function, events: AsyncInvocation) -> None:
    """Shows that a user's mistakes are found: an ignored error that did not occur would be an error itself."""
    CircuitBreaker(scope, "1", function)  # pyright: ignore[reportCallIssue]
    CircuitBreaker(scope, "2", window=60)  # pyright: ignore[reportArgumentType]
    CircuitBreaker(scope, "3", open_time=Duration.seconds(30))  # pyright: ignore[reportArgumentType]
    CircuitBreaker(scope, "4", pauses=[function])  # pyright: ignore[reportArgumentType]
    CircuitBreaker(scope, "5", pauses=[events])  # pyright: ignore[reportArgumentType]
    CircuitBreaker(scope, "6", pause=[])  # pyright: ignore[reportCallIssue]
    CircuitBreaker(scope, "7").grant(events)  # pyright: ignore[reportArgumentType]
