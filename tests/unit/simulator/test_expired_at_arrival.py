"""A message that is older than its dead-letter queue keeps it is lost as it arrives there."""

from __future__ import annotations

import pytest

from redrive_simulator import HistoryError, Simulation
from tests.support.simulator.simulations import arn, fails, function, resource, template


@pytest.mark.parametrize(("retention", "lost"), [(60, 1), (61, 0)])
def test_a_message_that_expires_as_it_arrives_is_lost_without_a_look(retention: int, lost: int) -> None:
    """https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-dead-letter-queues.html"""
    redrive = {"deadLetterTargetArn": arn("DeadLetters"), "maxReceiveCount": 2}
    stack = template(
        Queue=resource("AWS::SQS::Queue", VisibilityTimeout=30, RedrivePolicy=redrive),
        DeadLetters=resource("AWS::SQS::Queue", MessageRetentionPeriod=retention),
        Function=function(),
        Mapping=resource("AWS::Lambda::EventSourceMapping", EventSourceArn=arn("Queue"), FunctionName=arn("Function")),
    )
    simulation = Simulation.from_template(stack, {"Function": fails})
    simulation.send("Queue", "a")
    simulation.run()
    assert len(simulation.lost) == lost
    if lost:
        with pytest.raises(HistoryError, match="1 of 1 events were lost"):
            simulation.assert_nothing_lost()


def test_a_message_that_expires_at_the_time_at_which_a_run_ends_is_lost_without_a_look() -> None:
    stack = template(Queue=resource("AWS::SQS::Queue", MessageRetentionPeriod=60), Other=resource("AWS::SQS::Queue"))
    simulation = Simulation.from_template(stack)
    simulation.send("Other", "b", at=60)
    simulation.send("Queue", "a")
    simulation.run()
    assert simulation.now == 60
    assert len(simulation.lost) == 1
