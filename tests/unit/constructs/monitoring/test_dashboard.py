"""The dashboard over consumers, invocations and tables.

What it looks like as a whole is in snapshots/failure_dashboard.json. After a change that is meant, write it anew and
read the difference:

    REDRIVE_RENEW_SNAPSHOTS=1 python -m pytest tests/unit/constructs/monitoring/test_dashboard.py

`python -m tools.render_dashboard` draws a dashboard with made-up data.
"""

# The CDK's own classes do not fit its interfaces for a type checker: https://github.com/aws/jsii/issues/4541
# pyright: reportArgumentType=false

import json
import os
from pathlib import Path
from typing import Any

import pytest
from aws_cdk import Duration, Stack
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from app import ShopStack
from redrive_cdk import (
    AlarmOptions,
    FailureDashboard,
    Graph,
    Line,
    Section,
)
from redrive_cdk.monitoring.layout import alarm_widgets
from tests.support.constructs.cdk import Synthesized, new_app, new_stack
from tests.support.constructs.monitoring.dashboards import (
    OFF,
    body_of,
    body_over,
    consumer,
    labels,
    marks,
    text,
    whole_dashboard,
    widget,
)
from tools.dashboard_body import bodies, problems

SQS_ALARMS = [
    *("dead_letter_alarm", "dead_letter_age_alarm", "age_alarm", "unreceived_alarm"),
    *("not_set_aside_alarm", "untried_alarm"),
]
SNAPSHOT = Path(__file__).parent / "snapshots" / "failure_dashboard.json"


@pytest.fixture(scope="module")
def whole() -> dict[str, Any]:
    return whole_dashboard().body


def test_the_whole_of_it_is_as_it_was(whole: dict[str, Any]) -> None:
    now = json.dumps(whole, indent=2, ensure_ascii=False) + "\n"
    if os.environ.get("REDRIVE_RENEW_SNAPSHOTS"):
        SNAPSHOT.write_text(now, encoding="utf-8")
    assert now == SNAPSHOT.read_text(encoding="utf-8")


def test_nothing_overlaps_or_is_cut_off(whole: dict[str, Any]) -> None:
    assert problems(whole) == []


def test_nothing_overlaps_or_is_cut_off_in_that_of_the_example_app() -> None:
    assert problems(body_of(ShopStack(new_app(), "RedriveShop"))) == []


def test_it_is_read_from_numbers_and_alarms_over_the_summary_to_each_part(whole: dict[str, Any]) -> None:
    ordered = sorted(whole["widgets"], key=lambda each: (each["y"], each["x"]))
    assert ordered == whole["widgets"]
    kinds = [each["properties"].get("view") if each["type"] == "metric" else each["type"] for each in ordered]
    assert kinds[:12] == ["text", *["singleValue"] * 6, "alarm", *["timeSeries"] * 3, "text"]
    heads = [each["properties"]["markdown"].splitlines()[0] for each in ordered if each["type"] == "text"]
    assert heads == [
        "# Shop: failures",
        "## Orders: messages of a queue",
        "## Readings: records of a stream",
        "## Changes: changes of a table",
        "## Mails: events of asynchronous invocations",
        "## Prices: calls from one function to another",
        "## Done: idempotency table",
    ]


def test_the_status_of_all_alarms_is_at_the_top_those_that_have_gone_off_first() -> None:
    watch, dashboard, synthesized, body = whole_dashboard()
    shown = widget(body, "Alarms")
    assert shown["sortBy"] == "stateUpdatedTimestamp"
    names = [arn.rpartition(":")[2] for arn in shown["alarms"]]
    assert names == [synthesized.id(alarm) for each in watch for alarm in each.alarms]
    assert sorted(names) == sorted(synthesized.of_type("AWS::CloudWatch::Alarm"))
    assert dashboard.alarms == [alarm for each in watch for alarm in each.alarms]


def test_more_alarms_than_a_widget_takes_are_shown_in_several() -> None:
    """100: https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/CloudWatch-Dashboard-Body-Structure.html"""
    alarm = consumer(new_stack()).age_alarm
    assert alarm is not None
    made: list[Any] = alarm_widgets([alarm] * 250)
    assert [len(each.to_json()[0]["properties"]["alarms"]) for each in made] == [100, 100, 50]


def test_the_summary_says_what_is_lost_and_where(whole: dict[str, Any]) -> None:
    lost = widget(whole, "Lost or failed permanently")
    names = ("Orders: dead-letter queue", "Readings", "Changes", "Mails", "Prices: errors", "Done: not recorded")
    assert labels(lost) == [f"{name} (max ${{MAX}})" for name in names]
    readings, *metrics = lost["metrics"][1:7]
    assert readings[0]["expression"] == "MAX([m1, m2, m3, m4, m5])"
    assert [(row[1], row[-1]["id"], row[-1]["visible"]) for row in metrics] == [
        ("DroppedEventCount", "m1", False),
        ("DestinationDeliveryFailures", "m2", False),
        ("OnFailureDestinationDeliveredEventCount", "m3", False),
        ("ApproximateNumberOfMessagesVisible", "m4", False),
        ("SetAside", "m5", False),
    ]
    assert marks(lost) == [("left", 1, "somebody has to look")]


def test_the_summary_says_what_is_late_as_a_share_of_its_alarms_threshold() -> None:
    stack = new_stack()
    watch = [consumer(stack, age_alarm=AlarmOptions(threshold=90)), consumer(stack, "Mails", age_alarm=OFF)]
    late = widget(body_over(*watch), "Delayed: age in % of the alarm's threshold")
    assert labels(late) == ["Orders: queue (max ${MAX})"]
    expression, metric = late["metrics"]
    assert expression[0]["expression"] == "100 * m1 / 90"
    assert metric[:4] == ["AWS/SQS", "ApproximateAgeOfOldestMessage", "QueueName", metric[3]]
    assert (metric[4]["id"], metric[4]["visible"]) == ("m1", False)
    assert marks(late) == [("left", 100, "alarm")]


def test_where_nothing_can_be_late_the_summary_has_no_graph_of_it() -> None:
    stack = new_stack()
    body = body_over(consumer(stack, **dict.fromkeys(SQS_ALARMS, OFF)))
    series = [each for each in body["widgets"] if each["properties"].get("view") == "timeSeries"]
    top = [(each["properties"].get("title"), each["width"]) for each in series[:2]]
    assert top == [("Lost or failed permanently", 12), ("Retried", 12)]
    assert problems(body) == []


def test_title_name_and_time_can_be_chosen() -> None:
    stack = new_stack("Shop")
    dashboard = FailureDashboard(
        stack,
        "Failures",
        watch=[consumer(stack)],
        title="The shop",
        dashboard_name="shop-failures",
        default_interval=Duration.days(2),
    )
    synthesized = Synthesized(stack)
    assert synthesized.properties(dashboard.dashboard)["DashboardName"] == "shop-failures"
    (body,) = bodies(synthesized.template).values()
    assert body["start"] == "-P2D"
    assert text(body, "# ").startswith("# The shop: failures\n")


def test_by_default_it_has_no_name_of_its_own_and_shows_half_a_day(whole: dict[str, Any]) -> None:
    stack = new_stack()
    dashboard = FailureDashboard(stack, "Failures", watch=[consumer(stack)])
    assert set(Synthesized(stack).properties(dashboard.dashboard)) == {"DashboardBody"}
    assert whole["start"] == "-PT12H"


def test_what_is_watched_may_be_in_another_stack_of_the_place() -> None:
    app = new_app()
    shop, operations = Stack(app, "Shop"), Stack(app, "Operations")
    orders = consumer(shop)
    FailureDashboard(operations, "Failures", watch=[orders])
    template = Synthesized(operations).template
    assert operations.dependencies == [shop]
    assert "## Shop/Orders: messages of a queue" in json.dumps(template)


class Breaker(Construct):
    """A construct of the user's own."""

    def __init__(self, scope: Construct, id: str, *, lines: int = 1) -> None:
        super().__init__(scope, id)
        self.metric = cloudwatch.Metric(namespace="Mine", metric_name="Opened")
        alarm = cloudwatch.Alarm(self, "Opened", metric=self.metric, threshold=2, evaluation_periods=1)
        self.alarms = [alarm]
        others = [cloudwatch.Metric(namespace="Mine", metric_name=f"Opened{each}") for each in range(1, lines)]
        self._lines = [
            Line(metric=self.metric, label="opened", alarm=alarm, summary="opened"),
            *(Line(metric=each, label="also opened") for each in others),
        ]

    def dashboard_section(self, namespace: str) -> Section:
        graph = Graph(answers="lost", title="Opened", axis="times", lines=self._lines)
        return Section(subject="a circuit", advice="Wait.", graphs=[graph], links=[])


def test_a_construct_of_ones_own_can_be_watched() -> None:
    stack = new_stack()
    body = body_over(consumer(stack), Breaker(stack, "Breaker"))
    assert text(body, "## Breaker").startswith("## Breaker: a circuit\nWait.")
    assert marks(widget(body, "Opened")) == [("left", 2, "alarm at 2")]
    assert labels(widget(body, "Lost or failed permanently"))[-1] == "Breaker: opened (max ${MAX})"
    assert len(widget(body, "Alarms")["alarms"]) == 7
    assert problems(body) == []


def test_parts_can_be_made_differently() -> None:
    class Mine(FailureDashboard):
        def _create_head(self) -> list[cloudwatch.IWidget]:
            return [cloudwatch.TextWidget(markdown="Call 112", width=24)]

        def _create_numbers(self) -> list[cloudwatch.IWidget]:
            return super()._create_numbers()[:1]

        def _create_alarm_status(self) -> list[cloudwatch.IWidget]:
            return []

        def _create_summary(self) -> list[cloudwatch.IWidget]:
            return super()._create_summary()[:1]

        def _create_section(self, title: str, section: Section, domain: str) -> list[list[cloudwatch.IWidget]]:
            return super()._create_section(title.upper(), section, domain)[:1]

        def _create_dashboard(self, rows: Any) -> cloudwatch.Dashboard:
            return cloudwatch.Dashboard(self, "Own", widgets=rows)

    stack = new_stack()
    mine = Mine(stack, "Failures", watch=[consumer(stack)])
    assert mine.dashboard.node.id == "Own"
    body = body_of(stack)
    shown = [each["properties"].get("markdown", each["properties"].get("title")) for each in body["widgets"]]
    assert shown[:3] == ["Call 112", "Failed: in queues now", "Lost or failed permanently"]
    assert shown[3].startswith("## ORDERS")
    assert len(shown) == 4


def test_nothing_to_watch_is_refused() -> None:
    with pytest.raises(ValueError, match="Stack/Failures: watch is empty: give what there is to see"):
        FailureDashboard(new_stack(), "Failures", watch=[])


def test_what_is_watched_twice_is_refused() -> None:
    stack = new_stack()
    orders = consumer(stack)
    with pytest.raises(ValueError, match="Stack/Orders is watched twice"):
        FailureDashboard(stack, "Failures", watch=[orders, orders])


def test_what_says_nothing_of_itself_is_refused() -> None:
    stack = new_stack()
    queue: Any = sqs.Queue(stack, "Queue")
    with pytest.raises(ValueError, match="says nothing of itself: give a consumer"):
        FailureDashboard(stack, "Failures", watch=[queue])


@pytest.mark.parametrize(
    ("region", "account", "what"),
    [("eu-west-3", "111111111111", "Region eu-west-3"), ("eu-west-1", "222222222222", "account 222222222222")],
)
def test_what_is_in_another_place_is_refused(region: str, account: str, what: str) -> None:
    app = new_app()
    there = Stack(app, "There", env={"region": region, "account": account})
    here = Stack(app, "Here", env={"region": "eu-west-1", "account": "111111111111"})
    with pytest.raises(ValueError, match=f"There/Orders is in {what}, the dashboard in"):
        FailureDashboard(here, "Failures", watch=[consumer(there)])


def test_more_than_a_widget_holds_is_refused() -> None:
    """500: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch_limits.html"""
    stack = new_stack()
    with pytest.raises(ValueError, match="501 metrics in one widget, and a CloudWatch dashboard has at most 500"):
        FailureDashboard(stack, "Failures", watch=[Breaker(stack, "Breaker", lines=501)])
