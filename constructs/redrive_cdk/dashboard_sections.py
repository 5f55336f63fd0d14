"""What a construct says of itself on a `FailureDashboard`: a section, with graphs and links. Data, no widgets yet."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from aws_cdk import aws_cloudwatch as cloudwatch
from constructs import IConstruct

from redrive_cdk.console_links import Link

#: What a graph answers: is anything lost or has failed for good, is anything late, is anything tried again, and why.
Question = Literal["lost", "delayed", "retried", "why"]
#: What the values of a graph are, so that a threshold is told in words.
Unit = Literal["", "s", "ms"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A line of a graph.

    Attributes:
        metric: The metric, or a search for several.
        label: What it is called in the graph; a search has a label of its own.
        alarm: The alarm on it, whose threshold is drawn in. Default: none.
        summary: What it is called at the top of the dashboard, in the graph over all constructs. Several of a construct
            are one line there, the highest of them; one that answers "delayed" is there as a share of its alarm's
            threshold, and only if it has one. Default: it is not there.
        right: Whether its values belong to the axis on the right. Default: no.
    """

    metric: cloudwatch.Metric | cloudwatch.SearchExpression
    label: str = ""
    alarm: cloudwatch.Alarm | None = None
    summary: str | None = None
    right: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """A value that is no alarm's, and drawn in all the same: a timeout, a maximum receive count.

    Attributes:
        value: The value.
        label: What it means.
        right: Whether it belongs to the axis on the right. Default: no.
    """

    value: float
    label: str
    right: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Graph:
    """A graph of a section.

    Attributes:
        answers: The question it answers, by which it has its place.
        title: Its title: at most some 45 characters, for a fourth of the dashboard's width.
        lines: Its lines, the one to look at first in front.
        unit: What the values on the left are. Default: a number.
        axis: What the axis on the left is called, such as `"messages"`.
        right_axis: What the one on the right is called. Default: there is none.
        limits: Values to be drawn in that are no alarm's. Default: none.
    """

    answers: Question
    title: str
    lines: Sequence[Line]
    axis: str
    unit: Unit = ""
    right_axis: str = ""
    limits: Sequence[Limit] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """What a construct has to say.

    Attributes:
        subject: What it is about, in a few words: `"messages of a queue"`.
        advice: Where failed events are, and what to do with them: one sentence.
        graphs: Up to four graphs, which stand side by side in the order of their questions.
        links: Where to look further: queues, buckets, functions, logs.
    """

    subject: str
    advice: str
    graphs: Sequence[Graph]
    links: Sequence[Link]


class Watched(IConstruct, Protocol):
    """What a `FailureDashboard` can watch: a construct that has alarms and says what there is to see.

    All constructs of this package are such; one of your own is, when it has these two.
    """

    @property
    def alarms(self) -> list[cloudwatch.Alarm]:
        """Its alarms, for their status at the top."""
        ...

    def dashboard_section(self, namespace: str) -> Section:
        """What it has to say.

        Args:
            namespace: Where the helpers' metrics are in CloudWatch.

        Returns:
            Its section.
        """
        ...
