"""Data that a construct contributes to a `FailureDashboard`: a section with graphs and links, without widgets."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from aws_cdk import aws_cloudwatch as cloudwatch
from constructs import IConstruct

from redrive_cdk.core.arguments import check_fields
from redrive_cdk.monitoring.links import Link

#: Question that a graph answers: are events lost or failed permanently, are they late, are they retried, and why.
Question = Literal["lost", "delayed", "retried", "why"]
#: Unit of a graph's values: a number, seconds or milliseconds. Times are shown in seconds, minutes or hours.
Unit = Literal["", "s", "ms"]
#: Number at the top of the dashboard to which a line adds: failed events that are in queues now, failed events that
#: went to buckets or topics, the age of the oldest failed event, lost events, the age of the oldest event that waits,
#: retried events.
Total = Literal["failed", "kept", "failure age", "lost", "age", "retried"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A line of a graph.

    Attributes:
        metric: The metric, or a search for several metrics.
        label: Label in the graph. A search has its own label. Default: `""`.
        alarm: Alarm on this metric; the graph shows its threshold. Default: none.
        summary: Label in the graphs over all constructs at the top of the dashboard. Several such lines of one
            construct become one line there, with the highest value. A line of a graph that answers `"delayed"` appears
            as a percentage of its alarm's threshold, and only if it has one. Default: the line does not appear at the
            top.
        right: `True` to use the axis on the right. Default: `False`.
        total: Number at the top to which the line adds. A metric of several constructs counts once. Default: none.
    """

    metric: cloudwatch.Metric | cloudwatch.SearchExpression
    label: str = ""
    alarm: cloudwatch.Alarm | None = None
    summary: str | None = None
    right: bool = False
    total: Total | None = None

    def __post_init__(self) -> None:
        """Refuse wrong types.

        Raises:
            TypeError: A field has a wrong type.
        """
        check_fields(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """A value without an alarm that the graph shows as a horizontal line, such as a timeout or a maximum receive count.

    Attributes:
        value: The value, in the unit of its axis.
        label: Meaning of the value.
        right: `True` to use the axis on the right. Default: `False`.
    """

    value: float
    label: str
    right: bool = False

    def __post_init__(self) -> None:
        """Refuse wrong types.

        Raises:
            TypeError: A field has a wrong type.
        """
        check_fields(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class Graph:
    """A graph of a section.

    Attributes:
        answers: Question that the graph answers, which decides its position: `"lost"`, `"delayed"`, `"retried"` or
            `"why"`.
        title: Title, of at most about 45 characters, because a graph can be as narrow as a quarter of the dashboard.
        lines: Lines, the most important one first.
        axis: Label of the left axis, such as `"messages"`. Default: the unit in which times are shown.
        unit: Unit of the values on the left: `"s"`, `"ms"`, or `""` for a number. Default: `""`.
        right_axis: Label of the right axis. Default: the unit in which times are shown.
        right_unit: Unit of the values on the right. Default: `""`.
        limits: Values without an alarm to show as horizontal lines. Default: none.
    """

    answers: Question
    title: str
    lines: Sequence[Line]
    axis: str = ""
    unit: Unit = ""
    right_axis: str = ""
    right_unit: Unit = ""
    limits: Sequence[Limit] = ()

    def __post_init__(self) -> None:
        """Refuse wrong types.

        Raises:
            TypeError: A field has a wrong type.
        """
        check_fields(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """A construct's part of the dashboard.

    Attributes:
        subject: Subject in a few words, such as `"messages of a queue"`.
        advice: A sentence or two that say where failed events are, and what to do with them.
        commands: Commands that do so. Default: none.
        graphs: Up to four graphs, shown side by side in the order of their questions.
        links: Links to more details: queues, buckets, functions, logs.
        bridges: Length of an outage in seconds in which no event is given up. Default: not known.
    """

    subject: str
    advice: str
    graphs: Sequence[Graph]
    links: Sequence[Link]
    bridges: float | None = None
    commands: Sequence[str] = ()

    def __post_init__(self) -> None:
        """Refuse wrong types.

        Raises:
            TypeError: A field has a wrong type.
        """
        check_fields(self)


class Watched(IConstruct, Protocol):
    """A construct that a `FailureDashboard` can watch.

    All constructs of this package qualify. Your own construct qualifies if it has these two members.
    """

    @property
    def alarms(self) -> list[cloudwatch.Alarm]:
        """The construct's alarms; their status appears at the top of the dashboard."""
        ...

    def dashboard_section(self, namespace: str) -> Section:
        """Return the construct's part of the dashboard.

        Args:
            namespace: CloudWatch namespace of the helpers' metrics.

        Returns:
            The section.
        """
        ...
