"""Combines metrics for the dashboard: the highest of several lines, shares of thresholds, times in another unit."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import cast

from aws_cdk import aws_cloudwatch as cloudwatch

from redrive_cdk.core import known
from redrive_cdk.core.durations import of_seconds
from redrive_cdk.core.tree import resource_of
from redrive_cdk.monitoring.scales import Scale
from redrive_cdk.monitoring.sections import Line, Unit

# Shows the highest value of the displayed time range in the legend:
# https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/graph-dynamic-labels.html
_HIGHEST = " (max ${MAX})"


def highest_of(lines: Sequence[Line], title: str, numbers: Iterator[int]) -> cloudwatch.IMetric | None:
    """Combine a construct's lines into one: the highest value at each time.

    `numbers` yields numbers that no other line of the graph has. The result is `None` if all lines are searches, which
    can find several metrics.
    """
    metrics = [line.metric for line in lines if not isinstance(line.metric, cloudwatch.SearchExpression)]
    if len(metrics) < 2:
        named = (metric.with_(label=f"{title}: {lines[0].summary}{_HIGHEST}") for metric in metrics)
        return cast("cloudwatch.IMetric | None", next(named, None))
    return expression("MAX([{}])", metrics, f"{title}{_HIGHEST}", numbers)


def share_of_threshold(line: Line, title: str, numbers: Iterator[int]) -> cloudwatch.IMetric | None:
    """Return a line in percent of its alarm's threshold, so that ages in different units fit in one graph.

    `numbers` yields numbers that no other line of the graph has. The result is `None` if no threshold is known.
    """
    threshold = threshold_of(line.alarm)
    if not threshold or isinstance(line.metric, cloudwatch.SearchExpression):
        return None
    form = f"100 * {{}} / {threshold:.15g}"
    return expression(form, [line.metric], f"{title}: {line.summary}{_HIGHEST}", numbers)


def scaled(
    metric: cloudwatch.Metric, label: str, unit: Unit, scale: Scale, numbers: Iterator[int]
) -> cloudwatch.IMetric:
    """Return a time in another unit."""
    return expression(f"{{}} / {scale.divisor(unit):.15g}", [metric], label, numbers)


def expression(
    form: str, metrics: Sequence[cloudwatch.Metric | cloudwatch.IMetric], label: str, numbers: Iterator[int]
) -> cloudwatch.IMetric:
    """Return the metric that a form computes from metrics, in place of `{}`.

    `numbers` yields numbers that no other line of the widget has.
    """
    named = {f"m{next(numbers)}": cast("cloudwatch.IMetric", metric) for metric in metrics}
    math = cloudwatch.MathExpression(
        expression=form.format(", ".join(named)), using_metrics=named, label=label, period=of_seconds(60)
    )
    return cast("cloudwatch.IMetric", math)


def threshold_of(alarm: cloudwatch.Alarm | None) -> float | None:
    """Return an alarm's threshold, or `None` without an alarm or with a threshold that only the deployment knows."""
    resource = None if alarm is None else resource_of(alarm)
    return known.number(resource.threshold) if isinstance(resource, cloudwatch.CfnAlarm) else None
