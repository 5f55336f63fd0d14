"""Queues that `SqsConsumer` is given instead of making them."""

from typing import Any

import pytest
from aws_cdk import Duration, RemovalPolicy, Stack
from aws_cdk import aws_kms as kms
from aws_cdk import aws_sqs as sqs

from redrive_cdk import SqsConsumer
from tests.support.constructs.cdk import (
    Synthesized,
    arn_of,
    deployed,
    new_stack,
    number_parameter,
    python_function,
    warnings_of,
)

QUEUE_ARN = "arn:aws:sqs:eu-west-1:111111111111:orders"
DEAD_LETTERS_ARN = "arn:aws:sqs:eu-west-1:111111111111:orders-dead-letters"
FOURTEEN_DAYS = Duration.days(14)


@pytest.fixture
def stack() -> Stack:
    return new_stack()


def dead_letter_queue(stack: Stack, id: str = "DeadLetters", **options: Any) -> sqs.Queue:
    return sqs.Queue(stack, id, retention_period=FOURTEEN_DAYS, **options)


def named(stack: Stack, name: str) -> sqs.Queue:
    """A queue whose name is known at synthesis."""
    return sqs.Queue(stack, f"Named-{name}", queue_name=name)


def with_dead_letters(stack: Stack, id: str = "Given", *, count: int = 6, **options: Any) -> sqs.Queue:
    dead_letters = sqs.DeadLetterQueue(queue=dead_letter_queue(stack, f"{id}DeadLetters"), max_receive_count=count)
    return sqs.Queue(stack, id, dead_letter_queue=dead_letters, **options)


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


# A dead-letter queue of this app


def test_a_queue_that_is_made_moves_its_messages_to_the_dead_letter_queue_that_was_given(stack: Stack) -> None:
    given = dead_letter_queue(stack)
    consumer = SqsConsumer(stack, "Orders", function=python_function(stack), dead_letter_queue=given)
    synthesized = Synthesized(stack)
    assert consumer.dead_letter_queue is given
    assert synthesized.properties(consumer.queue)["RedrivePolicy"]["deadLetterTargetArn"] == synthesized.arn(given)
    assert "RedriveAllowPolicy" not in synthesized.properties(given)  # it may serve queues that are not seen here
    assert len(synthesized.of_type("AWS::SQS::Queue")) == 2


def test_two_consumers_may_share_the_dead_letter_queue_that_one_of_them_made(stack: Stack) -> None:
    """SQS would refuse the second queue if the redrive-allow policy did not name it, too."""
    first = SqsConsumer(stack, "First", function=python_function(stack, "F1"), queue=named(stack, "first"))
    SqsConsumer(
        stack,
        "Second",
        function=python_function(stack, "F2"),
        queue=named(stack, "second"),
        dead_letter_queue=first.dead_letter_queue,
    )
    policy = Synthesized(stack).properties(first.dead_letter_queue)["RedriveAllowPolicy"]
    assert [deployed(arn) for arn in policy["sourceQueueArns"]] == [arn_of("first"), arn_of("second")]


@pytest.mark.parametrize("nameless", [True, False])
def test_a_source_without_a_name_lifts_the_restriction_that_a_consumer_has_set(stack: Stack, nameless: bool) -> None:
    first = SqsConsumer(stack, "First", function=python_function(stack, "F1"), queue=named(stack, "first"))
    SqsConsumer(
        stack,
        "Second",
        function=python_function(stack, "F2"),
        queue=sqs.Queue(stack, "Nameless") if nameless else None,
        dead_letter_queue=first.dead_letter_queue,
    )
    assert "RedriveAllowPolicy" not in Synthesized(stack).properties(first.dead_letter_queue)


def test_a_source_without_a_name_is_refused_where_the_user_has_set_the_restriction(stack: Stack) -> None:
    failed = dead_letter_queue(
        stack,
        redrive_allow_policy=sqs.RedriveAllowPolicy(
            redrive_permission=sqs.RedrivePermission.BY_QUEUE, source_queues=[named(stack, "other")]
        ),
    )
    with pytest.raises(ValueError, match=r"policy \(byQueue, 1 queues\) without Stack/Orders/Queue"):
        SqsConsumer(stack, "Orders", function=python_function(stack), dead_letter_queue=failed)


def test_a_source_that_is_allowed_already_is_not_named_again(stack: Stack) -> None:
    """Two functions may share a queue."""
    queue = sqs.Queue(stack, "Named", queue_name="orders")
    first = SqsConsumer(stack, "First", function=python_function(stack, "F1"), queue=queue)
    SqsConsumer(
        stack,
        "Second",
        function=python_function(stack, "F2"),
        queue=queue,
        dead_letter_queue=first.dead_letter_queue,
    )
    sources = Synthesized(stack).properties(first.dead_letter_queue)["RedriveAllowPolicy"]["sourceQueueArns"]
    assert [deployed(arn) for arn in sources] == [QUEUE_ARN]


def test_whether_an_imported_source_is_allowed_is_not_guessed(stack: Stack) -> None:
    first = SqsConsumer(stack, "First", function=python_function(stack, "F1"), queue=named(stack, "first"))
    SqsConsumer(
        stack,
        "Second",
        function=python_function(stack, "F2"),
        queue=sqs.Queue.from_queue_arn(stack, "Imported", QUEUE_ARN),
        dead_letter_queue=first.dead_letter_queue,
    )
    sources = Synthesized(stack).properties(first.dead_letter_queue)["RedriveAllowPolicy"]["sourceQueueArns"]
    assert len(sources) == 1


def test_a_queue_that_may_not_be_a_dead_letter_queue_is_refused(stack: Stack) -> None:
    closed = dead_letter_queue(
        stack, redrive_allow_policy=sqs.RedriveAllowPolicy(redrive_permission=sqs.RedrivePermission.DENY_ALL)
    )
    with pytest.raises(ValueError, match=r"redrive-allow policy \(denyAll, 0 queues\) without Stack/Orders/Queue"):
        SqsConsumer(stack, "Orders", function=python_function(stack), dead_letter_queue=closed)


def test_a_dead_letter_queue_open_to_all_stays_so(stack: Stack) -> None:
    open_to_all = dead_letter_queue(
        stack, redrive_allow_policy=sqs.RedriveAllowPolicy(redrive_permission=sqs.RedrivePermission.ALLOW_ALL)
    )
    SqsConsumer(stack, "Orders", function=python_function(stack), dead_letter_queue=open_to_all)
    policy = Synthesized(stack).properties(open_to_all)["RedriveAllowPolicy"]
    assert policy == {"redrivePermission": "allowAll"}


def test_a_dead_letter_queue_takes_ten_sources_and_refuses_the_eleventh(stack: Stack) -> None:
    sources = [named(stack, f"source-{number}") for number in range(11)]
    failed = dead_letter_queue(
        stack,
        redrive_allow_policy=sqs.RedriveAllowPolicy(
            redrive_permission=sqs.RedrivePermission.BY_QUEUE, source_queues=sources[:1]
        ),
    )
    function = python_function(stack)
    for number in range(1, 10):
        SqsConsumer(stack, f"Consumer{number}", function=function, queue=sources[number], dead_letter_queue=failed)
    with pytest.raises(ValueError, match=r"byQueue, 10 queues\).*at most 10"):
        SqsConsumer(stack, "Consumer10", function=function, queue=sources[10], dead_letter_queue=failed)


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
