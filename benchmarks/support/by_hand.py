"""Creates the resources of the consumers from the CDK's own constructs, as their documentation shows it."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from aws_cdk import Duration, RemovalPolicy, Stack
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_kinesis as kinesis
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_lambda_event_sources as sources
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_sqs as sqs

from redrive_cdk.helper.layer import PACKAGES

KEY = dynamodb.Attribute(name="id", type=dynamodb.AttributeType.STRING)

_KEPT = RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE
_MINUTE = Duration.minutes(1)
_PERIOD = Duration.minutes(5)
_EVENT_COUNT = lambda_.MetricsConfig(metrics=[lambda_.MetricType.EVENT_COUNT])


def new_function(stack: Stack, id: str) -> lambda_.Function:
    """Create a function, as users do."""
    return lambda_.Function(
        stack,
        id,
        runtime=lambda_.Runtime.PYTHON_3_14,
        handler="index.handler",
        code=lambda_.Code.from_inline("def handler(event, context): ..."),
        timeout=Duration.seconds(10),
    )


class Wiring:
    """Wires functions of one stack, which share a layer."""

    def __init__(self, stack: Stack, code: str) -> None:
        """Create the layer from a folder with the code."""
        self._stack = stack
        self._layer = lambda_.LayerVersion(
            stack,
            "Layer",
            code=lambda_.Code.from_asset(code),
            description="Failure handling for Lambda functions (redrive)",
            license="Apache-2.0",
            compatible_runtimes=[
                lambda_.Runtime.PYTHON_3_11,
                lambda_.Runtime.PYTHON_3_12,
                lambda_.Runtime.PYTHON_3_13,
                lambda_.Runtime.PYTHON_3_14,
            ],
        )

    def sqs(self, id: str, function: lambda_.Function) -> None:
        """Connect a function to a new queue with a dead-letter queue."""
        stack = self._stack
        dead_letters = sqs.Queue(
            stack,
            f"{id}DeadLetters",
            enforce_ssl=True,
            encryption=sqs.QueueEncryption.SQS_MANAGED,
            retention_period=Duration.days(14),
            removal_policy=_KEPT,
        )
        queue = sqs.Queue(
            stack,
            f"{id}Queue",
            enforce_ssl=True,
            encryption=sqs.QueueEncryption.SQS_MANAGED,
            removal_policy=_KEPT,
            visibility_timeout=Duration.seconds(60),
            dead_letter_queue=sqs.DeadLetterQueue(queue=dead_letters, max_receive_count=5),
        )
        function.add_event_source(
            sources.SqsEventSource(queue, batch_size=10, report_batch_item_failures=True, metrics_config=_EVENT_COUNT)
        )
        dead_letters.grant_send_messages(function)
        self._tell(
            function,
            {
                "source_arn": queue.queue_arn,
                "queue_url": queue.queue_url,
                "dead_letter_queue_url": dead_letters.queue_url,
                "max_receive_count": 5,
                "function_timeout": 10,
                "retention_period": 345_600,
            },
        )
        visible = dead_letters.metric_approximate_number_of_messages_visible(period=_MINUTE, statistic="Maximum")
        self._alarm(f"{id}Failed", visible, "Messages have failed and wait in the dead-letter queue.")
        old = dead_letters.metric_approximate_age_of_oldest_message(period=_MINUTE, statistic="Maximum")
        self._alarm(f"{id}Old", old, "Messages have been in the dead-letter queue for a week.", threshold=604_800)
        age = queue.metric_approximate_age_of_oldest_message(period=_MINUTE, statistic="Maximum")
        self._alarm(f"{id}Late", age, "A message has waited for too long.", threshold=300)
        waiting = queue.metric_approximate_number_of_messages_visible(period=_MINUTE, statistic="Maximum")
        received = queue.metric_number_of_messages_received(period=_MINUTE, statistic="Sum")
        self._standstill(id, waiting, received, _MINUTE, periods=15)
        self._counted(id, function, "NotSetAside", "Untried")

    def kinesis(self, id: str, function: lambda_.Function) -> None:
        """Connect a function to a new Kinesis stream with a bucket for failed batches."""
        stream = kinesis.Stream(
            self._stack,
            f"{id}Stream",
            stream_mode=kinesis.StreamMode.ON_DEMAND,
            encryption=kinesis.StreamEncryption.MANAGED,
        )

        def connected(**options: Any) -> str:
            source = sources.KinesisEventSource(stream, **options)
            function.add_event_source(source)
            return source.event_source_mapping_id

        throttled = cloudwatch.Metric(
            namespace="AWS/Kinesis",
            metric_name="ReadProvisionedThroughputExceeded",
            dimensions_map={"StreamName": stream.stream_name},
            period=_MINUTE,
            statistic="Sum",
        )
        arrived = stream.metric_incoming_records(period=_PERIOD, statistic="Sum")
        self._stream(id, function, stream.stream_arn, throttled, arrived, connected)

    def dynamodb(self, id: str, function: lambda_.Function) -> None:
        """Connect a function to the stream of a new table with a bucket for failed batches."""
        table = dynamodb.Table(
            self._stack,
            f"{id}Table",
            partition_key=KEY,
            billing_mode=dynamodb.BillingMode.PAY_PER_REQUEST,
            point_in_time_recovery_specification=dynamodb.PointInTimeRecoverySpecification(
                point_in_time_recovery_enabled=True
            ),
            stream=dynamodb.StreamViewType.NEW_AND_OLD_IMAGES,
        )

        def connected(**options: Any) -> str:
            source = sources.DynamoEventSource(table, **options)
            function.add_event_source(source)
            return source.event_source_mapping_id

        throttled = cloudwatch.Metric(
            namespace="AWS/DynamoDB",
            metric_name="ThrottledRequests",
            dimensions_map={"TableName": table.table_name, "Operation": "GetRecords"},
            period=_MINUTE,
            statistic="Sum",
        )
        arn = table.table_stream_arn
        assert arn is not None
        arrived = table.metric_consumed_write_capacity_units(period=_PERIOD, statistic="Sum")
        self._stream(id, function, arn, throttled, arrived, connected)

    def _stream(
        self,
        id: str,
        function: lambda_.Function,
        arn: str,
        throttled: cloudwatch.Metric,
        arrived: cloudwatch.Metric,
        connected: Callable[..., str],
    ) -> None:
        bucket = s3.Bucket(
            self._stack,
            f"{id}Failures",
            block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
            enforce_ssl=True,
            encryption=s3.BucketEncryption.S3_MANAGED,
            removal_policy=_KEPT,
            versioned=True,
            lifecycle_rules=[
                s3.LifecycleRule(noncurrent_version_expiration=Duration.days(30), expired_object_delete_marker=True)
            ],
        )
        mapping = connected(
            starting_position=lambda_.StartingPosition.TRIM_HORIZON,
            batch_size=100,
            max_batching_window=Duration.seconds(0),
            parallelization_factor=1,
            retry_attempts=10,
            max_record_age=Duration.hours(12),
            bisect_batch_on_error=True,
            report_batch_item_failures=True,
            on_failure=sources.S3OnFailureDestination(bucket),
            metrics_config=_EVENT_COUNT,
        )
        self._tell(
            function,
            {
                "source_arn": arn,
                "set_aside_bucket": bucket.bucket_name,
                "set_aside_prefix": f"set-aside/{id}/",
                "function_timeout": 10,
            },
        )
        age = function.metric("IteratorAge", period=_MINUTE, statistic="Maximum")
        self._alarm(f"{id}Late", age, "Records have waited for too long.", threshold=21_600_000)
        undelivered = function.metric("DestinationDeliveryFailures", period=_MINUTE, statistic="Sum")
        self._alarm(f"{id}Undelivered", undelivered, "Records could not be delivered to the bucket.")
        for name, counted in (("Failed", "OnFailureDestinationDeliveredEventCount"), ("Dropped", "DroppedEventCount")):
            metric = cloudwatch.Metric(
                namespace="AWS/Lambda",
                metric_name=counted,
                dimensions_map={"EventSourceMappingUUID": mapping},
                period=_MINUTE,
                statistic="Sum",
            )
            self._alarm(f"{id}{name}", metric, "Records were given up.")
        self._alarm(f"{id}Throttled", throttled, "Reads of the stream are throttled.", periods=5)
        polled = cloudwatch.Metric(
            namespace="AWS/Lambda",
            metric_name="PolledEventCount",
            dimensions_map={"EventSourceMappingUUID": mapping},
            period=_PERIOD,
            statistic="Sum",
        )
        self._standstill(id, arrived, polled, _PERIOD, periods=3, window=12)
        self._counted(id, function, "SetAside", "NotSetAside")

    def _standstill(
        self,
        id: str,
        arrived: cloudwatch.Metric,
        taken: cloudwatch.Metric,
        period: Duration,
        *,
        periods: int,
        window: int | None = None,
    ) -> None:
        metrics: dict[str, Any] = {"arrived": arrived, "taken": taken}
        expression = "IF(arrived > 0 AND FILL(taken, 0) == 0, 1, 0)"
        math = cloudwatch.MathExpression(expression=expression, using_metrics=metrics, period=period)
        self._alarm(f"{id}Standstill", math, "Events wait, and Lambda takes none.", periods=periods, window=window)

    def _counted(self, id: str, function: lambda_.Function, *names: str) -> None:
        for name in names:
            metric = cloudwatch.Metric(
                namespace="Lambda/Retry",
                metric_name=name,
                dimensions_map={"FunctionName": function.function_name},
                period=_MINUTE,
                statistic="Sum",
            )
            self._alarm(f"{id}{name}", metric, "Look at the log of the function.")

    def _tell(self, function: lambda_.Function, settings: Mapping[str, Any]) -> None:
        function.add_environment("SETTINGS", self._stack.to_json_string(settings))
        function.add_layers(self._layer)

    def _alarm(
        self,
        id: str,
        metric: Any,
        description: str,
        *,
        threshold: float = 1,
        periods: int = 1,
        window: int | None = None,
    ) -> None:
        cloudwatch.Alarm(
            self._stack,
            id,
            metric=metric,
            threshold=threshold,
            evaluation_periods=window or periods,
            datapoints_to_alarm=None if window is None else periods,
            comparison_operator=cloudwatch.ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
            treat_missing_data=cloudwatch.TreatMissingData.NOT_BREACHING,
            alarm_description=description,
        )


def layer_folder(folder: Path) -> str:
    """Copy what the layer contains into a folder, and return the folder."""
    ignored = shutil.ignore_patterns("__pycache__")
    for package in PACKAGES:
        shutil.copytree(package, folder / "python" / package.name, ignore=ignored)
    return str(folder)
