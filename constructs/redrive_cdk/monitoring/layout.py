"""Turns sections into the widgets of a dashboard, which is 24 columns wide."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import count
from typing import Any, NamedTuple, cast, get_args

from aws_cdk import aws_cloudwatch as cloudwatch

from redrive_cdk.monitoring.expressions import scaled, threshold_of
from redrive_cdk.monitoring.links import Link
from redrive_cdk.monitoring.scales import Scale, in_words, scale_for
from redrive_cdk.monitoring.sections import Graph, Line, Question, Section, Unit

COLUMNS = 24
#: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch_limits.html
MOST_WIDGETS, MOST_METRICS_OF_A_WIDGET, MOST_METRICS = 500, 500, 2_500
# https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/CloudWatch-Dashboard-Body-Structure.html
_MOST_ALARMS_OF_A_WIDGET = 100
_ALARMS_IN_A_ROW = 4
_GRAPH_HEIGHT, _HEAD_HEIGHT = 6, 2
_ALARM, _LIMIT = cloudwatch.Color.RED, cloudwatch.Color.GREY


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


def text_widget(markdown: str, *, height: int = _HEAD_HEIGHT) -> cloudwatch.IWidget:
    """Create a text without a frame over the full width."""
    widget = cloudwatch.TextWidget(
        markdown=markdown,
        width=COLUMNS,
        height=height,
        background=cloudwatch.TextWidgetBackground.TRANSPARENT,
    )
    return cast("cloudwatch.IWidget", widget)


def section_head(title: str, section: Section, domain: str) -> cloudwatch.IWidget:
    """Create the text with links above a section's graphs."""
    links = " · ".join(f"[{link.text}]({_address(link, domain)})" for link in section.links)
    bridges = "" if section.bridges is None else f" Retries bridge an outage of {in_words(section.bridges, 's')}."
    commands = "".join(f"\n- `{command}`" for command in section.commands)
    markdown = f"## {title}: {section.subject}\n{section.advice}{bridges}\n{commands}\n\n{links}"
    return text_widget(markdown, height=_HEAD_HEIGHT + len(section.commands))


def _address(link: Link, domain: str) -> str:
    return f"https://{link.region}.{domain}/{link.page}"


def section_graphs(section: Section) -> list[cloudwatch.IWidget]:
    """Create a section's graphs, side by side in the order of their questions."""
    order: tuple[Question, ...] = get_args(Question)
    there = sorted((graph for graph in section.graphs if graph.lines), key=lambda graph: order.index(graph.answers))
    return [graph_widget(graph, width=COLUMNS // max(2, len(there))) for graph in there]


def graph_widget(graph: Graph, *, width: int) -> cloudwatch.IWidget:
    """Create a graph with its thresholds and limits, with its width in columns."""
    numbers = count(1)
    left, right = _side(graph, numbers, right=False), _side(graph, numbers, right=True)
    widget = cloudwatch.GraphWidget(
        title=graph.title,
        width=width,
        height=_GRAPH_HEIGHT,
        left=left.metrics,
        right=right.metrics or None,
        left_annotations=left.annotations or None,
        right_annotations=right.annotations or None,
        left_y_axis=cloudwatch.YAxisProps(label=left.axis, min=0, show_units=False),
        right_y_axis=cloudwatch.YAxisProps(label=right.axis, min=0, show_units=False) if right.metrics else None,
    )
    return cast("cloudwatch.IWidget", widget)


class _Side(NamedTuple):
    """The metrics on one axis of a graph."""

    axis: str
    metrics: list[cloudwatch.IMetric]
    annotations: list[cloudwatch.HorizontalAnnotation]


def _side(graph: Graph, numbers: Iterator[int], *, right: bool) -> _Side:
    lines = [line for line in graph.lines if line.right is right]
    limits = [limit for limit in graph.limits if limit.right is right]
    unit, axis = (graph.right_unit, graph.right_axis) if right else (graph.unit, graph.axis)
    thresholds = {threshold: line for line in reversed(lines) if (threshold := threshold_of(line.alarm)) is not None}
    scale = scale_for(unit, [*thresholds, *(limit.value for limit in limits)]) if unit else None
    divisor = 1 if scale is None else scale.divisor(unit)
    alarms = [
        # The right axis does not have the graph's main line, so that the label must name the line.
        _mark(value / divisor, f"{f'{line.label}: ' if right else ''}alarm at {in_words(value, unit)}", _ALARM)
        for value, line in sorted(thresholds.items())
    ]
    return _Side(
        axis or ("" if scale is None else scale.name),
        [_labelled(line) if scale is None else _in_scale(line, unit, scale, numbers) for line in lines],
        [*alarms, *(_mark(limit.value / divisor, limit.label, _LIMIT) for limit in limits)],
    )


def _mark(value: float, label: str, color: str) -> cloudwatch.HorizontalAnnotation:
    return cloudwatch.HorizontalAnnotation(value=value, label=label, color=color)


def _in_scale(line: Line, unit: Unit, scale: Scale, numbers: Iterator[int]) -> cloudwatch.IMetric:
    if isinstance(line.metric, cloudwatch.SearchExpression):
        return _labelled(line)
    return scaled(line.metric, line.label, unit, scale, numbers)


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


def _labelled(line: Line) -> cloudwatch.IMetric:
    if isinstance(line.metric, cloudwatch.SearchExpression):
        return cast("cloudwatch.IMetric", line.metric)
    return cast("cloudwatch.IMetric", line.metric.with_(label=line.label))
