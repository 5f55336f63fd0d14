"""Warnings of `SqsConsumer`: each with a neighbour that is silent, a stable id, and ways to acknowledge it."""

from collections.abc import Callable
from typing import Any

import pytest
from aws_cdk import Annotations, Duration, Stack
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sqs as sqs
from constructs import IConstruct

from redrive_cdk import Backoff, SqsConsumer
from tests.support.constructs.cases import ACKNOWLEDGE, Options, Warned, by_annotations, just
from tests.support.constructs.cdk import new_stack, python_function, warnings_of

QUEUE_ARN = "arn:aws:sqs:eu-west-1:111111111111:orders"
FUNCTION_ARN = "arn:aws:lambda:eu-west-1:111111111111:function:orders"


def taken(**options: Any) -> Options:
    return lambda stack: {"queue": sqs.Queue(stack, "Taken", **options)}


def given_dead_letters(**options: Any) -> Options:
    return lambda stack: {"dead_letter_queue": sqs.Queue(stack, "Given", **options)}


def imported_queue(stack: Stack) -> dict[str, Any]:
    return {"queue": sqs.Queue.from_queue_arn(stack, "Imported", QUEUE_ARN)}


def imported_function(stack: Stack) -> dict[str, Any]:
    function = lambda_.Function.from_function_attributes(
        stack, "Imported", function_arn=FUNCTION_ARN, skip_permissions=True
    )
    Annotations.of(function).acknowledge_warning("@aws-cdk/aws-iam:unknownPrincipalAddStatementToRole")
    return {"function": function}


CASES: dict[str, Warned] = {
    "a visibility timeout below six times the function's": Warned(
        "redrive:visibility-timeout",
        just(visibility_timeout=Duration.seconds(59)),
        just(visibility_timeout=Duration.seconds(60)),
        ("visibility timeout 59 s", "6 × the function's timeout of 10 s", "window of 0 s = 60 s", "give 60 s"),
    ),
    "a visibility timeout that leaves out the batching window": Warned(
        "redrive:visibility-timeout",
        just(visibility_timeout=Duration.seconds(64), max_batching_window=Duration.seconds(5)),
        just(visibility_timeout=Duration.seconds(65), max_batching_window=Duration.seconds(5)),
        ("visibility timeout 64 s", "window of 5 s = 65 s"),
    ),
    "a given queue's short visibility timeout": Warned(
        "redrive:visibility-timeout",
        taken(visibility_timeout=Duration.seconds(30)),
        taken(),
        ("visibility timeout 30 s", "60 s"),
    ),
    "few receives": Warned(
        "redrive:max-receive-count",
        just(max_receive_count=4),
        just(max_receive_count=5),
        ("max_receive_count 4", "below 5", "give 5 or more"),
    ),
    "retries that outlive the message": Warned(
        "redrive:retries-beyond-retention",
        just(visibility_timeout=Duration.hours(1), retention_period=Duration.hours(4), max_receive_count=5),
        just(visibility_timeout=Duration.hours(1), retention_period=Duration.hours(5), max_receive_count=5),
        ("5 receives", "3,600 s", "18,000 s", "retention of 14,400 s", "lengthen the retention"),
    ),
    "waits that may all be none": Warned(
        "redrive:short-retries",
        just(backoff=Backoff(base=30, cap=900)),
        just(backoff=Backoff(base=30, cap=900, jitter="equal")),
        ("16 receives", "full jitter", "jitter='equal'", "bridges=Duration.hours(1)"),
    ),
    "waits that end soon": Warned(
        "redrive:short-retries",
        just(backoff=Backoff(base=4, cap=8, jitter="equal"), max_receive_count=15),
        just(backoff=Backoff(base=4, cap=8, jitter="equal"), max_receive_count=17),
        ("15 receives with these waits", "an outage of 54 s", "bridges=Duration.hours(1)"),
    ),
    "an outage shorter than a minute": Warned(
        "redrive:short-retries",
        just(bridges=Duration.seconds(30)),
        just(bridges=Duration.minutes(1)),
        ("receives with these waits bridge an outage of 3",),
    ),
    "dead letters kept no longer than messages": Warned(
        "redrive:dead-letter-retention",
        given_dead_letters(),
        given_dead_letters(retention_period=Duration.days(5)),
        ("345,600 s", "give the dead-letter queue 14 days, or the queue less"),
    ),
    "messages kept as long as anything can be": Warned(
        "redrive:dead-letter-retention",
        just(retention_period=Duration.days(14)),
        just(retention_period=Duration.days(14), fifo=True),  # there the age starts anew
        ("1,209,600 s", "; give the queue less"),
    ),
    "an imported queue": Warned(
        "redrive:imported-queue",
        imported_queue,
        taken(),
        ("Stack/Imported is imported", "6 × the function's timeout", "pass dead_letter_queue"),
    ),
    "an imported function": Warned(
        "redrive:imported-function",
        imported_function,
        just(),
        ("Stack/Imported is imported", "Stack/Orders", "@sqs_handler(settings="),
    ),
}


def consumer(options: Options) -> SqsConsumer:
    stack = new_stack()
    chosen = options(stack)
    return SqsConsumer(stack, "Orders", **{"function": chosen.get("function") or python_function(stack), **chosen})


@pytest.mark.parametrize("name", CASES)
def test_it_warns_of(name: str) -> None:
    case = CASES[name]
    warnings = warnings_of(Stack.of(consumer(case.warned)))
    assert set(warnings) == {case.id}
    for part in case.says:
        assert part in warnings[case.id]


@pytest.mark.parametrize("name", CASES)
def test_it_says_nothing_about_the_neighbour_of(name: str) -> None:
    assert warnings_of(Stack.of(consumer(CASES[name].silent))) == {}


@pytest.mark.parametrize("acknowledge", ACKNOWLEDGE)
@pytest.mark.parametrize("name", CASES)
def test_a_warning_can_be_acknowledged(name: str, acknowledge: Callable[[IConstruct, str], None]) -> None:
    case = CASES[name]
    made = consumer(case.warned)
    acknowledge(made, case.id)
    assert warnings_of(Stack.of(made)) == {}


@pytest.mark.parametrize("acknowledge", ACKNOWLEDGE)
def test_a_warning_can_be_acknowledged_for_a_whole_stack_in_advance(
    acknowledge: Callable[[IConstruct, str], None],
) -> None:
    stack = new_stack()
    acknowledge(stack, "redrive:max-receive-count")
    SqsConsumer(stack, "Orders", function=python_function(stack), max_receive_count=3)
    assert warnings_of(stack) == {}


def test_an_acknowledgement_leaves_the_other_warnings() -> None:
    made = consumer(just(max_receive_count=4, visibility_timeout=Duration.seconds(59)))
    by_annotations(made, "redrive:max-receive-count")
    assert set(warnings_of(made)) == {"redrive:visibility-timeout"}


def test_the_defaults_give_no_warning() -> None:
    for options in (just(), just(fifo=True), just(batch_size=500, max_batching_window=Duration.minutes(5))):
        assert warnings_of(Stack.of(consumer(options))) == {}


def test_all_that_is_doubtful_is_said_at_once() -> None:
    made = consumer(
        just(
            visibility_timeout=Duration.seconds(20),
            max_receive_count=4,
            retention_period=Duration.seconds(60),
            dead_letter_retention_period=Duration.seconds(60),
        )
    )
    assert set(warnings_of(made)) == {
        "redrive:visibility-timeout",
        "redrive:max-receive-count",
        "redrive:retries-beyond-retention",
        "redrive:dead-letter-retention",
        "redrive:short-retries",
    }
