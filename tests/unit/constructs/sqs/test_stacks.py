"""Parts in different stacks either deploy, or are refused with the reason."""

from typing import Any

import pytest
from aws_cdk import App, Duration, Environment, NestedStack, Stack
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from redrive.settings.sqs import read_sqs
from redrive_cdk import SqsConsumer
from tests.support.constructs.cdk import Synthesized, arn_of, new_app, python_function

IRELAND = Environment(account="111111111111", region="eu-west-1")
PARIS = Environment(account="111111111111", region="eu-west-3")
CIRCLE = "the two stacks would depend on each other; "


@pytest.fixture
def app() -> App:
    return new_app()


def full_queue(scope: Construct, id: str = "Queue") -> sqs.Queue:
    dead_letters = sqs.Queue(scope, f"{id}DeadLetters", retention_period=Duration.days(14))
    return sqs.Queue(scope, id, dead_letter_queue=sqs.DeadLetterQueue(queue=dead_letters, max_receive_count=5))


def test_a_queue_of_another_stack_with_its_own_dead_letter_queue_works(app: App) -> None:
    queues, functions = Stack(app, "Queues"), Stack(app, "Functions")
    consumer = SqsConsumer(functions, "Orders", function=python_function(functions), queue=full_queue(queues))
    app.synth()
    assert functions.dependencies == [queues]
    assert queues.dependencies == []
    assert Synthesized(queues).properties(consumer.queue)["VisibilityTimeout"] == 60


def test_a_queue_and_a_dead_letter_queue_of_another_stack_are_joined_there(app: App) -> None:
    queues, functions = Stack(app, "Queues"), Stack(app, "Functions")
    queue = sqs.Queue(queues, "Queue")
    dead_letters = sqs.Queue(queues, "DeadLetters", retention_period=Duration.days(14))
    SqsConsumer(functions, "Orders", function=python_function(functions), queue=queue, dead_letter_queue=dead_letters)
    app.synth()
    synthesized = Synthesized(queues)
    assert synthesized.properties(queue)["RedrivePolicy"]["deadLetterTargetArn"] == synthesized.arn(dead_letters)


def test_the_dead_letter_queue_of_a_consumer_in_another_stack_can_be_shared(app: App) -> None:
    first_stack, second_stack = Stack(app, "First"), Stack(app, "Second")
    first = SqsConsumer(first_stack, "Orders", function=python_function(first_stack))
    second = SqsConsumer(
        second_stack, "Mails", function=python_function(second_stack), dead_letter_queue=first.dead_letter_queue
    )
    app.synth()
    assert first_stack.dependencies == []
    assert second.dead_letter_queue is first.dead_letter_queue


def test_an_imported_function_may_be_imported_anywhere(app: App) -> None:
    elsewhere, here = Stack(app, "Elsewhere"), Stack(app, "Here")
    function = lambda_.Function.from_function_name(elsewhere, "Function", "orders")
    SqsConsumer(here, "Orders", function=function)
    app.synth()


def test_function_and_queue_of_another_stack_work_together(app: App) -> None:
    there, here = Stack(app, "There"), Stack(app, "Here")
    function, queue = python_function(there), full_queue(there)
    SqsConsumer(here, "Orders", function=function, queue=queue)
    app.synth()
    assert here.dependencies == [there]
    synthesized = Synthesized(there)
    assert read_sqs(synthesized.environment(function), arn_of(synthesized.id(queue))).max_receive_count == 5


def test_a_function_of_a_nested_stack_works(app: App) -> None:
    parent = Stack(app, "Parent")
    nested = NestedStack(parent, "Nested")
    SqsConsumer(parent, "Orders", function=python_function(nested))
    app.synth()
    assert Synthesized(parent).template


def refusal(scope: Construct, **options: Any) -> str:
    with pytest.raises(ValueError) as raised:  # noqa: PT011 (what it says is for the caller to judge)
        SqsConsumer(scope, "Orders", **options)
    return str(raised.value)


@pytest.mark.parametrize("kind", ["function", "version", "alias"])
def test_a_queue_made_here_for_a_function_of_another_stack_is_refused(app: App, kind: str) -> None:
    """The function is told the queue's address, and the mapping needs the function: neither stack could go first."""
    there, here = Stack(app, "There"), Stack(app, "Here")
    function = python_function(there)
    given = {
        "function": lambda: function,
        "version": lambda: function.current_version,
        "alias": lambda: function.add_alias("live"),
    }[kind]()
    text = refusal(here, function=given)
    assert "There/Function belongs to another stack than Here/Orders, and would need Here/Orders/Queue" in text
    assert CIRCLE + "make SqsConsumer in the function's stack" in text


def test_what_is_refused_would_indeed_not_synthesize(app: App) -> None:
    there, here = Stack(app, "There"), Stack(app, "Here")
    function, queue = python_function(there), full_queue(here)
    queue.grant_consume_messages(function)
    lambda_.EventSourceMapping(
        here,
        "Mapping",
        target=function,  # pyright: ignore[reportArgumentType]
        event_source_arn=queue.queue_arn,
    )
    with pytest.raises(RuntimeError, match="cyclic reference"):
        app.synth()


def test_a_consumer_in_a_nested_stack_of_the_functions_stack_is_refused(app: App) -> None:
    parent = Stack(app, "Parent")
    nested = NestedStack(parent, "Nested")
    text = refusal(nested, function=python_function(parent))
    assert "Parent/Function belongs to another stack than Parent/Nested/Orders" in text


def test_what_is_refused_of_nested_stacks_would_indeed_be_a_circle(app: App) -> None:
    """The CDK synthesizes it, and CloudFormation would refuse the template."""
    parent = Stack(app, "Parent")
    nested = NestedStack(parent, "Nested")
    function, queue = python_function(parent), full_queue(nested)
    function.add_environment("QUEUE_URL", queue.queue_url)
    lambda_.EventSourceMapping(
        nested,
        "Mapping",
        target=function,  # pyright: ignore[reportArgumentType]
        event_source_arn=queue.queue_arn,
    )
    app.synth()
    with pytest.raises(RuntimeError, match="dependency cycle"):
        assert Synthesized(parent).template


def test_a_dead_letter_queue_made_here_for_a_queue_of_another_stack_is_refused(app: App) -> None:
    queues, functions = Stack(app, "Queues"), Stack(app, "Functions")
    text = refusal(functions, function=python_function(functions), queue=sqs.Queue(queues, "Queue"))
    assert "Queues/Queue belongs to another stack than Functions/Orders" in text
    assert CIRCLE + "give the queue a dead_letter_queue in its own stack" in text


def test_a_dead_letter_queue_given_from_here_for_a_queue_of_another_stack_is_refused(app: App) -> None:
    queues, functions = Stack(app, "Queues"), Stack(app, "Functions")
    text = refusal(
        functions,
        function=python_function(functions),
        queue=sqs.Queue(queues, "Queue"),
        dead_letter_queue=sqs.Queue(functions, "DeadLetters", retention_period=Duration.days(14)),
    )
    assert "would need Functions/DeadLetters of that one" in text


def test_a_queue_of_another_region_is_refused(app: App) -> None:
    ireland, paris = Stack(app, "Ireland", env=IRELAND), Stack(app, "Paris", env=PARIS)
    text = refusal(paris, function=python_function(paris), queue=full_queue(ireland))
    assert "the queue is in eu-west-1 and the mapping in eu-west-3" in text
    assert "in a stack of eu-west-1" in text


def test_an_imported_queue_of_another_region_is_refused(app: App) -> None:
    paris = Stack(app, "Paris", env=PARIS)
    queue = sqs.Queue.from_queue_arn(paris, "Queue", "arn:aws:sqs:eu-west-1:111111111111:orders")
    assert "the queue is in eu-west-1 and the mapping in eu-west-3" in refusal(
        paris, function=python_function(paris), queue=queue
    )


@pytest.mark.parametrize(
    ("arn", "says"),
    [
        (
            "arn:aws:sqs:eu-west-3:111111111111:dead-letters",
            "is in eu-west-3 and the queue in eu-west-1",
        ),
        ("arn:aws:sqs:eu-west-1:222222222222:dead-letters", "is in 222222222222 and the queue in 111111111111"),
    ],
)
def test_a_dead_letter_queue_of_another_region_or_account_is_refused(app: App, arn: str, says: str) -> None:
    stack = Stack(app, "Stack", env=IRELAND)
    dead_letters = sqs.Queue.from_queue_arn(stack, "DeadLetters", arn)
    text = refusal(stack, function=python_function(stack), dead_letter_queue=dead_letters)
    assert says in text
    assert "one account and Region" in text


def test_a_queue_of_another_account_is_allowed(app: App) -> None:
    """Lambda reads queues of other accounts whose own policy allows it."""
    stack = Stack(app, "Stack", env=IRELAND)
    queue = sqs.Queue.from_queue_arn(stack, "Queue", "arn:aws:sqs:eu-west-1:222222222222:orders")
    SqsConsumer(stack, "Orders", function=python_function(stack), queue=queue)
    app.synth()
