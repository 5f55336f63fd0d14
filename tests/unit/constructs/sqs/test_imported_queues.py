"""Queues of which `SqsConsumer` knows little: imported ones, and values that only the deployment knows."""

from aws_cdk import Duration, Stack
from aws_cdk import aws_sqs as sqs

from redrive_cdk import SqsConsumer
from tests.support.constructs.cdk import (
    Synthesized,
    number_parameter,
    python_function,
    warnings_of,
)
from tests.support.constructs.sqs.given_queues import DEAD_LETTERS_ARN, QUEUE_ARN, with_dead_letters

# Imported queues


def test_an_imported_queue_is_mapped_and_granted_and_its_limits_are_warned_of(stack: Stack) -> None:
    function = python_function(stack)
    consumer = SqsConsumer(
        stack, "Orders", function=function, queue=sqs.Queue.from_queue_arn(stack, "Imported", QUEUE_ARN)
    )
    synthesized = Synthesized(stack)
    assert synthesized.properties(consumer.event_source_mapping)["EventSourceArn"] == QUEUE_ARN
    assert consumer.dead_letter_queue is None
    assert synthesized.of_type("AWS::SQS::Queue") == {}
    assert {resource for _, resource in synthesized.statements(function)} == {QUEUE_ARN}
    warnings = warnings_of(stack)
    assert set(warnings) == {"redrive:imported-queue"}
    for part in ("Stack/Imported", "dead_letter_queue, max_receive_count and visibility_timeout", "key_arn"):
        assert part in warnings["redrive:imported-queue"]


def test_an_imported_queues_dead_letter_queue_and_values_can_be_told(stack: Stack) -> None:
    function = python_function(stack)
    consumer = SqsConsumer(
        stack,
        "Orders",
        function=function,
        queue=sqs.Queue.from_queue_arn(stack, "Imported", QUEUE_ARN),
        dead_letter_queue=sqs.Queue.from_queue_arn(stack, "ImportedDeadLetters", DEAD_LETTERS_ARN),
        max_receive_count=8,
        visibility_timeout=Duration.minutes(1),
    )
    assert (consumer.facts.max_receive_count, consumer.facts.visibility_timeout) == (8, 60)
    assert (consumer.facts.retention, consumer.facts.dead_letter_retention) == (None, None)
    assert ("sqs:SendMessage", DEAD_LETTERS_ARN) in Synthesized(stack).statements(function)
    assert consumer.dead_letter_alarm is not None


def test_an_imported_queues_key_is_granted_where_it_is_known(stack: Stack) -> None:
    key_arn = "arn:aws:kms:eu-west-1:111111111111:key/1"
    queue = sqs.Queue.from_queue_attributes(stack, "Imported", queue_arn=QUEUE_ARN, key_arn=key_arn)
    function = python_function(stack)
    SqsConsumer(stack, "Orders", function=function, queue=queue)
    assert ("kms:Decrypt", key_arn) in Synthesized(stack).statements(function)


def test_an_imported_fifo_queue_is_known_by_its_name(stack: Stack) -> None:
    queue = sqs.Queue.from_queue_arn(stack, "Imported", f"{QUEUE_ARN}.fifo")
    consumer = SqsConsumer(stack, "Orders", function=python_function(stack), queue=queue)
    assert consumer.facts.fifo is True


# Values that only the deployment knows


def test_values_of_a_given_queue_that_only_the_deployment_knows_are_not_compared(stack: Stack) -> None:
    queue = with_dead_letters(
        stack,
        count=number_parameter(stack, "Count"),
        visibility_timeout=Duration.seconds(number_parameter(stack, "Visibility")),
        retention_period=Duration.seconds(number_parameter(stack, "Retention")),
    )
    consumer = SqsConsumer(
        stack,
        "Orders",
        function=python_function(stack),
        queue=queue,
        max_receive_count=6,
        visibility_timeout=Duration.minutes(1),
    )
    facts = consumer.facts
    assert (facts.max_receive_count, facts.visibility_timeout, facts.retention) == (None, None, None)


def test_values_given_to_the_consumer_that_only_the_deployment_knows_are_not_compared(stack: Stack) -> None:
    unknown = number_parameter(stack, "Unknown")
    for id, queue in {
        "Own": with_dead_letters(stack, visibility_timeout=Duration.minutes(1)),
        "Imported": sqs.Queue.from_queue_arn(stack, "Imported", QUEUE_ARN),
    }.items():
        SqsConsumer(
            stack,
            f"{id}Orders",
            function=python_function(stack, f"{id}Function"),
            queue=queue,
            max_receive_count=unknown,
            visibility_timeout=Duration.seconds(unknown),
        )
    assert set(warnings_of(stack)) == {"redrive:imported-queue"}
