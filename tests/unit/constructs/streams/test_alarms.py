"""The alarms of both consumers of streams, and the metrics they are on."""

# The CDK's own classes do not fit its interfaces for a type checker: https://github.com/aws/jsii/issues/4541
# pyright: reportArgumentType=false

from dataclasses import dataclass
from typing import Any

import pytest
from aws_cdk import Duration, Environment
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_cloudwatch_actions as actions
from aws_cdk import aws_kinesis as kinesis
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sqs as sqs

from redrive_cdk.monitoring.alarms import AlarmOptions
from redrive_cdk.streams.consumer import StreamConsumer
from redrive_cdk.streams.dynamodb import DynamoDBStreamConsumer
from redrive_cdk.streams.kinesis import KinesisConsumer
from tests.support.constructs.cdk import Synthesized, deployed, new_stack, number_parameter, python_function
from tests.support.constructs.streams.consumers import CONSUMERS, STREAM_ARN, kinesis_consumer

HOUR_IN_MS = 60 * 60 * 1000
ALARMS = [
    "iterator_age_alarm",
    "unpolled_alarm",
    "failed_alarm",
    "failure_queue_alarm",
    "failure_age_alarm",
    "set_aside_alarm",
    "set_aside_age_alarm",
    "not_set_aside_alarm",
    "dropped_alarm",
    "delivery_alarm",
    "throttle_alarm",
]


@dataclass(frozen=True)
class Made:
    name: str
    synthesized: Synthesized
    plain: StreamConsumer
    queues: StreamConsumer
    adjusted: StreamConsumer
    topics: list[sns.Topic]


@pytest.fixture(scope="module", params=CONSUMERS)
def made(request: pytest.FixtureRequest) -> Made:
    make = CONSUMERS[request.param]
    stack = new_stack("Shop")
    aside = sqs.Queue(stack, "Aside")
    topics = [sns.Topic(stack, id) for id in ("Topic", "OtherTopic")]
    every, own = (actions.SnsAction(topic) for topic in topics)
    options = {
        name: AlarmOptions(threshold=10 + number, evaluation_periods=3, actions=[own])
        for number, name in enumerate(ALARMS)
    }
    return Made(
        request.param,
        Synthesized(stack),
        plain=make(stack, "Plain"),
        queues=make(stack, "Queues", on_failure="queue", set_aside=aside),
        adjusted=make(stack, "Adjusted", set_aside=aside, alarm_actions=[every], **options),
        topics=topics,
    )


def alarm_of(made: Made, alarm: cloudwatch.Alarm | None) -> dict[str, Any]:
    return made.synthesized.properties(alarm)


def source_dimensions(made: Made) -> list[dict[str, Any]]:
    if isinstance(made.plain, KinesisConsumer):
        return [{"Name": "StreamName", "Value": {"Ref": made.synthesized.id(made.plain.stream)}}]
    assert isinstance(made.plain, DynamoDBStreamConsumer)
    table = {"Ref": made.synthesized.id(made.plain.table)}
    return [{"Name": "Operation", "Value": "GetRecords"}, {"Name": "TableName", "Value": table}]


def dimensions(made: Made, kind: str) -> list[dict[str, Any]]:
    names = {"FunctionName": made.plain.function, "EventSourceMappingUUID": made.plain.event_source_mapping}
    if kind == "source":
        return source_dimensions(made)
    return [{"Name": kind, "Value": {"Ref": made.synthesized.id(names[kind])}}]


#: Namespace, metric, dimensions, statistic, threshold, minutes, and how the description begins.
METRICS: dict[str, tuple[str, str, str, str, float, int, str]] = {
    "iterator_age_alarm": (
        "AWS/Lambda",
        "IteratorAge",
        "FunctionName",
        "Maximum",
        6 * HOUR_IN_MS,
        1,
        "Records of Shop/Plain or of what else feeds its function have waited for half of the time",
    ),
    "failed_alarm": (
        "AWS/Lambda",
        "OnFailureDestinationDeliveredEventCount",
        "EventSourceMappingUUID",
        "Sum",
        1,
        1,
        "Records of Shop/Plain have failed permanently, or become too old, and are in the bucket",
    ),
    "dropped_alarm": (
        "AWS/Lambda",
        "DroppedEventCount",
        "EventSourceMappingUUID",
        "Sum",
        1,
        1,
        "Records of Shop/Plain were given up and are in no destination",
    ),
    "delivery_alarm": (
        "AWS/Lambda",
        "DestinationDeliveryFailures",
        "FunctionName",
        "Sum",
        1,
        1,
        "Records of Shop/Plain or of what else feeds its function were given up, and could not be delivered",
    ),
    "throttle_alarm": ("", "", "source", "Sum", 1, 5, "Records of Shop/Plain are delayed"),
}
THROTTLED = {
    "Kinesis": ("AWS/Kinesis", "ReadProvisionedThroughputExceeded"),
    "DynamoDB": ("AWS/DynamoDB", "ThrottledRequests"),
}


@pytest.mark.parametrize("alarm", METRICS)
def test_an_alarm_is_on_its_metric_with_its_dimensions(made: Made, alarm: str) -> None:
    """monitoring-metrics-types.html, monitoring-metrics-view.html; Kinesis' and DynamoDB's own pages of metrics."""
    namespace, metric, kind, statistic, threshold, minutes, description = METRICS[alarm]
    if alarm == "throttle_alarm":
        namespace, metric = THROTTLED[made.name]
    found = dict(alarm_of(made, getattr(made.plain, alarm)))
    assert deployed(found.pop("AlarmDescription")).startswith(description)
    assert found == {
        "Namespace": namespace,
        "MetricName": metric,
        "Dimensions": dimensions(made, kind),
        "Statistic": statistic,
        "Period": 60,
        "EvaluationPeriods": minutes,
        "Threshold": threshold,
        "ComparisonOperator": "GreaterThanOrEqualToThreshold",
        "TreatMissingData": "notBreaching",
    }


def test_with_a_bucket_the_alarms_are_these(made: Made) -> None:
    none = {"failure_queue_alarm", "failure_age_alarm", "set_aside_age_alarm"}
    assert {name for name in ALARMS if getattr(made.plain, name) is None} == none
    assert made.plain.alarms == [getattr(made.plain, name) for name in ALARMS if name not in none]


@pytest.mark.parametrize("alarm", ["failure_queue_alarm", "set_aside_alarm"])
def test_messages_in_a_queue_are_watched(made: Made, alarm: str) -> None:
    queue = {"failure_queue_alarm": made.queues.failure_queue, "set_aside_alarm": made.queues.set_aside_queue}[alarm]
    found = alarm_of(made, getattr(made.queues, alarm))
    name = {"Fn::GetAtt": [made.synthesized.id(queue), "QueueName"]}
    assert (found["Namespace"], found["MetricName"]) == ("AWS/SQS", "ApproximateNumberOfMessagesVisible")
    assert found["Dimensions"] == [{"Name": "QueueName", "Value": name}]
    assert (found["Statistic"], found["Threshold"], found["EvaluationPeriods"]) == ("Maximum", 1, 1)


def test_with_a_queue_its_messages_say_what_lambdas_count_would(made: Made) -> None:
    assert made.queues.failed_alarm is None
    assert {name for name in ALARMS if getattr(made.queues, name) is None} == {"failed_alarm"}


def test_threshold_periods_and_actions_can_be_chosen(made: Made) -> None:
    refs = [{"Ref": made.synthesized.id(topic)} for topic in made.topics]
    for number, name in enumerate(ALARMS):
        if name.startswith("failure_"):  # its destination is a bucket
            continue
        found = alarm_of(made, getattr(made.adjusted, name))
        periods = found.get("DatapointsToAlarm", found["EvaluationPeriods"])
        assert (found["Threshold"], periods) == (10 + number, 3)
        assert found["AlarmActions"] == refs


@pytest.mark.parametrize("name", CONSUMERS)
def test_each_alarm_can_be_left_out(name: str) -> None:
    stack = new_stack()
    off = dict.fromkeys(ALARMS, AlarmOptions(enabled=False))
    consumer = CONSUMERS[name](stack, on_failure="queue", set_aside=sqs.Queue(stack, "Aside"), **off)
    assert consumer.alarms == []
    assert Synthesized(stack).of_type("AWS::CloudWatch::Alarm") == {}


@pytest.mark.parametrize("name", CONSUMERS)
def test_without_lambdas_counts_there_is_no_alarm_on_them(name: str) -> None:
    consumer = CONSUMERS[name](new_stack(), mapping_metrics=False)
    assert consumer.failed_alarm is consumer.dropped_alarm is consumer.unpolled_alarm is None
    assert consumer.delivery_alarm is not None


@pytest.mark.parametrize("name", CONSUMERS)
def test_without_a_destination_there_is_no_alarm_on_it(name: str) -> None:
    consumer = CONSUMERS[name](new_stack(), on_failure="none")
    assert consumer.failed_alarm is consumer.failure_queue_alarm is consumer.delivery_alarm is None
    assert consumer.dropped_alarm is not None


def test_what_a_topic_gets_is_counted() -> None:
    stack = new_stack()
    consumer = kinesis_consumer(stack, on_failure=sns.Topic(stack, "Topic"))
    description = Synthesized(stack).properties(consumer.failed_alarm)["AlarmDescription"]
    assert "are in the topic that is the on-failure destination" in description


AGES: dict[str, tuple[dict[str, Any], float]] = {
    "half of the default age": ({}, 6),
    "half of the age": ({"max_record_age": Duration.hours(4)}, 2),
    "half of the retention, if that is less": ({"max_record_age": Duration.days(7)}, 12),
    "half of the retention, if that alone is an end": ({"max_record_age": "infinite"}, 12),
    "half of a longer retention": ({"max_record_age": "infinite", "retention_period": Duration.days(10)}, 120),
}


@pytest.mark.parametrize("case", AGES)
def test_the_iterator_age_is_watched_for(case: str) -> None:
    options, hours = AGES[case]
    stack = new_stack()
    consumer = kinesis_consumer(stack, **options)
    assert Synthesized(stack).properties(consumer.iterator_age_alarm)["Threshold"] == hours * HOUR_IN_MS


def test_where_nothing_is_known_the_least_that_a_stream_keeps_is_taken() -> None:
    stack = new_stack()
    stream = kinesis.Stream.from_stream_arn(stack, "Imported", STREAM_ARN)
    age = Duration.seconds(number_parameter(stack, "Age"))
    consumer = kinesis_consumer(stack, stream=stream, max_record_age=age)
    assert Synthesized(stack).properties(consumer.iterator_age_alarm)["Threshold"] == 12 * HOUR_IN_MS


@pytest.mark.parametrize("name", CONSUMERS)
def test_the_alarms_of_an_alias_are_on_the_metrics_of_the_alias(name: str) -> None:
    """These metrics distinguish the consumers of one function."""
    stack = new_stack()
    function = python_function(stack)
    consumer = CONSUMERS[name](stack, function=function.add_alias("live"))
    synthesized = Synthesized(stack)
    ref = {"Ref": synthesized.id(function)}
    for alarm in (consumer.iterator_age_alarm, consumer.delivery_alarm):
        assert synthesized.properties(alarm)["Dimensions"] == [
            {"Name": "FunctionName", "Value": ref},
            {"Name": "Resource", "Value": {"Fn::Join": ["", [ref, ":live"]]}},
        ]


def test_with_enhanced_fan_out_the_subscriptions_are_watched() -> None:
    """https://docs.aws.amazon.com/streams/latest/dev/monitoring-with-cloudwatch.html"""
    stack = new_stack()
    consumer = kinesis_consumer(stack, enhanced_fan_out=True)
    synthesized = Synthesized(stack)
    found = synthesized.properties(consumer.throttle_alarm)
    assert (found["Namespace"], found["MetricName"]) == ("AWS/Kinesis", "SubscribeToShard.RateExceeded")
    registered = {"Fn::GetAtt": [synthesized.id(consumer.stream_consumer), "ConsumerName"]}
    assert found["Dimensions"] == [
        {"Name": "ConsumerName", "Value": registered},
        {"Name": "StreamName", "Value": {"Ref": synthesized.id(consumer.stream)}},
    ]


@pytest.mark.parametrize("option", ["on_failure", "set_aside"])
@pytest.mark.parametrize(
    ("arn", "watched"),
    [
        ("arn:aws:sqs:eu-west-1:111111111111:failed", True),
        ("arn:aws:sqs:eu-west-3:111111111111:failed", False),
        ("arn:aws:sqs:eu-west-1:222222222222:failed", False),
    ],
)
def test_a_queue_of_another_place_is_watched_there(option: str, arn: str, watched: bool) -> None:
    stack = new_stack(env=Environment(account="111111111111", region="eu-west-1"))
    queue = sqs.Queue.from_queue_arn(stack, "Failed", arn)
    consumer = kinesis_consumer(stack, **{"on_failure": "none", option: queue})
    alarm = {"on_failure": consumer.failure_queue_alarm, "set_aside": consumer.set_aside_alarm}[option]
    assert (alarm is not None) == watched
    assert Synthesized(stack).template


def test_metrics_can_be_asked_for_as_one_likes(made: Made) -> None:
    every = {
        "IteratorAge": made.queues.metric_iterator_age,
        "DestinationDeliveryFailures": made.queues.metric_destination_delivery_failures,
        "OnFailureDestinationDeliveredEventCount": made.queues.metric_events_failed,
        "DroppedEventCount": made.queues.metric_events_dropped,
        THROTTLED[made.name][1]: made.queues.metric_read_throttled,
    }
    for name, metric in every.items():
        chosen = metric(period=Duration.minutes(5), statistic=cloudwatch.Stats.AVERAGE, label="Chosen")
        assert chosen.metric_name == name
        assert (chosen.period.to_seconds(), chosen.statistic, chosen.label) == (300, "Average", "Chosen")
    for metric in (made.queues.metric_failures_visible, made.queues.metric_set_aside_visible):
        chosen = metric(period=Duration.minutes(5))
        assert (chosen.metric_name, chosen.period.to_seconds()) == ("ApproximateNumberOfMessagesVisible", 300)


def test_a_metric_of_a_queue_that_is_not_there_is_refused(made: Made) -> None:
    with pytest.raises(ValueError, match="Shop/Plain has no queue as its on-failure destination"):
        made.plain.metric_failures_visible()
    with pytest.raises(ValueError, match="Shop/Plain was given no queue of its own for records set aside"):
        made.plain.metric_set_aside_visible()


def test_the_metrics_are_the_functions_not_those_of_a_consumer(made: Made) -> None:
    assert isinstance(made.plain.function, lambda_.Function)
    assert made.plain.metric_iterator_age().dimensions == {"FunctionName": made.plain.function.function_name}
