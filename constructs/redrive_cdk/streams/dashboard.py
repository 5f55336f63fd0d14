"""Creates the section of a stream's consumer on a `FailureDashboard`."""

from __future__ import annotations

from typing import Any, Protocol

from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sqs as sqs
from constructs import IConstruct

from redrive.settings import MetricName
from redrive_cdk.core.destinations import arn_of, kind_of
from redrive_cdk.core.placement import is_elsewhere
from redrive_cdk.core.tree import physical_name_of
from redrive_cdk.core.types import AnyBucket, AnyDeadLetterTarget
from redrive_cdk.monitoring.commands import replay
from redrive_cdk.monitoring.graphs import reasons, retries
from redrive_cdk.monitoring.lines import queue_lines
from redrive_cdk.monitoring.links import destination_link, function_link, log_link, stream_link, table_link
from redrive_cdk.monitoring.metrics import helper_metric, queue_metric
from redrive_cdk.monitoring.sections import Graph, Line, Section
from redrive_cdk.streams.facts import StreamSource
from redrive_cdk.streams.options import AnySetAside
from redrive_model.facts.streams import StreamFacts


class _Consumer(IConstruct, Protocol):
    """The part of a `StreamConsumer` that the section shows."""

    function: lambda_.IFunction
    source: StreamSource
    facts: StreamFacts
    on_failure: AnyDeadLetterTarget | AnyBucket | None
    set_aside: AnySetAside | None
    failure_queue: sqs.IQueue | None
    set_aside_queue: sqs.IQueue | None
    iterator_age_alarm: cloudwatch.Alarm | None
    failed_alarm: cloudwatch.Alarm | None
    failure_queue_alarm: cloudwatch.Alarm | None
    failure_age_alarm: cloudwatch.Alarm | None
    set_aside_alarm: cloudwatch.Alarm | None
    set_aside_age_alarm: cloudwatch.Alarm | None
    not_set_aside_alarm: cloudwatch.Alarm | None
    dropped_alarm: cloudwatch.Alarm | None
    delivery_alarm: cloudwatch.Alarm | None
    throttle_alarm: cloudwatch.Alarm | None

    def metric_iterator_age(self) -> cloudwatch.Metric: ...
    def metric_destination_delivery_failures(self) -> cloudwatch.Metric: ...
    def metric_events_failed(self) -> cloudwatch.Metric: ...
    def metric_events_dropped(self) -> cloudwatch.Metric: ...
    def metric_read_throttled(self) -> cloudwatch.Metric: ...
    def metric_polled(self) -> cloudwatch.Metric: ...


def section_of(consumer: _Consumer, namespace: str, *, mapping_metrics: bool) -> Section:
    """Create the section of a stream's consumer; `mapping_metrics` says whether Lambda counts given-up records."""
    function, source = consumer.function, consumer.source
    construct: Any = source.construct
    links = [stream_link("stream", construct) if source.kind == "Kinesis" else table_link("table", construct)]
    if consumer.set_aside is not None and consumer.set_aside is not consumer.on_failure:
        links.insert(0, destination_link(f"records set aside ({consumer.facts.set_aside})", consumer.set_aside))
    if consumer.on_failure is not None:
        links.insert(0, destination_link(f"failed records ({consumer.facts.on_failure})", consumer.on_failure))
    held = helper_metric(namespace, function, MetricName.HELD)
    return Section(
        subject="records of a stream" if source.kind == "Kinesis" else "changes of a table",
        advice=_advice(consumer),
        commands=_commands(consumer),
        bridges=consumer.facts.bridged,
        links=[*links, function_link("function", function), log_link("log", function)],
        graphs=[
            _failed(consumer, namespace, mapping_metrics=mapping_metrics),
            _waiting(consumer, mapping_metrics=mapping_metrics),
            retries(namespace, function, axis="records", more=[Line(metric=held, label="behind a failed one")]),
            reasons(namespace, function),
        ],
    )


def _advice(consumer: _Consumer) -> str:
    match consumer.facts.on_failure:
        case None:
            return "Records that are given up are nowhere: read them from the stream again before its retention ends."
        case "bucket":
            return (
                "Records that have failed permanently are in the bucket, complete. Look at why, correct it, and replay "
                "them from there."
            )
        case kind:
            return (
                f"Of records that are given up, the {kind} has only the place in the stream. Look at why, correct it, "
                "and replay them, which reads the stream again, before its retention ends."
            )


def _commands(consumer: _Consumer) -> list[str]:
    """Return the commands that replay what is in queues and buckets."""
    places = dict.fromkeys(place for place in (consumer.on_failure, consumer.set_aside) if place is not None)
    return [
        replay(arn_of(place) if kind_of(place) == "queue" else f"s3://{physical_name_of(place)}")
        for place in places
        if kind_of(place) in ("queue", "bucket")
    ]


def _failed(consumer: _Consumer, namespace: str, *, mapping_metrics: bool) -> Graph:
    lines: list[Line] = []
    if mapping_metrics:
        dropped = consumer.metric_events_dropped()
        lines.append(
            Line(metric=dropped, label="dropped", alarm=consumer.dropped_alarm, summary="dropped", total="lost")
        )
    if consumer.on_failure is not None:
        failures = consumer.metric_destination_delivery_failures()
        lines.append(
            Line(metric=failures, label="not delivered", alarm=consumer.delivery_alarm, summary="not delivered")
        )
        if mapping_metrics:
            given_up = consumer.metric_events_failed()
            total = "kept" if consumer.failure_queue is None else None
            alarm = consumer.failed_alarm
            lines.append(Line(metric=given_up, label="given up", alarm=alarm, summary="given up", total=total))
    for queue, alarm, age_alarm, name in (
        (consumer.failure_queue, consumer.failure_queue_alarm, consumer.failure_age_alarm, "failure queue"),
        (consumer.set_aside_queue, consumer.set_aside_alarm, consumer.set_aside_age_alarm, "set-aside queue"),
    ):
        if queue is not None and not is_elsewhere(consumer, queue):
            lines += queue_lines(
                queue_metric(queue, "ApproximateNumberOfMessagesVisible", "Maximum"),
                queue_metric(queue, "ApproximateAgeOfOldestMessage", "Maximum"),
                label=f"in the {name}",
                age_label=f"oldest in the {name}",
                summary=name,
                alarm=alarm,
                age_alarm=age_alarm,
            )
    aside = helper_metric(namespace, consumer.function, MetricName.SET_ASIDE)
    not_aside = helper_metric(namespace, consumer.function, MetricName.NOT_SET_ASIDE)
    in_bucket = consumer.facts.set_aside == "bucket"
    lines += [
        Line(
            metric=aside,
            label="set aside",
            alarm=consumer.set_aside_alarm if in_bucket else None,
            summary="set aside",
            total="kept" if in_bucket else None,
        ),
        Line(metric=not_aside, label="could not be set aside", alarm=consumer.not_set_aside_alarm),
    ]
    return Graph(answers="lost", title="Lost or failed permanently", axis="records", lines=lines, right_unit="s")


def _waiting(consumer: _Consumer, *, mapping_metrics: bool) -> Graph:
    polled = [Line(metric=consumer.metric_polled(), label="polled", right=True)] if mapping_metrics else []
    return Graph(
        answers="delayed",
        title="Delayed: age of records when read",
        unit="ms",
        right_axis="records and reads",
        lines=[
            Line(
                metric=consumer.metric_iterator_age(),
                label="iterator age",
                alarm=consumer.iterator_age_alarm,
                summary="stream",
                total="age",
            ),
            *polled,
            Line(
                metric=consumer.metric_read_throttled(),
                label="throttled reads",
                alarm=consumer.throttle_alarm,
                right=True,
            ),
        ],
    )
