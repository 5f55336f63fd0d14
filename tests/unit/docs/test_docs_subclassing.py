"""docs/guides/subclassing.md: its subclasses and its Aspect do what the page says, and its table has every step."""

from __future__ import annotations

import re
from typing import Any

import pytest
from aws_cdk import Aspects, IAspect
from aws_cdk import aws_sqs as sqs
from aws_cdk.assertions import Template
from jsii import implements

import redrive_cdk
from tests.unit.docs.test_docs import ROOT, blocks, run

PAGE = "docs/guides/subclassing.md"
DEFAULTS, PARTS, ASPECT = blocks(PAGE)


@pytest.fixture(scope="module")
def names() -> dict[str, Any]:
    """The names of the page after its three blocks have run."""
    with pytest.MonkeyPatch.context() as in_project:
        in_project.chdir(ROOT)
        return run(DEFAULTS, PARTS, ASPECT)


def test_defaults_apply_and_can_be_overridden(names: dict[str, Any]) -> None:
    assert names["orders"].bridges.to_hours() >= 6
    assert names["returns"].bridges.to_minutes() >= 5
    assert names["returns"].bridges.to_hours(integral=False) < 1


def test_a_wrong_option_of_a_subclass_is_named(names: dict[str, Any]) -> None:
    with pytest.raises(TypeError, match="max_concurency"):
        names["ShopConsumer"](names["stack"], "Wrong", function=names["handler"], max_concurency=5)


def test_a_step_makes_the_part_that_the_others_use(names: dict[str, Any]) -> None:
    payments = names["payments"]
    assert payments.dead_letter_queue.node.id == "Failed"
    assert payments.age_alarm is None
    assert payments.dead_letter_alarm is not None
    Template.from_stack(names["stack"]).has_resource_properties("AWS::SQS::Queue", {"QueueName": "payments-failed"})


def test_the_aspect_reaches_new_queues_only(names: dict[str, Any]) -> None:
    queues = Template.from_stack(names["stack"]).find_resources("AWS::SQS::Queue").values()
    days = sorted(queue["Properties"]["MessageRetentionPeriod"] // 86_400 for queue in queues)
    assert days == [10, 10, 10, 14, 14, 14]  # each source, and each dead-letter queue


@implements(IAspect)
class Hasty:
    """Hides messages for less time than the function may take."""

    def visit(self, node: Any) -> None:
        if isinstance(node, sqs.CfnQueue):
            node.visibility_timeout = 5


def test_an_aspect_that_breaks_a_rule_ends_the_synthesis(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    monkeypatch.delenv("CDK_VALIDATION", raising=False)
    app = run(DEFAULTS)["app"]
    Aspects.of(app).add(Hasty())
    with pytest.raises(Exception, match=r"bridges 21,600 s"):
        app.synth()


def steps(construct: type) -> set[str]:
    return {name for name in dir(construct) if name.startswith("_create_") and not name.endswith("_alarm")}


def test_the_table_has_each_step_of_each_construct() -> None:
    rows = re.findall(r"^\| `(\w+)` \| (.*_create_.*) \|$", (ROOT / PAGE).read_text(encoding="utf-8"), re.MULTILINE)
    listed = {name: set(re.findall(r"`(_create_\w+)`", cell)) for name, cell in rows}
    found = {
        name: steps(value)
        for name in redrive_cdk.__all__
        if isinstance(value := getattr(redrive_cdk, name), type) and steps(value)
    }
    assert listed == found
