"""Refusals of `SqsConsumer`: each with a neighbour that is allowed, and a message with values, rule and remedy."""

from typing import Any

import pytest
from aws_cdk import Duration, RemovalPolicy
from aws_cdk import aws_lambda as lambda_

from redrive_cdk import ProvisionedPollers, SqsConsumer
from tests.support.constructs.cases import Refused, just
from tests.support.constructs.cdk import Synthesized, new_stack, number_parameter, python_function, warnings_of
from tests.support.constructs.sqs.options import (
    QUEUE_ARN,
    Options,
    both,
    dead_letters,
    encryption_key,
    function,
    imported,
    imported_as_its_own_dead_letter_queue,
    its_own_dead_letter_queue,
    queue,
    queue_with_own_dead_letters,
)


def unused(option: str, what: str) -> str:
    """The whole sentence about an option of what is not made."""
    return (
        f"Stack/Orders: {option} is for {what} that SqsConsumer makes, and here it makes none: set it on what is "
        f"given, or leave {option} unset"
    )


CASES: dict[str, Refused] = {
    "visibility timeout below the function's timeout": Refused(
        both(function(60), just(visibility_timeout=Duration.seconds(59))),
        both(function(60), just(visibility_timeout=Duration.seconds(60))),
        ("visibility timeout 59 s", "function's timeout of 60 s", "leave visibility_timeout unset"),
    ),
    "a given queue's visibility timeout below the function's timeout": Refused(
        both(function(60), queue(visibility_timeout=Duration.seconds(30))),
        both(function(60), queue(visibility_timeout=Duration.seconds(60))),
        ("visibility timeout 30 s", "function's timeout of 60 s", "leave visibility_timeout unset"),
    ),
    "visibility timeout above twelve hours": Refused(
        just(visibility_timeout=Duration.seconds(43_201)),
        just(visibility_timeout=Duration.seconds(43_200), retention_period=Duration.days(3)),
        ("visibility timeout 43,201 s", "0–43,200 s (12 hours)", "give one within"),
    ),
    "batching window on FIFO": Refused(
        just(fifo=True, max_batching_window=Duration.seconds(5)),
        just(fifo=False, max_batching_window=Duration.seconds(5)),
        ("batching window 5 s", "FIFO", "leave max_batching_window unset"),
    ),
    "large batches on FIFO": Refused(
        just(fifo=True, batch_size=11),
        just(fifo=True, batch_size=10),
        ("batch size 11", "FIFO", "at most 10", "batch_size=10"),
    ),
    "large batches without a window": Refused(
        just(batch_size=11),
        just(batch_size=11, max_batching_window=Duration.seconds(1)),
        ("batch size 11", "at least 1 s", "max_batching_window=Duration.seconds(1)", "batch_size=10"),
    ),
    "batches of none": Refused(just(batch_size=0), just(batch_size=1), ("batch_size 0", "1 to 10,000")),
    "batches beyond ten thousand": Refused(
        just(batch_size=10_001, max_batching_window=Duration.seconds(1)),
        just(batch_size=10_000, max_batching_window=Duration.seconds(1)),
        ("batch_size 10,001", "1 to 10,000"),
    ),
    "a batching window above five minutes": Refused(
        just(max_batching_window=Duration.seconds(301)),
        just(max_batching_window=Duration.seconds(300)),
        ("max_batching_window 301 s", "0–300 s", "give one within"),
    ),
    "a standard dead-letter queue of a FIFO queue": Refused(
        both(just(fifo=True), dead_letters()),
        both(just(fifo=True), dead_letters(fifo=True)),
        ("the queue is FIFO", "dead-letter queue is standard", "leave dead_letter_queue unset"),
    ),
    "a FIFO dead-letter queue of a standard queue": Refused(
        dead_letters(fifo=True),
        dead_letters(),
        ("the queue is standard", "dead-letter queue is FIFO", "leave dead_letter_queue unset"),
    ),
    "a FIFO dead-letter queue of an imported standard queue": Refused(
        imported(f"{QUEUE_ARN}-dead-letters.fifo"),
        imported(f"{QUEUE_ARN}-dead-letters"),
        ("the queue is standard", "dead-letter queue is FIFO"),
    ),
    "a queue as its own dead-letter queue": Refused(
        its_own_dead_letter_queue,
        both(queue(), dead_letters()),
        ("its own dead-letter queue", "never leave", "give another dead_letter_queue"),
    ),
    "an imported queue as its own dead-letter queue": Refused(
        imported_as_its_own_dead_letter_queue,
        imported(f"{QUEUE_ARN}-dead-letters"),
        ("its own dead-letter queue",),
    ),
    "two dead-letter queues": Refused(
        both(queue_with_own_dead_letters(), dead_letters()),
        queue_with_own_dead_letters(),
        ("Stack/Taken", "Stack/Own", "Stack/Given", "leave dead_letter_queue unset"),
    ),
    "dead letters kept for less time than messages": Refused(
        just(dead_letter_retention_period=Duration.days(3)),
        just(dead_letter_retention_period=Duration.days(5)),
        ("keeps messages 259,200 s", "345,600 s", "may expire on arrival", "14 days"),
    ),
    "FIFO dead letters kept for less time than messages": Refused(
        just(fifo=True, dead_letter_retention_period=Duration.days(3)),
        just(fifo=True, dead_letter_retention_period=Duration.days(4)),
        ("keeps messages 259,200 s", "345,600 s", "less time", "14 days"),
    ),
    "no receives": Refused(just(max_receive_count=0), just(max_receive_count=1), ("max_receive_count 0", "1 to 1,000")),
    "a concurrency of one": Refused(
        just(max_concurrency=1), just(max_concurrency=2), ("max_concurrency 1:", "2 to 1,000", "reserve concurrency")
    ),
    "a concurrency above a thousand": Refused(
        just(max_concurrency=1_001), just(max_concurrency=1_000), ("max_concurrency 1,001", "2 to 1,000")
    ),
    "a concurrency above what the function has reserved": Refused(
        both(function(reserved_concurrent_executions=5), just(max_concurrency=6)),
        both(function(reserved_concurrent_executions=5), just(max_concurrency=5)),
        ("max_concurrency 6", "reserved concurrency of 5", "max_concurrency=5, or reserve at least 6"),
    ),
    "a concurrency of a function that has almost none reserved": Refused(
        both(function(reserved_concurrent_executions=1), just(max_concurrency=2)),
        both(function(reserved_concurrent_executions=2), just(max_concurrency=2)),
        ("max_concurrency 2", "reserved concurrency of 1", "; reserve at least 2"),
    ),
    "a concurrency together with pollers": Refused(
        just(max_concurrency=5, provisioned_pollers=ProvisionedPollers()),
        just(provisioned_pollers=ProvisionedPollers()),
        ("max_concurrency 5", "one or the other", "leave one of them unset"),
    ),
    "too few pollers": Refused(
        just(provisioned_pollers=ProvisionedPollers(minimum=1)),
        just(provisioned_pollers=ProvisionedPollers(minimum=2)),
        ("minimum pollers 1:", "2 to 200"),
    ),
    "too many pollers to keep": Refused(
        just(provisioned_pollers=ProvisionedPollers(minimum=201, maximum=300)),
        just(provisioned_pollers=ProvisionedPollers(minimum=200, maximum=300)),
        ("minimum pollers 201", "2 to 200"),
    ),
    "too many pollers": Refused(
        just(provisioned_pollers=ProvisionedPollers(maximum=10_001)),
        just(provisioned_pollers=ProvisionedPollers(maximum=10_000)),
        ("maximum pollers 10,001", "2 to 10,000"),
    ),
    "a minimum of pollers above the maximum": Refused(
        just(provisioned_pollers=ProvisionedPollers(minimum=6, maximum=5)),
        just(provisioned_pollers=ProvisionedPollers(minimum=5, maximum=5)),
        ("minimum pollers 6", "maximum of 5", "at least 6"),
    ),
    "a receive count other than the queue's": Refused(
        both(queue_with_own_dead_letters(), just(max_receive_count=5)),
        both(queue_with_own_dead_letters(), just(max_receive_count=6)),
        ("Stack/Taken has max_receive_count 6, and 5 was given", "leave max_receive_count unset"),
    ),
    "a visibility timeout other than the queue's": Refused(
        both(queue(visibility_timeout=Duration.minutes(2)), just(visibility_timeout=Duration.minutes(3))),
        both(queue(visibility_timeout=Duration.minutes(2)), just(visibility_timeout=Duration.minutes(2))),
        ("Stack/Taken has visibility_timeout 120, and 180 was given", "leave visibility_timeout unset"),
    ),
    "fifo for a queue that there is": Refused(
        both(queue(), just(fifo=True)),
        queue(fifo=True),
        (unused("fifo", "a queue"),),
    ),
    "a retention for a queue that there is": Refused(
        both(queue(), just(retention_period=Duration.days(2))),
        queue(retention_period=Duration.days(2)),
        (unused("retention_period", "a queue"),),
    ),
    "a removal policy for a queue that there is": Refused(
        both(queue(), just(removal_policy=RemovalPolicy.RETAIN)),
        queue(removal_policy=RemovalPolicy.RETAIN),
        (unused("removal_policy", "a queue"),),
    ),
    "a delay for a queue that there is": Refused(
        both(queue(), just(delivery_delay=Duration.seconds(2))),
        queue(delivery_delay=Duration.seconds(2)),
        (unused("delivery_delay", "a queue"),),
    ),
    "a key where no queue is made": Refused(
        both(queue_with_own_dead_letters(), encryption_key),
        both(queue(), encryption_key),
        (unused("encryption_key", "queues"),),
    ),
    "a retention for a dead-letter queue that there is": Refused(
        both(dead_letters(), just(dead_letter_retention_period=Duration.days(9))),
        just(dead_letter_retention_period=Duration.days(9)),
        (unused("dead_letter_retention_period", "a dead-letter queue"),),
    ),
    "a removal policy for a dead-letter queue that there is": Refused(
        both(queue_with_own_dead_letters(), just(dead_letter_removal_policy=RemovalPolicy.DESTROY)),
        just(dead_letter_removal_policy=RemovalPolicy.DESTROY),
        (unused("dead_letter_removal_policy", "a dead-letter queue"),),
    ),
    "high throughput of a standard queue": Refused(
        just(high_throughput=True),
        just(high_throughput=True, fifo=True),
        ("high_throughput=True on a standard queue", "fifo=True"),
    ),
    "deduplication of a standard queue": Refused(
        just(content_based_deduplication=True),
        just(content_based_deduplication=True, fifo=True),
        ("content_based_deduplication=True on a standard queue", "fifo=True"),
    ),
    "a Python too old for the layer": Refused(
        function(runtime=lambda_.Runtime.PYTHON_3_10),
        both(function(runtime=lambda_.Runtime.PYTHON_3_10), just(attach_layer=False)),
        ("Stack/Function runs on python3.10", "python3.11", "attach_layer=False"),
    ),
}


def consumer(options: Options) -> SqsConsumer:
    stack = new_stack()
    chosen = options(stack)
    return SqsConsumer(stack, "Orders", **{"function": chosen.get("function") or python_function(stack), **chosen})


@pytest.mark.parametrize("name", CASES)
def test_it_refuses(name: str) -> None:
    case = CASES[name]
    with pytest.raises(ValueError, match="Stack/") as raised:
        consumer(case.refused)
    for part in case.says:
        assert part in str(raised.value)


@pytest.mark.parametrize("name", CASES)
def test_it_allows_the_neighbour_of(name: str) -> None:
    made = consumer(CASES[name].allowed)
    assert made.event_source_mapping is not None


def test_a_large_fifo_batch_is_not_answered_with_the_advice_for_standard_queues() -> None:
    with pytest.raises(ValueError, match="batch_size=10 or less") as raised:
        consumer(just(fifo=True, batch_size=100))
    assert "max_batching_window" not in str(raised.value)


def test_what_only_the_deployment_knows_is_not_checked_and_arrives_in_the_template() -> None:
    stack = new_stack()

    def unknown(name: str) -> Any:
        return number_parameter(stack, name)

    consumer = SqsConsumer(
        stack,
        "Orders",
        function=python_function(
            stack, timeout=Duration.seconds(unknown("Timeout")), reserved_concurrent_executions=unknown("Reserved")
        ),
        visibility_timeout=Duration.seconds(unknown("Visibility")),
        max_receive_count=unknown("Receives"),
        retention_period=Duration.seconds(unknown("Retention")),
        dead_letter_retention_period=Duration.seconds(unknown("DeadLetterRetention")),
        delivery_delay=Duration.seconds(unknown("Delay")),
        batch_size=unknown("BatchSize"),
        max_batching_window=Duration.seconds(unknown("Window")),
        max_concurrency=unknown("Concurrency"),
    )
    assert warnings_of(stack) == {}
    assert consumer.age_alarm is None
    synthesized = Synthesized(stack)
    queue = synthesized.properties(consumer.queue)
    assert queue["VisibilityTimeout"] == {"Ref": "Visibility"}
    assert queue["MessageRetentionPeriod"] == {"Ref": "Retention"}
    assert queue["DelaySeconds"] == {"Ref": "Delay"}
    assert queue["RedrivePolicy"]["maxReceiveCount"] == {"Ref": "Receives"}
    assert synthesized.properties(consumer.dead_letter_queue)["MessageRetentionPeriod"] == {
        "Ref": "DeadLetterRetention"
    }
    mapping = synthesized.properties(consumer.event_source_mapping)
    assert mapping["BatchSize"] == {"Ref": "BatchSize"}
    assert mapping["MaximumBatchingWindowInSeconds"] == {"Ref": "Window"}
    assert mapping["ScalingConfig"] == {"MaximumConcurrency": {"Ref": "Concurrency"}}


def test_pollers_that_only_the_deployment_knows_are_not_checked() -> None:
    stack = new_stack()
    pollers = ProvisionedPollers(minimum=number_parameter(stack, "Least"), maximum=number_parameter(stack, "Most"))
    consumer = SqsConsumer(stack, "Orders", function=python_function(stack), provisioned_pollers=pollers)
    assert Synthesized(stack).properties(consumer.event_source_mapping)["ProvisionedPollerConfig"] == {
        "MinimumPollers": {"Ref": "Least"},
        "MaximumPollers": {"Ref": "Most"},
    }


def test_a_timeout_that_only_the_deployment_knows_counts_as_the_longest_there_is() -> None:
    """So that the visibility timeout is enough whatever it turns out to be."""
    stack = new_stack()
    function = python_function(stack, timeout=Duration.seconds(number_parameter(stack, "Timeout")))
    window = Duration.seconds(number_parameter(stack, "Window"))
    plain = SqsConsumer(stack, "Plain", function=function)
    gathering = SqsConsumer(stack, "Gathering", function=function, max_batching_window=window)
    synthesized = Synthesized(stack)
    assert synthesized.properties(plain.queue)["VisibilityTimeout"] == 6 * 900
    assert synthesized.properties(gathering.queue)["VisibilityTimeout"] == 6 * 900 + 300
