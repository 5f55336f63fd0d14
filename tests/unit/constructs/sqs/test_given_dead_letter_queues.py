"""Dead-letter queues that `SqsConsumer` is given: who else may use them."""

import pytest
from aws_cdk import Stack
from aws_cdk import aws_sqs as sqs

from redrive_cdk import SqsConsumer
from tests.support.constructs.cdk import (
    Synthesized,
    arn_of,
    deployed,
    python_function,
)
from tests.support.constructs.sqs.given_queues import QUEUE_ARN, dead_letter_queue, named


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
