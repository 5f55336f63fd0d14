"""Dashboards over the constructs, and what their bodies say, for the tests of the dashboard."""

# The CDK's own classes do not fit its interfaces for a type checker: https://github.com/aws/jsii/issues/4541
# pyright: reportArgumentType=false

from functools import cache
from typing import Any, NamedTuple

from aws_cdk import Stack
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from redrive_cdk import (
    AlarmOptions,
    AsyncInvocation,
    DynamoDBStreamConsumer,
    FailureDashboard,
    IdempotencyTable,
    KinesisConsumer,
    SqsConsumer,
    SyncInvocation,
    Watched,
)
from tests.support.constructs.cdk import Synthesized, new_stack, python_function
from tools.dashboard_body import bodies

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


class Whole(NamedTuple):
    """A dashboard over one of each construct.

    Attributes:
        watch: What it is over.
        dashboard: The dashboard.
        synthesized: Its stack.
        body: Its body.
    """

    watch: list[Watched]
    dashboard: FailureDashboard
    synthesized: Synthesized
    body: dict[str, Any]


@cache
def whole_dashboard() -> Whole:
    """Make it once for all tests, which only read it."""
    stack = new_stack("Shop")
    watch = of_each_kind(stack)
    dashboard = FailureDashboard(stack, "Failures", watch=watch)
    return Whole(watch, dashboard, Synthesized(stack), body_of(stack))


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
