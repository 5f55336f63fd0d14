"""Creates lines of a graph that several constructs draw."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import zip_longest

from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_lambda as lambda_

from redrive_cdk.monitoring.metrics import helper_metric
from redrive_cdk.monitoring.sections import Line


def queue_lines(
    visible: cloudwatch.Metric,
    age: cloudwatch.Metric,
    *,
    label: str,
    summary: str,
    alarm: cloudwatch.Alarm | None,
    age_alarm: cloudwatch.Alarm | None,
    age_label: str = "oldest",
) -> list[Line]:
    """Return the lines of a queue that keeps what has failed: its messages, and the age of the oldest one."""
    return [
        Line(metric=visible, label=label, alarm=alarm, summary=summary, total="failed"),
        Line(metric=age, label=age_label, alarm=age_alarm, right=True, total="failure age"),
    ]


def lines_by_function(
    namespace: str,
    functions: Sequence[lambda_.IFunction],
    name: str,
    label: str,
    alarms: Sequence[cloudwatch.Alarm | None] = (),
    summary: str | None = None,
) -> list[Line]:
    """Return one line per function, of a metric that the helper in it counts."""
    return [
        Line(
            metric=helper_metric(namespace, function, name),
            label=f"{function.node.id}: {label}",
            alarm=alarm,
            summary=summary,
        )
        for function, alarm in zip_longest(functions, alarms)
    ]
