"""Parts of a template that are not simulated, and that something simulated depends on, are named."""

from __future__ import annotations

from typing import Any

import pytest

from redrive_simulator import NotModelledError, Simulation
from tests.support.simulator.simulations import arn, function, resource, template

QUEUE = resource("AWS::SQS::Queue")


def nested(**parameters: Any) -> dict[str, Any]:
    return resource("AWS::CloudFormation::Stack", TemplateURL="https://bucket/nested.yaml", Parameters=parameters)


def test_a_nested_stack_that_gets_something_simulated_is_an_error() -> None:
    stack = template(Queue=QUEUE, Nested=nested(Source=arn("Queue")))
    with pytest.raises(NotModelledError, match=r"Nested \(AWS::CloudFormation::Stack\), which uses arn:aws:sqs"):
        Simulation.from_template(stack)
    simulation = Simulation.from_template(template(Queue=QUEUE, Nested=nested(Name="x")))
    assert simulation.not_modelled == ("Nested (AWS::CloudFormation::Stack)",)


def test_a_subscription_filter_is_named() -> None:
    subscription = resource(
        "AWS::Logs::SubscriptionFilter", LogGroupName="log", FilterPattern="", DestinationArn=arn("Function")
    )
    simulation = Simulation.from_template(template(Function=function(), Subscription=subscription))
    assert simulation.not_modelled == ("Subscription (AWS::Logs::SubscriptionFilter)",)
