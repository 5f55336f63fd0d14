"""Consumers of streams are made to be subclassed: each `_create_*` step can be replaced."""

# The CDK's own classes do not fit its interfaces for a type checker: https://github.com/aws/jsii/issues/4541
# pyright: reportArgumentType=false

from typing import Any

import pytest
from aws_cdk import Duration, Stack
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kinesis as kinesis
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_sqs as sqs

from redrive.settings.streams import StreamSettings, read_stream
from redrive_cdk.monitoring.alarms import AlarmOptions
from redrive_cdk.streams.dynamodb import DynamoDBStreamConsumer
from redrive_cdk.streams.kinesis import KinesisConsumer
from tests.support.constructs.cdk import Synthesized, deployed, new_stack, python_function
from tests.support.constructs.streams.consumers import ID, mapping_of, reading

ALARMS = {
    *("iterator_age", "unpolled", "failed", "failure_queue", "failure_age", "set_aside", "set_aside_age"),
    *("not_set_aside", "dropped", "delivery", "throttle"),
}
STEPS = {
    "_create_failure_bucket",
    "_create_failure_queue",
    "_create_access_policy",
    "_create_grants",
    "_create_event_source_mapping",
    "_create_settings",
    *(f"_create_{name}_alarm" for name in ALARMS),
}


class Payments(KinesisConsumer):
    """Does each step in its own way."""

    def _create_stream(self) -> kinesis.IStream:
        return kinesis.Stream(self, "Incoming", shard_count=3, retention_period=Duration.hours(36))

    def _create_stream_consumer(self) -> kinesis.IStreamConsumer:
        return kinesis.StreamConsumer(self, "Mine", stream=self.stream, stream_consumer_name="payments")

    def _create_failure_bucket(self) -> s3.IBucket:
        return s3.Bucket(self, "Failed", versioned=True)

    def _create_access_policy(self) -> iam.Policy:
        return iam.Policy(self, "Allowed", policy_name="payments")

    def _create_grants(self) -> None:
        super()._create_grants()
        self.access_policy.add_statements(iam.PolicyStatement(actions=["sqs:GetQueueUrl"], resources=["*"]))

    def _create_event_source_mapping(self) -> lambda_.EventSourceMapping:
        mapping = super()._create_event_source_mapping()
        resource = mapping.node.default_child
        assert isinstance(resource, lambda_.CfnEventSourceMapping)
        resource.add_property_override("BatchSize", 7)
        return mapping

    def _create_settings(self) -> StreamSettings:
        return super()._create_settings().replace(set_aside_prefix="mine/")

    def _create_iterator_age_alarm(self, options: AlarmOptions) -> cloudwatch.Alarm | None:
        return super()._create_iterator_age_alarm(AlarmOptions(threshold=7))

    def _create_failed_alarm(self, options: AlarmOptions) -> cloudwatch.Alarm | None:
        return cloudwatch.Alarm(self, "Given", metric=self.metric_events_failed(), threshold=3, evaluation_periods=1)

    def _create_unpolled_alarm(self, options: AlarmOptions) -> cloudwatch.Alarm | None:
        return super()._create_unpolled_alarm(AlarmOptions(evaluation_periods=2))

    def _create_not_set_aside_alarm(self, options: AlarmOptions) -> cloudwatch.Alarm | None:
        return None

    def _create_set_aside_age_alarm(self, options: AlarmOptions) -> cloudwatch.Alarm | None:
        return None

    def _create_dropped_alarm(self, options: AlarmOptions) -> cloudwatch.Alarm | None:
        return None

    def _create_delivery_alarm(self, options: AlarmOptions) -> cloudwatch.Alarm | None:
        return None

    def _create_throttle_alarm(self, options: AlarmOptions) -> cloudwatch.Alarm | None:
        return None


class Items(DynamoDBStreamConsumer):
    """With a table, a queue and alarms of its own."""

    def _create_table(self) -> dynamodb.ITable:
        return dynamodb.Table(self, "Mine", partition_key=ID, stream=dynamodb.StreamViewType.KEYS_ONLY)

    def _create_failure_queue(self) -> sqs.IQueue:
        return sqs.Queue(self, "Failed", retention_period=Duration.days(13))

    def _create_failure_queue_alarm(self, options: AlarmOptions) -> cloudwatch.Alarm | None:
        return None

    def _create_failure_age_alarm(self, options: AlarmOptions) -> cloudwatch.Alarm | None:
        return None

    def _create_set_aside_alarm(self, options: AlarmOptions) -> cloudwatch.Alarm | None:
        return None


Made = tuple[Synthesized, lambda_.Function, Payments]


@pytest.fixture(scope="module")
def payments() -> Made:
    stack = new_stack()
    function = python_function(stack)
    return Synthesized(stack), function, Payments(stack, "Payments", function=function, enhanced_fan_out=True)


def test_each_step_is_replaced_in_these_tests() -> None:
    """The tests cover all steps, so that a new one is not forgotten."""
    kinesis_steps = {"_create_stream", "_create_stream_consumer"}
    assert {name for name in dir(KinesisConsumer) if name.startswith("_create_")} == STEPS | kinesis_steps
    assert {name for name in dir(DynamoDBStreamConsumer) if name.startswith("_create_")} == STEPS | {"_create_table"}
    assert (STEPS | kinesis_steps | {"_create_table"}) - set(vars(Payments)) - set(vars(Items)) == set()


def test_stream_consumer_and_bucket_are_ones_own(payments: Made) -> None:
    synthesized, _, consumer = payments
    assert synthesized.properties(consumer.stream)["ShardCount"] == 3
    assert synthesized.properties(consumer.stream_consumer)["ConsumerName"] == "payments"
    assert synthesized.properties(consumer.failure_bucket)["VersioningConfiguration"] == {"Status": "Enabled"}
    assert consumer.on_failure is consumer.set_aside is consumer.failure_bucket


def test_the_checks_and_defaults_see_what_the_steps_return(payments: Made) -> None:
    synthesized, _, consumer = payments
    assert consumer.facts.retention == 36 * 60 * 60
    assert mapping_of(synthesized, consumer)["MaximumRecordAgeInSeconds"] == 18 * 60 * 60


def test_policy_mapping_and_settings_can_be_made_differently(payments: Made) -> None:
    synthesized, function, consumer = payments
    assert synthesized.properties(consumer.access_policy)["PolicyName"] == "payments"
    statements = synthesized.properties(consumer.access_policy)["PolicyDocument"]["Statement"]
    assert {"Action": "sqs:GetQueueUrl", "Effect": "Allow", "Resource": "*"} in statements
    assert mapping_of(synthesized, consumer)["BatchSize"] == 7
    source = deployed(synthesized.stack.resolve(consumer.source.arn))
    assert read_stream(synthesized.environment(function), source).set_aside_prefix == "mine/"


def test_alarms_can_be_made_differently(payments: Made) -> None:
    synthesized, _, consumer = payments
    assert consumer.dropped_alarm is consumer.delivery_alarm is consumer.throttle_alarm is None
    assert [synthesized.properties(alarm)["Threshold"] for alarm in consumer.alarms] == [7, 1, 3, 1]
    assert synthesized.properties(consumer.unpolled_alarm)["DatapointsToAlarm"] == 2


def test_table_and_queue_are_ones_own() -> None:
    stack = new_stack()
    consumer = Items(stack, "Items", function=python_function(stack), on_failure="queue")
    synthesized = Synthesized(stack)
    assert consumer.table.node.id == "Mine"
    assert consumer.on_failure is consumer.failure_queue
    assert synthesized.properties(consumer.failure_queue) == {"MessageRetentionPeriod": 13 * 24 * 60 * 60}
    assert consumer.failure_queue_alarm is None
    assert isinstance(consumer.function, lambda_.Function)
    queue = deployed(synthesized.arn(consumer.failure_queue))
    assert synthesized.statements(consumer.function) == reading(stack, consumer) | {("sqs:SendMessage", queue)}


def test_a_step_sees_what_the_steps_before_it_made() -> None:
    seen: dict[str, Any] = {}

    class Watching(KinesisConsumer):
        def _create_failure_bucket(self) -> s3.IBucket:
            seen["stream"] = self.stream
            return super()._create_failure_bucket()

        def _create_access_policy(self) -> iam.Policy:
            seen["on_failure"], seen["set_aside"], seen["facts"] = self.on_failure, self.set_aside, self.facts
            return super()._create_access_policy()

        def _create_settings(self) -> StreamSettings:
            seen["policy"], seen["mapping"] = self.access_policy, self.event_source_mapping
            return super()._create_settings()

    stack = new_stack()
    consumer = Watching(stack, "Orders", function=python_function(stack))
    assert seen == {
        "stream": consumer.stream,
        "on_failure": consumer.failure_bucket,
        "set_aside": consumer.failure_bucket,
        "facts": consumer.facts,
        "policy": consumer.access_policy,
        "mapping": consumer.event_source_mapping,
    }


def test_a_fifo_queue_of_a_step_is_refused() -> None:
    class Fifo(KinesisConsumer):
        def _create_failure_queue(self) -> sqs.IQueue:
            return sqs.Queue(self, "Failed", fifo=True)

    stack = new_stack()
    with pytest.raises(ValueError, match="on_failure Stack/Orders/Failed is FIFO"):
        Fifo(stack, "Orders", function=python_function(stack), on_failure="queue")


def test_one_bucket_for_all_consumers_of_a_kind() -> None:
    shared: list[s3.IBucket] = []

    class Pooled(KinesisConsumer):
        def _create_failure_bucket(self) -> s3.IBucket:
            if not shared:
                shared.append(s3.Bucket(Stack.of(self), "Failed"))
            return shared[0]

    stack = new_stack()
    made = [Pooled(stack, id, function=python_function(stack, f"{id}Function")) for id in ("Orders", "Mails")]
    assert [consumer.failure_bucket for consumer in made] == shared * 2
    assert len(Synthesized(stack).of_type("AWS::S3::Bucket")) == 1
