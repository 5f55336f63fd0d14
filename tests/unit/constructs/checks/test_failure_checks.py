"""`FailureChecks` reports what no construct of ours knows of, with the paths of constructs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from aws_cdk import Annotations, App, Aspects, Duration, NestedStack, Stack, Stage
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_lambda_event_sources as sources
from aws_cdk import aws_sqs as sqs

from redrive_cdk import FailureChecks, SqsConsumer
from tests.support.constructs.cdk import new_app, python_function, warnings_of
from tests.unit.constructs.test_final_check import Slower

COVERS = "visibility timeout 60 s is below the function's timeout of 61 s"


@pytest.fixture
def app() -> App:
    return new_app()


def by_hand(scope: Stack, **options: Any) -> lambda_.Function:
    """A function that reads a queue, wired with the CDK's own constructs."""
    failed = sqs.Queue(scope, "Failed", retention_period=Duration.days(14))
    redriven = sqs.DeadLetterQueue(queue=failed, max_receive_count=5)
    queue = sqs.Queue(scope, "Queue", visibility_timeout=Duration.seconds(60), dead_letter_queue=redriven)
    function = python_function(scope, "Handler", **options)
    function.add_event_source(sources.SqsEventSource(queue, report_batch_item_failures=True))
    return function


def report(app: App) -> list[dict[str, Any]]:
    """The violations in the CDK's report."""
    found = json.loads((Path(app.synth().directory) / "validation-report.json").read_text())
    ours = [plugin for plugin in found["pluginReports"] if plugin["pluginName"] == "Redrive"]
    return [each for plugin in ours for each in plugin["violations"]]


def test_what_is_wired_by_hand_is_not_checked_without_it(app: App) -> None:
    by_hand(Stack(app, "Shop"))
    Aspects.of(app).add(Slower())  # pyright: ignore[reportArgumentType]
    app.synth()


@pytest.mark.parametrize("first", [True, False])
def test_what_is_wired_by_hand_is_checked_after_aspects(app: App, first: bool) -> None:
    if first:
        FailureChecks.apply(app)
    by_hand(Stack(app, "Shop"))
    Aspects.of(app).add(Slower())  # pyright: ignore[reportArgumentType]
    if not first:
        FailureChecks.apply(app)
    with pytest.raises(RuntimeError, match=COVERS):
        app.synth()


def test_what_is_right_passes(app: App) -> None:
    FailureChecks.apply(app)
    by_hand(Stack(app, "Shop"))
    assert report(app) == []


@pytest.mark.parametrize("within", ["stage", "nested"])
def test_stages_and_nested_stacks_are_checked(app: App, within: str) -> None:
    FailureChecks.apply(app)
    stack = Stack(Stage(app, "Stage") if within == "stage" else app, "Shop")
    by_hand(NestedStack(stack, "Nested") if within == "nested" else stack, timeout=Duration.seconds(61))
    with pytest.raises(RuntimeError, match=COVERS):
        app.synth()


def test_a_warning_is_at_the_construct_and_can_be_acknowledged(app: App) -> None:
    FailureChecks.apply(app)
    stack = Stack(app, "Shop")
    by_hand(stack, timeout=Duration.seconds(20))
    (violation,) = report(app)
    assert violation["severity"] == "warning"
    (resource,) = violation["violatingConstructs"]
    assert resource["constructPath"].startswith("Shop/Handler/SqsEventSource")
    assert set(warnings_of(stack)) == {"redrive:visibility-timeout"}


def test_an_acknowledged_warning_is_not_shown(app: App) -> None:
    FailureChecks.apply(app)
    stack = Stack(app, "Shop")
    by_hand(stack, timeout=Duration.seconds(20))
    Annotations.of(stack).acknowledge_warning("redrive:visibility-timeout")
    assert report(app) == []


def test_the_constructs_of_ours_are_checked_as_before(app: App) -> None:
    FailureChecks.apply(app)
    stack = Stack(app, "Shop")
    SqsConsumer(stack, "Orders", function=python_function(stack), visibility_timeout=Duration.seconds(60))
    assert report(app) == []


def test_the_concurrency_of_the_account_counts(app: App) -> None:
    FailureChecks.apply(app, account_concurrency=100)
    by_hand(Stack(app, "Shop"), reserved_concurrent_executions=101)
    with pytest.raises(RuntimeError, match="the functions reserve 101 concurrent invocations and the account has 100"):
        app.synth()


def test_a_part_of_an_app_is_refused(app: App) -> None:
    with pytest.raises(ValueError, match=r"^Shop is no app: .*give the App"):
        FailureChecks.apply(Stack(app, "Shop"))  # pyright: ignore[reportArgumentType]
