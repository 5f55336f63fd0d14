"""Settings of the function's helper, read back with the helper's own reader."""

import gc

import pytest
from aws_cdk import Duration, Stack
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sqs as sqs

from redrive.settings import SQS_WAITS
from redrive.settings.sqs import SqsSettings, read_sqs
from redrive_cdk import Backoff, SqsConsumer
from tests.support.constructs.cdk import Synthesized, arn_of, new_stack, number_parameter, python_function, url_of

QUEUE_ARN = "arn:aws:sqs:eu-west-1:111111111111:orders"
DEAD_LETTERS_ARN = "arn:aws:sqs:eu-west-1:111111111111:orders-dead-letters"


def settings(stack: Stack, function: lambda_.Function, consumer: SqsConsumer) -> SqsSettings:
    synthesized = Synthesized(stack)
    return read_sqs(synthesized.environment(function), arn_of(synthesized.id(consumer.queue)))


def test_the_helper_finds_all_it_needs_by_the_queues_arn() -> None:
    stack = new_stack()
    function = python_function(stack, timeout=Duration.seconds(25))
    consumer = SqsConsumer(
        stack, "Orders", function=function, max_receive_count=7, retention_period=Duration.days(10), fifo=True
    )
    synthesized = Synthesized(stack)
    queue, dead_letters = (synthesized.id(of) for of in (consumer.queue, consumer.dead_letter_queue))
    assert read_sqs(synthesized.environment(function), arn_of(queue)) == SqsSettings(
        source_arn=arn_of(queue),
        queue_url=url_of(queue),
        dead_letter_queue_url=url_of(dead_letters),
        max_receive_count=7,
        function_timeout=25,
        retention_period=864_000,
        backoff=Backoff(base=5, factor=72, cap=359, jitter="equal"),
    )


def test_a_backoff_reaches_the_helper_whole() -> None:
    stack = new_stack()
    function = python_function(stack)
    backoff = Backoff(base=0.5, factor=3, cap=90, jitter="equal")
    consumer = SqsConsumer(stack, "Orders", function=function, backoff=backoff)
    assert settings(stack, function, consumer).backoff == backoff


def test_without_a_backoff_the_waits_bridge_an_hour() -> None:
    stack = new_stack()
    function = python_function(stack)
    assert settings(stack, function, SqsConsumer(stack, "Orders", function=function)).backoff == SQS_WAITS


@pytest.fixture(scope="module")
def shared() -> tuple[Synthesized, lambda_.Function, list[SqsConsumer]]:
    """A function of three sources, given once as itself, once as a version, once as an alias."""
    stack = new_stack()
    function = python_function(stack)
    version = function.current_version
    alias = lambda_.Alias(stack, "Alias", alias_name="live", version=version)  # pyright: ignore[reportArgumentType]
    consumers = [
        SqsConsumer(stack, "Orders", function=function, max_receive_count=6),
        SqsConsumer(stack, "Returns", function=version, max_receive_count=7),
        SqsConsumer(stack, "Complaints", function=alias, max_receive_count=8),
    ]
    other = python_function(stack, "Other")
    consumers.append(SqsConsumer(stack, "Elsewhere", function=other))
    return Synthesized(stack), function, consumers


def test_several_sources_of_one_function_are_numbered_without_a_gap(
    shared: tuple[Synthesized, lambda_.Function, list[SqsConsumer]],
) -> None:
    synthesized, function, consumers = shared
    assert list(synthesized.environment(function)) == ["REDRIVE_SQS_1", "REDRIVE_SQS_2", "REDRIVE_SQS_3"]
    other = consumers[3].function
    assert isinstance(other, lambda_.Function)
    assert list(synthesized.environment(other)) == ["REDRIVE_SQS_1"]


def test_each_source_of_one_function_has_settings_of_its_own(
    shared: tuple[Synthesized, lambda_.Function, list[SqsConsumer]],
) -> None:
    synthesized, function, consumers = shared
    environment = synthesized.environment(function)
    counts = [
        read_sqs(environment, arn_of(synthesized.id(consumer.queue))).max_receive_count for consumer in consumers[:3]
    ]
    assert counts == [6, 7, 8]


def test_the_users_own_variables_stay() -> None:
    stack = new_stack()
    function = python_function(stack, environment={"TABLE": "orders"})
    SqsConsumer(stack, "Orders", function=function)
    assert Synthesized(stack).environment(function)["TABLE"] == "orders"


def test_an_imported_queues_settings_are_what_was_said_of_it() -> None:
    stack = new_stack()
    function = python_function(stack)
    SqsConsumer(
        stack,
        "Orders",
        function=function,
        queue=sqs.Queue.from_queue_arn(stack, "Queue", QUEUE_ARN),
        dead_letter_queue=sqs.Queue.from_queue_arn(stack, "DeadLetters", DEAD_LETTERS_ARN),
        max_receive_count=9,
    )
    assert read_sqs(Synthesized(stack).environment(function), QUEUE_ARN) == SqsSettings(
        source_arn=QUEUE_ARN,
        queue_url="https://sqs.eu-west-1.amazonaws.com/111111111111/orders",
        dead_letter_queue_url="https://sqs.eu-west-1.amazonaws.com/111111111111/orders-dead-letters",
        max_receive_count=9,
        function_timeout=10,
        backoff=SQS_WAITS,
    )


def test_what_only_the_deployment_knows_is_left_open() -> None:
    """Not known is better than wrong: the helper then does without."""
    stack = new_stack()
    function = python_function(stack, timeout=Duration.seconds(number_parameter(stack, "Timeout")))
    consumer = SqsConsumer(
        stack,
        "Orders",
        function=function,
        max_receive_count=number_parameter(stack, "Receives"),
        retention_period=Duration.seconds(number_parameter(stack, "Retention")),
    )
    found = settings(stack, function, consumer)
    assert (found.max_receive_count, found.function_timeout, found.retention_period) == (None, None, None)
    assert found.dead_letter_queue_url is not None


def test_a_function_that_the_cdk_makes_inside_another_construct_is_told_of_all_its_sources() -> None:
    """jsii makes a new Python object each time such a function is asked for."""
    stack = new_stack()
    lambda_.SingletonFunction(
        stack,
        "Singleton",
        uuid="f2c7f0a0-6b1e-4a3f-9c57-3a2b1c0d9e8f",
        runtime=lambda_.Runtime.PYTHON_3_14,
        handler="index.handler",
        code=lambda_.Code.from_inline("def handler(event, context): ..."),
    )
    for number in range(2):
        (function,) = [each for each in stack.node.children if each.node.id.startswith("SingletonLambda")]
        assert isinstance(function, lambda_.Function)
        SqsConsumer(stack, f"Orders{number}", function=function)
        del function
        gc.collect()
    (resource,) = Synthesized(stack).of_type("AWS::Lambda::Function").values()
    assert set(resource["Properties"]["Environment"]["Variables"]) == {"REDRIVE_SQS_1", "REDRIVE_SQS_2"}
