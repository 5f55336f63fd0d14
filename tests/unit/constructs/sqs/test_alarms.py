"""The alarms on messages in the dead-letter queue, and on messages that wait for too long.

`test_nothing_runs.py` has those that fire when nothing runs.
"""

from dataclasses import dataclass
from typing import Any

import pytest
from aws_cdk import Duration, Stack
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_cloudwatch_actions as actions
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sqs as sqs

from redrive_cdk import AlarmOptions, Backoff, SqsConsumer
from tests.support.constructs.cdk import Synthesized, deployed, new_stack, python_function

QUEUE_ARN = "arn:aws:sqs:eu-west-1:111111111111:orders"
DAY = 24 * 60 * 60
ALARMS = [
    "dead_letter_alarm",
    "dead_letter_age_alarm",
    "age_alarm",
    "unreceived_alarm",
    "not_set_aside_alarm",
    "untried_alarm",
]


@dataclass(frozen=True)
class Shop:
    stack: Stack
    synthesized: Synthesized
    function: lambda_.Function
    plain: SqsConsumer
    adjusted: SqsConsumer
    silent: SqsConsumer
    topic: sns.Topic
    other_topic: sns.Topic


@pytest.fixture(scope="module")
def shop() -> Shop:
    stack = new_stack("Shop")
    function = python_function(stack)
    topic, other_topic = sns.Topic(stack, "Topic"), sns.Topic(stack, "OtherTopic")
    off: dict[str, Any] = dict.fromkeys(ALARMS, AlarmOptions(enabled=False))
    return Shop(
        stack,
        Synthesized(stack),
        function,
        plain=SqsConsumer(stack, "Plain", function=function),
        adjusted=SqsConsumer(
            stack,
            "Adjusted",
            function=function,
            alarm_actions=[actions.SnsAction(topic)],  # pyright: ignore[reportArgumentType]
            dead_letter_alarm=AlarmOptions(threshold=10, evaluation_periods=3),
            age_alarm=AlarmOptions(
                threshold=120,
                actions=[actions.SnsAction(other_topic)],  # pyright: ignore[reportArgumentType]
            ),
        ),
        silent=SqsConsumer(stack, "Silent", function=function, **off),
        topic=topic,
        other_topic=other_topic,
    )


def test_one_message_in_the_dead_letter_queue_sets_off_an_alarm(shop: Shop) -> None:
    alarm = shop.synthesized.properties(shop.plain.dead_letter_alarm)
    assert deployed(alarm["AlarmDescription"]).startswith("Messages of Shop/Plain have failed permanently")
    assert {name: value for name, value in alarm.items() if name != "AlarmDescription"} == {
        "Namespace": "AWS/SQS",
        "MetricName": "ApproximateNumberOfMessagesVisible",
        "Dimensions": [{"Name": "QueueName", "Value": name_of(shop, shop.plain.dead_letter_queue)}],
        "Statistic": "Maximum",
        "Period": 60,
        "EvaluationPeriods": 1,
        "Threshold": 1,
        "ComparisonOperator": "GreaterThanOrEqualToThreshold",
        "TreatMissingData": "notBreaching",
    }


def name_of(shop: Shop, queue: sqs.IQueue | None) -> dict[str, Any]:
    return {"Fn::GetAtt": [shop.synthesized.id(queue), "QueueName"]}


def test_a_message_older_than_its_receives_may_take_sets_off_an_alarm(shop: Shop) -> None:
    alarm = shop.synthesized.properties(shop.plain.age_alarm)
    assert alarm["MetricName"] == "ApproximateAgeOfOldestMessage"
    assert alarm["Dimensions"] == [{"Name": "QueueName", "Value": name_of(shop, shop.plain.queue)}]
    assert (alarm["Statistic"], alarm["Period"], alarm["EvaluationPeriods"]) == ("Maximum", 60, 1)
    assert alarm["Threshold"] == 3 * 240  # the metric ignores what was received three times


def test_alarms_do_nothing_unless_told_what(shop: Shop) -> None:
    for alarm in (shop.plain.dead_letter_alarm, shop.plain.age_alarm, shop.plain.unreceived_alarm):
        assert "AlarmActions" not in shop.synthesized.properties(alarm)


def test_threshold_periods_and_actions_can_be_chosen(shop: Shop) -> None:
    dead_letters = shop.synthesized.properties(shop.adjusted.dead_letter_alarm)
    age = shop.synthesized.properties(shop.adjusted.age_alarm)
    topic, other_topic = ({"Ref": shop.synthesized.id(of)} for of in (shop.topic, shop.other_topic))
    assert (dead_letters["Threshold"], dead_letters["EvaluationPeriods"]) == (10, 3)
    assert dead_letters["AlarmActions"] == [topic]
    assert age["Threshold"] == 120
    assert age["AlarmActions"] == [topic, other_topic]


def test_alarms_can_be_left_out(shop: Shop) -> None:
    assert shop.silent.dead_letter_alarm is shop.silent.age_alarm is None
    assert shop.silent.alarms == []
    assert {child.node.id for child in shop.silent.node.children} == {"Queue", "DeadLetterQueue", "EventSourceMapping"}


THRESHOLDS: dict[str, tuple[dict[str, Any], float]] = {
    "few receives": ({"max_receive_count": 2}, 2 * 120),
    "all receives of a FIFO queue": ({"fifo": True}, 3 * 70 + 80 + 160 + 9 * 225),
    "a longer visibility timeout": ({"visibility_timeout": Duration.minutes(10)}, 3 * 600),
    "a backoff longer than the visibility timeout": ({"backoff": Backoff(base=10, cap=300)}, 60 + 60 + 80),
    "a delivery delay": ({"delivery_delay": Duration.minutes(15)}, 3 * 240 + 900),
    "receives that take longer than the retention": (
        {"visibility_timeout": Duration.hours(12), "retention_period": Duration.days(1)},
        0.8 * DAY,
    ),
}


@pytest.mark.parametrize("what", THRESHOLDS)
def test_the_age_that_is_too_old_follows_from(what: str) -> None:
    options, threshold = THRESHOLDS[what]
    stack = new_stack()
    consumer = SqsConsumer(stack, "Orders", function=python_function(stack), **options)
    assert Synthesized(stack).properties(consumer.age_alarm)["Threshold"] == threshold


def test_where_nothing_is_known_of_an_imported_queue_there_is_no_age_alarm_unless_it_gets_a_threshold() -> None:
    stack = new_stack()
    one, two, three = (python_function(stack, f"Function{number}") for number in range(3))
    queue = sqs.Queue.from_queue_arn(stack, "Queue", QUEUE_ARN)
    assert SqsConsumer(stack, "Unknown", function=one, queue=queue).age_alarm is None
    chosen = SqsConsumer(stack, "Chosen", function=two, queue=queue, age_alarm=AlarmOptions(threshold=600))
    told = SqsConsumer(
        stack,
        "Told",
        function=three,
        queue=queue,
        max_receive_count=5,
        visibility_timeout=Duration.minutes(2),
        backoff=Backoff(base=1, cap=2),
    )
    synthesized = Synthesized(stack)
    assert synthesized.properties(chosen.age_alarm)["Threshold"] == 600
    assert synthesized.properties(told.age_alarm)["Threshold"] == 3 * 120
    assert synthesized.properties(told.age_alarm)["Dimensions"] == [{"Name": "QueueName", "Value": "orders"}]


def test_metrics_can_be_had_with_other_options(shop: Shop) -> None:
    dead_letters = shop.plain.metric_dead_letters(period=Duration.minutes(5), label="Dead letters")
    assert (dead_letters.period.to_seconds(), dead_letters.statistic, dead_letters.label) == (
        300,
        "Maximum",
        "Dead letters",
    )
    age = shop.plain.metric_oldest_message_age(statistic=cloudwatch.Stats.AVERAGE)
    assert (age.period.to_seconds(), age.statistic, age.metric_name) == (
        60,
        "Average",
        "ApproximateAgeOfOldestMessage",
    )


def test_a_metric_of_a_dead_letter_queue_that_is_not_known_is_refused() -> None:
    stack = new_stack()
    queue = sqs.Queue.from_queue_arn(stack, "Queue", QUEUE_ARN)
    consumer = SqsConsumer(stack, "Orders", function=python_function(stack), queue=queue)
    with pytest.raises(ValueError, match="Stack/Orders has no dead-letter queue that is known: pass dead_letter_queue"):
        consumer.metric_dead_letters()
