"""Values that a construct derives from others follow them until the templates are written."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, cast

import jsii
import pytest
from aws_cdk import Aspects, Duration, IAspect, Stack
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sqs as sqs
from constructs import IConstruct

from redrive_cdk import AlarmOptions, KinesisConsumer, SqsConsumer
from tests.support.constructs.cdk import new_app, python_function


@jsii.implements(IAspect)
class Slower:
    """Gives each function a timeout."""

    def visit(self, node: IConstruct) -> None:
        if isinstance(node, lambda_.CfnFunction):
            node.timeout = 60


class Made:
    """A stack with a function of 10 s, whose timeout an Aspect changes to 60 s."""

    def __init__(self) -> None:
        self.app = new_app()
        self.stack = Stack(self.app, "Stack")
        self.function = python_function(self.stack)
        Aspects.of(self.stack).add(cast("IAspect", Slower()))

    def properties(self, kind: str) -> list[dict[str, Any]]:
        """The properties of all resources of a kind."""
        template = json.loads((Path(self.app.synth().directory) / "Stack.template.json").read_text())
        return [each["Properties"] for each in template["Resources"].values() if each["Type"] == kind]

    def settings(self, kind: str) -> dict[str, Any]:
        """The settings of the helper, without values that only the deployment knows."""
        (function,) = [each for each in self.properties("AWS::Lambda::Function") if "Environment" in each]
        value = function["Environment"]["Variables"][f"REDRIVE_{kind}_1"]
        parts = value["Fn::Join"][1] if isinstance(value, dict) else [value]
        return json.loads("".join(each if isinstance(each, str) else "" for each in parts))


@pytest.fixture
def made() -> Made:
    return Made()


def test_the_visibility_timeout_follows_the_functions_timeout(made: Made) -> None:
    SqsConsumer(made.stack, "Orders", function=made.function)
    assert [each.get("VisibilityTimeout") for each in made.properties("AWS::SQS::Queue")] == [None, 360]


def test_a_given_visibility_timeout_stays(made: Made) -> None:
    SqsConsumer(made.stack, "Orders", function=made.function, visibility_timeout=Duration.seconds(60))
    assert [each.get("VisibilityTimeout") for each in made.properties("AWS::SQS::Queue")] == [None, 60]


def test_the_visibility_timeout_of_a_taken_queue_is_set_only_if_it_has_none(made: Made) -> None:
    queue = sqs.Queue(made.stack, "Taken", visibility_timeout=Duration.seconds(60))
    without = sqs.Queue(made.stack, "Without")
    for number, each in enumerate((queue, without)):
        taken = cast("sqs.IQueue", each)
        SqsConsumer(made.stack, f"Orders{number}", function=made.function, queue=taken)
    timeouts = [each.get("VisibilityTimeout") for each in made.properties("AWS::SQS::Queue")]
    assert sorted(each for each in timeouts if each is not None) == [60, 360]


def test_what_somebody_sets_later_stays(made: Made) -> None:
    orders = SqsConsumer(made.stack, "Orders", function=made.function)
    cast("sqs.CfnQueue", orders.queue.node.default_child).visibility_timeout = 130
    assert [each.get("VisibilityTimeout") for each in made.properties("AWS::SQS::Queue")] == [None, 130]


def test_settings_and_thresholds_follow_too(made: Made) -> None:
    orders = SqsConsumer(made.stack, "Orders", function=made.function)
    cast("sqs.CfnQueue", orders.queue.node.default_child).message_retention_period = 86_400
    settings = made.settings("SQS")
    assert (settings["function_timeout"], settings["retention_period"]) == (60, 86_400)
    assert orders.facts.visibility_timeout == 360
    assert 3 * 360 in [each["Threshold"] for each in made.properties("AWS::CloudWatch::Alarm")]


def test_a_given_threshold_stays(made: Made) -> None:
    SqsConsumer(made.stack, "Orders", function=made.function, age_alarm=AlarmOptions(threshold=77))
    assert 77 in [each["Threshold"] for each in made.properties("AWS::CloudWatch::Alarm")]


def test_a_streams_record_age_thresholds_and_settings_follow(made: Made) -> None:
    readings = KinesisConsumer(made.stack, "Readings", function=made.function)
    cast("Any", readings.stream.node.default_child).retention_period_hours = 48
    assert made.settings("STREAM")["function_timeout"] == 60
    (mapping,) = made.properties("AWS::Lambda::EventSourceMapping")
    assert mapping["MaximumRecordAgeInSeconds"] == 24 * 60 * 60
    assert 12 * 60 * 60 * 1000 in [each["Threshold"] for each in made.properties("AWS::CloudWatch::Alarm")]
