"""Alarms and the dashboard as users write them: never run, but checked by pyright in strict mode."""

# pyright: strict, reportUnnecessaryTypeIgnoreComment=true
from collections.abc import Callable, Sequence
from typing import assert_type

from aws_cdk import App, Duration, Stack
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_cloudwatch_actions as actions
from aws_cdk import aws_sns as sns
from constructs import Construct, IConstruct

from redrive_cdk import (
    AlarmContext,
    AlarmDefaults,
    AlarmOptions,
    AsyncInvocation,
    DynamoDBStreamConsumer,
    FailureDashboard,
    Graph,
    IdempotencyTable,
    KinesisConsumer,
    Limit,
    Line,
    Link,
    Section,
    SqsConsumer,
    SyncInvocation,
    Watched,
    make_alarm,
)
from redrive_cdk.core.types import AlarmAction


def in_one_place(app: App, stack: Stack, consumer: SqsConsumer, topic: sns.ITopic) -> None:
    notify = actions.SnsAction(topic)
    assert_type(AlarmDefaults.of(app).add(actions=[notify]), AlarmDefaults)
    AlarmDefaults.of(stack).add(actions=by_meaning(notify), ok_actions=[notify], naming=name)
    AlarmDefaults.of(consumer).add(naming=lambda alarm: alarm.path).add(ok_actions=lambda alarm: [notify])
    AlarmDefaults.of(stack).add(actions=notify)  # pyright: ignore[reportArgumentType]
    AlarmDefaults.of(stack).add(naming="orders")  # pyright: ignore[reportArgumentType]


def by_meaning(notify: AlarmAction) -> Callable[[AlarmContext], Sequence[AlarmAction]]:
    def choose(alarm: AlarmContext) -> Sequence[AlarmAction]:
        return [] if alarm.means == "delayed" else [notify]

    return choose


def name(alarm: AlarmContext) -> str | None:
    assert_type(alarm.alarm, cloudwatch.Alarm)
    assert_type(alarm.construct, IConstruct)
    return None if alarm.means is None else f"{alarm.path}-{alarm.means}"


class Outbox(Construct):
    def __init__(self, scope: Construct, id: str, *, metric: cloudwatch.Metric, options: AlarmOptions) -> None:
        super().__init__(scope, id)
        self.metric = metric
        self.alarm = make_alarm(self, "Alarm", options, means="lost", metric=metric, description="Lost.", threshold=2)
        self.alarms: list[cloudwatch.Alarm] = [self.alarm] if self.alarm is not None else []
        make_alarm(
            self,
            "Idle",
            options,
            means="delayed",
            metric=metric,
            description="Idle.",
            periods=5,
            window=10,
            below=True,
            place=scope,
        )
        make_alarm(self, "No", options, means="late", metric=metric, description="")  # pyright: ignore[reportArgumentType]

    def dashboard_section(self, namespace: str) -> Section:
        line = Line(metric=self.metric, label="lost", alarm=self.alarm, summary="lost", right=False, total="lost")
        Line(metric=self.metric, total="all")  # pyright: ignore[reportArgumentType]
        search = Line(metric=cloudwatch.SearchExpression(expression=f"SEARCH('{{{namespace}}}', 'Sum')"))
        limit = Limit(value=3, label="full", right=True)
        graph = Graph(answers="lost", title="Lost", axis="mails", lines=[line, search], unit="s", limits=[limit])
        return Section(subject="mail", advice="Look.", graphs=[graph], links=[Link("page", "eu-west-1", "sqs/v3/home")])


def over_everything(
    stack: Stack,
    messages: SqsConsumer,
    records: KinesisConsumer,
    changes: DynamoDBStreamConsumer,
    events: AsyncInvocation,
    calls: SyncInvocation,
    done: IdempotencyTable,
    outbox: Outbox,
) -> None:
    watch: list[Watched] = [messages, records, changes, events, calls, done, outbox]
    dashboard = FailureDashboard(
        stack,
        "Failures",
        watch=watch,
        title="The shop",
        dashboard_name="shop",
        default_interval=Duration.hours(3),
        metric_namespace="Shop/Retry",
    )
    assert_type(dashboard.dashboard, cloudwatch.Dashboard)
    assert_type(dashboard.alarms, list[cloudwatch.Alarm])
    assert_type(dashboard.watched, tuple[Watched, ...])
    assert_type(messages.dashboard_section("Lambda/Retry"), Section)
    FailureDashboard(stack, "Plain", watch=(messages, outbox))
    FailureDashboard(stack, "Nothing", watch=[stack])  # pyright: ignore[reportArgumentType]


class Mine(FailureDashboard):
    def _create_head(self) -> list[cloudwatch.IWidget]:
        return []

    def _create_section(self, title: str, section: Section, domain: str) -> list[list[cloudwatch.IWidget]]:
        return [] if not section.links else super()._create_section(title, section, domain)
