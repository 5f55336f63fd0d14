"""Creates the numbers at the top of the dashboard, over all constructs."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping, Sequence
from itertools import count
from typing import NamedTuple, cast

from aws_cdk import aws_cloudwatch as cloudwatch

from redrive_cdk.monitoring.expressions import expression, scaled
from redrive_cdk.monitoring.metrics import identity_of
from redrive_cdk.monitoring.scales import HOURS, MINUTES, Scale
from redrive_cdk.monitoring.sections import Section, Total, Unit

_HEIGHT = 3


class _Number(NamedTuple):
    """The form of a number on the dashboard.

    Attributes:
        title: Its title.
        label: What it counts.
        whole: Whether it is the sum over the displayed time; `False` for the value of the last minute.
        scale: Unit of a time; `None` for a count.
    """

    title: str
    label: str
    whole: bool
    scale: Scale | None = None


_NUMBERS: Mapping[Total, _Number] = {
    "failed": _Number("Failed: in queues now", "events", whole=False),
    "failure age": _Number("Failed: oldest in a queue", "hours", whole=False, scale=HOURS),
    "kept": _Number("Failed: in buckets, topics", "events", whole=True),
    "lost": _Number("Lost: in total", "events", whole=True),
    "age": _Number("Delayed: oldest event", "minutes", whole=False, scale=MINUTES),
    "retried": _Number("Retried: in total", "events", whole=True),
}


def number_widgets(sections: Sequence[Section], columns: int) -> list[cloudwatch.IWidget]:
    """Create a row of numbers: those to which the sections have lines."""
    found = [(number, metrics) for total, number in _NUMBERS.items() if (metrics := list(_metrics_of(sections, total)))]
    return [_widget(number, metrics, width=columns // len(found)) for number, metrics in found]


def _metrics_of(sections: Sequence[Section], total: Total) -> Iterator[tuple[cloudwatch.Metric, Unit]]:
    seen: set[Hashable] = set()
    for graph in (graph for section in sections for graph in section.graphs):
        for line in graph.lines:
            if line.total != total or isinstance(line.metric, cloudwatch.SearchExpression):
                continue
            identity = identity_of(cast("cloudwatch.IMetric", line.metric))
            if identity is None or identity not in seen:
                seen.add(identity)
                yield line.metric, graph.right_unit if line.right else graph.unit


def _widget(number: _Number, metrics: Sequence[tuple[cloudwatch.Metric, Unit]], *, width: int) -> cloudwatch.IWidget:
    numbers, scale = count(1), number.scale
    values = [
        cast("cloudwatch.IMetric", metric) if scale is None else scaled(metric, "", unit, scale, numbers)
        for metric, unit in metrics
    ]
    widget = cloudwatch.SingleValueWidget(
        title=number.title,
        metrics=[expression("SUM([{}])" if scale is None else "MAX([{}])", values, number.label, numbers)],
        set_period_to_time_range=number.whole,
        width=width,
        height=_HEIGHT,
    )
    return cast("cloudwatch.IWidget", widget)
