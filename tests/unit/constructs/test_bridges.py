"""`bridges=` of the consumers: what they derive from it, what they say of it, and what they refuse."""

# The CDK's own classes do not fit its interfaces for a type checker: https://github.com/aws/jsii/issues/4541
# pyright: reportArgumentType=false

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from aws_cdk import Duration, Stack
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_kinesis as kinesis
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sqs as sqs

from redrive.settings import SQS_WAITS
from redrive_cdk import (
    AsyncInvocation,
    Backoff,
    DynamoDBStreamConsumer,
    FailureDashboard,
    KinesisConsumer,
    SqsConsumer,
)
from redrive_model.schedules.bridging import waits_for
from tests.support.constructs.cdk import Synthesized, new_stack, number_parameter, python_function, warnings_of
from tests.support.constructs.monitoring.dashboards import text
from tools.dashboard_body import bodies

KEY = dynamodb.Attribute(name="id", type=dynamodb.AttributeType.STRING)
HOUR = Duration.hours(1)
QUEUE_ARN = "arn:aws:sqs:eu-west-1:111111111111:orders"


def seconds(duration: Duration | None) -> float | None:
    return None if duration is None else duration.to_seconds()


def orders(stack: Stack | None = None, *, timeout: int = 10, **options: Any) -> SqsConsumer:
    stack = stack or new_stack()
    function = python_function(stack, timeout=Duration.seconds(timeout))
    return SqsConsumer(stack, "Orders", function=function, **options)


def taken(**properties: Any) -> SqsConsumer:
    stack = new_stack()
    dead_letters = sqs.Queue(stack, "DeadLetters", retention_period=Duration.days(14))
    receives = properties.pop("receives")
    queue = sqs.Queue(
        stack,
        "Given",
        dead_letter_queue=sqs.DeadLetterQueue(queue=dead_letters, max_receive_count=receives),
        visibility_timeout=Duration.seconds(60),
    )
    return orders(stack, queue=queue, **properties)


def readings(**options: Any) -> KinesisConsumer:
    stack = new_stack()
    return KinesisConsumer(stack, "Readings", function=python_function(stack), **options)


def changes(**options: Any) -> DynamoDBStreamConsumer:
    stack = new_stack()
    return DynamoDBStreamConsumer(stack, "Changes", function=python_function(stack), partition_key=KEY, **options)


def mails(**options: Any) -> AsyncInvocation:
    stack = new_stack()
    return AsyncInvocation(stack, "Mails", function=python_function(stack), **options)


Made = SqsConsumer | KinesisConsumer | DynamoDBStreamConsumer | AsyncInvocation
BRIDGED: dict[str, tuple[Callable[[], Made], float | None]] = {
    "a queue": (orders, 3_600),
    "a FIFO queue": (lambda: orders(fifo=True), 910),
    "a queue for half a day": (lambda: orders(bridges=Duration.hours(6)), 21_600),
    "as many receives as by hand": (lambda: orders(max_receive_count=5), 240),
    "no retry": (lambda: orders(max_receive_count=1), 0),
    "a backoff": (lambda: orders(backoff=Backoff(base=30, cap=900, jitter="none"), max_receive_count=5), 240),
    "a short backoff": (lambda: orders(backoff=Backoff(base=1, cap=4, jitter="equal"), max_receive_count=5), 5),
    "a backoff with full jitter": (lambda: orders(backoff=Backoff(base=30, cap=900)), 0),
    "a short visibility timeout": (lambda: orders(visibility_timeout=Duration.seconds(60)), 900),
    "a function with a long timeout": (lambda: orders(timeout=60), 5_760),
    "a queue with a short retention": (lambda: orders(retention_period=Duration.minutes(30)), 910),
    "a taken queue": (lambda: taken(receives=5), 240),
    "a taken queue with enough receives": (lambda: taken(receives=61), 3_600),
    "receives that only the deployment knows": (
        lambda: orders(stack := new_stack(), max_receive_count=number_parameter(stack, "Receives")),
        None,
    ),
    "an imported queue": (
        lambda: orders(stack := new_stack(), queue=sqs.Queue.from_queue_arn(stack, "Queue", QUEUE_ARN)),
        None,
    ),
    "an imported queue of which something is said": (
        lambda: orders(
            stack := new_stack(),
            queue=sqs.Queue.from_queue_arn(stack, "Queue", QUEUE_ARN),
            max_receive_count=20,
            visibility_timeout=Duration.minutes(5),
        ),
        5_700,
    ),
    "a stream": (readings, 3_625),
    "a table": (changes, 3_625),
    "a stream for half a day": (lambda: readings(bridges=Duration.hours(12)), 43_225),
    "few retries": (lambda: readings(retry_attempts=10), 56),
    "a short record age": (lambda: readings(max_record_age=Duration.minutes(2)), 120),
    "no limit but the retention": (
        lambda: readings(retry_attempts="infinite", max_record_age="infinite"),
        86_400,
    ),
    "asynchronous invocation": (mails, 180),
    "one retry": (lambda: mails(retry_attempts=1), 60),
    "a short event age": (lambda: mails(max_event_age=Duration.seconds(90)), 60),
}


@pytest.mark.parametrize("name", BRIDGED)
def test_what_a_consumer_bridges_can_be_read(name: str) -> None:
    make, length = BRIDGED[name]
    assert seconds(make().bridges) == length


def test_receives_visibility_timeout_and_waits_are_derived_from_it() -> None:
    consumer = orders(bridges=Duration.minutes(10))
    assert (consumer.facts.max_receive_count, consumer.facts.visibility_timeout) == (13, 60)
    assert consumer.facts.backoff == waits_for(600)
    assert warnings_of(consumer) == {}


def test_a_queue_taken_with_its_own_redrive_policy_keeps_it() -> None:
    consumer = taken(receives=12, bridges=Duration.minutes(10))
    properties = Synthesized(Stack.of(consumer)).properties(consumer.queue)
    assert (properties["RedrivePolicy"]["maxReceiveCount"], properties["VisibilityTimeout"]) == (12, 60)
    assert seconds(consumer.bridges) == 600


def test_more_receives_make_a_short_visibility_timeout_bridge_it_too() -> None:
    consumer = orders(bridges=HOUR, visibility_timeout=Duration.seconds(60))
    assert (consumer.facts.max_receive_count, seconds(consumer.bridges)) == (61, 3_600)


def test_the_visibility_timeout_of_ones_own_stays_and_the_default_receives_too() -> None:
    consumer = orders(visibility_timeout=Duration.seconds(60))
    assert (consumer.facts.max_receive_count, consumer.facts.backoff) == (16, SQS_WAITS)


def test_retries_and_record_age_are_derived_from_it() -> None:
    facts = readings(bridges=Duration.hours(12)).facts
    assert (facts.retry_attempts, facts.max_record_age) == (1_449, 18 * 3_600)


def test_an_outage_that_needs_more_retries_than_lambda_has_takes_all() -> None:
    consumer = readings(bridges=Duration.hours(100), retention_period=Duration.days(7))
    mapping = Synthesized(Stack.of(consumer)).properties(consumer.event_source_mapping)
    assert (mapping["MaximumRetryAttempts"], mapping["MaximumRecordAgeInSeconds"]) == (-1, 482_400)


REFUSED: dict[str, tuple[Callable[[], object], tuple[str, ...]]] = {
    "receives": (lambda: orders(bridges=HOUR, max_receive_count=5), ("Stack/Orders: bridges 3,600 s", "is 5")),
    "a taken queue's receives": (lambda: taken(receives=5, bridges=HOUR), ("bridges 3,600 s", "is 5")),
    "a backoff": (lambda: orders(bridges=HOUR, backoff=Backoff(30, cap=900)), ("3,600 s", "bridge 0 s")),
    "the retention": (
        lambda: orders(bridges=HOUR, retention_period=HOUR),
        ("bridges 3,600 s", "retention of 3,600 s"),
    ),
    "12 hours": (lambda: orders(bridges=Duration.hours(13)), ("bridges 46,800 s", "43,200 s")),
    "what is not known": (
        lambda: orders(stack := new_stack(), bridges=Duration.seconds(number_parameter(stack, "Length"))),
        ("Stack/Orders: bridges is only known at deployment",),
    ),
    "an imported queue": (
        lambda: orders(stack := new_stack(), bridges=HOUR, queue=sqs.Queue.from_queue_arn(stack, "Queue", QUEUE_ARN)),
        ("bridges 3,600 s", "pass max_receive_count"),
    ),
    "retries": (
        lambda: readings(bridges=HOUR, retry_attempts=3),
        ("Stack/Readings: bridges 3,600 s needs 129 retries", "retry_attempts 3"),
    ),
    "the record age": (
        lambda: changes(bridges=HOUR, max_record_age=Duration.minutes(30)),
        ("bridges 3,600 s", "max_record_age 1,800 s"),
    ),
    "a table's retention": (lambda: changes(bridges=Duration.hours(24)), ("86,400 s", "retention of 86,400 s")),
    "a stream's retention": (
        lambda: readings(
            bridges=Duration.hours(30), stream=kinesis.Stream(new_stack(), "Given", retention_period=Duration.hours(24))
        ),
        ("bridges 108,000 s", "retention of 86,400 s"),
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_contradicts_it_is_refused_with_both_numbers(name: str) -> None:
    make, says = REFUSED[name]
    with pytest.raises(ValueError, match="bridges") as refusal:
        make()
    for part in says:
        assert part in str(refusal.value)


def test_few_retries_of_a_stream_are_warned_of() -> None:
    found = warnings_of(readings(retry_attempts=3))
    assert set(found) == {"redrive:short-retries"}
    assert "3 retries bridge an outage of about 2.38 s" in found["redrive:short-retries"]


def test_an_imported_function_is_told_the_waits_by_hand() -> None:
    stack = new_stack()
    arn = "arn:aws:lambda:eu-west-1:111111111111:function:orders"
    function = lambda_.Function.from_function_attributes(stack, "Imported", function_arn=arn, skip_permissions=True)
    found = warnings_of(SqsConsumer(stack, "Orders", function=function))["redrive:imported-function"]
    assert "max_receive_count=16, backoff=Backoff(base=5.0, factor=2, cap=900, jitter='equal')" in found


def test_the_dashboard_shows_it() -> None:
    stack = new_stack("Shop")
    functions = [python_function(stack, f"Function{number}") for number in range(3)]
    watch = [
        SqsConsumer(stack, "Orders", function=functions[0]),
        KinesisConsumer(stack, "Readings", function=functions[1]),
        AsyncInvocation(stack, "Mails", function=functions[2]),
    ]
    FailureDashboard(stack, "Failures", watch=watch)
    (body,) = bodies(Synthesized(stack).template).values()
    shown = {name: text(body, f"## {name}") for name in ("Orders", "Readings", "Mails")}
    assert "Retries bridge an outage of 1 h." in shown["Orders"]
    assert "Retries bridge an outage of 60.4 min." in shown["Readings"]
    assert "Retries bridge an outage of 3 min." in shown["Mails"]
