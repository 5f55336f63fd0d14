"""The alarms: on events given up, on what could not be delivered, on age, and on failed events in a queue."""

# The CDK's own classes do not fit its interfaces for a type checker: https://github.com/aws/jsii/issues/4541
# pyright: reportArgumentType=false

from dataclasses import dataclass
from typing import Any

import pytest
from aws_cdk import Duration, Environment
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_cloudwatch_actions as actions
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sqs as sqs

from redrive_cdk import AlarmOptions
from redrive_cdk.asynchronous.invocation import AsyncInvocation
from tests.support.constructs.cdk import Synthesized, deployed, new_stack, number_parameter, python_function

ALARMS = [
    "dropped_alarm",
    "delivery_alarm",
    "dead_letter_alarm",
    "age_alarm",
    "failure_queue_alarm",
    "failure_age_alarm",
]
DAY = 24 * 60 * 60
SIX_HOURS_IN_MS = 6 * 60 * 60 * 1000


@dataclass(frozen=True)
class Shop:
    synthesized: Synthesized
    function: lambda_.Function
    version: lambda_.Version
    plain: AsyncInvocation
    live: AsyncInvocation
    published: AsyncInvocation
    adjusted: AsyncInvocation
    silent: AsyncInvocation
    topic: sns.Topic
    other_topic: sns.Topic


@pytest.fixture(scope="module")
def shop() -> Shop:
    stack = new_stack("Shop")
    function, other, third = (python_function(stack, id) for id in ("Function", "Other", "Third"))
    topic, other_topic = sns.Topic(stack, "Topic"), sns.Topic(stack, "OtherTopic")
    dead_letters = sqs.Queue(stack, "DeadLetters")
    off = AlarmOptions(enabled=False)
    return Shop(
        Synthesized(stack),
        function,
        function.current_version,
        plain=AsyncInvocation(
            stack, "Plain", function=function, dead_letter_queue=dead_letters, make_failure_queue=True
        ),
        live=AsyncInvocation(stack, "Live", function=function.add_alias("live"), make_failure_queue=True),
        published=AsyncInvocation(stack, "Published", function=function.current_version, make_failure_queue=True),
        adjusted=AsyncInvocation(
            stack,
            "Adjusted",
            function=other,
            dead_letter_queue=dead_letters,
            make_failure_queue=True,
            alarm_actions=[actions.SnsAction(topic)],
            **{
                name: AlarmOptions(
                    threshold=10 + number, evaluation_periods=3, actions=[actions.SnsAction(other_topic)]
                )
                for number, name in enumerate(ALARMS)
            },
        ),
        silent=AsyncInvocation(
            stack,
            "Silent",
            function=third,
            dead_letter_queue=dead_letters,
            make_failure_queue=True,
            **dict.fromkeys(ALARMS, off),
        ),
        topic=topic,
        other_topic=other_topic,
    )


METRICS: dict[str, tuple[str, str, float, str]] = {
    "dropped_alarm": ("AsyncEventsDropped", "Sum", 1, "Lambda has given up an event of Shop/Plain"),
    "delivery_alarm": ("DestinationDeliveryFailures", "Sum", 1, "Lambda could not deliver a record of Shop/Plain"),
    "dead_letter_alarm": ("DeadLetterErrors", "Sum", 1, "Lambda could not deliver an event of Shop/Plain"),
    "age_alarm": ("AsyncEventAge", "Maximum", 0.8 * SIX_HOURS_IN_MS, "Events of Shop/Plain have waited"),
}


@pytest.mark.parametrize("name", METRICS)
def test_an_alarm_is_on_lambdas_metric_of_the_function(shop: Shop, name: str) -> None:
    metric, statistic, threshold, description = METRICS[name]
    alarm = shop.synthesized.properties(getattr(shop.plain, name))
    assert deployed(alarm["AlarmDescription"]).startswith(description)
    assert {name: value for name, value in alarm.items() if name != "AlarmDescription"} == {
        "Namespace": "AWS/Lambda",
        "MetricName": metric,
        "Dimensions": [{"Name": "FunctionName", "Value": {"Ref": shop.synthesized.id(shop.function)}}],
        "Statistic": statistic,
        "Period": 60,
        "EvaluationPeriods": 1,
        "Threshold": threshold,
        "ComparisonOperator": "GreaterThanOrEqualToThreshold",
        "TreatMissingData": "notBreaching",
    }


@pytest.mark.parametrize("name", METRICS)
def test_an_alarm_of_an_alias_is_on_the_metric_of_the_alias(shop: Shop, name: str) -> None:
    """https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-view.html"""
    function = {"Ref": shop.synthesized.id(shop.function)}
    alarm = shop.synthesized.properties(getattr(shop.live, name))
    assert alarm["Dimensions"] == [
        {"Name": "FunctionName", "Value": function},
        {"Name": "Resource", "Value": {"Fn::Join": ["", [function, ":live"]]}},
    ]


@pytest.mark.parametrize("name", METRICS)
def test_an_alarm_of_a_version_is_on_the_metric_of_the_version(shop: Shop, name: str) -> None:
    """The CDK's own asks for a function of the version's name, which there is none of."""
    function = {"Ref": shop.synthesized.id(shop.function)}
    version = {"Fn::GetAtt": [shop.synthesized.id(shop.version), "Version"]}
    alarm = shop.synthesized.properties(getattr(shop.published, name))
    assert alarm["Dimensions"] == [
        {"Name": "FunctionName", "Value": function},
        {"Name": "Resource", "Value": {"Fn::Join": ["", [function, ":", version]]}},
    ]


def test_an_alarm_of_an_imported_alias_names_it() -> None:
    stack = new_stack()
    arn = "arn:aws:lambda:eu-west-1:111111111111:function:orders:live"
    function = lambda_.Function.from_function_arn(stack, "Imported", arn)
    invocation = AsyncInvocation(stack, "Orders", function=function)
    assert Synthesized(stack).properties(invocation.dropped_alarm)["Dimensions"] == [
        {"Name": "FunctionName", "Value": "orders"},
        {"Name": "Resource", "Value": "orders:live"},
    ]


def test_one_record_in_the_queue_that_was_made_sets_off_an_alarm(shop: Shop) -> None:
    alarm = shop.synthesized.properties(shop.plain.failure_queue_alarm)
    assert deployed(alarm["AlarmDescription"]).startswith("Events of Shop/Plain have failed permanently")
    assert (alarm["Namespace"], alarm["MetricName"]) == ("AWS/SQS", "ApproximateNumberOfMessagesVisible")
    queue = {"Fn::GetAtt": [shop.synthesized.id(shop.plain.failure_queue), "QueueName"]}
    assert alarm["Dimensions"] == [{"Name": "QueueName", "Value": queue}]
    assert (alarm["Statistic"], alarm["Period"], alarm["Threshold"]) == ("Maximum", 60, 1)


def test_alarms_do_nothing_unless_told_what(shop: Shop) -> None:
    assert len(shop.plain.alarms) == 6
    for alarm in shop.plain.alarms:
        assert "AlarmActions" not in shop.synthesized.properties(alarm)


@pytest.mark.parametrize("name", ALARMS)
def test_threshold_periods_and_actions_can_be_chosen(shop: Shop, name: str) -> None:
    alarm = shop.synthesized.properties(getattr(shop.adjusted, name))
    assert (alarm["Threshold"], alarm["EvaluationPeriods"]) == (10 + ALARMS.index(name), 3)
    assert alarm["AlarmActions"] == [{"Ref": shop.synthesized.id(of)} for of in (shop.topic, shop.other_topic)]


def test_alarms_can_be_left_out(shop: Shop) -> None:
    assert [getattr(shop.silent, name) for name in ALARMS] == [None] * 6
    assert shop.silent.alarms == []


def test_all_alarms_are_listed(shop: Shop) -> None:
    assert shop.plain.alarms == [getattr(shop.plain, name) for name in ALARMS]


WATCHED: dict[str, tuple[dict[str, Any], set[str]]] = {
    "a queue that was made": (
        {},
        {"dropped_alarm", "delivery_alarm", "age_alarm", "failure_queue_alarm", "failure_age_alarm"},
    ),
    "no destination": (
        {"retry_attempts": 1, "make_failure_queue": False},
        {"dropped_alarm", "age_alarm"},
    ),
}


@pytest.mark.parametrize("what", WATCHED)
def test_there_is_an_alarm_on_what_there_is(what: str) -> None:
    options, alarms = WATCHED[what]
    stack = new_stack()
    invocation = AsyncInvocation(stack, "Orders", function=python_function(stack), **options)
    assert {name for name in ALARMS if getattr(invocation, name) is not None} == alarms


@pytest.mark.parametrize(
    ("role", "alarms"),
    [
        ("on_failure", {"dropped_alarm", "delivery_alarm", "age_alarm", "failure_queue_alarm", "failure_age_alarm"}),
        ("on_success", {"dropped_alarm", "delivery_alarm", "age_alarm"}),
        (
            "dead_letter_queue",
            {"dropped_alarm", "dead_letter_alarm", "age_alarm", "failure_queue_alarm", "failure_age_alarm"},
        ),
    ],
)
def test_there_are_alarms_on_what_was_given_and_on_the_way_there(role: str, alarms: set[str]) -> None:
    stack = new_stack()
    given = {role: sqs.Queue(stack, "Queue"), "make_failure_queue": False}
    invocation = AsyncInvocation(stack, "Orders", function=python_function(stack), **given)
    assert {name for name in ALARMS if getattr(invocation, name) is not None} == alarms


@pytest.mark.parametrize(("seconds", "threshold"), [(60, 48_000), (77, 61_600), (21_600, 17_280_000)])
def test_four_fifths_of_the_maximum_age_are_too_old(seconds: int, threshold: int) -> None:
    stack = new_stack()
    invocation = AsyncInvocation(
        stack, "Orders", function=python_function(stack), max_event_age=Duration.seconds(seconds), retry_attempts=0
    )
    assert Synthesized(stack).properties(invocation.age_alarm)["Threshold"] == threshold


def test_where_the_age_is_not_known_there_is_no_alarm_on_it_unless_it_gets_a_threshold() -> None:
    stack = new_stack()
    age = Duration.seconds(number_parameter(stack, "Age"))
    unknown = AsyncInvocation(stack, "Unknown", function=python_function(stack), max_event_age=age)
    chosen = AsyncInvocation(
        stack,
        "Chosen",
        function=python_function(stack, "Other"),
        max_event_age=age,
        age_alarm=AlarmOptions(threshold=5_000),
    )
    assert unknown.age_alarm is None
    assert Synthesized(stack).properties(chosen.age_alarm)["Threshold"] == 5_000


def test_metrics_can_be_had_with_other_options(shop: Shop) -> None:
    every = {
        "AsyncEventsDropped": shop.plain.metric_events_dropped,
        "AsyncEventAge": shop.plain.metric_event_age,
        "DestinationDeliveryFailures": shop.plain.metric_destination_delivery_failures,
        "DeadLetterErrors": shop.plain.metric_dead_letter_errors,
        "ApproximateNumberOfMessagesVisible": shop.plain.metric_failures_visible,
    }
    for name, metric in every.items():
        chosen = metric(period=Duration.minutes(5), statistic=cloudwatch.Stats.AVERAGE, label="Chosen")
        assert chosen.metric_name == name
        assert (chosen.period.to_seconds(), chosen.statistic, chosen.label) == (300, "Average", "Chosen")


def test_a_metric_of_a_queue_where_there_is_none_is_refused() -> None:
    stack = new_stack()
    topic = sns.Topic(stack, "Topic")
    invocation = AsyncInvocation(stack, "Orders", function=python_function(stack), on_failure=topic)
    with pytest.raises(ValueError, match="Stack/Orders has no queue for failed events: ask the destination"):
        invocation.metric_failures_visible()


def test_of_two_queues_the_one_with_the_records_is_watched() -> None:
    stack = new_stack()
    failed, dead = sqs.Queue(stack, "Failed"), sqs.Queue(stack, "Dead", retention_period=Duration.days(10))
    function = python_function(stack)
    both = AsyncInvocation(stack, "Both", function=function, on_failure=failed, dead_letter_queue=dead)
    other = python_function(stack, "Other")
    one = AsyncInvocation(stack, "One", function=other, dead_letter_queue=dead, make_failure_queue=False)
    synthesized = Synthesized(stack)

    def watched(alarm: cloudwatch.Alarm | None) -> tuple[str, float]:
        properties = synthesized.properties(alarm)
        return properties["Dimensions"][0]["Value"]["Fn::GetAtt"][0], properties["Threshold"]

    assert watched(both.failure_queue_alarm) == (synthesized.id(failed), 1)
    assert watched(one.failure_queue_alarm) == (synthesized.id(dead), 1)
    assert watched(both.failure_age_alarm) == (synthesized.id(failed), 2 * DAY)  # half of SQS's own default
    assert watched(one.failure_age_alarm) == (synthesized.id(dead), 5 * DAY)


@pytest.mark.parametrize("region", ["eu-west-1", "eu-west-3"])
def test_a_queue_of_another_region_is_not_watched_from_here(region: str) -> None:
    stack = new_stack(env=Environment(account="111111111111", region="eu-west-1"))
    queue = sqs.Queue.from_queue_arn(stack, "Failed", f"arn:aws:sqs:{region}:111111111111:failed")
    invocation = AsyncInvocation(stack, "Orders", function=python_function(stack), on_failure=queue)
    assert (invocation.failure_queue_alarm is None) == (invocation.failure_age_alarm is None) == (region != "eu-west-1")
