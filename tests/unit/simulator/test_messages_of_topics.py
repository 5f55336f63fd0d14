"""Outcomes of a topic's messages, and what its queues refuse."""

from __future__ import annotations

from typing import Any

import pytest

from redrive_model.template.errors import TemplateError
from redrive_simulator import Outcome, Simulation
from tests.support.simulator.simulations import arn, resource, template


def _published(message: str = "sold", attributes: int = 0, **subscription: Any) -> Simulation:
    stack = template(
        Topic=resource("AWS::SNS::Topic"),
        Queue=resource("AWS::SQS::Queue"),
        DeadLetters=resource("AWS::SQS::Queue"),
        Subscription=resource(
            "AWS::SNS::Subscription", TopicArn={"Ref": "Topic"}, Protocol="sqs", Endpoint=arn("Queue"), **subscription
        ),
    )
    simulation = Simulation.from_template(stack)
    given = {f"k{number}": {"DataType": "String", "StringValue": "v"} for number in range(attributes)}
    client = simulation.client("sns")
    client.publish(TopicArn=simulation.topic("Topic").spec.arn, Message=message, MessageAttributes=given)
    simulation.run()
    return simulation


def _outcome(simulation: Simulation) -> Outcome:
    (outcome,) = [ended.outcome for ended in simulation.ended if ended.source == "Topic"]
    return outcome


@pytest.mark.parametrize(
    ("policy", "outcome"),
    [({"k0": ["v"]}, Outcome.PROCESSED), ({"k0": ["w"]}, Outcome.FILTERED), ('{"k0": ["v"]}', Outcome.PROCESSED)],
    ids=["wanted", "not wanted", "policy as text"],
)
def test_a_message_is_handed_on_or_filtered_and_not_kept(policy: Any, outcome: Outcome) -> None:
    simulation = _published(attributes=1, FilterPolicy=policy)
    assert _outcome(simulation) is outcome
    assert len(simulation.queue("Queue")) == (outcome is Outcome.PROCESSED)


@pytest.mark.parametrize(
    "given",
    [{"attributes": 11, "RawMessageDelivery": True}, {"message": "\x01" * 250_000}],
    ids=["11 attributes of a raw message", "1.5 MB with its envelope"],
)
def test_what_a_queue_refuses_is_lost_and_seen(given: dict[str, Any]) -> None:
    """The dead-letter queue refuses it for the same reason."""
    redrive: dict[str, Any] = {"RedrivePolicy": {"deadLetterTargetArn": arn("DeadLetters")}}
    for more in ({}, redrive):
        assert _outcome(_published(**given, **more)) is Outcome.UNDELIVERED


def test_a_scope_that_sns_does_not_know_is_refused() -> None:
    with pytest.raises(TemplateError, match="FilterPolicyScope is 'Body'"):
        _published(FilterPolicy={"a": ["b"]}, FilterPolicyScope="Body")
