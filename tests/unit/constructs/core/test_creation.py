"""Objects of the CDK that are created without its checks of options in Python are those that its classes create."""

import pytest
from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_sqs as sqs

from redrive_cdk.core.creation import create, invoke
from tests.support.constructs.cdk import Synthesized, new_stack


def test_a_resource_is_the_one_that_its_class_creates() -> None:
    stack = new_stack()
    options = {
        "enforce_ssl": True,  # enforceSSL in TypeScript
        "dead_letter_queue": sqs.DeadLetterQueue(queue=sqs.Queue(stack, "Failed"), max_receive_count=5),
        "encryption": sqs.QueueEncryption.SQS_MANAGED,
        "retention_period": Duration.days(3),
    }
    mine = create(sqs.Queue, sqs.QueueProps, stack, "Mine", **options, fifo=None)
    theirs = sqs.Queue(stack, "Theirs", **options)
    assert type(mine) is sqs.Queue
    assert stack.node.find_child("Mine") is mine
    synthesized = Synthesized(stack)
    assert synthesized.properties(mine) == synthesized.properties(theirs)


def test_an_option_that_the_class_does_not_have_is_refused() -> None:
    """Node.js would leave it out."""
    with pytest.raises(KeyError, match="visibility"):
        create(sqs.Queue, sqs.QueueProps, new_stack(), "Queue", visibility=Duration.seconds(1))


def test_nodejs_refuses_a_value_of_another_type() -> None:
    stack = new_stack()
    with pytest.raises(RuntimeError, match="retentionPeriod"):
        create(sqs.Queue, sqs.QueueProps, stack, "Queue", retention_period=3)
    with pytest.raises(RuntimeError, match="period"):
        invoke(sqs.Queue(stack, "Other"), "metric", cloudwatch.MetricOptions, "Sent", period=60)
