"""Turns sections into the widgets of a dashboard, which is 24 columns wide."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, cast, get_args

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch

from redrive_cdk.core import known
from redrive_cdk.core.tree import resource_of
from redrive_cdk.monitoring.links import Link
from redrive_cdk.monitoring.sections import Graph, Line, Question, Section, Unit

COLUMNS = 24
#: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch_limits.html
MOST_WIDGETS, MOST_METRICS_OF_A_WIDGET, MOST_METRICS = 500, 500, 2_500
# https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/CloudWatch-Dashboard-Body-Structure.html
_MOST_ALARMS_OF_A_WIDGET = 100
_ALARMS_IN_A_ROW = 4
_GRAPH_HEIGHT, _HEAD_HEIGHT = 6, 2
# Shows the highest value of the displayed time range in the legend:
# https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/graph-dynamic-labels.html
_HIGHEST = " (max ${MAX})"
_PARTS: tuple[tuple[float, str], ...] = ((86_400, "d"), (3_600, "h"), (60, "min"), (1, "s"))


def alarm_widgets(alarms: Sequence[cloudwatch.Alarm]) -> list[cloudwatch.IWidget]:
    """Create widgets with the status of the alarms, with those in the ALARM state first."""
    widgets: list[cloudwatch.IWidget] = []
    for start in range(0, len(alarms), _MOST_ALARMS_OF_A_WIDGET):
        part = alarms[start : start + _MOST_ALARMS_OF_A_WIDGET]
        widget = cloudwatch.AlarmStatusWidget(
            title="Alarms",
            alarms=cast("list[Any]", part),
            sort_by=cloudwatch.AlarmStatusWidgetSortBy.STATE_UPDATED_TIMESTAMP,
            width=COLUMNS,
            height=1 + -(-len(part) // _ALARMS_IN_A_ROW),
        )
        widgets.append(cast("cloudwatch.IWidget", widget))
    return widgets


def text_widget(markdown: str) -> cloudwatch.IWidget:
    """Create a text without a frame over the full width."""
    widget = cloudwatch.TextWidget(
        markdown=markdown,
        width=COLUMNS,
        height=_HEAD_HEIGHT,
        background=cloudwatch.TextWidgetBackground.TRANSPARENT,
    )
    return cast("cloudwatch.IWidget", widget)


def section_head(title: str, section: Section, domain: str) -> cloudwatch.IWidget:
    """Create the text with links above a section's graphs."""
    links = " · ".join(f"[{link.text}]({_address(link, domain)})" for link in section.links)
    bridges = "" if section.bridges is None else f" Retries bridge an outage of {in_words(section.bridges, 's')}."
    return text_widget(f"## {title}: {section.subject}\n{section.advice}{bridges}\n\n{links}")


def _address(link: Link, domain: str) -> str:
    return f"https://{link.region}.{domain}/{link.page}"


def section_graphs(section: Section) -> list[cloudwatch.IWidget]:
    """Create a section's graphs, side by side in the order of their questions."""
    order: tuple[Question, ...] = get_args(Question)
    there = sorted((graph for graph in section.graphs if graph.lines), key=lambda graph: order.index(graph.answers))
    return [graph_widget(graph, width=COLUMNS // max(2, len(there))) for graph in there]


def graph_widget(graph: Graph, *, width: int) -> cloudwatch.IWidget:
    """Create a graph with its thresholds and limits, with its width in columns."""
    left, right = ([line for line in graph.lines if line.right is side] for side in (False, True))
    widget = cloudwatch.GraphWidget(
        title=graph.title,
        width=width,
        height=_GRAPH_HEIGHT,
        left=[_labelled(line) for line in left],
        right=[_labelled(line) for line in right] or None,
        left_annotations=[*_thresholds(left, graph.unit), *_limits(graph, right=False)] or None,
        right_annotations=[*_thresholds(right, ""), *_limits(graph, right=True)] or None,
        left_y_axis=cloudwatch.YAxisProps(label=graph.axis, min=0, show_units=False),
        right_y_axis=cloudwatch.YAxisProps(label=graph.right_axis, min=0, show_units=False) if right else None,
    )
    return cast("cloudwatch.IWidget", widget)


def summary_widget(
    title: str, axis: str, metrics: Sequence[cloudwatch.IMetric], *, width: int, threshold: float, label: str
) -> cloudwatch.IWidget:
    """Create a graph over all watched constructs, with a line at the threshold unless its label is empty."""
    annotations = [cloudwatch.HorizontalAnnotation(value=threshold, label=label, color=cloudwatch.Color.RED)]
    widget = cloudwatch.GraphWidget(
        title=title,
        width=width,
        height=_GRAPH_HEIGHT,
        left=list(metrics),
        left_annotations=annotations if label else None,
        left_y_axis=cloudwatch.YAxisProps(label=axis, min=0, show_units=False),
    )
    return cast("cloudwatch.IWidget", widget)


def highest_of(lines: Sequence[Line], title: str, numbers: Iterator[int]) -> cloudwatch.IMetric | None:
    """Combine a construct's lines into one: the highest value at each time.

    `numbers` yields numbers that no other line of the graph has. The result is `None` if all lines are searches, which
    can find several metrics.
    """
    metrics = [line.metric for line in lines if not isinstance(line.metric, cloudwatch.SearchExpression)]
    if len(metrics) < 2:
        named = (metric.with_(label=f"{title}: {lines[0].summary}{_HIGHEST}") for metric in metrics)
        return cast("cloudwatch.IMetric | None", next(named, None))
    return _expression("MAX([{}])", metrics, title, numbers)


def share_of_threshold(line: Line, title: str, numbers: Iterator[int]) -> cloudwatch.IMetric | None:
    """Return a line in percent of its alarm's threshold, so that ages in different units fit in one graph.

    `numbers` yields numbers that no other line of the graph has. The result is `None` if no threshold is known.
    """
    threshold = threshold_of(line.alarm)
    if not threshold or isinstance(line.metric, cloudwatch.SearchExpression):
        return None
    return _expression(f"100 * {{}} / {threshold:.15g}", [line.metric], f"{title}: {line.summary}", numbers)


def _expression(
    form: str, metrics: Sequence[cloudwatch.Metric], label: str, numbers: Iterator[int]
) -> cloudwatch.IMetric:
    named = {f"m{next(numbers)}": cast("cloudwatch.IMetric", metric) for metric in metrics}
    expression = cloudwatch.MathExpression(
        expression=form.format(", ".join(named)),
        using_metrics=named,
        label=f"{label}{_HIGHEST}",
        period=Duration.minutes(1),
    )
    return cast("cloudwatch.IMetric", expression)


def threshold_of(alarm: cloudwatch.Alarm | None) -> float | None:
    """Return an alarm's threshold, or `None` without an alarm or with a threshold that only the deployment knows."""
    resource = None if alarm is None else resource_of(alarm)
    return known.number(resource.threshold) if isinstance(resource, cloudwatch.CfnAlarm) else None


def in_words(value: float, unit: Unit) -> str:
    """Format a threshold for people: `"5 min"` for 300 s, `"12 h"` for 43,200,000 ms."""
    if not unit:
        return f"{value:,.6g}"
    seconds = value / 1_000 if unit == "ms" else value
    for size, name in _PARTS:
        if seconds >= 2 * size or seconds == size:
            return f"{seconds / size:.3g} {name}"
    return f"{seconds:.3g} s"


def _labelled(line: Line) -> cloudwatch.IMetric:
    if isinstance(line.metric, cloudwatch.SearchExpression):
        return cast("cloudwatch.IMetric", line.metric)
    return cast("cloudwatch.IMetric", line.metric.with_(label=line.label))


def _thresholds(lines: Sequence[Line], unit: Unit) -> list[cloudwatch.HorizontalAnnotation]:
    found = {threshold: line for line in reversed(lines) if (threshold := threshold_of(line.alarm)) is not None}
    return [
        cloudwatch.HorizontalAnnotation(
            value=value,
            # The right axis does not have the graph's main line, so that the label must name the line.
            label=f"{f'{line.label}: ' if line.right else ''}alarm at {in_words(value, unit)}",
            color=cloudwatch.Color.RED,
        )
        for value, line in sorted(found.items())
    ]


def _limits(graph: Graph, *, right: bool) -> list[cloudwatch.HorizontalAnnotation]:
    return [
        cloudwatch.HorizontalAnnotation(value=limit.value, label=limit.label, color=cloudwatch.Color.GREY)
        for limit in graph.limits
        if limit.right is right
    ]
