"""Values that a construct derives from others follow the Aspects of a stage, which the CDK writes before the app."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, cast

import jsii
import pytest
from aws_cdk import App, Aspects, IAspect, Stack, Stage
from aws_cdk import aws_lambda as lambda_
from constructs import IConstruct

from redrive_cdk import SqsConsumer
from tests.support.constructs.cdk import new_app, python_function


@jsii.implements(IAspect)
class Slower:
    """Gives each function a timeout of a minute."""

    def visit(self, node: IConstruct) -> None:
        if isinstance(node, lambda_.CfnFunction):
            node.timeout = 60


def nested(depth: int) -> tuple[App, Stage]:
    """An app, and a stage that is inside of as many others."""
    app = new_app()
    stage: Any = app
    for number in range(depth + 1):
        stage = Stage(stage, f"Stage{number}")
    return app, stage


def visibility_timeouts(folder: str) -> list[int]:
    """All visibility timeouts of the templates of an assembly and those inside of it."""
    templates = [json.loads(each.read_text()) for each in Path(folder).rglob("*.template.json")]
    properties = [each.get("Properties", {}) for template in templates for each in template["Resources"].values()]
    return [each["VisibilityTimeout"] for each in properties if "VisibilityTimeout" in each]


@pytest.mark.parametrize("depth", [0, 1])
def test_a_value_follows_an_aspect_of_a_stage(depth: int) -> None:
    app, stage = nested(depth)
    stack = Stack(stage, "Stack")
    SqsConsumer(stack, "Orders", function=python_function(stack))
    Aspects.of(stage).add(cast("IAspect", Slower()))
    assert visibility_timeouts(app.synth().directory) == [360]


def test_a_value_follows_where_a_stage_is_synthesized_by_itself() -> None:
    _, stage = nested(0)  # as a pipeline does
    stack = Stack(stage, "Stack")
    SqsConsumer(stack, "Orders", function=python_function(stack))
    Aspects.of(stage).add(cast("IAspect", Slower()))
    assert visibility_timeouts(stage.synth().directory) == [360]
