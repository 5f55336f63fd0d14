"""Subscriptions and rules of a deployed stack are read as they are now."""

from __future__ import annotations

import json

import pytest

from redrive_cli.aws import Account, Aws
from redrive_cli.stacks.read import read
from redrive_model.findings import findings_of
from tests.support.cli.functions import ARN
from tests.support.cli.shop import HOST, QUEUES
from tests.support.cli.world import World
from tests.support.simulator.simulations import arn, function, resource, template

TOPIC = "arn:aws:sns:eu-west-1:111111111111:news"
KEPT = {"deadLetterTargetArn": f"{QUEUES}failed"}
TEMPLATE = template(
    Function=function(),
    Failed=resource("AWS::SQS::Queue"),
    News=resource(
        "AWS::SNS::Subscription",
        TopicArn=TOPIC,
        Protocol="lambda",
        Endpoint=arn("Function"),
        RedrivePolicy={"deadLetterTargetArn": arn("Failed")},
    ),
    Nightly=resource(
        "AWS::Events::Rule",
        ScheduleExpression="rate(1 day)",
        Targets=[
            {"Id": "Other", "Arn": "arn:aws:sqs:eu-west-1:111111111111:other"},
            {"Id": "One", "Arn": arn("Function"), "DeadLetterConfig": {"Arn": arn("Failed")}},
        ],
    ),
)
PHYSICAL = {"Function": "handler", "Failed": f"{HOST}failed", "News": f"{TOPIC}:1"}
ONE = {"Id": "One", "Arn": f"{ARN}handler", "DeadLetterConfig": {"Arn": f"{QUEUES}failed"}}
OTHER = {"Id": "Other", "Arn": "arn:aws:sqs:eu-west-1:111111111111:other"}


def deployed(world: World, rule: str = "nightly") -> None:
    world.functions.create("handler")
    world.sqs.create("failed")
    world.sns.subscriptions[f"{TOPIC}:1"] = {"RedrivePolicy": json.dumps(KEPT), "Protocol": "lambda"}
    bus, _, name = rule.rpartition("|")
    world.events.rules[bus or "default", name] = {"Targets": [ONE, OTHER]}
    world.cloudformation.create("News", TEMPLATE, {**PHYSICAL, "Nightly": rule})


def found(world: World) -> tuple[set[str], list[str]]:
    made = read(Aws(Account()), "News")
    unguarded = {each.resource for each in findings_of(made.stack) if each.rule == "redrive:unguarded-delivery"}
    return unguarded, [each for each in made.notes if "by hand" not in each]


@pytest.mark.parametrize("rule", ["nightly", "orders|nightly"], ids=["default bus", "another bus"])
def test_nothing_is_said_of_what_is_as_the_template_says(world: World, rule: str) -> None:
    deployed(world, rule)
    assert found(world) == (set(), [])


def test_a_dead_letter_queue_that_was_taken_off_a_subscription(world: World) -> None:
    deployed(world)
    del world.sns.subscriptions[f"{TOPIC}:1"]["RedrivePolicy"]
    unguarded, notes = found(world)
    assert unguarded == {"News"}
    assert notes == [f"News: RedrivePolicy is not set, in the template {KEPT}"]


def test_a_dead_letter_queue_that_was_taken_off_a_target(world: World) -> None:
    deployed(world)
    world.events.rules["default", "nightly"] = {
        "Targets": [OTHER, {name: value for name, value in ONE.items() if name != "DeadLetterConfig"}]
    }
    unguarded, notes = found(world)
    assert unguarded == {"Nightly"}
    assert [each.partition(" is ")[0] for each in notes] == ["Nightly: Targets"]


def test_a_rule_that_was_disabled(world: World) -> None:
    deployed(world)
    world.events.rules["default", "nightly"]["State"] = "DISABLED"
    assert read(Aws(Account()), "News").stack.rules == []


def test_what_was_deleted_by_hand(world: World) -> None:
    deployed(world)
    world.sns.subscriptions.clear()
    world.events.rules.clear()
    made = read(Aws(Account()), "News")
    assert {each for each in made.notes if "deleted by hand" in each} == {
        "News was deleted by hand: it is left out",
        "Nightly was deleted by hand: it is left out",
    }
