"""Parts of a template that a simulation ignores are named, without an error."""

from __future__ import annotations

from typing import Any

import pytest

from redrive_simulator import Simulation
from tests.support.simulator.simulations import arn, function, resource, template


@pytest.mark.parametrize("target", ["Queue", "Function"])
def test_the_redrive_policy_of_a_subscription_is_named(target: str) -> None:
    protocol = {"Queue": "sqs", "Function": "lambda"}[target]
    subscription: dict[str, Any] = {"TopicArn": {"Ref": "Topic"}, "Endpoint": arn(target), "Protocol": protocol}
    stack = template(
        Topic=resource("AWS::SNS::Topic"),
        Queue=resource("AWS::SQS::Queue"),
        Function=function(),
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
