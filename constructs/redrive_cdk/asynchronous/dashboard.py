"""Creates the section of `AsyncInvocation` on a `FailureDashboard`."""

from __future__ import annotations

from typing import Protocol

from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sqs as sqs

from redrive.settings import MetricName
from redrive_cdk.core.types import AnyDeadLetterTarget, AnyDestination
from redrive_cdk.monitoring.commands import replay
from redrive_cdk.monitoring.graphs import lambda_sum, reasons, retries
from redrive_cdk.monitoring.lines import queue_lines
from redrive_cdk.monitoring.links import destination_link, function_link, log_link
from redrive_cdk.monitoring.metrics import helper_metric, queue_metric
from redrive_cdk.monitoring.sections import Graph, Line, Section, Total
from redrive_model.facts.asynchronous import AsyncFacts


class _Invocation(Protocol):
    """The part of an `AsyncInvocation` that the section shows."""

    function: lambda_.IFunction
    facts: AsyncFacts
    on_success: AnyDestination | None
    on_failure: AnyDestination | None
    dead_letter_queue: AnyDeadLetterTarget | None
    dropped_alarm: cloudwatch.Alarm | None
    delivery_alarm: cloudwatch.Alarm | None
    dead_letter_alarm: cloudwatch.Alarm | None
    age_alarm: cloudwatch.Alarm | None
    failure_queue_alarm: cloudwatch.Alarm | None
    failure_age_alarm: cloudwatch.Alarm | None

    def watched_queue(self) -> sqs.IQueue | None: ...
    def where_failures_are(self) -> str | None: ...
    def metric_events_dropped(self) -> cloudwatch.Metric: ...
    def metric_event_age(self) -> cloudwatch.Metric: ...
    def metric_destination_delivery_failures(self) -> cloudwatch.Metric: ...
    def metric_dead_letter_errors(self) -> cloudwatch.Metric: ...
    def metric_failures_visible(self) -> cloudwatch.Metric: ...


def section_of(invocation: _Invocation, namespace: str) -> Section:
    """Create the section of a function that is invoked asynchronously."""
    function = invocation.function
    places = (("failed events", invocation.on_failure), ("dead letters", invocation.dead_letter_queue))
    links = [destination_link(text, place) for text, place in places if place is not None]
    attempt = helper_metric(namespace, function, MetricName.ATTEMPT, statistic="Maximum")
    return Section(
        subject="events of asynchronous invocations",
        advice=(
            "Events that have failed permanently are in the destination. Look at why, correct it, and invoke the "
            "function with them again."
            if links
            else "Events that are given up are lost. Look at the function's log for the reason."
        ),
        commands=[replay(where)] if (where := invocation.where_failures_are()) is not None else [],
        bridges=invocation.facts.bridged,
        links=[*links, function_link("function", function), log_link("log", function)],
        graphs=[
            _failed(invocation, namespace),
            _waiting(invocation),
            retries(
                namespace,
                function,
                axis="events",
                more=[Line(metric=attempt, label="highest attempt, from 0", right=True)],
                right_axis="attempt",
            ),
            reasons(namespace, function),
        ],
    )


def _failed(invocation: _Invocation, namespace: str) -> Graph:
    lines = [
        Line(
            metric=invocation.metric_events_dropped(),
            label="given up",
            alarm=invocation.dropped_alarm,
            summary="given up",
            total=_total_of(invocation),
        )
    ]
    if invocation.on_success is not None or invocation.on_failure is not None:
        failures = invocation.metric_destination_delivery_failures()
        lines.append(
            Line(
                metric=failures,
                label="not delivered",
                alarm=invocation.delivery_alarm,
                summary="not delivered",
                total="lost",
            )
        )
    if invocation.dead_letter_queue is not None:
        errors = invocation.metric_dead_letter_errors()
        label = "not dead-lettered"
        alarm = invocation.dead_letter_alarm
        lines.append(Line(metric=errors, label=label, alarm=alarm, summary=label, total="lost"))
    queue = invocation.watched_queue()
    if queue is not None:
        lines += queue_lines(
            invocation.metric_failures_visible(),
            queue_metric(queue, "ApproximateAgeOfOldestMessage", "Maximum"),
            label="in their queue",
            summary="failure queue",
            alarm=invocation.failure_queue_alarm,
            age_alarm=invocation.failure_age_alarm,
        )
    permanent = helper_metric(namespace, invocation.function, MetricName.PERMANENT_FAILURES)
    lines.append(Line(metric=permanent, label="permanent failures"))
    return Graph(answers="lost", title="Lost or failed permanently", axis="events", lines=lines, right_unit="s")


def _total_of(invocation: _Invocation) -> Total | None:
    """Return where a given-up event counts: as lost without a destination, and in a queue as one of the queue's."""
    if invocation.on_failure is None and invocation.dead_letter_queue is None:
        return "lost"
    return "kept" if invocation.watched_queue() is None else None


def _waiting(invocation: _Invocation) -> Graph:
    return Graph(
        answers="delayed",
        title="Delayed: age of events when tried",
        unit="ms",
        right_axis="calls",
        lines=[
            Line(
                metric=invocation.metric_event_age(),
                label="age",
                alarm=invocation.age_alarm,
                summary="events",
                total="age",
            ),
            Line(metric=lambda_sum(invocation.function, "Throttles"), label="throttled", right=True),
        ],
    )
