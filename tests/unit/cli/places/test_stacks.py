"""Deployed stacks: nested ones, templates in YAML, parameters, imports, queues of other stacks."""

from __future__ import annotations

import pytest

from tests.support.cli.shop import HOST, QUEUES, moved, run, run_json
from tests.support.cli.world import World
from tests.support.simulator.simulations import arn, resource, template

YAML = """
Parameters:
  Dead: {Type: String}
Conditions:
  Never: !Equals [a, b]
Resources:
  Orders:
    Type: AWS::SQS::Queue
    Properties:
      RedrivePolicy:
        deadLetterTargetArn: !Sub "arn:aws:sqs:${AWS::Region}:${AWS::AccountId}:${Dead}"
        maxReceiveCount: 3
      Tags: [{Key: since, Value: 2026-11-26}]
  Mailer:
    Type: AWS::Lambda::Function
    Properties:
      DeadLetterConfig: {TargetArn: !GetAtt MailerDead.Arn}
  MailerDead:
    Type: AWS::SQS::Queue
  Absent:
    Type: AWS::SQS::Queue
    Condition: Never
    Properties:
      RedrivePolicy: {deadLetterTargetArn: !GetAtt Orders.Arn, maxReceiveCount: 3}
"""


def test_a_template_in_yaml_with_parameters_is_read(world: World) -> None:
    physical = {"Orders": HOST + "orders", "Mailer": "mailer", "MailerDead": HOST + "mailer-dlq"}
    resources = {name: {"Type": "AWS::SQS::Queue"} for name in physical}
    world.cloudformation.create("Yaml", {"Resources": resources}, physical, Dead="orders-dlq")
    world.cloudformation.stacks["Yaml"]["yaml"] = YAML
    found = run_json("failures", "Yaml")["places"]
    assert {each["where"] for each in found} == {QUEUES + "orders-dlq", QUEUES + "mailer-dlq"}


def test_nested_stacks_are_part_of_their_parent(world: World) -> None:
    inner = template(
        Dead=resource("AWS::SQS::Queue"),
        Queue=resource("AWS::SQS::Queue", RedrivePolicy={"deadLetterTargetArn": arn("Dead"), "maxReceiveCount": 3}),
    )
    world.cloudformation.create("Inner", inner, {"Dead": HOST + "orders-dlq", "Queue": HOST + "orders"})
    nested = "arn:aws:cloudformation:eu-west-1:111111111111:stack/Inner/1"
    outer = template(Part=resource("AWS::CloudFormation::Stack", TemplateURL="https://t"))
    world.cloudformation.create("Outer", outer, {"Part": nested})
    moved(world)
    (place,) = run_json("failures", "Outer")["places"]
    assert (place["where"], place["count"]) == (QUEUES + "orders-dlq", 1)


def test_a_dead_letter_queue_of_another_stack_is_found_by_its_import(world: World) -> None:
    policy = {"deadLetterTargetArn": {"Fn::ImportValue": "Shared"}, "maxReceiveCount": 3}
    importing = template(Queue=resource("AWS::SQS::Queue", RedrivePolicy=policy))
    world.cloudformation.create("Importing", importing, {"Queue": HOST + "orders"})
    world.cloudformation.exports["Shared"] = QUEUES + "orders-dlq"
    (place,) = run_json("failures", "Importing")["places"]
    assert place["where"] == QUEUES + "orders-dlq"


def test_places_that_several_stacks_share_are_looked_at_once(world: World) -> None:
    policy = {"deadLetterTargetArn": QUEUES + "orders-dlq", "maxReceiveCount": 3}
    world.cloudformation.create(
        "Other", template(Queue=resource("AWS::SQS::Queue", RedrivePolicy=policy)), {"Queue": HOST + "orders"}
    )
    moved(world)
    found = run_json("failures")["places"]
    assert [each["where"] for each in found].count(QUEUES + "orders-dlq") == 1


@pytest.mark.parametrize("where", ["orders-dlq", HOST + "orders-dlq", QUEUES + "orders-dlq"])
def test_a_queue_has_a_name_a_url_and_an_arn(world: World, where: str) -> None:
    moved(world)
    (place,) = run_json("failures", where)["places"]
    assert (place["where"], place["count"]) == (QUEUES + "orders-dlq", 1)


def test_a_stack_without_places_says_so(world: World) -> None:
    world.cloudformation.create("Empty", template(Queue=resource("AWS::SQS::Queue")), {"Queue": HOST + "orders"})
    result = run("failures", "Empty")
    assert (result.exit_code, result.stdout) == (0, "")
    assert "no place keeps failures" in result.stderr
