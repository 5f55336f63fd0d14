"""The graphs of the dashboard: thresholds, figures of Lambda and of the helpers, and what a construct has."""

# The CDK's own classes do not fit its interfaces for a type checker: https://github.com/aws/jsii/issues/4541
# pyright: reportArgumentType=false

import json
from typing import Any

import pytest
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sqs as sqs

from redrive_cdk import (
    AlarmOptions,
    IdempotencyTable,
    KinesisConsumer,
    SqsConsumer,
    SyncInvocation,
)
from redrive_cdk.monitoring.scales import in_words
from tests.support.constructs.cdk import Synthesized, new_stack, number_parameter, python_function
from tests.support.constructs.monitoring.dashboards import (
    OFF,
    body_over,
    consumer,
    labels,
    marks,
    text,
    whole_dashboard,
    widget,
)
from tools.dashboard_body import problems


@pytest.fixture(scope="module")
def whole() -> dict[str, Any]:
    return whole_dashboard().body


THRESHOLDS: dict[str, list[tuple[str, float, str]]] = {
    "Failed permanently: dead-letter queue": [("left", 1, "alarm at 1"), ("right", 168, "oldest: alarm at 7 d")],
    "Delayed: age of the oldest message": [("left", 12, "alarm at 12 min")],
    "Delayed: age of records when read": [
        ("left", 6, "alarm at 6 h"),
        ("right", 1, "throttled reads: alarm at 1"),
    ],
    "Delayed: age of events when tried": [("left", 4.8, "alarm at 4.8 h")],
    "Delayed: throttled calls and duration": [("left", 1, "alarm at 1"), ("right", 10, "timeout")],
    "Processed, and not recorded": [("left", 1, "alarm at 1")],
    "Failed: errors of the called function": [("left", 1, "alarm at 1")],
    "Delayed: throttled by DynamoDB": [("left", 1, "alarm at 1")],
}


@pytest.mark.parametrize("title", THRESHOLDS)
def test_the_alarms_thresholds_are_drawn_in(whole: dict[str, Any], title: str) -> None:
    assert marks(widget(whole, title)) == THRESHOLDS[title]


def test_thresholds_are_those_that_the_alarms_have() -> None:
    stack = new_stack()
    orders = consumer(stack, dead_letter_alarm=AlarmOptions(threshold=1_000), age_alarm=OFF)
    body = body_over(orders)
    failed = marks(widget(body, "Failed permanently: dead-letter queue"))
    assert ("left", 1_000, "alarm at 1,000") in failed
    assert marks(widget(body, "Delayed: age of the oldest message")) == []


def test_a_threshold_that_only_the_deployment_knows_is_left_out() -> None:
    stack = new_stack()
    body = body_over(consumer(stack, age_alarm=AlarmOptions(threshold=number_parameter(stack, "Age"))))
    assert marks(widget(body, "Delayed: age of the oldest message")) == []


@pytest.mark.parametrize(
    ("value", "unit", "words"),
    [
        (1, "", "1"),
        (12_500, "", "12,500"),
        (45, "s", "45 s"),
        (60, "s", "1 min"),
        (90, "s", "90 s"),
        (300, "s", "5 min"),
        (5_400, "s", "90 min"),
        (43_200_000, "ms", "12 h"),
        (86_400, "s", "1 d"),
        (500, "ms", "0.5 s"),
    ],
)
def test_a_threshold_is_told_in_words(value: float, unit: Any, words: str) -> None:
    assert in_words(value, unit) == words


def test_the_helpers_figures_stand_beside_lambdas(whole: dict[str, Any]) -> None:
    retried = widget(whole, "Retried", which=1)
    found = [(row[0], row[1], row[2]) for row in retried["metrics"]]
    assert found[:2] == [("Lambda/Retry", "Retried", "FunctionName"), ("AWS/Lambda", "Errors", "FunctionName")]
    assert {name for namespace, name, _ in found if namespace == "Lambda/Retry"} == {
        "Retried",
        "Deferred",
        "SentBack",
        "ReceiveCount",
    }


def test_those_of_a_function_behind_an_alias_are_of_the_function(whole: dict[str, Any]) -> None:
    retried = widget(whole, "Retried", which=4)
    helper, own = retried["metrics"][:2]
    assert helper[2:3] == ["FunctionName"]
    assert isinstance(helper[4], dict)
    assert own[2:6:2] == ["FunctionName", "Resource"]
    assert own[5] == f"{own[3]}:live"


def test_why_it_fails_is_searched_for_by_error_type() -> None:
    """https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/search-expression-syntax.html"""
    stack = new_stack()
    function = python_function(stack, function_name="orders")
    body = body_over(SqsConsumer(stack, "Orders", function=function), metric_namespace="Shop/Retry")
    why = widget(body, "Why: failures by error type")
    name = Synthesized(stack).id(function)
    retried, permanent = (row[0] for row in why["metrics"])
    assert retried["expression"] == (
        f'SEARCH(\'{{"Shop/Retry",FunctionName,ErrorType}} MetricName="Retried" FunctionName="{name}"\', \'Sum\')'
    )
    assert 'MetricName="PermanentFailures"' in permanent["expression"]
    assert (retried["label"], permanent["label"]) == (
        "retried: ${PROP('Dim.ErrorType')}",
        "permanent: ${PROP('Dim.ErrorType')}",
    )
    assert "Lambda/Retry" not in json.dumps(body)


def test_a_function_of_another_account_has_its_figures_there() -> None:
    stack = new_stack(env={"region": "eu-west-1", "account": "111111111111"})
    arn = "arn:aws:lambda:eu-west-1:222222222222:function:prices"
    callee = lambda_.Function.from_function_attributes(stack, "Prices", function_arn=arn, same_environment=False)
    body = body_over(SyncInvocation(stack, "ToPrices", caller=python_function(stack), callee=callee))
    errors = widget(body, "Failed: errors of the called function")["metrics"][0][-1]
    assert errors["accountId"] == "222222222222"


def test_a_function_of_this_place_needs_no_place(whole: dict[str, Any]) -> None:
    assert "accountId" not in json.dumps(whole)


def test_a_dead_letter_queue_that_is_not_known_is_said_to_be() -> None:
    stack = new_stack()
    queue = sqs.Queue.from_queue_arn(stack, "Queue", "arn:aws:sqs:eu-west-1:111111111111:orders")
    body = body_over(consumer(stack, queue=queue))
    assert "not known here" in text(body, "## Orders")
    assert labels(widget(body, "Failed permanently: dead-letter queue")) == [
        "sent by the helper",
        "could not be sent",
        "moved untried",
    ]


def test_a_stream_without_a_destination_or_lambdas_counts_shows_what_there_is() -> None:
    stack = new_stack()
    readings = KinesisConsumer(
        stack, "Readings", function=python_function(stack), on_failure="none", mapping_metrics=False
    )
    body = body_over(readings)
    assert "read them from the stream again" in text(body, "## Readings")
    failed = widget(body, "Lost or failed permanently", which=1)
    assert labels(failed) == ["set aside", "could not be set aside"]


def test_a_table_that_no_function_uses_has_fewer_and_wider_graphs() -> None:
    body = body_over(IdempotencyTable(new_stack(), "Done"))
    graphs = [(each["properties"]["title"], each["width"]) for each in body["widgets"] if each["type"] == "metric"]
    assert graphs == [("Delayed: throttled by DynamoDB", 12), ("Errors of DynamoDB itself", 12)]
    assert problems(body) == []


def test_a_fifo_queue_shows_what_is_held_behind_a_failed_message() -> None:
    stack = new_stack()
    body = body_over(consumer(stack, fifo=True), consumer(stack, "Mails"))
    held = ["behind a failed one" in labels(widget(body, "Retried", which=number)) for number in (1, 2)]
    assert held == [True, False]
