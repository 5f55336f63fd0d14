"""Warnings of both consumers of streams: each with a neighbour that is silent, and an id to acknowledge it by."""

# The CDK's own classes do not fit its interfaces for a type checker: https://github.com/aws/jsii/issues/4541
# pyright: reportArgumentType=false

from typing import Any

import pytest
from aws_cdk import Annotations, Duration
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sqs as sqs

from tests.support.constructs.cases import Options, Warned, function, just
from tests.support.constructs.cdk import new_stack, warnings_of
from tests.support.constructs.streams.consumers import CONSUMERS, a_stream, kinesis_consumer

POSITION = lambda_.StartingPosition


def topic(set_aside: bool) -> Options:
    return lambda stack: {
        "on_failure": sns.Topic(stack, "Topic"),
        **({"set_aside": sqs.Queue(stack, "Aside")} if set_aside else {}),
    }


def filters(count: int) -> Options:
    return just(filters=[lambda_.FilterCriteria.filter({"eventName": ["INSERT"]})] * count)


HALF_A_DAY = Duration.hours(12)
CASES: dict[str, Warned] = {
    "no end of retries": Warned(
        "redrive:infinite-retries",
        just(retry_attempts="infinite", max_record_age="infinite"),
        just(retry_attempts="infinite"),
        ("infinite retries and an infinite record age", "holds up its shard", "give retry_attempts, or max_record_age"),
    ),
    "records until they expire": Warned(
        "redrive:record-age",
        just(max_record_age="infinite"),
        just(max_record_age=HALF_A_DAY),
        ("max_record_age infinite is not below the stream's retention of 86,400 s", "reach no destination"),
    ),
    "records as old as the stream keeps them": Warned(
        "redrive:record-age",
        just(max_record_age=Duration.days(1)),
        just(max_record_age=Duration.seconds(86_399)),
        ("max_record_age 86,400 s is not below the stream's retention of 86,400 s", "leave max_record_age unset"),
    ),
    "batches that are not split": Warned(
        "redrive:no-bisect",
        just(bisect_batch=False),
        just(bisect_batch=False, batch_size=1),
        ("bisect_batch=False with batches of up to 100", "leave bisect_batch unset"),
    ),
    "nothing to split": Warned(
        "redrive:nothing-to-bisect",
        just(bisect_batch=True, batch_size=1),
        just(bisect_batch=True, batch_size=2),
        ("bisect_batch=True with batches of 1", "leave bisect_batch unset"),
    ),
    "records that may be missed": Warned(
        "redrive:starting-position",
        just(starting_position=POSITION.LATEST),
        just(starting_position=POSITION.TRIM_HORIZON),
        ("starting_position LATEST", "may be missed", "give TRIM_HORIZON"),
    ),
    "parallel windows": Warned(
        "redrive:parallel-windows",
        just(tumbling_window=Duration.minutes(1), parallelization_factor=2),
        just(tumbling_window=Duration.minutes(1)),
        ("parallelization_factor 2 with a tumbling window", "leave parallelization_factor unset"),
    ),
    "a topic": Warned(
        "redrive:nothing-set-aside",
        topic(set_aside=False),
        topic(set_aside=True),
        ("a topic as destination and no set_aside", "retried like any other failure", "give set_aside a queue"),
    ),
    "many filters": Warned(
        "redrive:filter-quota",
        filters(6),
        filters(5),
        ("6 filters: without a quota increase, Lambda takes 5",),
    ),
    "no concurrency": Warned(
        "redrive:no-concurrency",
        function(reserved_concurrent_executions=0),
        function(reserved_concurrent_executions=1),
        ("the function's reserved concurrency is 0", "reserve 1 or more, or none"),
    ),
}


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("name", CONSUMERS)
def test_it_is_warned_of_with_values_rule_and_remedy(name: str, case: str) -> None:
    stack = new_stack()
    CONSUMERS[name](stack, **CASES[case].warned(stack))
    found = warnings_of(stack)
    assert set(found) == {CASES[case].id}
    for part in CASES[case].says:
        assert part in found[CASES[case].id]


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("name", CONSUMERS)
def test_its_neighbour_is_silent(name: str, case: str) -> None:
    stack = new_stack()
    CONSUMERS[name](stack, **CASES[case].silent(stack))
    assert warnings_of(stack) == {}


@pytest.mark.parametrize("name", CONSUMERS)
def test_without_a_destination_there_are_two_things_to_say(name: str) -> None:
    stack = new_stack()
    CONSUMERS[name](stack, on_failure="none")
    found = warnings_of(stack)
    assert set(found) == {"redrive:no-failure-destination", "redrive:nothing-set-aside"}
    assert "leave on_failure unset to have them kept in a bucket" in found["redrive:no-failure-destination"]
    assert "no destination and no set_aside" in found["redrive:nothing-set-aside"]


@pytest.mark.parametrize("name", CONSUMERS)
def test_without_an_end_nothing_is_given_up_that_a_destination_would_keep(name: str) -> None:
    """The shard stands still instead, which is warned of."""
    stack = new_stack()
    options: dict[str, Any] = {"retry_attempts": "infinite", "max_record_age": "infinite", "on_failure": "none"}
    CONSUMERS[name](stack, **options)
    assert set(warnings_of(stack)) == {"redrive:infinite-retries", "redrive:nothing-set-aside"}


@pytest.mark.parametrize("case", CASES)
def test_a_warning_can_be_acknowledged_by_its_id(case: str) -> None:
    stack = new_stack()
    consumer = kinesis_consumer(stack, **CASES[case].warned(stack))
    Annotations.of(consumer).acknowledge_warning(CASES[case].id)
    assert warnings_of(stack) == {}


def test_the_age_is_measured_by_the_retention_of_the_stream() -> None:
    stack = new_stack()
    age = Duration.days(2)
    kinesis_consumer(stack, "Short", stream=a_stream(stack, "One"), max_record_age=age)
    assert set(warnings_of(stack)) == {"redrive:record-age"}
    stack = new_stack()
    kinesis_consumer(
        stack, "Long", stream=a_stream(stack, "One", retention_period=Duration.days(3)), max_record_age=age
    )
    assert warnings_of(stack) == {}


@pytest.mark.parametrize("name", CONSUMERS)
def test_a_function_that_cannot_be_told_is_warned_of_with_the_settings_to_pass(name: str) -> None:
    stack = new_stack()
    CONSUMERS[name](stack, function=lambda_.Function.from_function_name(stack, "Imported", "orders"))
    helper = {"Kinesis": "@kinesis_handler", "DynamoDB": "@dynamodb_stream_handler"}[name]
    assert f"{helper}(settings=StreamSettings(set_aside_bucket=" in warnings_of(stack)["redrive:imported-function"]
