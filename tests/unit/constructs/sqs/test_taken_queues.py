"""Queues that `SqsConsumer` is given instead of making them."""

import pytest
from aws_cdk import Duration, RemovalPolicy, Stack
from aws_cdk import aws_kms as kms
from aws_cdk import aws_sqs as sqs

from redrive_cdk import SqsConsumer
from tests.support.constructs.cdk import (
    Synthesized,
    arn_of,
    deployed,
    python_function,
    warnings_of,
)
from tests.support.constructs.sqs.given_queues import QUEUE_ARN, dead_letter_queue, with_dead_letters

# A queue of this app without a dead-letter queue


def test_a_queue_without_a_dead_letter_queue_is_given_one_and_a_visibility_timeout(stack: Stack) -> None:
    queue = sqs.Queue(stack, "Given")
    consumer = SqsConsumer(stack, "Orders", function=python_function(stack), queue=queue)
    synthesized = Synthesized(stack)
    assert consumer.queue is queue
    assert synthesized.properties(queue)["VisibilityTimeout"] == 240
    assert synthesized.properties(queue)["RedrivePolicy"] == {
        "deadLetterTargetArn": synthesized.arn(consumer.dead_letter_queue),
        "maxReceiveCount": 16,
    }
    assert synthesized.properties(consumer.dead_letter_queue)["MessageRetentionPeriod"] == 14 * 24 * 60 * 60
    assert len(synthesized.of_type("AWS::SQS::Queue")) == 2
    assert warnings_of(stack) == {}


def test_its_name_is_left_alone_so_that_its_dead_letter_queue_stays_open_to_others(stack: Stack) -> None:
    """A new name would be a new queue, and the deployment that made it would delete the old one with its messages."""
    queue = sqs.Queue(stack, "Given")
    consumer = SqsConsumer(stack, "Orders", function=python_function(stack), queue=queue)
    synthesized = Synthesized(stack)
    assert "QueueName" not in synthesized.properties(queue)
    assert "RedriveAllowPolicy" not in synthesized.properties(consumer.dead_letter_queue)


def test_a_queue_with_a_name_is_the_only_source_of_the_dead_letter_queue_made_for_it(stack: Stack) -> None:
    queue = sqs.Queue(stack, "Given", queue_name="orders")
    consumer = SqsConsumer(stack, "Orders", function=python_function(stack), queue=queue)
    policy = Synthesized(stack).properties(consumer.dead_letter_queue)["RedriveAllowPolicy"]
    assert policy["redrivePermission"] == "byQueue"
    assert [deployed(arn) for arn in policy["sourceQueueArns"]] == [QUEUE_ARN]


def test_a_fifo_queue_is_given_a_fifo_dead_letter_queue(stack: Stack) -> None:
    queue = sqs.Queue(stack, "Given", fifo=True)
    consumer = SqsConsumer(stack, "Orders", function=python_function(stack), queue=queue)
    assert Synthesized(stack).properties(consumer.dead_letter_queue)["FifoQueue"] is True


def test_what_it_is_given_can_be_chosen(stack: Stack) -> None:
    key = kms.Key(stack, "Key")
    queue = sqs.Queue(stack, "Given")
    consumer = SqsConsumer(
        stack,
        "Orders",
        function=python_function(stack),
        queue=queue,
        max_receive_count=9,
        visibility_timeout=Duration.minutes(3),
        dead_letter_retention_period=Duration.days(12),
        dead_letter_removal_policy=RemovalPolicy.DESTROY,
        encryption_key=key,
    )
    synthesized = Synthesized(stack)
    assert synthesized.properties(queue)["VisibilityTimeout"] == 180
    assert synthesized.properties(queue)["RedrivePolicy"]["maxReceiveCount"] == 9
    dead_letters = synthesized.properties(consumer.dead_letter_queue)
    assert dead_letters["MessageRetentionPeriod"] == 12 * 24 * 60 * 60
    assert dead_letters["KmsMasterKeyId"] == synthesized.arn(key)


# A queue of this app with a dead-letter queue


def test_a_queues_own_dead_letter_queue_is_used_and_nothing_about_it_changed(stack: Stack) -> None:
    queue = with_dead_letters(stack, count=6, visibility_timeout=Duration.minutes(2))
    function = python_function(stack)
    consumer = SqsConsumer(stack, "Orders", function=function, queue=queue)
    synthesized = Synthesized(stack)
    assert queue.dead_letter_queue is not None
    assert consumer.dead_letter_queue is queue.dead_letter_queue.queue
    assert synthesized.properties(queue) == {
        "VisibilityTimeout": 120,
        "RedrivePolicy": {"deadLetterTargetArn": synthesized.arn(consumer.dead_letter_queue), "maxReceiveCount": 6},
    }
    assert synthesized.properties(consumer.dead_letter_queue) == {"MessageRetentionPeriod": 14 * 24 * 60 * 60}
    assert consumer.facts.max_receive_count == 6
    assert ("sqs:SendMessage", arn_of(synthesized.id(consumer.dead_letter_queue))) in synthesized.statements(function)
    assert consumer.dead_letter_alarm is not None


def test_a_queue_without_a_visibility_timeout_gets_one_even_if_it_has_its_own_dead_letter_queue(stack: Stack) -> None:
    """SQS's own 30 s would be below six times the function's timeout, or even below it."""
    queue = with_dead_letters(stack)
    SqsConsumer(stack, "Orders", function=python_function(stack, timeout=Duration.minutes(1)), queue=queue)
    assert Synthesized(stack).properties(queue)["VisibilityTimeout"] == 360


def test_naming_a_queues_own_dead_letter_queue_changes_nothing(stack: Stack) -> None:
    queue = with_dead_letters(stack)
    assert queue.dead_letter_queue is not None
    own = queue.dead_letter_queue.queue
    consumer = SqsConsumer(stack, "Orders", function=python_function(stack), queue=queue, dead_letter_queue=own)
    assert consumer.dead_letter_queue is own


def test_a_redrive_policy_set_on_the_resource_needs_its_dead_letter_queue_to_be_named(stack: Stack) -> None:
    dead_letters = dead_letter_queue(stack)
    queue = sqs.Queue(stack, "Given")
    resource = queue.node.default_child
    assert isinstance(resource, sqs.CfnQueue)
    resource.redrive_policy = {"deadLetterTargetArn": dead_letters.queue_arn, "maxReceiveCount": 12}
    function = python_function(stack)
    with pytest.raises(ValueError, match="redrive policy that was set on its resource: pass the dead-letter queue"):
        SqsConsumer(stack, "Unnamed", function=function, queue=queue)
    consumer = SqsConsumer(stack, "Named", function=function, queue=queue, dead_letter_queue=dead_letters)
    assert consumer.facts.max_receive_count == 12
    assert Synthesized(stack).properties(queue)["RedrivePolicy"]["maxReceiveCount"] == 12


def test_a_redrive_policy_set_on_the_resource_must_name_the_dead_letter_queue_that_was_given(stack: Stack) -> None:
    """The alarm and the helper would look after one queue, and SQS fill the other."""
    queue, other = sqs.Queue(stack, "Given"), sqs.Queue(stack, "Other")
    resource = queue.node.default_child
    assert isinstance(resource, sqs.CfnQueue)
    resource.redrive_policy = {"deadLetterTargetArn": other.queue_arn, "maxReceiveCount": 12}
    with pytest.raises(ValueError, match=r"Stack/Given has a redrive policy to .*Other.*, and Stack/.* was to be"):
        SqsConsumer(
            stack, "Orders", function=python_function(stack), queue=queue, dead_letter_queue=dead_letter_queue(stack)
        )
