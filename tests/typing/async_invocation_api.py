"""`AsyncInvocation` as users write it: never run, but checked by pyright in strict mode."""

# pyright: strict, reportUnnecessaryTypeIgnoreComment=true
from typing import Any, assert_type

from aws_cdk import Duration, RemovalPolicy, Stack
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_cloudwatch_actions as actions
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_events as events
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from redrive.settings.asynchronous import AsyncSettings
from redrive_cdk import AlarmOptions, AsyncInvocation, AttemptCounting
from redrive_cdk.core.types import AnyDeadLetterTarget, AnyDestination


class Shop(Stack):
    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        topic: sns.ITopic,
        on_call: lambda_.IAlias,
        bus: events.IEventBus,
        attempts: dynamodb.ITable,
        archive: s3.IBucket,
    ) -> None:
        super().__init__(scope, id)
        function = lambda_.Function(
            self,
            "Function",
            runtime=lambda_.Runtime.PYTHON_3_14,
            handler="orders.handler",
            code=lambda_.Code.from_asset("orders"),
        )
        key = kms.Key(self, "Key")

        orders = AsyncInvocation(self, "Orders", function=function)
        AsyncInvocation(self, "Version", function=function.current_version)
        AsyncInvocation(self, "Alias", function=function.add_alias("live"))
        AsyncInvocation(self, "ImportedAlias", function=on_call)
        AsyncInvocation(self, "Imported", function=lambda_.Function.from_function_name(self, "ByName", "orders"))
        AsyncInvocation(
            self,
            "Everything",
            function=function,
            retry_attempts=1,
            max_event_age=Duration.minutes(30),
            make_failure_queue=True,
            failure_queue_retention_period=Duration.days(7),
            failure_queue_removal_policy=RemovalPolicy.DESTROY,
            encryption_key=key,
            count_attempts=AttemptCounting.dynamodb(),
            takes_over="OldMapping",
            attach_layer=False,
            dropped_alarm=AlarmOptions(threshold=10, evaluation_periods=5),
            delivery_alarm=AlarmOptions(enabled=False),
            dead_letter_alarm=AlarmOptions(actions=[actions.SnsAction(topic)]),
            age_alarm=AlarmOptions(threshold=60_000),
            failure_queue_alarm=AlarmOptions(),
            failure_age_alarm=AlarmOptions(threshold=86_400),
            alarm_actions=[actions.SnsAction(topic), actions.LambdaAction(on_call)],
        )

        # Each kind of destination, as the class and as the interface.
        AsyncInvocation(self, "A", function=function, on_success=sqs.Queue(self, "Q"), on_failure=orders.failure_queue)
        AsyncInvocation(self, "B", function=function, on_success=sns.Topic(self, "T"), on_failure=topic)
        AsyncInvocation(self, "C", function=function, on_success=events.EventBus(self, "E"), on_failure=bus)
        AsyncInvocation(self, "D", function=function, on_success=function.current_version, on_failure=on_call)
        AsyncInvocation(self, "E", function=function, on_failure=s3.Bucket(self, "S"))
        AsyncInvocation(self, "F", function=function, on_failure=archive)
        AsyncInvocation(self, "G", function=function, dead_letter_queue=sqs.Queue(self, "DeadLetters"))
        AsyncInvocation(self, "H", function=function, dead_letter_queue=topic)

        # Each store, made and given.
        assert_type(AttemptCounting.tmp(), AttemptCounting)
        AttemptCounting.dynamodb(attempts)
        AttemptCounting.dynamodb(
            dynamodb.Table(
                self, "Table", partition_key=dynamodb.Attribute(name="id", type=dynamodb.AttributeType.STRING)
            )
        )
        AttemptCounting.s3(prefix="tried/")
        AttemptCounting.s3(archive, "tried/")
        AttemptCounting.s3(s3.Bucket(self, "Attempts"))
        AttemptCounting.logs()

        assert_type(orders.function, lambda_.IFunction)
        assert_type(orders.on_success, AnyDestination | None)
        assert_type(orders.on_failure, AnyDestination | None)
        assert_type(orders.failure_queue, sqs.IQueue | None)
        assert_type(orders.dead_letter_queue, AnyDeadLetterTarget | None)
        assert_type(orders.event_invoke_config, lambda_.CfnEventInvokeConfig)
        assert_type(orders.delivery_policy, iam.Policy)
        assert_type(orders.dropped_alarm, cloudwatch.Alarm | None)
        assert_type(orders.delivery_alarm, cloudwatch.Alarm | None)
        assert_type(orders.dead_letter_alarm, cloudwatch.Alarm | None)
        assert_type(orders.age_alarm, cloudwatch.Alarm | None)
        assert_type(orders.failure_queue_alarm, cloudwatch.Alarm | None)
        assert_type(orders.failure_age_alarm, cloudwatch.Alarm | None)
        assert_type(orders.alarms, list[cloudwatch.Alarm])
        assert_type(orders.facts.max_event_age, float | None)
        assert_type(orders.facts.last_attempt, int | None)
        assert_type(orders.metric_events_dropped(period=Duration.minutes(5)), cloudwatch.Metric)
        assert_type(orders.metric_event_age(), cloudwatch.Metric)
        assert_type(orders.metric_destination_delivery_failures(), cloudwatch.Metric)
        assert_type(orders.metric_dead_letter_errors(), cloudwatch.Metric)
        assert_type(orders.metric_failures_visible(), cloudwatch.Metric)


class Payments(AsyncInvocation):
    """Overrides every step there is."""

    def _create_failure_queue(self) -> sqs.IQueue:
        return sqs.Queue(self, "Failed", retention_period=Duration.days(14))

    def _create_delivery_policy(self) -> iam.Policy:
        return iam.Policy(self, "Delivery")

    def _create_counting(self) -> dict[str, Any]:
        return {**super()._create_counting(), "counter_prefix": "tried/"}

    def _create_grants(self, *, given_dead_letter_queue: bool) -> None:
        super()._create_grants(given_dead_letter_queue=given_dead_letter_queue)
        self.delivery_policy.add_statements(iam.PolicyStatement(actions=["sqs:GetQueueUrl"], resources=["*"]))

    def _create_event_invoke_config(self) -> lambda_.CfnEventInvokeConfig:
        return super()._create_event_invoke_config()

    def _create_settings(self, counting: dict[str, Any]) -> AsyncSettings:
        return super()._create_settings(counting)

    def _create_dropped_alarm(self, options: AlarmOptions) -> cloudwatch.Alarm | None:
        return cloudwatch.Alarm(self, "Drops", metric=self.metric_events_dropped(), threshold=5, evaluation_periods=1)

    def _create_delivery_alarm(self, options: AlarmOptions) -> cloudwatch.Alarm | None:
        return super()._create_delivery_alarm(AlarmOptions(evaluation_periods=2))

    def _create_dead_letter_alarm(self, options: AlarmOptions) -> cloudwatch.Alarm | None:
        return None

    def _create_age_alarm(self, options: AlarmOptions) -> cloudwatch.Alarm | None:
        return None

    def _create_failure_queue_alarm(self, options: AlarmOptions) -> cloudwatch.Alarm | None:
        return None


def wrong(scope: Construct, function: lambda_.Function, key: kms.Key) -> None:
    """Shows that a user's mistakes are found: an ignored error that did not occur would be an error itself."""
    AsyncInvocation(scope, "Positional", function)  # pyright: ignore[reportCallIssue]
    AsyncInvocation(scope, "Seconds", function=function, max_event_age=60)  # pyright: ignore[reportArgumentType]
    AsyncInvocation(scope, "Key", function=function, on_failure=key)  # pyright: ignore[reportArgumentType]
    AsyncInvocation(scope, "Misspelt", function=function, retry_attemps=1)  # pyright: ignore[reportCallIssue]
    AsyncInvocation(scope, "Text", function=function, count_attempts="s3")  # pyright: ignore[reportArgumentType]
    bucket = s3.Bucket(scope, "Bucket")
    AsyncInvocation(scope, "Bucket2", function=function, dead_letter_queue=bucket)  # pyright: ignore[reportArgumentType]
    AttemptCounting.dynamodb(bucket)  # pyright: ignore[reportArgumentType]
