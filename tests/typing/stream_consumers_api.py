"""`KinesisConsumer` and `DynamoDBStreamConsumer` as users write them: never run, but checked by pyright, strictly."""

# pyright: strict, reportUnnecessaryTypeIgnoreComment=true
from typing import Any, assert_type

from aws_cdk import Duration, RemovalPolicy, Stack
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_cloudwatch_actions as actions
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kinesis as kinesis
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from redrive.settings.streams import StreamSettings
from redrive_cdk.core.types import AnyBucket, AnyDeadLetterTarget
from redrive_cdk.monitoring.alarms import AlarmOptions
from redrive_cdk.streams.consumer import StreamConsumer
from redrive_cdk.streams.dynamodb import DynamoDBStreamConsumer
from redrive_cdk.streams.kinesis import KinesisConsumer
from redrive_cdk.streams.options import AnySetAside

ID = dynamodb.Attribute(name="id", type=dynamodb.AttributeType.STRING)


class Shop(Stack):
    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        topic: sns.ITopic,
        on_call: lambda_.IAlias,
        archive: s3.IBucket,
        items: dynamodb.ITable,
        clicks: kinesis.IStream,
        registered: kinesis.IStreamConsumer,
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

        orders = KinesisConsumer(self, "Orders", function=function)
        KinesisConsumer(self, "Version", function=function.current_version, stream=clicks)
        KinesisConsumer(self, "Alias", function=function.add_alias("live"), stream=kinesis.Stream(self, "Stream"))
        KinesisConsumer(self, "ImportedAlias", function=on_call, enhanced_fan_out=True)
        KinesisConsumer(self, "Registered", function=on_call, enhanced_fan_out=registered)
        KinesisConsumer(
            self,
            "RegisteredHere",
            function=function,
            enhanced_fan_out=kinesis.StreamConsumer(
                self, "StreamConsumer", stream=clicks, stream_consumer_name="orders"
            ),
        )
        KinesisConsumer(
            self,
            "Everything",
            function=function,
            enhanced_fan_out=True,
            starting_position_timestamp=1_795_305_600,
            retention_period=Duration.days(7),
            stream_removal_policy=RemovalPolicy.DESTROY,
            batch_size=10_000,
            max_batching_window=Duration.seconds(5),
            parallelization_factor=10,
            starting_position=lambda_.StartingPosition.AT_TIMESTAMP,
            retry_attempts=3,
            max_record_age=Duration.hours(1),
            bisect_batch=False,
            on_failure="queue",
            set_aside=archive,
            failure_queue_retention_period=Duration.days(7),
            failure_removal_policy=RemovalPolicy.DESTROY,
            encryption_key=key,
            filters=[lambda_.FilterCriteria.filter({"partitionKey": ["orders"]})],
            mapping_metrics=False,
            enabled=False,
            takes_over="OldMapping",
            attach_layer=False,
            iterator_age_alarm=AlarmOptions(threshold=60_000),
            failed_alarm=AlarmOptions(enabled=False),
            failure_queue_alarm=AlarmOptions(evaluation_periods=5),
            set_aside_alarm=AlarmOptions(),
            metric_namespace="Shop/Retry",
            unpolled_alarm=AlarmOptions(evaluation_periods=6),
            failure_age_alarm=AlarmOptions(),
            set_aside_age_alarm=AlarmOptions(),
            not_set_aside_alarm=AlarmOptions(),
            dropped_alarm=AlarmOptions(),
            delivery_alarm=AlarmOptions(),
            throttle_alarm=AlarmOptions(),
            alarm_actions=[actions.SnsAction(topic), actions.LambdaAction(on_call)],
        )

        changes = DynamoDBStreamConsumer(self, "Changes", function=function, partition_key=ID, sort_key=ID)
        DynamoDBStreamConsumer(self, "Imported", function=function, table=items, on_failure=topic)
        DynamoDBStreamConsumer(
            self, "Table", function=function, table=dynamodb.Table(self, "Table1", partition_key=ID), on_failure=archive
        )
        DynamoDBStreamConsumer(
            self,
            "TableV2",
            function=function,
            table=dynamodb.TableV2(self, "Table2", partition_key=ID),
            on_failure=sqs.Queue(self, "Failed"),
            set_aside=sqs.Queue(self, "Aside"),
            bridges=Duration.hours(6),
            retry_attempts="infinite",
            max_record_age="infinite",
            tumbling_window=Duration.minutes(1),
        )
        DynamoDBStreamConsumer(
            self,
            "Silent",
            function=function,
            partition_key=ID,
            table_removal_policy=RemovalPolicy.DESTROY,
            on_failure="none",
            encryption_key=kms.Key.from_key_arn(self, "ImportedKey", "arn:aws:kms:eu-west-1:111111111111:key/1"),
        )

        every: list[StreamConsumer] = [orders, changes]
        for consumer in every:
            assert_type(consumer.function, lambda_.IFunction)
            assert_type(consumer.on_failure, AnyDeadLetterTarget | AnyBucket | None)
            assert_type(consumer.set_aside, AnySetAside | None)
            assert_type(consumer.failure_bucket, s3.IBucket | None)
            assert_type(consumer.failure_queue, sqs.IQueue | None)
            assert_type(consumer.set_aside_queue, sqs.IQueue | None)
            assert_type(consumer.bridges, Duration | None)
            assert_type(consumer.access_policy, iam.Policy)
            assert_type(consumer.event_source_mapping, lambda_.EventSourceMapping)
            assert_type(consumer.iterator_age_alarm, cloudwatch.Alarm | None)
            assert_type(consumer.unpolled_alarm, cloudwatch.Alarm | None)
            assert_type(consumer.metric_arrived(), cloudwatch.Metric)
            assert_type(consumer.metric_polled(), cloudwatch.Metric)
            assert_type(consumer.alarms, list[cloudwatch.Alarm])
            assert_type(consumer.facts.retention, float | None)
            assert_type(consumer.metric_iterator_age(period=Duration.minutes(5)), cloudwatch.Metric)
            assert_type(consumer.metric_events_failed(), cloudwatch.Metric)
            assert_type(consumer.metric_events_dropped(), cloudwatch.Metric)
            assert_type(consumer.metric_destination_delivery_failures(), cloudwatch.Metric)
            assert_type(consumer.metric_read_throttled(), cloudwatch.Metric)
            assert_type(consumer.metric_failures_visible(), cloudwatch.Metric)
            assert_type(consumer.metric_set_aside_visible(), cloudwatch.Metric)
        assert_type(orders.stream, kinesis.IStream)
        assert_type(orders.stream_consumer, kinesis.IStreamConsumer | None)
        assert_type(orders.grant_put_records(function), iam.Grant)
        assert_type(changes.table, dynamodb.ITable)
        assert_type(changes.stream_arn, str)


class Payments(KinesisConsumer):
    """Overrides steps, and passes on what it takes."""

    def __init__(self, scope: Construct, id: str, *, function: lambda_.IFunction) -> None:
        super().__init__(scope, id, function=function, retry_attempts=3)

    def _create_stream(self) -> kinesis.IStream:
        return kinesis.Stream(self, "Incoming")

    def _create_stream_consumer(self) -> kinesis.IStreamConsumer:
        return super()._create_stream_consumer()

    def _create_failure_bucket(self) -> s3.IBucket:
        return s3.Bucket(self, "Failed")

    def _create_failure_queue(self) -> sqs.IQueue:
        return sqs.Queue(self, "FailedToo")

    def _create_access_policy(self) -> iam.Policy:
        return super()._create_access_policy()

    def _create_grants(self) -> None:
        super()._create_grants()
        self.grant_put_records(self.function)

    def _create_event_source_mapping(self) -> lambda_.EventSourceMapping:
        return super()._create_event_source_mapping()

    def _create_settings(self) -> StreamSettings:
        return super()._create_settings()

    def _create_failed_alarm(self, options: AlarmOptions) -> cloudwatch.Alarm | None:
        return cloudwatch.Alarm(self, "Given", metric=self.metric_events_failed(), threshold=1, evaluation_periods=1)

    def metric_read_throttled(self, **options: Any) -> cloudwatch.Metric:
        return super().metric_read_throttled(**options)


class Items(DynamoDBStreamConsumer):
    def _create_table(self) -> dynamodb.ITable:
        return dynamodb.TableV2(self, "Mine", partition_key=ID)


def wrong(scope: Construct, function: lambda_.Function, queue: sqs.IQueue, topic: sns.ITopic) -> None:
    """Shows that a user's mistakes are found: an ignored error that did not occur would be an error itself."""
    KinesisConsumer(scope, "1", function)  # pyright: ignore[reportCallIssue]
    KinesisConsumer(scope, "2", function=queue)  # pyright: ignore[reportArgumentType]
    KinesisConsumer(scope, "3", function=function, max_retires=3)  # pyright: ignore[reportCallIssue]
    KinesisConsumer(scope, "4", function=function, retry_attempts="forever")  # pyright: ignore[reportArgumentType]
    KinesisConsumer(scope, "5", function=function, max_record_age=3600)  # pyright: ignore[reportArgumentType]
    KinesisConsumer(scope, "6", function=function, on_failure="topic")  # pyright: ignore[reportArgumentType]
    KinesisConsumer(scope, "7", function=function, on_failure=function)  # pyright: ignore[reportArgumentType]
    KinesisConsumer(scope, "8", function=function, set_aside=topic)  # pyright: ignore[reportArgumentType]
    KinesisConsumer(scope, "9", function=function, table=None)  # pyright: ignore[reportCallIssue]
    KinesisConsumer(scope, "10", function=function, partition_key=ID)  # pyright: ignore[reportCallIssue]
    DynamoDBStreamConsumer(scope, "11", function=function, enhanced_fan_out=True)  # pyright: ignore[reportCallIssue]
    DynamoDBStreamConsumer(scope, "12", function=function, starting_position_timestamp=1)  # pyright: ignore[reportCallIssue]
    DynamoDBStreamConsumer(scope, "13", function=function, partition_key="id")  # pyright: ignore[reportArgumentType]
