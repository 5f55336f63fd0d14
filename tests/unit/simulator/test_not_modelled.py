"""Parts of a template that a simulation ignores are named, without an error."""

from __future__ import annotations

from typing import Any

import pytest

from redrive_simulator import Simulation
from tests.support.simulator.simulations import arn, resource, table_stack, template


@pytest.mark.parametrize("kind", ["AWS::DynamoDB::Table", "AWS::DynamoDB::GlobalTable"])
@pytest.mark.parametrize(
    ("ttl", "named"),
    [
        ({"Enabled": True, "AttributeName": "ends"}, True),
        ({"Enabled": "true", "AttributeName": "ends"}, True),
        ({"Enabled": False, "AttributeName": "ends"}, False),
        ({"Ref": "AWS::NoValue"}, False),
    ],
    ids=["on", "on-as-text", "off", "no-value"],
)
def test_the_ttl_of_a_table_is_named(kind: str, ttl: dict[str, Any], named: bool) -> None:
    stack = table_stack()
    stack["Resources"]["Table"]["Type"] = kind
    stack["Resources"]["Table"]["Properties"]["TimeToLiveSpecification"] = ttl
    simulation = Simulation.from_template(stack)
    assert simulation.not_modelled == ((f"Table ({kind}): TimeToLiveSpecification",) if named else ())


@pytest.mark.parametrize("target", ["Queue", "Function"])
def test_the_redrive_policy_of_a_subscription_is_named(target: str) -> None:
    protocol = {"Queue": "sqs", "Function": "lambda"}[target]
    subscription: dict[str, Any] = {"TopicArn": {"Ref": "Topic"}, "Endpoint": arn(target), "Protocol": protocol}
    stack = template(
        Topic=resource("AWS::SNS::Topic"),
        Queue=resource("AWS::SQS::Queue"),
        Function=resource("AWS::Lambda::Function"),
        Failed=resource("AWS::SQS::Queue"),
        Subscription=resource(
            "AWS::SNS::Subscription", **subscription, RedrivePolicy={"deadLetterTargetArn": arn("Failed")}
        ),
        Other=resource("AWS::SNS::Subscription", **subscription),
    )
    simulation = Simulation.from_template(stack)
    (named,) = simulation.not_modelled
    assert named.startswith("Topic (AWS::SNS::Topic): RedrivePolicy of the subscription of arn:aws:")
    assert named.endswith(f":{target}")
