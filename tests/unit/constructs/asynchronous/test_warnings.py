"""Warnings of `AsyncInvocation`: each with a neighbour that is silent, a stable id, and ways to acknowledge it."""

# The CDK's own classes do not fit its interfaces for a type checker: https://github.com/aws/jsii/issues/4541
# pyright: reportArgumentType=false

from collections.abc import Callable
from typing import Any

import pytest
from aws_cdk import Annotations, Duration, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sqs as sqs
from constructs import IConstruct

from redrive_cdk.asynchronous.counting import AttemptCounting
from redrive_cdk.asynchronous.invocation import AsyncInvocation
from tests.support.constructs.cases import ACKNOWLEDGE, Options, Warned, by_annotations, function, just
from tests.support.constructs.cdk import Synthesized, new_stack, python_function, warnings_of

FUNCTION_ARN = "arn:aws:lambda:eu-west-1:111111111111:function:orders"
ROLE_ARN = "arn:aws:iam::111111111111:role/orders"


def topic(role: str) -> Options:
    return lambda stack: {role: sns.Topic(stack, "Topic")}


def queue(role: str, **options: Any) -> Options:
    return lambda stack: {role: sqs.Queue(stack, "Queue"), **options}


def both(stack: Stack) -> dict[str, Any]:
    return {"on_failure": sqs.Queue(stack, "Failed"), "dead_letter_queue": sqs.Queue(stack, "DeadLetters")}


def own_and_made(stack: Stack) -> dict[str, Any]:
    return {"function": python_function(stack, dead_letter_queue_enabled=True), "make_failure_queue": True}


def imported_function(stack: Stack) -> dict[str, Any]:
    function = lambda_.Function.from_function_attributes(
        stack,
        "Imported",
        function_arn=FUNCTION_ARN,
        role=iam.Role.from_role_arn(stack, "Role", ROLE_ARN),
        same_environment=True,
    )
    return {"function": function}


def function_without_role(stack: Stack) -> dict[str, Any]:
    function = lambda_.Function.from_function_arn(stack, "Imported", FUNCTION_ARN)
    Annotations.of(stack).acknowledge_warning("redrive:imported-function")
    return {"function": function}


def function_with_role(stack: Stack) -> dict[str, Any]:
    Annotations.of(stack).acknowledge_warning("redrive:imported-function")
    return imported_function(stack)


def imported_bucket(stack: Stack) -> dict[str, Any]:
    bucket = s3.Bucket.from_bucket_name(stack, "Attempts", "attempts")
    return {"count_attempts": AttemptCounting.s3(bucket, "tried/")}


def made_bucket(stack: Stack) -> dict[str, Any]:
    return {"count_attempts": AttemptCounting.s3(s3.Bucket(stack, "Attempts"), "tried/")}


CASES: dict[str, Warned] = {
    "failures that go nowhere": Warned(
        "redrive:no-failure-destination",
        just(make_failure_queue=False, retry_attempts=1),
        just(retry_attempts=1),
        ("neither an on-failure destination nor a dead-letter queue", "lost", "leave make_failure_queue unset"),
    ),
    "failures that go nowhere, beside a destination on success": Warned(
        "redrive:no-failure-destination",
        queue("on_success", make_failure_queue=False),
        queue("dead_letter_queue"),
        ("neither an on-failure destination",),
    ),
    "a destination and a dead-letter queue": Warned(
        "redrive:failures-arrive-twice",
        both,
        queue("on_failure"),
        ("both an on-failure destination and a dead-letter queue", "twice", "leave one of them out"),
    ),
    "a queue that is made beside the function's dead-letter queue": Warned(
        "redrive:failures-arrive-twice", own_and_made, function(dead_letter_queue_enabled=True), ("twice",)
    ),
    "a topic on failure": Warned(
        "redrive:sns-record-size",
        topic("on_failure"),
        queue("on_failure"),
        ("on_failure is an SNS topic", "256 KB", "1 MB", "give a queue or a bucket"),
    ),
    "a topic on success": Warned(
        "redrive:sns-record-size", topic("on_success"), queue("on_success"), ("on_success is an SNS topic",)
    ),
    "a topic as dead-letter queue": Warned(
        "redrive:sns-record-size",
        topic("dead_letter_queue"),
        queue("dead_letter_queue"),
        ("dead_letter_queue is an SNS topic",),
    ),
    "no concurrency": Warned(
        "redrive:no-concurrency",
        function(reserved_concurrent_executions=0),
        function(reserved_concurrent_executions=1),
        ("reserved concurrency is 0", "Lambda tries no event", "reserve 1 or more"),
    ),
    "retries that the age cuts off": Warned(
        "redrive:event-age",
        just(max_event_age=Duration.seconds(180)),
        just(max_event_age=Duration.seconds(181)),
        ("max_event_age 180 s", "after 1 of 2 retries", "more than 180 s, or retry_attempts=1"),
    ),
    "a retry that the age cuts off": Warned(
        "redrive:event-age",
        just(max_event_age=Duration.seconds(60), retry_attempts=1),
        just(max_event_age=Duration.seconds(60), retry_attempts=0),
        ("after 0 of 1 retries", "more than 60 s, or retry_attempts=0"),
    ),
    "an imported function": Warned(
        "redrive:imported-function",
        imported_function,
        just(),
        ("Stack/Imported is imported", "Stack/Orders", "@async_handler(settings=AsyncSettings("),
    ),
    "a role that is not known": Warned(
        "redrive:unknown-role",
        function_without_role,
        function_with_role,
        ("the role of Stack/Imported is not known", '"sqs:SendMessage"', "import the function with its role"),
    ),
    "objects that nobody removes": Warned(
        "redrive:attempt-objects",
        imported_bucket,
        made_bucket,
        ("Stack/Attempts is imported", "expires what is under 'tried/' after a day"),
    ),
}


def invocation(options: Options, stack: Stack | None = None) -> AsyncInvocation:
    stack = stack or new_stack()
    chosen = options(stack)
    return AsyncInvocation(stack, "Orders", **{"function": chosen.get("function") or python_function(stack), **chosen})


@pytest.mark.parametrize("name", CASES)
def test_it_warns_of(name: str) -> None:
    case = CASES[name]
    warnings = warnings_of(Stack.of(invocation(case.warned)))
    assert set(warnings) == {case.id}
    for part in case.says:
        assert part in warnings[case.id]
    assert "${Token" not in warnings[case.id]


@pytest.mark.parametrize("name", CASES)
def test_it_says_nothing_about_the_neighbour_of(name: str) -> None:
    assert warnings_of(Stack.of(invocation(CASES[name].silent))) == {}


@pytest.mark.parametrize("acknowledge", ACKNOWLEDGE)
@pytest.mark.parametrize("name", CASES)
def test_a_warning_can_be_acknowledged(name: str, acknowledge: Callable[[IConstruct, str], None]) -> None:
    case = CASES[name]
    made = invocation(case.warned)
    acknowledge(made, case.id)
    assert warnings_of(Stack.of(made)) == {}


@pytest.mark.parametrize("name", CASES)
def test_a_warning_can_be_acknowledged_for_a_whole_stack_in_advance(name: str) -> None:
    case = CASES[name]
    stack = new_stack()
    by_annotations(stack, case.id)
    invocation(case.warned, stack)
    assert warnings_of(stack) == {}


def test_an_acknowledgement_leaves_the_other_warnings() -> None:
    made = invocation(just(make_failure_queue=False, max_event_age=Duration.seconds(60)))
    by_annotations(made, "redrive:event-age")
    assert set(warnings_of(made)) == {"redrive:no-failure-destination"}


def test_all_that_is_doubtful_is_said_at_once() -> None:
    def options(stack: Stack) -> dict[str, Any]:
        return {
            "function": python_function(stack, reserved_concurrent_executions=0),
            "on_failure": sns.Topic(stack, "Topic"),
            "dead_letter_queue": sqs.Queue(stack, "Queue"),
            "max_event_age": Duration.minutes(1),
        }

    assert set(warnings_of(Stack.of(invocation(options)))) == {
        "redrive:failures-arrive-twice",
        "redrive:sns-record-size",
        "redrive:no-concurrency",
        "redrive:event-age",
    }


def test_a_role_that_is_not_known_is_to_be_allowed_all_that_delivery_and_counting_take() -> None:
    """Written as statements of a policy, to be copied."""

    def options(stack: Stack) -> dict[str, Any]:
        return {
            **function_without_role(stack),
            "on_failure": s3.Bucket(stack, "Failed", encryption_key=kms.Key(stack, "Key")),
            "count_attempts": AttemptCounting.logs(),
        }

    made = invocation(options)
    text = warnings_of(made)["redrive:unknown-role"]
    for action in ("s3:PutObject", "s3:ListBucket", "kms:GenerateDataKey", "logs:FilterLogEvents"):
        assert f'"{action}"' in text
    assert Synthesized(Stack.of(made)).of_type("AWS::IAM::Policy") == {}


def test_a_role_that_has_nothing_to_be_allowed_may_be_unknown() -> None:
    def options(stack: Stack) -> dict[str, Any]:
        return {**function_without_role(stack), "retry_attempts": 1, "make_failure_queue": False}

    assert set(warnings_of(invocation(options))) == {"redrive:no-failure-destination"}
