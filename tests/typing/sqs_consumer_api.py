"""`SqsConsumer` as users write it: never run, but checked by pyright in strict mode."""

# pyright: strict, reportUnnecessaryTypeIgnoreComment=true
from typing import assert_type

from aws_cdk import Duration, RemovalPolicy, Stack
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_cloudwatch_actions as actions
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from redrive.settings.sqs import SqsSettings
from redrive_cdk import AlarmOptions, Backoff, ProvisionedPollers, RuntimeLayer, SqsConsumer


class Shop(Stack):
    def __init__(self, scope: Construct, id: str, *, topic: sns.ITopic, on_call: lambda_.IAlias) -> None:
        super().__init__(scope, id)
        function = lambda_.Function(
            self,
            "Function",
            runtime=lambda_.Runtime.PYTHON_3_14,
            handler="orders.handler",
            code=lambda_.Code.from_asset("orders"),
        )
        queue = sqs.Queue(self, "Queue")
        key = kms.Key(self, "Key")

        orders = SqsConsumer(self, "Orders", function=function)
        SqsConsumer(self, "Existing", function=function, queue=queue, dead_letter_queue=orders.dead_letter_queue)
        SqsConsumer(self, "Version", function=function.current_version)
        SqsConsumer(self, "Alias", function=function.add_alias("live"))
        SqsConsumer(self, "ImportedAlias", function=on_call)
        SqsConsumer(
            self,
            "Imported",
            function=lambda_.Function.from_function_name(self, "ImportedFunction", "orders"),
            queue=sqs.Queue.from_queue_arn(self, "ImportedQueue", "arn:aws:sqs:eu-west-1:111111111111:orders"),
        )
        SqsConsumer(
            self,
            "Everything",
            function=function,
            max_receive_count=7,
            visibility_timeout=Duration.minutes(5),
            fifo=True,
            content_based_deduplication=True,
            high_throughput=True,
            delivery_delay=Duration.seconds(5),
            retention_period=Duration.days(4),
            removal_policy=RemovalPolicy.DESTROY,
            dead_letter_retention_period=Duration.days(14),
            dead_letter_removal_policy=RemovalPolicy.RETAIN,
            encryption_key=key,
            batch_size=10,
            max_concurrency=5,
            filters=[lambda_.FilterCriteria.filter({"body": {"kind": ["order"]}})],
            mapping_metrics=False,
            enabled=False,
            bridges=Duration.minutes(10),
            backoff=Backoff(base=2, factor=3, cap=60, jitter="equal"),
            takes_over="OldMapping",
            attach_layer=False,
            dead_letter_alarm=AlarmOptions(threshold=10, evaluation_periods=5),
            age_alarm=AlarmOptions(enabled=False),
            metric_namespace="Shop/Retry",
            dead_letter_age_alarm=AlarmOptions(threshold=86_400),
            unreceived_alarm=AlarmOptions(evaluation_periods=30),
            filtered_alarm=AlarmOptions(enabled=False),
            not_set_aside_alarm=AlarmOptions(),
            untried_alarm=AlarmOptions(threshold=10),
            alarm_actions=[actions.SnsAction(topic), actions.LambdaAction(on_call)],
        )
        SqsConsumer(
            self,
            "Pollers",
            function=function,
            provisioned_pollers=ProvisionedPollers(minimum=2, maximum=20),
            max_batching_window=Duration.seconds(5),
            encryption_key=kms.Key.from_key_arn(self, "ImportedKey", "arn:aws:kms:eu-west-1:111111111111:key/1"),
        )

        assert_type(orders.function, lambda_.IFunction)
        assert_type(orders.queue, sqs.IQueue)
        assert_type(orders.dead_letter_queue, sqs.IQueue | None)
        assert_type(orders.event_source_mapping, lambda_.EventSourceMapping)
        assert_type(orders.dead_letter_alarm, cloudwatch.Alarm | None)
        assert_type(orders.age_alarm, cloudwatch.Alarm | None)
        assert_type(orders.dead_letter_age_alarm, cloudwatch.Alarm | None)
        assert_type(orders.unreceived_alarm, cloudwatch.Alarm | None)
        assert_type(orders.filtered_alarm, cloudwatch.Alarm | None)
        assert_type(orders.not_set_aside_alarm, cloudwatch.Alarm | None)
        assert_type(orders.untried_alarm, cloudwatch.Alarm | None)
        assert_type(orders.metric_waiting(), cloudwatch.Metric)
        assert_type(orders.metric_received(), cloudwatch.Metric)
        assert_type(orders.metric_filtered_out(), cloudwatch.Metric)
        assert_type(orders.alarms, list[cloudwatch.Alarm])
        assert_type(orders.bridges, Duration | None)
        assert_type(orders.facts.visibility_timeout, float | None)
        assert_type(orders.grant_send_messages(function), iam.Grant)
        assert_type(orders.metric_dead_letters(period=Duration.minutes(5)), cloudwatch.Metric)
        assert_type(orders.metric_oldest_message_age(), cloudwatch.Metric)
        assert_type(RuntimeLayer.of(self), RuntimeLayer)


class Payments(SqsConsumer):
    """Overrides every step there is."""

    def _create_dead_letter_queue(self) -> sqs.IQueue:
        return sqs.Queue(self, "Failed", retention_period=Duration.days(14))

    def _create_queue(self) -> sqs.IQueue:
        return sqs.Queue(self, "Incoming", enforce_ssl=True)

    def _create_event_source_mapping(self) -> lambda_.EventSourceMapping:
        return super()._create_event_source_mapping()

    def _create_grants(self) -> None:
        super()._create_grants()
        self.grant_send_messages(self.function)

    def _create_settings(self) -> SqsSettings:
        return super()._create_settings()

    def _create_dead_letter_alarm(self, options: AlarmOptions) -> cloudwatch.Alarm | None:
        return cloudwatch.Alarm(self, "Failures", metric=self.metric_dead_letters(), threshold=10, evaluation_periods=1)

    def _create_age_alarm(self, options: AlarmOptions) -> cloudwatch.Alarm | None:
        return None


def wrong(scope: Construct, function: lambda_.Function) -> None:
    """Shows that a user's mistakes are found: an ignored error that did not occur would be an error itself."""
    SqsConsumer(scope, "Positional", function)  # pyright: ignore[reportCallIssue]
    SqsConsumer(scope, "Seconds", function=function, visibility_timeout=30)  # pyright: ignore[reportArgumentType]
    SqsConsumer(scope, "Queue", function=sqs.Queue(scope, "NoFunction"))  # pyright: ignore[reportArgumentType]
    SqsConsumer(scope, "Misspelt", function=function, max_recieve_count=3)  # pyright: ignore[reportCallIssue]
