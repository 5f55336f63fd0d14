"""`SqsConsumer` is made to be subclassed: each `_create_*` step can be replaced."""

from typing import Any

import pytest
from aws_cdk import Duration, RemovalPolicy, Stack
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sqs as sqs

from redrive.settings.sqs import SqsSettings, read_sqs
from redrive_cdk import AlarmOptions, SqsConsumer
from tests.support.constructs.cdk import Synthesized, arn_of, deployed, new_stack, python_function


class Payments(SqsConsumer):
    """Does each step in its own way."""

    def _create_dead_letter_queue(self) -> sqs.IQueue:
        return sqs.Queue(self, "Failed", retention_period=Duration.days(13), removal_policy=RemovalPolicy.RETAIN)

    def _create_queue(self) -> sqs.IQueue:
        return sqs.Queue(self, "Incoming", queue_name="payments", retention_period=Duration.days(3))

    def _create_event_source_mapping(self) -> lambda_.EventSourceMapping:
        mapping = super()._create_event_source_mapping()
        resource = mapping.node.default_child
        assert isinstance(resource, lambda_.CfnEventSourceMapping)
        resource.add_property_override("LoggingConfig.SystemLogLevel", "DEBUG")
        return mapping

    def _create_grants(self) -> None:
        super()._create_grants()
        self.grant_send_messages(self.function)

    def _create_settings(self) -> SqsSettings:
        return super()._create_settings().replace(retention_period=60.0)

    def _create_dead_letter_alarm(self, options: AlarmOptions) -> cloudwatch.Alarm | None:
        return cloudwatch.Alarm(self, "Failures", metric=self.metric_dead_letters(), threshold=3, evaluation_periods=1)

    def _create_age_alarm(self, options: AlarmOptions) -> cloudwatch.Alarm | None:
        return None


@pytest.fixture(scope="module")
def payments() -> tuple[Synthesized, lambda_.Function, Payments]:
    stack = new_stack()
    function = python_function(stack)
    return Synthesized(stack), function, Payments(stack, "Payments", function=function)


Made = tuple[Synthesized, lambda_.Function, Payments]


def test_a_queue_of_ones_own_is_given_redrive_policy_and_visibility_timeout(payments: Made) -> None:
    synthesized, _, consumer = payments
    assert consumer.queue.node.id == "Incoming"
    assert synthesized.properties(consumer.queue) == {
        "QueueName": "payments",
        "MessageRetentionPeriod": 3 * 24 * 60 * 60,
        "VisibilityTimeout": 240,
        "RedrivePolicy": {"deadLetterTargetArn": synthesized.arn(consumer.dead_letter_queue), "maxReceiveCount": 16},
    }


def test_a_dead_letter_queue_of_ones_own_names_its_source(payments: Made) -> None:
    synthesized, _, consumer = payments
    dead_letters = synthesized.properties(consumer.dead_letter_queue)
    assert dead_letters["MessageRetentionPeriod"] == 13 * 24 * 60 * 60
    assert [deployed(arn) for arn in dead_letters["RedriveAllowPolicy"]["sourceQueueArns"]] == [arn_of("payments")]


def test_mapping_grants_settings_and_alarms_can_be_made_differently(payments: Made) -> None:
    synthesized, function, consumer = payments
    assert synthesized.properties(consumer.event_source_mapping)["LoggingConfig"] == {"SystemLogLevel": "DEBUG"}
    queue = arn_of(synthesized.id(consumer.queue))
    assert ("sqs:SendMessage", queue) in synthesized.statements(function)
    assert read_sqs(synthesized.environment(function), queue).retention_period == 60
    assert synthesized.properties(consumer.dead_letter_alarm)["Threshold"] == 3
    assert consumer.age_alarm is None
    assert consumer.dead_letter_alarm in consumer.alarms


def test_a_step_sees_what_the_steps_before_it_made() -> None:
    seen: dict[str, Any] = {}

    class Watching(SqsConsumer):
        def _create_queue(self) -> sqs.IQueue:
            seen["dead_letter_queue"] = self.dead_letter_queue
            return super()._create_queue()

        def _create_event_source_mapping(self) -> lambda_.EventSourceMapping:
            seen["queue"], seen["facts"] = self.queue, self.facts
            return super()._create_event_source_mapping()

        def _create_grants(self) -> None:
            seen["mapping"] = self.event_source_mapping
            super()._create_grants()

    stack = new_stack()
    consumer = Watching(stack, "Orders", function=python_function(stack))
    assert seen == {
        "dead_letter_queue": consumer.dead_letter_queue,
        "queue": consumer.queue,
        "facts": consumer.facts,
        "mapping": consumer.event_source_mapping,
    }


def test_a_queue_that_is_made_with_the_dead_letter_queue_is_left_as_it_is() -> None:
    class Complete(SqsConsumer):
        def _create_queue(self) -> sqs.IQueue:
            assert self.dead_letter_queue is not None
            dead_letters = sqs.DeadLetterQueue(queue=self.dead_letter_queue, max_receive_count=9)
            return sqs.Queue(self, "Queue", dead_letter_queue=dead_letters, visibility_timeout=Duration.minutes(4))

    stack = new_stack()
    consumer = Complete(stack, "Orders", function=python_function(stack))
    properties = Synthesized(stack).properties(consumer.queue)
    assert properties["VisibilityTimeout"] == 240
    assert properties["RedrivePolicy"]["maxReceiveCount"] == consumer.facts.max_receive_count == 9


def test_a_queue_with_another_dead_letter_queue_than_the_consumers_is_refused() -> None:
    """The alarm and the helper would look after the wrong one."""

    class Torn(SqsConsumer):
        def _create_queue(self) -> sqs.IQueue:
            other = sqs.DeadLetterQueue(queue=sqs.Queue(self, "Other"), max_receive_count=5)
            return sqs.Queue(self, "Queue", dead_letter_queue=other)

    stack = new_stack()
    with pytest.raises(
        ValueError,
        match="Stack/Orders/Queue has the dead-letter queue Stack/Orders/Other, and Stack/Orders/DeadLetterQueue was",
    ):
        Torn(stack, "Orders", function=python_function(stack))


def test_the_checks_see_what_a_step_returns() -> None:
    class Short(SqsConsumer):
        def _create_dead_letter_queue(self) -> sqs.IQueue:
            return sqs.Queue(self, "Failed", retention_period=Duration.days(1))

    stack = new_stack()
    with pytest.raises(ValueError, match="the dead-letter queue keeps messages 86,400 s, the queue 345,600 s"):
        Short(stack, "Orders", function=python_function(stack))


def test_one_dead_letter_queue_for_all_consumers_of_a_kind() -> None:
    shared: list[sqs.IQueue] = []

    class Pooled(SqsConsumer):
        def _create_dead_letter_queue(self) -> sqs.IQueue:
            if not shared:
                shared.append(sqs.Queue(Stack.of(self), "Failed", retention_period=Duration.days(14)))
            return shared[0]

    stack = new_stack()
    consumers = [Pooled(stack, id, function=python_function(stack, f"{id}Function")) for id in ("Orders", "Mails")]
    synthesized = Synthesized(stack)
    targets = [synthesized.properties(each.queue)["RedrivePolicy"]["deadLetterTargetArn"] for each in consumers]
    assert targets == [synthesized.arn(shared[0])] * 2
