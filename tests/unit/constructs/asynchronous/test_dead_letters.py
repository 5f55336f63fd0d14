"""The classic dead-letter queue: one for the function, with all its versions and aliases."""

# The CDK's own classes do not fit its interfaces for a type checker: https://github.com/aws/jsii/issues/4541
# pyright: reportArgumentType=false

from collections.abc import Callable
from typing import Any

import pytest
from aws_cdk import Fn, Stack
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sqs as sqs

from redrive_cdk.asynchronous.invocation import AsyncInvocation
from tests.support.constructs.asynchronous.destinations import address, delivery
from tests.support.constructs.cdk import Synthesized, deployed, new_app, new_stack, python_function

QUEUE_ARN = "arn:aws:sqs:eu-west-1:111111111111:failed"
TOPIC_ARN = "arn:aws:sns:eu-west-1:111111111111:failed"
FUNCTION_ARN = "arn:aws:lambda:eu-west-1:111111111111:function:orders"
ANOTHER = "has another dead-letter queue already: a function has one, .*; give the same one, or leave dead_letter_queue"


def set_on_resource(function: lambda_.Function, arn: str) -> None:
    resource = function.node.default_child
    assert isinstance(resource, lambda_.CfnFunction)
    resource.dead_letter_config = lambda_.CfnFunction.DeadLetterConfigProperty(target_arn=arn)


@pytest.mark.parametrize("give", [lambda function: function.current_version, lambda function: function.add_alias("a")])
def test_it_is_set_on_the_function_behind_a_version_or_alias(give: Callable[[lambda_.Function], Any]) -> None:
    stack = new_stack()
    function = python_function(stack)
    queue = sqs.Queue(stack, "Failed")
    AsyncInvocation(stack, "Orders", function=give(function), dead_letter_queue=queue)
    synthesized = Synthesized(stack)
    assert synthesized.properties(function)["DeadLetterConfig"] == {"TargetArn": synthesized.arn(queue)}


def test_a_queue_that_the_cdk_has_made_for_the_function_is_taken() -> None:
    stack = new_stack()
    function = python_function(stack, dead_letter_queue_enabled=True)
    invocation = AsyncInvocation(stack, "Orders", function=function.current_version)
    assert isinstance(invocation.dead_letter_queue, sqs.Queue)
    assert invocation.dead_letter_queue.node.path == "Stack/Function/DeadLetterQueue"
    assert invocation.on_failure is None


def test_one_that_another_qualifier_has_set_is_taken() -> None:
    stack = new_stack()
    function = python_function(stack)
    queue = sqs.Queue(stack, "Failed")
    AsyncInvocation(stack, "Orders", function=function, dead_letter_queue=queue)
    live = AsyncInvocation(stack, "Live", function=function.add_alias("live"))
    assert live.dead_letter_queue is queue
    assert live.failure_queue is None
    assert live.dead_letter_alarm is not None


SET: dict[str, Callable[[Stack], str]] = {
    "a queue": lambda stack: sqs.Queue(stack, "Failed").queue_arn,
    "a topic": lambda stack: sns.Topic(stack, "Failed").topic_arn,
    "a queue's resource": lambda stack: sqs.CfnQueue(stack, "Failed").attr_arn,
    "a topic's resource": lambda stack: sns.CfnTopic(stack, "Failed").attr_topic_arn,
    "a queue's ARN": lambda stack: QUEUE_ARN,
    "a topic's ARN": lambda stack: TOPIC_ARN,
    "an ARN of this account": lambda stack: stack.format_arn(service="sqs", resource="failed"),
}


@pytest.mark.parametrize("name", SET)
def test_one_that_was_set_on_the_resource_is_known(name: str) -> None:
    """Else a failure queue would be made besides, and every failed event arrive twice."""
    stack = new_stack()
    function = python_function(stack)
    set_on_resource(function, SET[name](stack))
    invocation = AsyncInvocation(stack, "Orders", function=function)
    assert invocation.facts.dead_letter_queue == ("topic" if "topic" in name else "queue")
    assert invocation.failure_queue is None
    assert invocation.dead_letter_queue is not None
    synthesized = Synthesized(stack)
    target = synthesized.properties(function)["DeadLetterConfig"]["TargetArn"]
    assert address(stack, invocation.dead_letter_queue) == deployed(target)
    call = "sns:Publish" if "topic" in name else "sqs:SendMessage"
    assert synthesized.statements(function) == {(call, deployed(target))}


def test_one_of_which_nothing_is_known_is_left_alone() -> None:
    stack = new_stack()
    function = python_function(stack)
    set_on_resource(function, Fn.import_value("FailedArn"))
    invocation = AsyncInvocation(stack, "Orders", function=function)
    assert invocation.dead_letter_queue is None
    assert Synthesized(stack).properties(function)["DeadLetterConfig"] == {
        "TargetArn": {"Fn::ImportValue": "FailedArn"}
    }


def test_the_one_that_the_function_has_may_be_given_again() -> None:
    stack = new_stack()
    queue = sqs.Queue(stack, "Failed")
    function = python_function(stack, dead_letter_queue=queue)
    for number, given in enumerate([queue, sqs.Queue.from_queue_arn(stack, "Again", queue.queue_arn)]):
        invocation = AsyncInvocation(
            stack, f"Orders{number}", function=function.add_alias(f"alias{number}"), dead_letter_queue=given
        )
        assert invocation.dead_letter_queue is given
    assert Synthesized(stack).template


def test_an_imported_one_may_be_given_again() -> None:
    stack = new_stack()
    one, again = (sqs.Queue.from_queue_arn(stack, id, QUEUE_ARN) for id in ("One", "Again"))
    function = python_function(stack, dead_letter_queue=one)
    AsyncInvocation(stack, "Orders", function=function, dead_letter_queue=again)
    assert Synthesized(stack).properties(function)["DeadLetterConfig"] == {"TargetArn": QUEUE_ARN}


def test_a_second_one_is_refused() -> None:
    stack = new_stack()
    function = python_function(stack, dead_letter_queue=sqs.Queue(stack, "Failed"))
    with pytest.raises(ValueError, match=f"Stack/Orders: Stack/Function {ANOTHER}"):
        AsyncInvocation(stack, "Orders", function=function, dead_letter_queue=sqs.Queue(stack, "Other"))


def test_two_invocations_of_one_function_cannot_differ_in_it() -> None:
    stack = new_stack()
    function = python_function(stack)
    AsyncInvocation(stack, "Orders", function=function, dead_letter_queue=sqs.Queue(stack, "Failed"))
    with pytest.raises(ValueError, match=ANOTHER):
        AsyncInvocation(stack, "Live", function=function.add_alias("live"), dead_letter_queue=sqs.Queue(stack, "Other"))


def test_queues_of_two_stacks_are_told_apart_though_they_have_one_logical_id() -> None:
    app = new_app()
    stack, one, other = (Stack(app, id) for id in ("Stack", "One", "Other"))
    function = python_function(stack, dead_letter_queue=sqs.Queue(one, "Failed"))
    with pytest.raises(ValueError, match=ANOTHER):
        AsyncInvocation(stack, "Orders", function=function, dead_letter_queue=sqs.Queue(other, "Failed"))


@pytest.mark.parametrize("arn", [FUNCTION_ARN, f"{FUNCTION_ARN}:live"])
def test_that_of_an_imported_function_cannot_be_set(arn: str) -> None:
    stack = new_stack()
    function = lambda_.Function.from_function_arn(stack, "Imported", arn)
    with pytest.raises(
        ValueError, match=r"Stack/Imported is imported, .* where the function is made, or give an on_failure"
    ):
        AsyncInvocation(stack, "Orders", function=function, dead_letter_queue=sqs.Queue(stack, "Failed"))


def test_given_and_own_destination_each_have_their_key_granted() -> None:
    stack = new_stack()
    one, other = (kms.Key(stack, id) for id in ("One", "Other"))
    dead_letters = sqs.Queue(stack, "DeadLetters", encryption_master_key=one)
    failed = sqs.Queue(stack, "Failed", encryption_master_key=other)
    function = python_function(stack, dead_letter_queue=dead_letters)
    AsyncInvocation(stack, "Orders", function=function, on_failure=failed)
    assert Synthesized(stack).statements(function) == (
        delivery(stack, "queue", dead_letters, one) | delivery(stack, "queue", failed, other)
    )
