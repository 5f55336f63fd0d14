"""The numbers at the top of the dashboard, and the units in which it shows times."""

# The CDK's own classes do not fit its interfaces for a type checker: https://github.com/aws/jsii/issues/4541
# pyright: reportArgumentType=false

from typing import Any

import pytest
from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from redrive_cdk import (
    AlarmOptions,
    AsyncInvocation,
    FailureDashboard,
    Graph,
    KinesisConsumer,
    Limit,
    Line,
    Section,
    SqsConsumer,
    make_alarm,
)
from redrive_cdk.monitoring.sections import Unit
from tests.support.constructs.cdk import new_stack, python_function
from tests.support.constructs.monitoring.dashboards import (
    body_of,
    body_over,
    consumer,
    labels,
    marks,
    text,
    whole_dashboard,
    widget,
)
from tests.support.constructs.monitoring.places import FILTERS


def numbers_of(body: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {
        each["properties"]["title"]: each["properties"]
        for each in body["widgets"]
        if each["properties"].get("view") == "singleValue"
    }


def watched(number: dict[str, Any]) -> list[str]:
    """The metrics that are added up."""
    return [row[1] for row in number["metrics"] if len(row) > 1]


@pytest.fixture(scope="module")
def whole() -> dict[str, dict[str, Any]]:
    return numbers_of(whole_dashboard().body)


VISIBLE, AGE = "ApproximateNumberOfMessagesVisible", "ApproximateAgeOfOldestMessage"
NUMBERS: dict[str, tuple[str, list[str]]] = {
    "Failed: in queues now": ("events", [VISIBLE] * 4),
    "Failed: oldest in a queue": ("hours", [AGE] * 4),
    "Failed: in buckets, topics": ("events", ["OnFailureDestinationDeliveredEventCount"]),
    "Lost: in total": (
        "events",
        ["DroppedEventCount", "DroppedEventCount", "DestinationDeliveryFailures", "DeadLetterErrors"],
    ),
    "Delayed: oldest event": ("minutes", [AGE, "IteratorAge", "IteratorAge", "AsyncEventAge"]),
    "Retried: in total": ("events", ["Retried"] * 4 + ["InvokeRetries"]),
}


@pytest.mark.parametrize("title", NUMBERS)
def test_a_number_adds_up_what_all_constructs_have(whole: dict[str, dict[str, Any]], title: str) -> None:
    label, metrics = NUMBERS[title]
    assert labels(whole[title]) == [label]
    assert watched(whole[title]) == metrics


def test_they_are_side_by_side_below_the_heading() -> None:
    body = whole_dashboard().body
    row = [each for each in body["widgets"] if each["properties"].get("view") == "singleValue"]
    assert [each["properties"]["title"] for each in row] == list(NUMBERS)
    assert {(each["y"], each["width"]) for each in row} == {(body["widgets"][0]["height"], 4)}


@pytest.mark.parametrize("title", NUMBERS)
def test_what_happens_is_counted_over_the_time_shown_and_what_is_there_is_of_now(
    whole: dict[str, dict[str, Any]], title: str
) -> None:
    assert whole[title].get("setPeriodToTimeRange", False) == (
        title in ("Failed: in buckets, topics", "Lost: in total", "Retried: in total")
    )


def test_ages_in_seconds_and_milliseconds_are_one_number() -> None:
    stack = new_stack()
    readings = KinesisConsumer(stack, "Readings", function=python_function(stack))
    body = body_over(consumer(stack), readings)
    expressions = [
        row[0]["expression"] for row in numbers_of(body)["Delayed: oldest event"]["metrics"] if len(row) == 1
    ]
    assert expressions == ["MAX([m3, m4])", "m1 / 60", "m2 / 60000"]


def test_a_metric_of_two_constructs_counts_once() -> None:
    stack = new_stack()
    failed, function = sqs.Queue(stack, "Failed"), python_function(stack)
    watch = [SqsConsumer(stack, id, function=function, dead_letter_queue=failed) for id in ("One", "Other")]
    found = numbers_of(body_over(*watch))
    assert watched(found["Failed: in queues now"]) == [VISIBLE]
    assert watched(found["Retried: in total"]) == ["Retried"]
    assert watched(found["Delayed: oldest event"]) == [AGE, AGE]


def test_only_the_numbers_are_shown_that_there_are() -> None:
    stack = new_stack()
    body = body_over(consumer(stack))
    assert list(numbers_of(body)) == [
        *("Failed: in queues now", "Failed: oldest in a queue", "Delayed: oldest event", "Retried: in total")
    ]


@pytest.mark.parametrize(
    ("options", "lost"),
    [
        ({}, ["DestinationDeliveryFailures"]),
        ({"make_failure_queue": False, "retry_attempts": 1}, ["AsyncEventsDropped"]),
    ],
    ids=["a queue", "no destination"],
)
def test_a_given_up_event_is_lost_if_nothing_keeps_it(options: dict[str, Any], lost: list[str]) -> None:
    stack = new_stack()
    mails = AsyncInvocation(stack, "Mails", function=python_function(stack), **options)
    assert watched(numbers_of(body_over(mails))["Lost: in total"]) == lost


def test_messages_that_match_no_filter_are_lost() -> None:
    stack = new_stack()
    body = body_over(consumer(stack, filters=FILTERS))
    assert watched(numbers_of(body)["Lost: in total"]) == ["FilteredOutEventCount"]
    assert "matched no filter" in labels(widget(body, "Failed permanently: dead-letter queue"))


def test_a_construct_of_ones_own_without_totals_has_no_numbers() -> None:
    assert numbers_of(body_over(Waiting(new_stack(), "Own", "s", 300))) == {}


class Waiting(Construct):
    """A construct with a time on each axis."""

    def __init__(self, scope: Construct, id: str, unit: Unit, threshold: float | None) -> None:
        super().__init__(scope, id)
        self.unit = unit
        self.metric = cloudwatch.Metric(namespace="Mine", metric_name="Age")
        options = AlarmOptions(enabled=threshold is not None, threshold=threshold)
        alarm = make_alarm(self, "Alarm", options, means="delayed", metric=self.metric, description="Old.")
        self.alarm, self.alarms = alarm, [] if alarm is None else [alarm]

    def dashboard_section(self, namespace: str) -> Section:
        lines = [
            Line(metric=self.metric, label="age", alarm=self.alarm),
            Line(metric=self.metric, label="r", right=True),
        ]
        limits = [Limit(value=7_200_000, label="limit", right=True)]
        graph = Graph(answers="delayed", title="Age", lines=lines, unit=self.unit, right_unit="ms", limits=limits)
        return Section(subject="own", advice="Wait.", graphs=[graph], links=[], commands=["redrive watch"])


@pytest.mark.parametrize(
    ("unit", "threshold", "axis", "value", "form"),
    [
        ("s", 90, "seconds", 90, "m1 / 1"),
        ("s", 120, "minutes", 2, "m1 / 60"),
        ("s", 7_199, "minutes", 7_199 / 60, "m1 / 60"),
        ("s", 7_200, "hours", 2, "m1 / 3600"),
        ("ms", 5_000, "seconds", 5, "m1 / 1000"),
        ("ms", 21_600_000, "hours", 6, "m1 / 3600000"),
        ("s", None, "minutes", None, "m1 / 60"),
    ],
)
def test_a_time_is_in_the_unit_that_suits_the_alarms_threshold(
    unit: Unit, threshold: float | None, axis: str, value: float | None, form: str
) -> None:
    graph = widget(body_over(Waiting(new_stack(), "Own", unit, threshold)), "Age")
    assert graph["yAxis"]["left"]["label"] == axis
    assert [mark[1] for mark in marks(graph) if mark[0] == "left"] == ([] if value is None else [value])
    assert graph["metrics"][0][0]["expression"] == form
    assert graph["yAxis"]["right"]["label"] == "hours"
    assert ("right", 2, "limit") in marks(graph)
    assert labels(graph) == ["age", "r"]


def test_no_axis_is_in_milliseconds() -> None:
    body = whole_dashboard().body
    axes = [axis["label"] for each in body["widgets"] for axis in each["properties"].get("yAxis", {}).values()]
    assert "milliseconds" not in axes
    assert {"minutes", "hours", "seconds"} <= set(axes)


def test_the_text_names_the_destination_of_a_redrive_the_commands_and_what_is_bridged() -> None:
    stack = new_stack()
    shown = text(body_over(consumer(stack, bridges=Duration.hours(2))), "## Orders")
    assert "Retries bridge an outage of 2 h." in shown
    assert "to the custom destination arn:aws:::" in shown
    assert "- `redrive replay arn:aws:::" in shown
    assert "- `aws sqs start-message-move-task --source-arn arn:aws:::" in shown
    assert " --destination-arn arn:aws:::" in shown


def test_commands_stand_below_the_advice_with_room_for_them() -> None:
    stack = new_stack()
    FailureDashboard(stack, "Failures", watch=[Waiting(stack, "Own", "s", 60)])
    (head,) = [each for each in body_of(stack)["widgets"] if "## Own" in each["properties"].get("markdown", "")]
    assert head["properties"]["markdown"].startswith("## Own: own\nWait.\n\n- `redrive watch`\n")
    assert head["height"] == 3
