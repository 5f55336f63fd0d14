"""Templates that AWS refuses are not simulated; events that Lambda does not deliver to a wrong place are lost."""

from __future__ import annotations

from typing import Any

import pytest

from redrive_simulator import Simulation, TemplateError
from tests.support.model.pairs.deliveries import ruled, subscribed
from tests.support.simulator.simulations import Template, arn, fails, function, resource, sqs_stack, template

QUEUE = resource("AWS::SQS::Queue")
FIFO = resource("AWS::SQS::Queue", FifoQueue=True)


def notifying(target: dict[str, Any]) -> Template:
    configured = {"QueueConfigurations": [{"Event": "s3:ObjectCreated:*", "Queue": arn("Target")}]}
    return template(Target=target, Bucket=resource("AWS::S3::Bucket", NotificationConfiguration=configured))


def moving(source: dict[str, Any], dead_letters: dict[str, Any]) -> Template:
    policy = {"deadLetterTargetArn": arn("DeadLetters"), "maxReceiveCount": 3}
    properties = {**source["Properties"], "RedrivePolicy": policy}
    return template(Source=resource("AWS::SQS::Queue", **properties), DeadLetters=dead_letters)


REFUSED: dict[str, tuple[Template, Template, str]] = {
    "no trigger": (ruled("One", State="ENABLED"), ruled("One"), "neither EventPattern nor ScheduleExpression"),
    "one id twice": (ruled("One", "One"), ruled("One", "Two"), "two targets of the rule have the id 'One'"),
    "FIFO, notified": (notifying(FIFO), notifying(QUEUE), "S3 notifies standard"),
    "FIFO, subscribed": (subscribed({}, {"FifoQueue": True}), subscribed({}, {}), "SNS refuses the subscription"),
    "FIFO to standard": (moving(FIFO, QUEUE), moving(FIFO, FIFO), "SQS wants one kind"),
    "standard to FIFO": (moving(QUEUE, FIFO), moving(QUEUE, QUEUE), "SQS wants one kind"),
    "no receives": (sqs_stack(receives=0), sqs_stack(receives=1), "1 to 1,000"),
    "too many receives": (sqs_stack(receives=1_001), sqs_stack(receives=1_000), "1 to 1,000"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_aws_refuses_is_no_simulation(case: str) -> None:
    refused, taken, said = REFUSED[case]
    with pytest.raises(TemplateError, match=said):
        Simulation.from_template(refused)
    Simulation.from_template(taken)


@pytest.mark.parametrize(
    ("dead_letters", "outcome"),
    [
        (QUEUE, "dead-lettered"),
        (resource("AWS::SNS::Topic"), "dead-lettered"),
        (FIFO, "undelivered"),
        (resource("AWS::SNS::Topic", FifoTopic=True, TopicName="t.fifo"), "undelivered"),
        (resource("AWS::S3::Bucket"), "undelivered"),
    ],
    ids=["queue", "topic", "FIFO queue", "FIFO topic", "bucket"],
)
def test_a_dead_letter_queue_of_another_kind_loses_events(dead_letters: dict[str, Any], outcome: str) -> None:
    """As https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html has it."""
    is_topic = dead_letters["Type"] == "AWS::SNS::Topic"
    target = {"Ref": "DeadLetters"} if is_topic else arn("DeadLetters")
    stack = template(Function=function(DeadLetterConfig={"TargetArn": target}), DeadLetters=dead_letters)
    simulation = Simulation.from_template(stack, {"Function": fails}, strict=False, echo=False)
    id = simulation.invoke("Function", 7, asynchronous=True).request_id
    simulation.run()
    assert [str(each.outcome) for each in simulation.ended if each.event == id] == [outcome]
