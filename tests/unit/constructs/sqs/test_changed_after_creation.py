"""A subclass's changes to a step's resources count, although new queues and streams are not read again."""

from typing import Any

from aws_cdk import Duration, Stack
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_kinesis as kinesis
from aws_cdk import aws_sqs as sqs

from redrive_cdk import DynamoDBStreamConsumer, KinesisConsumer, SqsConsumer
from tests.support.constructs.cdk import Synthesized, new_stack, number_parameter, python_function


def queue_of(queue: sqs.IQueue) -> sqs.CfnQueue:
    resource = queue.node.default_child
    assert isinstance(resource, sqs.CfnQueue)
    return resource


class Changed(SqsConsumer):
    def _create_dead_letter_queue(self) -> sqs.IQueue:
        queue = super()._create_dead_letter_queue()
        queue_of(queue).message_retention_period = 864_000
        return queue

    def _create_queue(self) -> sqs.IQueue:
        queue = super()._create_queue()
        queue_of(queue).visibility_timeout = 120
        queue_of(queue).delay_seconds = 7
        queue_of(queue).message_retention_period = 7_200
        return queue


def test_queues_that_a_subclass_changes_are_read() -> None:
    stack = new_stack()
    facts = Changed(stack, "Orders", function=python_function(stack)).facts
    assert (facts.visibility_timeout, facts.delivery_delay, facts.retention) == (120, 7, 7_200)
    assert facts.dead_letter_retention == 864_000


def test_facts_of_a_new_queue_are_those_that_its_resource_has() -> None:
    for options in _options(new_stack()):
        stack = new_stack()
        consumer = SqsConsumer(stack, "Orders", function=python_function(stack), **options)
        window = options.get("max_batching_window")
        reader = python_function(stack, "Reader")
        found = SqsConsumer(stack, "Read", function=reader, queue=consumer.queue, max_batching_window=window)
        assert consumer.facts == found.facts, options


def _options(stack: Stack) -> list[dict[str, Any]]:
    return [
        {},
        {"fifo": True, "max_receive_count": 7},
        {"retention_period": Duration.days(2), "delivery_delay": Duration.seconds(3)},
        {"visibility_timeout": Duration.minutes(5), "dead_letter_retention_period": Duration.days(13)},
        {"max_batching_window": Duration.seconds(20)},
    ]


def test_values_that_only_the_deployment_knows_are_in_the_template_and_unknown() -> None:
    stack = new_stack()
    period = Duration.seconds(number_parameter(stack, "Period"))
    consumer = SqsConsumer(
        stack, "Orders", function=python_function(stack), retention_period=period, visibility_timeout=period
    )
    assert (consumer.facts.retention, consumer.facts.visibility_timeout) == (None, None)
    properties = Synthesized(stack).properties(consumer.queue)
    assert properties["MessageRetentionPeriod"] == properties["VisibilityTimeout"] == {"Ref": "Period"}


def test_a_stream_that_a_subclass_changes_is_read() -> None:
    class Longer(KinesisConsumer):
        def _create_stream(self) -> kinesis.IStream:
            stream = super()._create_stream()
            resource = stream.node.default_child
            assert isinstance(resource, kinesis.CfnStream)
            resource.retention_period_hours = 48
            return stream

    stack = new_stack()
    assert Longer(stack, "Readings", function=python_function(stack)).facts.retention == 48 * 3_600


def test_a_table_of_a_subclass_gets_its_stream() -> None:
    class Plain(DynamoDBStreamConsumer):
        def _create_table(self) -> dynamodb.ITable:
            key = dynamodb.Attribute(name="id", type=dynamodb.AttributeType.STRING)
            return dynamodb.Table(self, "Plain", partition_key=key)  # pyright: ignore[reportReturnType]

    stack = new_stack()
    changes = Plain(stack, "Changes", function=python_function(stack))
    assert Synthesized(stack).properties(changes.table)["StreamSpecification"] == {
        "StreamViewType": "NEW_AND_OLD_IMAGES"
    }
