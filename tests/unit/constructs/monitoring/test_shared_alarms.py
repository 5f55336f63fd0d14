"""One alarm per metric, however many constructs watch it."""

# The CDK's own classes do not fit its interfaces for a type checker: https://github.com/aws/jsii/issues/4541
# pyright: reportArgumentType=false

from typing import Any

import pytest
from aws_cdk import Duration, Stack
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_cloudwatch_actions as actions
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from redrive_cdk import (
    AlarmDefaults,
    AlarmOptions,
    AsyncInvocation,
    CircuitBreaker,
    DynamoDBStreamConsumer,
    FailureDashboard,
    IdempotencyTable,
    KinesisConsumer,
    SqsConsumer,
    SyncInvocation,
    make_alarm,
)
from redrive_cdk.monitoring.metrics import function_metric
from tests.support.constructs.cdk import Synthesized, deployed, new_app, new_stack, python_function
from tests.support.constructs.streams.consumers import ID

HOUR_IN_MS = 60 * 60 * 1000


def readings(stack: Stack, id: str, function: lambda_.IFunction, **options: Any) -> KinesisConsumer:
    return KinesisConsumer(stack, id, function=function, **options)


def tell(topic: sns.Topic) -> actions.SnsAction:
    return actions.SnsAction(topic)


def told(synthesized: Synthesized, alarm: cloudwatch.Alarm | None) -> list[str]:
    return [each["Ref"] for each in synthesized.properties(alarm).get("AlarmActions", [])]


def everything_on(stack: Stack, function: lambda_.Function) -> None:
    """Two of each construct on one function, and two of those that call or protect it."""
    caller = python_function(stack, "Caller")
    for number in range(2):
        messages = SqsConsumer(stack, f"Messages{number}", function=function)
        readings(stack, f"Readings{number}", function)
        DynamoDBStreamConsumer(stack, f"Changes{number}", function=function, partition_key=ID)
        SyncInvocation(stack, f"Call{number}", caller=caller, callee=function, name=f"Callee{number}")
        IdempotencyTable(stack, f"Done{number}").protects(messages)
        CircuitBreaker(stack, f"Circuit{number}").grant(function)
    AsyncInvocation(stack, "Events", function=function)


def metrics_of(alarm: dict[str, Any]) -> str:
    properties = alarm["Properties"]
    return str(properties.get("Metrics") or [properties[name] for name in ("Namespace", "MetricName", "Dimensions")])


def test_no_metric_of_a_stack_has_two_alarms() -> None:
    stack = new_stack("Shop")
    everything_on(stack, python_function(stack))
    alarms = Synthesized(stack).of_type("AWS::CloudWatch::Alarm").values()
    watched = [metrics_of(alarm) for alarm in alarms]
    assert sorted(watched) == sorted(set(watched))
    assert len(watched) > 10


def test_two_sources_of_one_function_share_its_alarm() -> None:
    stack = new_stack("Shop")
    function = python_function(stack)
    one, other = readings(stack, "One", function), readings(stack, "Other", function)
    assert one.delivery_alarm is other.delivery_alarm
    assert one.delivery_alarm in one.alarms
    assert one.delivery_alarm in other.alarms
    assert one.dropped_alarm is not other.dropped_alarm  # the metric of a mapping
    text = deployed(Synthesized(stack).properties(one.delivery_alarm)["AlarmDescription"])
    assert text.startswith("Records of Shop/One")
    assert text.endswith("The alarm is also that of Shop/Other.")


@pytest.mark.parametrize("which", ["another function", "another alias", "another stack"])
def test_what_is_of_another_function_or_stack_has_its_own(which: str) -> None:
    app = new_app()
    stack, there = Stack(app, "Shop"), Stack(app, "There")
    function = python_function(stack)
    one = readings(stack, "One", function)
    arn = "arn:aws:lambda:eu-west-1:111111111111:function:shared"
    if which == "another function":
        other = readings(stack, "Other", python_function(stack, "OtherFunction"))
    elif which == "another alias":
        other = readings(stack, "Other", function.add_alias("live"))
    else:
        one, other = (
            readings(where, "Same", lambda_.Function.from_function_arn(where, "Shared", arn))
            for where in (stack, there)
        )
    assert one.delivery_alarm is not None
    assert one.delivery_alarm is not other.delivery_alarm


@pytest.mark.parametrize("first", [4, 8])
def test_the_strictest_threshold_counts(first: int) -> None:
    stack = new_stack()
    function = python_function(stack)
    ages = [Duration.hours(hours) for hours in (first, 12 - first)]
    one, other = (readings(stack, f"Of{number}", function, max_record_age=age) for number, age in enumerate(ages))
    assert one.iterator_age_alarm is other.iterator_age_alarm
    assert Synthesized(stack).properties(one.iterator_age_alarm)["Threshold"] == 2 * HOUR_IN_MS


def test_it_counts_after_a_change_too() -> None:
    stack = new_stack()
    function = python_function(stack)
    one, other = (readings(stack, f"Of{number}", function, max_record_age="infinite") for number in range(2))
    for consumer, hours in ((one, 30), (other, 48)):
        resource: Any = consumer.stream.node.default_child
        resource.retention_period_hours = hours
    assert Synthesized(stack).properties(other.iterator_age_alarm)["Threshold"] == 15 * HOUR_IN_MS


def test_another_threshold_or_actions_of_ones_own_make_another_alarm() -> None:
    stack = new_stack()
    function, topic = python_function(stack), sns.Topic(stack, "Topic")
    options = {
        "Plain": None,
        "Louder": AlarmOptions(threshold=5),
        "Loud": AlarmOptions(threshold=5),
        "Long": AlarmOptions(evaluation_periods=2),
        "Told": AlarmOptions(actions=[tell(topic)]),
        "Off": AlarmOptions(enabled=False),
        "Last": None,
    }
    alarms = {id: readings(stack, id, function, delivery_alarm=given).delivery_alarm for id, given in options.items()}
    assert alarms.pop("Off") is None
    assert alarms.pop("Last") is alarms["Plain"]
    assert alarms.pop("Louder") is alarms["Loud"]
    assert len({id(alarm) for alarm in alarms.values()}) == len(alarms) == 4
    assert told(Synthesized(stack), alarms["Told"]) == [Synthesized(stack).id(topic)]


@pytest.mark.parametrize("when", ["before", "after"])
def test_it_has_the_actions_of_all_that_share_it(when: str) -> None:
    stack = new_stack()
    function = python_function(stack)
    topics = [sns.Topic(stack, id) for id in ("First", "Second", "Third", "Alone")]
    one = readings(stack, "One", function, alarm_actions=[tell(topics[0])])
    other = readings(stack, "Other", function, alarm_actions=[tell(topics[1])] if when == "before" else [])
    if when == "after":
        AlarmDefaults.of(other).add(actions=[tell(topics[1])])
    AlarmDefaults.of(stack).add(actions=[tell(topics[2])])
    AlarmDefaults.of(SqsConsumer(stack, "Else", function=python_function(stack, "F"))).add(actions=[tell(topics[3])])
    synthesized = Synthesized(stack)
    assert sorted(told(synthesized, one.delivery_alarm)) == sorted(synthesized.id(topic) for topic in topics[:3])


def test_actions_reach_it_if_only_the_second_has_any() -> None:
    stack = new_stack()
    function, topic = python_function(stack), sns.Topic(stack, "Topic")
    one = readings(stack, "One", function)
    readings(stack, "Other", function, alarm_actions=[tell(topic)])
    synthesized = Synthesized(stack)
    assert told(synthesized, one.delivery_alarm) == [synthesized.id(topic)]
    assert told(synthesized, one.dropped_alarm) == []


def test_a_dead_letter_queue_of_two_queues_has_one_alarm() -> None:
    stack = new_stack()
    failed = sqs.Queue(stack, "Failed", retention_period=Duration.days(14))
    one, other = (
        SqsConsumer(stack, f"Of{number}", function=python_function(stack, f"F{number}"), dead_letter_queue=failed)
        for number in range(2)
    )
    assert one.dead_letter_alarm is other.dead_letter_alarm
    assert one.age_alarm is not other.age_alarm


def test_a_description_stays_within_what_cloudwatch_takes() -> None:
    """1,024 characters: https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html"""
    stack = new_stack("Shop")
    function = python_function(stack)
    alarms = {
        make_alarm(
            Construct(stack, f"{'Long' * 12}{number}"),
            "Alarm",
            AlarmOptions(),
            means="lost",
            metric=function_metric(function, "Errors", "Sum"),
            description=f"{function.function_arn} fails.",
        )
        for number in range(30)
    }
    (alarm,) = alarms
    text = deployed(Synthesized(stack).properties(alarm)["AlarmDescription"])
    assert f"{'Long' * 12}9" in text
    assert len(text) <= 1_024


def test_a_dashboard_shows_it_once() -> None:
    stack = new_stack()
    function = python_function(stack)
    watch = [readings(stack, "One", function), readings(stack, "Other", function)]
    dashboard = FailureDashboard(stack, "Failures", watch=watch)
    assert len(dashboard.alarms) == len(Synthesized(stack).of_type("AWS::CloudWatch::Alarm"))


def test_a_metric_of_the_users_own_is_never_shared() -> None:
    class Mine(KinesisConsumer):
        def metric_destination_delivery_failures(self, **options: Any) -> cloudwatch.Metric:
            return cloudwatch.Metric(namespace="Mine", metric_name=self.node.id)

    stack = new_stack()
    function = python_function(stack)
    one, other = Mine(stack, "One", function=function), Mine(stack, "Other", function=function)
    names = [Synthesized(stack).properties(each.delivery_alarm)["MetricName"] for each in (one, other)]
    assert names == ["One", "Other"]


@pytest.mark.parametrize("kind", ["IdempotencyTable", "CircuitBreaker"])
def test_an_alarm_on_a_function_of_another_stack_is_created_there(kind: str) -> None:
    """The function's stack depends on that of the table already."""
    app = new_app()
    data, shop = Stack(app, "Data"), Stack(app, "Shop")
    topic = sns.Topic(data, "Topic")
    table = {"IdempotencyTable": IdempotencyTable, "CircuitBreaker": CircuitBreaker}[kind](
        data, "Table", alarm_actions=[tell(topic)]
    )
    functions = [python_function(shop, f"Function{number}") for number in range(2)]
    seen: list[Any] = []
    AlarmDefaults.of(app).add(naming=lambda alarm: seen.append(alarm.construct))
    for function in functions:
        table.grant(function)
    synthesized = Synthesized(shop)
    alarms = [alarm for alarm in table.alarms if Stack.of(alarm) is shop]
    assert len(alarms) == len(synthesized.of_type("AWS::CloudWatch::Alarm")) == {"IdempotencyTable": 2}.get(kind, 4)
    assert {id(each) for each in seen} == {id(table)}
    for alarm in alarms:
        (action,) = synthesized.properties(alarm)["AlarmActions"]
        assert set(action) <= {"Fn::ImportValue", "Fn::GetStackOutput"}
    assert data.dependencies == []
