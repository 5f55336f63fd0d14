"""The dashboard over consumers, invocations and tables.

What it looks like as a whole is in snapshots/failure_dashboard.json. After a change that is meant, write it anew and
read the difference:

    REDRIVE_RENEW_SNAPSHOTS=1 python -m pytest tests/unit/constructs/test_failure_dashboard.py

`python -m tools.render_dashboard` draws a dashboard with made-up data.
"""

# The CDK's own classes do not fit its interfaces for a type checker: https://github.com/aws/jsii/issues/4541
# pyright: reportArgumentType=false

import json
import os
from pathlib import Path
from typing import Any

import pytest
from aws_cdk import App, Duration, Stack
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from app import ShopStack
from redrive_cdk import (
    AlarmOptions,
    AsyncInvocation,
    DynamoDBStreamConsumer,
    FailureDashboard,
    Graph,
    IdempotencyTable,
    KinesisConsumer,
    Line,
    Section,
    SqsConsumer,
    SyncInvocation,
    Watched,
)
from redrive_cdk.monitoring.layout import alarm_widgets, in_words
from tests.support.constructs.cdk import CONTEXT, Synthesized, new_stack, number_parameter, python_function
from tools.dashboard_body import bodies, problems

SNAPSHOT = Path(__file__).parent / "snapshots" / "failure_dashboard.json"
OFF = AlarmOptions(enabled=False)


def of_each_kind(stack: Stack) -> list[Watched]:
    """One of each construct, with what makes it say the most."""
    functions = {name: python_function(stack, f"{name}Function") for name in ("Orders", "Readings", "Changes", "Mails")}
    orders = SqsConsumer(stack, "Orders", function=functions["Orders"])
    aside, dead_letters, topic = sqs.Queue(stack, "Aside"), sqs.Queue(stack, "Dead"), sns.Topic(stack, "Topic")
    key = dynamodb.Attribute(name="id", type=dynamodb.AttributeType.STRING)
    done = IdempotencyTable(stack, "Done")
    done.protects(orders)
    return [
        orders,
        KinesisConsumer(stack, "Readings", function=functions["Readings"], set_aside=aside),
        DynamoDBStreamConsumer(stack, "Changes", function=functions["Changes"], partition_key=key, on_failure="queue"),
        AsyncInvocation(
            stack,
            "Mails",
            function=functions["Mails"].add_alias("live"),
            on_success=topic,
            dead_letter_queue=dead_letters,
            make_failure_queue=True,
        ),
        SyncInvocation(stack, "Prices", caller=functions["Orders"], callee=python_function(stack, "PricesFunction")),
        done,
    ]


def body_of(stack: Stack) -> dict[str, Any]:
    (body,) = bodies(Synthesized(stack).template).values()
    return body


def consumer(scope: Construct, id: str = "Orders", **options: Any) -> SqsConsumer:
    return SqsConsumer(scope, id, function=python_function(scope, f"{id}Function"), **options)


def body_over(*watch: Watched, **options: Any) -> dict[str, Any]:
    stack = Stack.of(watch[0])
    FailureDashboard(stack, "Failures", watch=watch, **options)
    return body_of(stack)


@pytest.fixture(scope="module")
def whole() -> dict[str, Any]:
    stack = new_stack("Shop")
    return body_over(*of_each_kind(stack))


def widget(body: dict[str, Any], title: str, which: int = 0) -> dict[str, Any]:
    """The properties of a widget by its title; of several of that title, one in their order."""
    return [each["properties"] for each in body["widgets"] if each["properties"].get("title") == title][which]


def text(body: dict[str, Any], beginning: str) -> str:
    (found,) = [
        each["properties"]["markdown"]
        for each in body["widgets"]
        if each["type"] == "text" and each["properties"]["markdown"].startswith(beginning)
    ]
    return found


def labels(properties: dict[str, Any]) -> list[str]:
    return [row[-1]["label"] for row in properties["metrics"] if row[-1].get("visible", True)]


def marks(properties: dict[str, Any]) -> list[tuple[str, float, str]]:
    found = properties.get("annotations", {}).get("horizontal", [])
    return [(each["yAxis"], each["value"], each["label"]) for each in found]


def test_the_whole_of_it_is_as_it_was(whole: dict[str, Any]) -> None:
    now = json.dumps(whole, indent=2, ensure_ascii=False) + "\n"
    if os.environ.get("REDRIVE_RENEW_SNAPSHOTS"):
        SNAPSHOT.write_text(now, encoding="utf-8")
    assert now == SNAPSHOT.read_text(encoding="utf-8")


def test_nothing_overlaps_or_is_cut_off(whole: dict[str, Any]) -> None:
    assert problems(whole) == []


def test_nothing_overlaps_or_is_cut_off_in_that_of_the_example_app() -> None:
    assert problems(body_of(ShopStack(App(context=CONTEXT), "RedriveShop"))) == []


def test_it_is_read_from_the_alarms_over_the_summary_to_each_part(whole: dict[str, Any]) -> None:
    ordered = sorted(whole["widgets"], key=lambda each: (each["y"], each["x"]))
    assert ordered == whole["widgets"]
    assert [each["type"] for each in ordered[:6]] == ["text", "alarm", "metric", "metric", "metric", "text"]
    heads = [each["properties"]["markdown"].splitlines()[0] for each in ordered if each["type"] == "text"]
    assert heads == [
        "# Shop: failures",
        "## Orders: messages of a queue",
        "## Readings: records of a stream",
        "## Changes: changes of a table",
        "## Mails: events of asynchronous invocations",
        "## Prices: calls from one function to another",
        "## Done: what has been done, so that it is not done twice",
    ]


def test_the_status_of_all_alarms_is_at_the_top_those_that_have_gone_off_first() -> None:
    stack = new_stack("Shop")
    watch = of_each_kind(stack)
    dashboard = FailureDashboard(stack, "Failures", watch=watch)
    synthesized = Synthesized(stack)
    (body,) = bodies(synthesized.template).values()
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
    lost = widget(whole, "Lost or failed for good")
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
    late = widget(body_over(*watch), "Delayed: share of what sets off the alarm")
    assert labels(late) == ["Orders: queue (max ${MAX})"]
    expression, metric = late["metrics"]
    assert expression[0]["expression"] == "100 * m1 / 90"
    assert metric[:4] == ["AWS/SQS", "ApproximateAgeOfOldestMessage", "QueueName", metric[3]]
    assert (metric[4]["id"], metric[4]["visible"]) == ("m1", False)
    assert marks(late) == [("left", 100, "alarm")]


def test_where_nothing_can_be_late_the_summary_has_no_graph_of_it() -> None:
    stack = new_stack()
    body = body_over(consumer(stack, age_alarm=OFF, dead_letter_alarm=OFF))
    top = [(each["properties"].get("title"), each["width"]) for each in body["widgets"][1:3]]
    assert top == [("Lost or failed for good", 12), ("Retried", 12)]
    assert problems(body) == []


THRESHOLDS: dict[str, list[tuple[str, float, str]]] = {
    "Failed for good: dead-letter queue": [("left", 1, "alarm at 1")],
    "Delayed: age of the oldest message": [("left", 300, "alarm at 5 min")],
    "Delayed: age of records when read": [
        ("left", 21_600_000, "alarm at 6 h"),
        ("right", 1, "throttled reads: alarm at 1"),
    ],
    "Delayed: age of events when tried": [("left", 17_280_000, "alarm at 4.8 h")],
    "Delayed: throttled calls and duration": [("left", 1, "alarm at 1"), ("right", 10_000, "timeout")],
    "Failed: errors of the called function": [("left", 1, "alarm at 1")],
    "Delayed: throttled by DynamoDB": [("left", 1, "alarm at 1")],
}


@pytest.mark.parametrize("title", THRESHOLDS)
def test_the_alarms_thresholds_are_drawn_in(whole: dict[str, Any], title: str) -> None:
    assert marks(widget(whole, title)) == THRESHOLDS[title]


def test_thresholds_are_those_that_the_alarms_have() -> None:
    stack = new_stack()
    orders = consumer(stack, dead_letter_alarm=AlarmOptions(threshold=1_000), age_alarm=OFF)
    body = body_over(orders)
    assert marks(widget(body, "Failed for good: dead-letter queue")) == [("left", 1_000, "alarm at 1,000")]
    assert marks(widget(body, "Delayed: age of the oldest message")) == []


def test_a_threshold_that_only_the_deployment_knows_is_left_out() -> None:
    stack = new_stack()
    body = body_over(consumer(stack, age_alarm=AlarmOptions(threshold=number_parameter(stack, "Age"))))
    assert marks(widget(body, "Delayed: age of the oldest message")) == []


@pytest.mark.parametrize(
    ("value", "unit", "words"),
    [
        (1, "", "1"),
        (12_500, "", "12,500"),
        (45, "s", "45 s"),
        (60, "s", "1 min"),
        (90, "s", "90 s"),
        (300, "s", "5 min"),
        (5_400, "s", "90 min"),
        (43_200_000, "ms", "12 h"),
        (86_400, "s", "1 d"),
        (500, "ms", "0.5 s"),
    ],
)
def test_a_threshold_is_told_in_words(value: float, unit: Any, words: str) -> None:
    assert in_words(value, unit) == words


def test_the_helpers_figures_stand_beside_lambdas(whole: dict[str, Any]) -> None:
    retried = widget(whole, "Retried", which=1)
    found = [(row[0], row[1], row[2]) for row in retried["metrics"]]
    assert found[:2] == [("Lambda/Retry", "Retried", "FunctionName"), ("AWS/Lambda", "Errors", "FunctionName")]
    assert {name for namespace, name, _ in found if namespace == "Lambda/Retry"} == {
        "Retried",
        "Deferred",
        "ReceiveCount",
    }


def test_those_of_a_function_behind_an_alias_are_of_the_function(whole: dict[str, Any]) -> None:
    retried = widget(whole, "Retried", which=4)
    helper, own = retried["metrics"][:2]
    assert helper[2:3] == ["FunctionName"]
    assert isinstance(helper[4], dict)
    assert own[2:6:2] == ["FunctionName", "Resource"]
    assert own[5] == f"{own[3]}:live"


def test_why_it_fails_is_searched_for_by_error_type() -> None:
    """https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/search-expression-syntax.html"""
    stack = new_stack()
    function = python_function(stack, function_name="orders")
    body = body_over(SqsConsumer(stack, "Orders", function=function), metric_namespace="Shop/Retry")
    why = widget(body, "Why: failures by error type")
    name = Synthesized(stack).id(function)
    retried, permanent = (row[0] for row in why["metrics"])
    assert retried["expression"] == (
        f'SEARCH(\'{{"Shop/Retry",FunctionName,ErrorType}} MetricName="Retried" FunctionName="{name}"\', \'Sum\')'
    )
    assert 'MetricName="PermanentFailures"' in permanent["expression"]
    assert (retried["label"], permanent["label"]) == (
        "retried: ${PROP('Dim.ErrorType')}",
        "for good: ${PROP('Dim.ErrorType')}",
    )
    assert "Lambda/Retry" not in json.dumps(body)


def test_links_lead_to_queues_functions_and_logs() -> None:
    stack = new_stack()
    orders = consumer(stack)
    body, synthesized = body_over(orders), Synthesized(stack)
    head = text(body, "## Orders")
    dead_letters, function = synthesized.id(orders.dead_letter_queue), synthesized.id(orders.function)
    console = "https://eu-west-1.console.aws.amazon.com"
    assert (
        f"[dead-letter queue]({console}/sqs/v3/home?region=eu-west-1#/queues/"
        f"https%3A%2F%2Fsqs.eu-west-1.amazonaws.com%2F111111111111%2F{dead_letters})"
    ) in head
    assert f"[function]({console}/lambda/home?region=eu-west-1#/functions/{function}?tab=monitoring)" in head
    log = f"{console}/cloudwatch/home?region=eu-west-1#logsV2:log-groups/log-group/$252Faws$252Flambda$252F{function}"
    assert f"[log]({log})" in head


@pytest.mark.parametrize(
    ("name", "address"), [("/shop/orders", "$252Fshop$252Forders"), (None, "Logs6819BB44"), ("a b", "a$2520b")]
)
def test_a_log_group_that_was_chosen_is_linked_to(name: str | None, address: str) -> None:
    stack = new_stack()
    group = logs.LogGroup(stack, "Logs", log_group_name=name)
    body = body_over(SqsConsumer(stack, "Orders", function=python_function(stack, log_group=group)))
    assert f"#logsV2:log-groups/log-group/{address})" in text(body, "## Orders")


def test_links_lead_to_all_kinds_of_places(whole: dict[str, Any]) -> None:
    streams, tables, mails, done = (text(whole, f"## {name}") for name in ("Readings", "Changes", "Mails", "Done"))
    assert "/s3/buckets/ReadingsFailureBucket" in streams
    assert "#/streams/details/ReadingsStream" in streams
    assert "[records set aside (queue)](https://eu-west-1.console.aws.amazon.com/sqs/" in streams
    assert "#table?name=ChangesTable" in tables
    assert "[dead letters](https://eu-west-1.console.aws.amazon.com/sqs/" in mails
    assert "[function](" in mails
    assert "#table?name=DoneTable" in done


def evaluated(template: dict[str, Any], expression: Any, partition: str) -> Any:
    """An expression, with its conditions decided as in a partition."""
    match expression:
        case {"Fn::If": [condition, yes, no]}:
            found = template["Conditions"][condition]["Fn::Equals"]
            holds = found == [{"Ref": "AWS::Partition"}, partition]
            return evaluated(template, yes if holds else no, partition)
        case dict():
            return {name: evaluated(template, value, partition) for name, value in expression.items()}
        case list():
            return [evaluated(template, value, partition) for value in expression]
        case _:
            return expression


@pytest.mark.parametrize(
    ("partition", "domain"),
    [
        ("aws", "console.aws.amazon.com"),
        ("aws-cn", "console.amazonaws.cn"),
        ("aws-us-gov", "console.amazonaws-us-gov.com"),
        ("aws-eusc", "console.amazonaws-eusc.eu"),
        ("aws-new", "console.aws.amazon.com"),
    ],
)
def test_links_work_in_every_partition_where_the_stack_does_not_name_its_region(partition: str, domain: str) -> None:
    stack = new_stack()
    FailureDashboard(stack, "Failures", watch=[consumer(stack)])
    template = Synthesized(stack).template
    (body,) = bodies(evaluated(template, template, partition)).values()
    assert f"(https://eu-west-1.{domain}/lambda/" in text(body, "## Orders")


@pytest.mark.parametrize(
    ("region", "domain"),
    [
        ("eu-west-3", "console.aws.amazon.com"),
        ("cn-north-1", "console.amazonaws.cn"),
        ("us-gov-west-1", "console.amazonaws-us-gov.com"),
        ("eusc-de-east-1", "console.amazonaws-eusc.eu"),
    ],
)
def test_links_are_plain_where_the_stack_names_its_region(region: str, domain: str) -> None:
    stack = new_stack(env={"region": region, "account": "111111111111"})
    FailureDashboard(stack, "Failures", watch=[consumer(stack)])
    template = Synthesized(stack).template
    assert "Conditions" not in template
    (body,) = bodies(template).values()
    assert f"(https://{region}.{domain}/lambda/home?region={region}#" in text(body, "## Orders")


def test_a_function_of_another_account_has_its_figures_there() -> None:
    stack = new_stack(env={"region": "eu-west-1", "account": "111111111111"})
    arn = "arn:aws:lambda:eu-west-1:222222222222:function:prices"
    callee = lambda_.Function.from_function_attributes(stack, "Prices", function_arn=arn, same_environment=False)
    body = body_over(SyncInvocation(stack, "ToPrices", caller=python_function(stack), callee=callee))
    errors = widget(body, "Failed: errors of the called function")["metrics"][0][-1]
    assert errors["accountId"] == "222222222222"


def test_a_function_of_this_place_needs_no_place(whole: dict[str, Any]) -> None:
    assert "accountId" not in json.dumps(whole)


def test_a_dead_letter_queue_that_is_not_known_is_said_to_be() -> None:
    stack = new_stack()
    queue = sqs.Queue.from_queue_arn(stack, "Queue", "arn:aws:sqs:eu-west-1:111111111111:orders")
    body = body_over(consumer(stack, queue=queue))
    assert "not known here" in text(body, "## Orders")
    assert labels(widget(body, "Failed for good: dead-letter queue")) == ["sent by the helper", "could not be sent"]


def test_a_stream_without_a_destination_or_lambdas_counts_shows_what_there_is() -> None:
    stack = new_stack()
    readings = KinesisConsumer(
        stack, "Readings", function=python_function(stack), on_failure="none", mapping_metrics=False
    )
    body = body_over(readings)
    assert "read it from the stream again" in text(body, "## Readings")
    failed = widget(body, "Lost or failed for good", which=1)
    assert labels(failed) == ["set aside", "could not be set aside"]


def test_a_table_that_no_function_uses_has_fewer_and_wider_graphs() -> None:
    body = body_over(IdempotencyTable(new_stack(), "Done"))
    graphs = [(each["properties"]["title"], each["width"]) for each in body["widgets"] if each["type"] == "metric"]
    assert graphs == [("Delayed: throttled by DynamoDB", 12), ("Errors of DynamoDB itself", 12)]
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
    app = App(context=CONTEXT)
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
    assert labels(widget(body, "Lost or failed for good"))[-1] == "Breaker: opened (max ${MAX})"
    assert len(widget(body, "Alarms")["alarms"]) == 3
    assert problems(body) == []


def test_parts_can_be_made_differently() -> None:
    class Mine(FailureDashboard):
        def _create_head(self) -> list[cloudwatch.IWidget]:
            return [cloudwatch.TextWidget(markdown="Call 112", width=24)]

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
    assert shown[:2] == ["Call 112", "Lost or failed for good"]
    assert shown[2].startswith("## ORDERS")
    assert len(shown) == 3


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
    app = App(context=CONTEXT)
    there = Stack(app, "There", env={"region": region, "account": account})
    here = Stack(app, "Here", env={"region": "eu-west-1", "account": "111111111111"})
    with pytest.raises(ValueError, match=f"There/Orders is in {what}, the dashboard in"):
        FailureDashboard(here, "Failures", watch=[consumer(there)])


def test_more_than_a_widget_holds_is_refused() -> None:
    """500: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch_limits.html"""
    stack = new_stack()
    with pytest.raises(ValueError, match="501 metrics in one widget, and a CloudWatch dashboard has at most 500"):
        FailureDashboard(stack, "Failures", watch=[Breaker(stack, "Breaker", lines=501)])


def test_a_fifo_queue_shows_what_is_held_behind_a_failed_message() -> None:
    stack = new_stack()
    body = body_over(consumer(stack, fifo=True), consumer(stack, "Mails"))
    held = ["behind a failed one" in labels(widget(body, "Retried", which=number)) for number in (1, 2)]
    assert held == [True, False]
