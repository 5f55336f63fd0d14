"""Defaults of `SqsConsumer(self, "Orders", function=handler)`, and the options that change them."""

from dataclasses import dataclass

import pytest
from aws_cdk import Duration, RemovalPolicy
from aws_cdk import aws_lambda as lambda_

from redrive_cdk import SqsConsumer
from tests.support.constructs.cdk import Synthesized, new_stack, python_function

FOURTEEN_DAYS = 14 * 24 * 60 * 60


@dataclass(frozen=True)
class Shop:
    synthesized: Synthesized
    function: lambda_.Function
    plain: SqsConsumer
    fifo: SqsConsumer
    fast_fifo: SqsConsumer
    adjusted: SqsConsumer


@pytest.fixture(scope="module")
def shop() -> Shop:
    stack = new_stack("Shop")
    function = python_function(stack, "Plain")
    return Shop(
        Synthesized(stack),
        function,
        plain=SqsConsumer(stack, "Orders", function=function),
        fifo=SqsConsumer(stack, "Ledger", function=python_function(stack, "Fifo"), fifo=True),
        fast_fifo=SqsConsumer(
            stack,
            "Payments",
            function=python_function(stack, "FastFifo"),
            fifo=True,
            content_based_deduplication=True,
            high_throughput=True,
        ),
        adjusted=SqsConsumer(
            stack,
            "Mails",
            function=python_function(stack, "Adjusted"),
            max_receive_count=8,
            visibility_timeout=Duration.minutes(5),
            max_batching_window=Duration.seconds(20),
            delivery_delay=Duration.seconds(30),
            retention_period=Duration.days(2),
            dead_letter_retention_period=Duration.days(10),
            dead_letter_removal_policy=RemovalPolicy.DESTROY,
        ),
    )


def test_it_makes_a_queue_a_dead_letter_queue_a_mapping_and_alarms(shop: Shop) -> None:
    children = {child.node.id for child in shop.plain.node.children}
    assert children == {
        *("Queue", "DeadLetterQueue", "EventSourceMapping"),
        *("DeadLetterAlarm", "DeadLetterAgeAlarm", "AgeAlarm", "UnreceivedAlarm", "NotSetAsideAlarm", "UntriedAlarm"),
    }


def test_the_queue_moves_a_message_to_the_dead_letter_queue_after_as_many_receives_as_bridge_an_hour(
    shop: Shop,
) -> None:
    assert shop.synthesized.properties(shop.plain.queue)["RedrivePolicy"] == {
        "deadLetterTargetArn": shop.synthesized.arn(shop.plain.dead_letter_queue),
        "maxReceiveCount": 16,
    }


def test_no_queue_has_a_name_of_its_own(shop: Shop) -> None:
    """A queue that stays when its stack is deleted would block the next deployment, and any queue its replacement."""
    for queue in shop.synthesized.of_type("AWS::SQS::Queue").values():
        assert "QueueName" not in queue["Properties"]


def test_the_dead_letter_queue_takes_from_all_queues_as_a_source_without_a_name_cannot_be_named(shop: Shop) -> None:
    assert "RedriveAllowPolicy" not in shop.synthesized.properties(shop.plain.dead_letter_queue)


def test_messages_of_the_source_queue_survive_their_stack(shop: Shop) -> None:
    for consumer in (shop.plain, shop.fifo):
        queue = shop.synthesized.resource(consumer.queue)
        assert (queue["DeletionPolicy"], queue["UpdateReplacePolicy"]) == ("RetainExceptOnCreate", "Retain")


def test_a_source_queue_can_go_with_its_stack() -> None:
    stack = new_stack()
    consumer = SqsConsumer(stack, "Orders", function=python_function(stack), removal_policy=RemovalPolicy.DESTROY)
    assert Synthesized(stack).resource(consumer.queue)["DeletionPolicy"] == "Delete"


def test_the_mapping_reads_the_queue_and_takes_partial_failures(shop: Shop) -> None:
    assert shop.synthesized.properties(shop.plain.event_source_mapping) == {
        "FunctionName": {"Ref": shop.synthesized.id(shop.function)},
        "EventSourceArn": shop.synthesized.arn(shop.plain.queue),
        "FunctionResponseTypes": ["ReportBatchItemFailures"],
        "BatchSize": 10,
        "Enabled": True,
        "MetricsConfig": {"Metrics": ["EventCount"]},
    }


def test_the_visibility_timeout_bridges_an_hour_too(shop: Shop) -> None:
    assert shop.synthesized.properties(shop.plain.queue)["VisibilityTimeout"] == 3_600 / 15


def test_the_visibility_timeout_is_at_least_six_times_the_functions_timeout_and_the_batching_window() -> None:
    stack = new_stack()
    consumer = SqsConsumer(
        stack,
        "Orders",
        function=python_function(stack, timeout=Duration.seconds(50)),
        max_batching_window=Duration.seconds(30),
    )
    assert Synthesized(stack).properties(consumer.queue)["VisibilityTimeout"] == 6 * 50 + 30


def test_a_function_without_a_timeout_counts_with_lambdas_default_of_three_seconds() -> None:
    stack = new_stack()
    function = python_function(stack, timeout=None)
    consumer = SqsConsumer(stack, "Orders", function=function, bridges=Duration.minutes(1))
    assert Synthesized(stack).properties(consumer.queue)["VisibilityTimeout"] == 6 * 3


def test_dead_letters_are_kept_fourteen_days_and_survive_their_stack(shop: Shop) -> None:
    dead_letters = shop.synthesized.resource(shop.plain.dead_letter_queue)
    assert dead_letters["Properties"]["MessageRetentionPeriod"] == FOURTEEN_DAYS
    assert (dead_letters["DeletionPolicy"], dead_letters["UpdateReplacePolicy"]) == ("RetainExceptOnCreate", "Retain")


def test_the_queue_keeps_messages_for_as_long_as_sqs_does_by_default(shop: Shop) -> None:
    queue = shop.synthesized.properties(shop.plain.queue)
    assert "MessageRetentionPeriod" not in queue
    assert "DelaySeconds" not in queue


def test_queues_are_encrypted_by_sqs(shop: Shop) -> None:
    for queue in (shop.plain.queue, shop.plain.dead_letter_queue, shop.fifo.queue, shop.fifo.dead_letter_queue):
        assert shop.synthesized.properties(queue)["SqsManagedSseEnabled"] is True


def test_queues_refuse_what_is_not_tls(shop: Shop) -> None:
    refusing = {
        policy["Properties"]["Queues"][0]["Ref"]
        for policy in shop.synthesized.of_type("AWS::SQS::QueuePolicy").values()
        for statement in policy["Properties"]["PolicyDocument"]["Statement"]
        if statement["Effect"] == "Deny"
        and statement["Principal"] == {"AWS": "*"}
        and statement["Action"] == "sqs:*"
        and statement["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
        and statement["Resource"] == {"Fn::GetAtt": [policy["Properties"]["Queues"][0]["Ref"], "Arn"]}
    }
    assert refusing == set(shop.synthesized.of_type("AWS::SQS::Queue"))


def test_a_fifo_consumer_has_two_fifo_queues(shop: Shop) -> None:
    queue = shop.synthesized.properties(shop.fifo.queue)
    dead_letters = shop.synthesized.properties(shop.fifo.dead_letter_queue)
    assert queue["FifoQueue"] is dead_letters["FifoQueue"] is True
    for unasked in ("ContentBasedDeduplication", "DeduplicationScope", "FifoThroughputLimit"):
        assert unasked not in queue


def test_a_standard_consumer_has_no_fifo_queue(shop: Shop) -> None:
    for queue in (shop.plain.queue, shop.plain.dead_letter_queue):
        assert "FifoQueue" not in shop.synthesized.properties(queue)


def test_a_fifo_queue_can_deduplicate_by_body_and_scale_by_message_group(shop: Shop) -> None:
    queue = shop.synthesized.properties(shop.fast_fifo.queue)
    assert queue["ContentBasedDeduplication"] is True
    assert queue["DeduplicationScope"] == "messageGroup"
    assert queue["FifoThroughputLimit"] == "perMessageGroupId"


def test_times_and_counts_are_what_was_given(shop: Shop) -> None:
    queue = shop.synthesized.properties(shop.adjusted.queue)
    assert queue["VisibilityTimeout"] == 300
    assert queue["RedrivePolicy"]["maxReceiveCount"] == 8
    assert queue["MessageRetentionPeriod"] == 2 * 24 * 60 * 60
    assert queue["DelaySeconds"] == 30
    dead_letters = shop.synthesized.resource(shop.adjusted.dead_letter_queue)
    assert dead_letters["Properties"]["MessageRetentionPeriod"] == 10 * 24 * 60 * 60
    assert dead_letters["DeletionPolicy"] == "Delete"


def test_it_exposes_what_it_has_set_up(shop: Shop) -> None:
    assert shop.plain.function is shop.function
    assert shop.plain.alarms == [
        shop.plain.dead_letter_alarm,
        shop.plain.dead_letter_age_alarm,
        shop.plain.age_alarm,
        shop.plain.unreceived_alarm,
        shop.plain.not_set_aside_alarm,
        shop.plain.untried_alarm,
    ]
    facts = shop.plain.facts
    assert (facts.function_timeout, facts.visibility_timeout, facts.max_receive_count) == (10, 240, 16)
    assert (facts.retention, facts.dead_letter_retention) == (4 * 24 * 60 * 60, FOURTEEN_DAYS)
