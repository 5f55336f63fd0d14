"""Creates the section of `SqsConsumer` on a `FailureDashboard`."""

from __future__ import annotations

from typing import Protocol

from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sqs as sqs

from redrive.settings import MetricName
from redrive_cdk.core.destinations import arn_of
from redrive_cdk.monitoring.commands import move_back, replay
from redrive_cdk.monitoring.graphs import reasons, retries
from redrive_cdk.monitoring.lines import queue_lines
from redrive_cdk.monitoring.links import function_link, log_link, queue_link
from redrive_cdk.monitoring.metrics import helper_metric, queue_metric
from redrive_cdk.monitoring.sections import Graph, Limit, Line, Section
from redrive_model.facts.sqs import SqsFacts


class _Consumer(Protocol):
    """The part of an `SqsConsumer` that the section shows."""

    function: lambda_.IFunction
    queue: sqs.IQueue
    dead_letter_queue: sqs.IQueue | None
    facts: SqsFacts
    dead_letter_alarm: cloudwatch.Alarm | None
    dead_letter_age_alarm: cloudwatch.Alarm | None
    age_alarm: cloudwatch.Alarm | None
    filtered_alarm: cloudwatch.Alarm | None
    not_set_aside_alarm: cloudwatch.Alarm | None
    untried_alarm: cloudwatch.Alarm | None

    def metric_filtered_out(self) -> cloudwatch.Metric: ...
    def metric_waiting(self) -> cloudwatch.Metric: ...
    def metric_received(self) -> cloudwatch.Metric: ...
    def metric_dead_letters(self) -> cloudwatch.Metric: ...
    def metric_oldest_message_age(self) -> cloudwatch.Metric: ...


def section_of(consumer: _Consumer, namespace: str) -> Section:
    """Create the section of an `SqsConsumer`."""
    function, most = consumer.function, consumer.facts.max_receive_count
    links = [queue_link("queue", consumer.queue)]
    advice = "The dead-letter queue, which takes what has failed permanently, is not known here: see the queue."
    commands: list[str] = []
    if consumer.dead_letter_queue is not None:
        links.insert(0, queue_link("dead-letter queue", consumer.dead_letter_queue))
        dead_letters, queue = arn_of(consumer.dead_letter_queue), arn_of(consumer.queue)
        advice = (
            "Messages that have failed permanently wait in the dead-letter queue. Look at why, correct it, and replay "
            f"them; or redrive all of them, unedited, to the custom destination {queue}."
        )
        commands = [replay(dead_letters), move_back(dead_letters, queue)]
    more = [Line(metric=helper_metric(namespace, function, MetricName.SENT_BACK), label="sent back untried")]
    if consumer.facts.fifo:
        more.append(Line(metric=helper_metric(namespace, function, MetricName.HELD), label="behind a failed one"))
    highest = helper_metric(namespace, function, MetricName.RECEIVE_COUNT, statistic="Maximum")
    return Section(
        subject="messages of a queue",
        advice=advice,
        commands=commands,
        bridges=consumer.facts.bridged,
        links=[*links, function_link("function", function), log_link("log", function)],
        graphs=[
            _failed(consumer, namespace),
            _waiting(consumer),
            retries(
                namespace,
                function,
                axis="messages",
                more=[*more, Line(metric=highest, label="highest receive count", right=True)],
                right_axis="receives",
                limits=[] if most is None else [Limit(value=most, label="last receive", right=True)],
            ),
            reasons(namespace, function),
        ],
    )


def _failed(consumer: _Consumer, namespace: str) -> Graph:
    lines: list[Line] = []
    if consumer.dead_letter_queue is not None:
        lines += queue_lines(
            consumer.metric_dead_letters(),
            queue_metric(consumer.dead_letter_queue, "ApproximateAgeOfOldestMessage", "Maximum"),
            label="in the dead-letter queue",
            summary="dead-letter queue",
            alarm=consumer.dead_letter_alarm,
            age_alarm=consumer.dead_letter_age_alarm,
        )
    for name, label, alarm in (
        (MetricName.DEAD_LETTERED, "sent by the helper", None),
        (MetricName.NOT_SET_ASIDE, "could not be sent", consumer.not_set_aside_alarm),
        (MetricName.UNTRIED, "moved untried", consumer.untried_alarm),
    ):
        lines.append(Line(metric=helper_metric(namespace, consumer.function, name), label=label, alarm=alarm))
    if consumer.filtered_alarm is not None:
        filtered = consumer.metric_filtered_out()
        lines.append(Line(metric=filtered, label="matched no filter", alarm=consumer.filtered_alarm, total="lost"))
    return Graph(
        answers="lost", title="Failed permanently: dead-letter queue", axis="messages", lines=lines, right_unit="s"
    )


def _waiting(consumer: _Consumer) -> Graph:
    in_flight = queue_metric(consumer.queue, "ApproximateNumberOfMessagesNotVisible", "Maximum")
    return Graph(
        answers="delayed",
        title="Delayed: age of the oldest message",
        unit="s",
        right_axis="messages",
        lines=[
            Line(
                metric=consumer.metric_oldest_message_age(),
                label="age",
                alarm=consumer.age_alarm,
                summary="queue",
                total="age",
            ),
            Line(metric=consumer.metric_waiting(), label="visible", right=True),
            Line(metric=in_flight, label="in flight or hidden", right=True),
            Line(metric=consumer.metric_received(), label="received", right=True),
        ],
    )
