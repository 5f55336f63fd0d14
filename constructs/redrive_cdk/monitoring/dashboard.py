"""`FailureDashboard`: a CloudWatch dashboard for a person on call."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import count
from typing import Any, NamedTuple

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch
from constructs import Construct, IConstruct

from redrive.settings import METRIC_NAMESPACE
from redrive_cdk.core import known
from redrive_cdk.core.arguments import checked
from redrive_cdk.core.tree import path_of, stack_of
from redrive_cdk.monitoring import layout
from redrive_cdk.monitoring.expressions import highest_of, share_of_threshold
from redrive_cdk.monitoring.links import console_domain
from redrive_cdk.monitoring.sections import Line, Question, Section, Watched
from redrive_cdk.monitoring.totals import number_widgets


class _Part(NamedTuple):
    """A watched construct with its title and its section."""

    title: str
    watched: Watched
    section: Section


class FailureDashboard(Construct):
    """One dashboard over consumers, invocations and tables: are events lost, delayed or retried, where, and why.

    The top shows numbers over all constructs, the status of all alarms, and three graphs over all constructs: events
    that are lost or have failed permanently, events that are late, and retried events. Each construct follows in
    detail, with the thresholds of its alarms, the failures by error type, the commands that bring its failures back,
    and links to queues, buckets, functions and logs. The helpers' own metrics stand next to those of AWS. Times are in
    seconds, minutes or hours, whichever suits the alarm's threshold.

    The dashboard shows the state at its creation: create it after the constructs that it watches, and after an
    `IdempotencyTable` has granted access to its functions. CloudWatch keeps metrics in the Region of their source, so
    create the dashboard in the Region of the constructs that it watches.

    Subclass it to change a part: override one of the `_create_*` steps.

    Attributes:
        dashboard: The dashboard.
        watched: The constructs that it watches.
        alarms: All alarms of these constructs.
    """

    @checked
    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        watch: Sequence[Watched],
        title: str | None = None,
        dashboard_name: str | None = None,
        default_interval: Duration | None = None,
        metric_namespace: str = METRIC_NAMESPACE,
    ) -> None:
        """Create the dashboard.

        Args:
            scope: Scope of the construct.
            id: Construct id.
            watch: Constructs to watch, in reading order: consumers, invocations and tables of this package, or your own
                constructs with `alarms` and `dashboard_section`.
            title: Heading of the dashboard. Default: the name of the stack.
            dashboard_name: Name in CloudWatch, unique in an account. Default: a name by CloudFormation.
            default_interval: Time range that the dashboard shows when it is opened. Default: the last 12 hours.
            metric_namespace: CloudWatch namespace of the helpers' metrics. Default: `Lambda/Retry`, the default of the
                helpers.

        Raises:
            ValueError: There is nothing to watch, a construct is watched twice or is in another Region or account than
                the dashboard, or the dashboard would exceed CloudWatch's limits. The message gives the cause and the
                remedy.
        """
        super().__init__(scope, id)
        self.watched = tuple(watch)
        self._title = stack_of(self).stack_name if title is None else title
        self._dashboard_name = dashboard_name
        self._default_interval = default_interval or Duration.hours(12)
        self._check_watched()
        self._parts = [_Part(self._title_of(each), each, each.dashboard_section(metric_namespace)) for each in watch]
        self.alarms = list(dict.fromkeys(alarm for each in watch for alarm in each.alarms))

        rows = [self._create_head(), self._create_numbers(), self._create_alarm_status(), self._create_summary()]
        domain = console_domain(self)
        for part in self._parts:
            rows += self._create_section(part.title, part.section, domain)
        rows = [row for row in rows if row]
        self._check_size(rows)
        self.dashboard = self._create_dashboard(rows)

    def _create_head(self) -> list[cloudwatch.IWidget]:
        """Create the heading of the dashboard.

        Returns:
            A row of widgets.
        """
        return [
            layout.text_widget(
                f"# {self._title}: failures\n"
                "First numbers, of now or of the time shown; then the alarms, those that have fired first; then what "
                "is lost, delayed or retried, and where. Below, each part in detail: failed, delayed, retried, and why."
            )
        ]

    def _create_numbers(self) -> list[cloudwatch.IWidget]:
        """Create the numbers over all watched constructs: failed, lost, delayed and retried events.

        Returns:
            A row of widgets.
        """
        return number_widgets([part.section for part in self._parts], layout.COLUMNS)

    def _create_alarm_status(self) -> list[cloudwatch.IWidget]:
        """Create the widgets with the status of all alarms.

        Returns:
            A row of widgets.
        """
        return layout.alarm_widgets(self.alarms)

    def _create_summary(self) -> list[cloudwatch.IWidget]:
        """Create the graphs over all watched constructs.

        Returns:
            A row of widgets.
        """
        lost, again = self._counted("lost"), self._counted("retried")
        numbers = count(1)
        late = [
            share_of_threshold(line, title, numbers) for title, lines in self._summaries("delayed") for line in lines
        ]
        graphs = (
            ("Lost or failed permanently", "events", lost, 1, "somebody has to look"),
            ("Delayed: age in % of the alarm's threshold", "%", late, 100, "alarm"),
            ("Retried", "events", again, 0, ""),
        )
        there = [
            (title, axis, metrics, threshold, label)
            for title, axis, found, threshold, label in graphs
            if (metrics := [metric for metric in found if metric is not None])
        ]
        return [
            layout.summary_widget(
                title, axis, metrics, width=layout.COLUMNS // len(there), threshold=threshold, label=label
            )
            for title, axis, metrics, threshold, label in there
        ]

    def _counted(self, question: Question) -> list[cloudwatch.IMetric | None]:
        numbers = count(1)
        return [highest_of(lines, title, numbers) for title, lines in self._summaries(question)]

    def _summaries(self, question: Question) -> Iterator[tuple[str, list[Line]]]:
        for part in self._parts:
            graphs = [graph for graph in part.section.graphs if graph.answers == question]
            yield part.title, [line for graph in graphs for line in graph.lines if line.summary is not None]

    def _create_section(self, title: str, section: Section, domain: str) -> list[list[cloudwatch.IWidget]]:
        """Create the rows of one construct.

        Args:
            title: Title of the construct.
            section: Section of the construct.
            domain: Domain of the AWS Management Console, for links.

        Returns:
            Rows of widgets.
        """
        return [[layout.section_head(title, section, domain)], layout.section_graphs(section)]

    def _create_dashboard(self, rows: Sequence[Sequence[cloudwatch.IWidget]]) -> cloudwatch.Dashboard:
        """Create the dashboard.

        Args:
            rows: All rows of widgets, from top to bottom.

        Returns:
            The dashboard.
        """
        return cloudwatch.Dashboard(
            self,
            "Dashboard",
            dashboard_name=self._dashboard_name,
            default_interval=self._default_interval,
            widgets=rows,
        )

    def _title_of(self, watched: IConstruct) -> str:
        """Return a construct's path, without the stack's path in the dashboard's own stack."""
        path, stack = path_of(watched), path_of(stack_of(self))
        return path.removeprefix(f"{stack}/")

    def _check_watched(self) -> None:
        if not self.watched:
            raise ValueError(f"{path_of(self)}: watch is empty: give what there is to see, such as an SqsConsumer")
        here, paths = stack_of(self), set[str]()
        for each in self.watched:
            if not hasattr(each, "dashboard_section"):
                raise ValueError(
                    f"{path_of(self)}: {each!r} says nothing of itself: give a consumer, invocation or table of "
                    "redrive_cdk, or a construct with alarms and dashboard_section"
                )
            if path_of(each) in paths:
                raise ValueError(f"{path_of(self)}: {path_of(each)} is watched twice: name it once")
            paths.add(path_of(each))
            there = stack_of(each)
            for what, other, own in (
                ("Region", there.region, here.region),
                ("account", there.account, here.account),
            ):
                if known.text(other) is not None and known.text(own) is not None and other != own:
                    raise ValueError(
                        f"{path_of(self)}: {path_of(each)} is in {what} {other}, the dashboard in {own}: its alarms "
                        "and figures are there; make a FailureDashboard in a stack of that place"
                    )

    def _check_size(self, rows: Sequence[Sequence[cloudwatch.IWidget]]) -> None:
        entries: list[Any] = [entry for row in rows for widget in row for entry in widget.to_json()]
        metrics = [len(entry["properties"].get("metrics", ())) for entry in entries]
        for what, number, most in (
            ("widgets", len(entries), layout.MOST_WIDGETS),
            ("metrics in one widget", max(metrics), layout.MOST_METRICS_OF_A_WIDGET),
            ("metrics", sum(metrics), layout.MOST_METRICS),
        ):
            if number > most:
                raise ValueError(
                    f"{path_of(self)}: {number:,} {what}, and a CloudWatch dashboard has at most {most:,}: watch "
                    "less, and make a second FailureDashboard for the rest"
                )
