"""Builds the constructs so that each place of `PLACES` exists, and reads the alarms that cover them."""

# The CDK's own classes do not fit its interfaces for a type checker: https://github.com/aws/jsii/issues/4541
# pyright: reportArgumentType=false

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any, NamedTuple

from aws_cdk import Duration, Stack
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sns_subscriptions as subscriptions
from aws_cdk import aws_sqs as sqs

from redrive_cdk import (
    AlarmOptions,
    AsyncInvocation,
    CircuitBreaker,
    DeliveryGuard,
    DynamoDBStreamConsumer,
    IdempotencyTable,
    KinesisConsumer,
    SqsConsumer,
    SyncInvocation,
    guard,
)
from redrive_cdk.monitoring.failure_alarm import FailureAlarm
from redrive_cdk.monitoring.monitored import Monitored
from tests.support.constructs.cdk import Synthesized, deployed, new_stack, python_function
from tests.support.constructs.streams.consumers import ID

OFF = AlarmOptions(enabled=False)
FILTERS = [lambda_.FilterCriteria.filter({"body": {"kind": ["order"]}})]
CONSTRUCTS: dict[str, Any] = {
    each.__name__: each
    for each in (
        SqsConsumer,
        KinesisConsumer,
        DynamoDBStreamConsumer,
        AsyncInvocation,
        SyncInvocation,
        IdempotencyTable,
        CircuitBreaker,
        DeliveryGuard,
    )
}

#: What the words of `Place.exists` mean as options.
OPTIONS: dict[str, Callable[[Stack], dict[str, Any]]] = {
    "": lambda stack: {},
    "a granted function": lambda stack: {},
    "a subscription": lambda stack: {},
    "filters=[…]": lambda stack: {"filters": FILTERS},
    'on_failure="queue"': lambda stack: {"on_failure": "queue"},
    "set_aside=queue": lambda stack: {"set_aside": sqs.Queue(stack, "Aside")},
    'set_aside=queue, on_failure="queue"': lambda stack: {
        "set_aside": sqs.Queue(stack, "Aside"),
        "on_failure": "queue",
    },
    "dead_letter_queue=queue": lambda stack: {"dead_letter_queue": sqs.Queue(stack, "Dead")},
    "pauses=[consumer]": lambda stack: {
        "pauses": [SqsConsumer(stack, "Paused", function=python_function(stack, "PausedFunction"))]
    },
}


class Watching(NamedTuple):
    """An alarm in a template.

    Attributes:
        metrics: Names of its metrics.
        threshold: Its threshold.
        description: Its description after the deployment.
        means: Its meaning.
    """

    metrics: tuple[str, ...]
    threshold: float
    description: str
    means: str | None


def built(name: str, exists: str = "", **alarms: AlarmOptions) -> tuple[Synthesized, Monitored]:
    """Build a construct in a stack of its own."""
    stack = new_stack("Shop")
    options = {**OPTIONS[exists](stack), **alarms}
    function = python_function(stack)
    match name:
        case "SyncInvocation":
            made = SyncInvocation(stack, "It", caller=python_function(stack, "Caller"), callee=function, **options)
        case "IdempotencyTable" | "CircuitBreaker":
            made = CONSTRUCTS[name](stack, "It", **options)
            if exists == "a granted function":
                made.grant(function)
        case "DeliveryGuard":
            made = guard(_delivery(stack, function, exists), **options)
        case "DynamoDBStreamConsumer":
            made = DynamoDBStreamConsumer(stack, "It", function=function, partition_key=ID, **options)
        case _:
            made = CONSTRUCTS[name](stack, "It", function=function, **options)
    return Synthesized(stack), made


def _delivery(stack: Stack, function: lambda_.Function, exists: str) -> events.Rule | sns.Subscription:
    """Return what delivers events to a function."""
    if exists == "a subscription":
        return sns.Topic(stack, "Topic").add_subscription(subscriptions.LambdaSubscription(function))
    rule = events.Rule(stack, "Rule", schedule=events.Schedule.rate(Duration.minutes(5)))
    rule.add_target(targets.LambdaFunction(function))
    return rule


def alarms_of(name: str, exists: str = "", **alarms: AlarmOptions) -> list[Watching]:
    """Return the alarms of a construct; those of what it pauses are not its own."""
    return list(_alarms_of(name, exists, **alarms))


@cache
def _alarms_of(name: str, exists: str, **alarms: AlarmOptions) -> tuple[Watching, ...]:
    synthesized, made = built(name, exists, **alarms)
    return tuple(_watching(synthesized, alarm) for alarm in made.alarms)


def _watching(synthesized: Synthesized, alarm: cloudwatch.Alarm) -> Watching:
    properties = synthesized.properties(alarm)
    return Watching(
        metric_names(properties),
        properties["Threshold"],
        deployed(properties["AlarmDescription"]),
        alarm.means if isinstance(alarm, FailureAlarm) else None,
    )


def metric_names(alarm: dict[str, Any]) -> tuple[str, ...]:
    """Return the names of the metrics that an alarm of a template watches, each of which costs."""
    if "MetricName" in alarm:
        return (alarm["MetricName"],)
    return tuple(each["MetricStat"]["Metric"]["MetricName"] for each in alarm["Metrics"] if "MetricStat" in each)
