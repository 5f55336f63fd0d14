"""Protection by a table: it grants the function access, and compares its expiry with the time of event retries."""

# The CDK's own classes do not fit its interfaces for a type checker: https://github.com/aws/jsii/issues/4541
# pyright: reportArgumentType=false

from collections.abc import Callable
from functools import cached_property
from typing import Any

import pytest
from aws_cdk import Annotations, Duration, Stack
from aws_cdk import aws_kinesis as kinesis
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sqs as sqs

from redrive_cdk import (
    AsyncInvocation,
    Backoff,
    DynamoDBStreamConsumer,
    IdempotencyTable,
    KinesisConsumer,
    SqsConsumer,
    SyncInvocation,
)
from redrive_cdk.idempotency.facts import Retrying
from tests.support.constructs.asynchronous.destinations import on
from tests.support.constructs.cdk import (
    Synthesized,
    new_stack,
    number_parameter,
    pairs_of,
    python_function,
    warnings_of,
)
from tests.support.constructs.idempotency.tables import CALLS, ID, arn_of, told

ID_OF_WARNING = "redrive:idempotency-expiry"
HOUR = 60 * 60
DAY = 24 * HOUR
STREAM_ARN = "arn:aws:kinesis:eu-west-1:111111111111:stream/orders"
QUEUE_ARN = "arn:aws:sqs:eu-west-1:111111111111:orders"
Make = Callable[..., Retrying]


def messages(stack: Stack, function: Any, **options: Any) -> SqsConsumer:
    return SqsConsumer(stack, "Retrying", function=function, **options)


def records(stack: Stack, function: Any, **options: Any) -> KinesisConsumer:
    return KinesisConsumer(stack, "Retrying", function=function, **options)


def items(stack: Stack, function: Any, **options: Any) -> DynamoDBStreamConsumer:
    return DynamoDBStreamConsumer(stack, "Retrying", function=function, partition_key=ID, **options)


def events(stack: Stack, function: Any, **options: Any) -> AsyncInvocation:
    return AsyncInvocation(stack, "Retrying", function=function, **options)


SOURCES: dict[str, Make] = {"messages": messages, "records": records, "items": items, "events": events}


@pytest.fixture(params=SOURCES)
def make(request: pytest.FixtureRequest) -> Make:
    return SOURCES[request.param]


def test_the_function_of_what_is_protected_is_granted_and_told(make: Make) -> None:
    stack = new_stack()
    function = python_function(stack)
    retrying = make(stack, function)
    done = IdempotencyTable(stack, "Orders")
    done.protects(retrying)
    synthesized = Synthesized(stack)
    table = arn_of(done.table)
    allowed = {pair for policy in synthesized.of_type("AWS::IAM::Policy").values() for pair in pairs_of(policy)}
    assert {pair for pair in allowed if pair[1].startswith(table)} == on(table, CALLS)
    assert told(synthesized, function).name == "Orders"
    assert done.protected == [retrying]


def test_the_default_is_above_all_that_is_set_up_by_default_for_the_slowest_function(make: Make) -> None:
    stack = new_stack()
    retrying = make(stack, python_function(stack, timeout=Duration.seconds(900)))
    IdempotencyTable(stack, "Orders").protects(retrying)
    assert warnings_of(stack) == {}


def test_an_hour_as_powertools_has_it_is_below_all_that_is_set_up_by_default_for_that_one(make: Make) -> None:
    stack = new_stack()
    retrying = make(stack, python_function(stack, timeout=Duration.seconds(900)))
    IdempotencyTable(stack, "Orders", expiry=Duration.hours(1)).protects(retrying)
    assert set(warnings_of(stack)) == {ID_OF_WARNING}


def test_the_warning_is_of_what_is_retried_and_can_be_acknowledged_there(make: Make) -> None:
    stack = new_stack()
    retrying = make(stack, python_function(stack))
    done = IdempotencyTable(stack, "Orders", expiry=Duration.seconds(299))
    done.protects(retrying)
    assert ID_OF_WARNING in warnings_of(retrying)
    assert warnings_of(done) == {}
    Annotations.of(retrying).acknowledge_warning(ID_OF_WARNING)
    assert warnings_of(stack) == {}


def test_protecting_twice_is_protecting_once(make: Make) -> None:
    stack = new_stack()
    retrying = make(stack, python_function(stack))
    done = IdempotencyTable(stack, "Orders", expiry=Duration.seconds(299))
    done.protects(retrying)
    done.protects(retrying)
    assert done.protected == [retrying]
    assert [entry.type for entry in retrying.node.metadata].count("aws:cdk:warning") == 1


def test_several_sources_of_one_function_are_each_compared() -> None:
    stack = new_stack()
    function = python_function(stack)
    done = IdempotencyTable(stack, "Orders", expiry=Duration.hours(1))
    short = AsyncInvocation(stack, "Short", function=function, max_event_age=Duration.minutes(10))
    long = AsyncInvocation(stack, "Long", function=function.add_alias("live"))
    for invocation in (short, long):
        done.protects(invocation)
    assert warnings_of(short) == {}
    assert set(warnings_of(long)) == {ID_OF_WARNING}
    assert list(Synthesized(stack).environment(function)).count("REDRIVE_IDEMPOTENCY_1") == 1
    assert "REDRIVE_IDEMPOTENCY_2" not in Synthesized(stack).environment(function)


class Case:
    """A source, its retry horizon, and what that is made of."""

    def __init__(self, make: Make, seconds: float, made_of: str, timeout: int = 10, **options: Any) -> None:
        self.make, self.seconds, self.made_of = make, seconds, made_of
        self.timeout, self.options = timeout, options

    @cached_property
    def retrying(self) -> Retrying:
        stack = new_stack()
        options = {name: value(stack) if callable(value) else value for name, value in self.options.items()}
        return self.make(stack, python_function(stack, timeout=Duration.seconds(self.timeout)), **options)

    def protect(self, expiry: float) -> list[str]:
        """The warnings that come when a table of such an expiry protects the source, which others may protect too."""
        stack = Stack.of(self.retrying)
        done = IdempotencyTable(stack, f"Orders{expiry:.0f}", expiry=Duration.seconds(expiry))
        known_before = warnings_of(stack)
        done.protects(self.retrying)
        return [text for id, text in warnings_of(stack).items() if known_before.get(id) != text]


def a_queue(**options: Any) -> Callable[[Stack], sqs.Queue]:
    return lambda stack: sqs.Queue(stack, "Queue", **options)


CASES: dict[str, Case] = {
    "queue": Case(
        messages,
        5 * 240 + 320 + 640 + 9 * 900,
        "16 receives, each with the visibility timeout of 240 s or the helper's wait of up to 900 s",
    ),
    "few receives": Case(
        messages, 300, "5 receives × the visibility timeout of 60 s", max_receive_count=5, backoff=Backoff(cap=60)
    ),
    "slow function": Case(messages, 86_400, "16 receives × the visibility timeout of 5,400 s", timeout=900),
    "many receives": Case(
        messages,
        50 * HOUR,
        "100 receives × the visibility timeout of 1,800 s",
        max_receive_count=100,
        visibility_timeout=Duration.minutes(30),
    ),
    "long backoff": Case(
        messages,
        5 * 600,
        "5 receives, each with the visibility timeout of 60 s or the helper's wait of up to 600 s",
        backoff=Backoff(base=300, cap=600),
        max_receive_count=5,
    ),
    "retention": Case(
        messages, 120, "the queue's retention", retention_period=Duration.seconds(120), max_receive_count=5
    ),
    "unknown receives": Case(
        messages,
        4 * DAY,
        "the queue's retention",
        max_receive_count=lambda stack: number_parameter(stack, "Count"),
    ),
    "imported queue": Case(
        messages,
        2_400,
        "8 receives × the visibility timeout of 300 s",
        queue=lambda stack: sqs.Queue.from_queue_arn(stack, "Queue", QUEUE_ARN),
        visibility_timeout=Duration.minutes(5),
        max_receive_count=8,
        backoff=Backoff(cap=300),
    ),
    "Kinesis": Case(records, 12 * HOUR, "max_record_age"),
    "Kinesis for long": Case(records, 3 * DAY, "max_record_age", retention_period=Duration.days(7)),
    "age of its own": Case(records, 60, "max_record_age", max_record_age=Duration.seconds(60)),
    "infinite age": Case(
        records, 7 * DAY, "the stream's retention", retention_period=Duration.days(7), max_record_age="infinite"
    ),
    "age beyond the retention": Case(records, DAY, "the stream's retention", max_record_age=Duration.hours(25)),
    "imported stream": Case(
        records,
        12 * HOUR,
        "max_record_age",
        stream=lambda stack: kinesis.Stream.from_stream_arn(stack, "Stream", STREAM_ARN),
    ),
    "DynamoDB": Case(items, 12 * HOUR, "max_record_age"),
    "DynamoDB for ever": Case(items, DAY, "the stream's retention", max_record_age="infinite"),
    "events": Case(
        events, 21_600 + 180 + 20, "max_event_age of 21,600 s + waits of 60 + 120 s + runs of 20 s", timeout=10
    ),
    "events with one retry": Case(
        events,
        600 + 60 + 10,
        "max_event_age of 600 s + waits of 60 s + runs of 10 s",
        retry_attempts=1,
        max_event_age=Duration.minutes(10),
    ),
    "events without a retry": Case(
        events, 600, "max_event_age of 600 s", retry_attempts=0, max_event_age=Duration.minutes(10)
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_an_expiry_below_the_retry_horizon_is_warned_of_with_both_numbers(name: str) -> None:
    case = CASES[name]
    assert case.protect(case.seconds) == []
    (text,) = case.protect(case.seconds - 1)
    assert text.startswith(
        f"expiry {case.seconds - 1:,} s of Stack/Orders{case.seconds - 1}/Table is below the retry horizon of "
        f"{case.seconds:,} s ({case.made_of}): "
    )
    assert f"give the table expiry=Duration.seconds({case.seconds}) or more, or " in text


REMEDIES = {
    "queue": "or give the consumer a shorter bridges, or lower max_receive_count",
    "few receives": "or lower max_receive_count or the visibility timeout",
    "retention": "or shorten the retention",
    "Kinesis": "or shorten max_record_age",
    "infinite age": "or give the consumer a shorter max_record_age",
    "events": "or shorten max_event_age",
}


@pytest.mark.parametrize("name", REMEDIES)
def test_the_remedy_is_named(name: str) -> None:
    (text,) = CASES[name].protect(59)
    assert text.endswith(REMEDIES[name])


def unknown(name: str) -> Callable[[Stack], Any]:
    return lambda stack: Duration.seconds(number_parameter(stack, name))


#: Of each source, a configuration of which too little is known.
UNKNOWN: dict[str, Case] = {
    "visibility timeout": Case(messages, 0, "", visibility_timeout=unknown("Visibility")),
    "imported queue": Case(messages, 0, "", queue=lambda stack: sqs.Queue.from_queue_arn(stack, "Queue", QUEUE_ARN)),
    "record age": Case(records, 0, "", max_record_age=unknown("Age")),
    "retention of a stream": Case(
        records,
        0,
        "",
        stream=lambda stack: kinesis.Stream.from_stream_arn(stack, "Stream", STREAM_ARN),
        max_record_age="infinite",
    ),
    "event age": Case(events, 0, "", max_event_age=unknown("Age")),
}


@pytest.mark.parametrize("name", UNKNOWN)
def test_what_is_not_known_is_not_guessed(name: str) -> None:
    assert UNKNOWN[name].protect(10) == []


def test_an_expiry_that_only_the_deployment_knows_is_not_compared(make: Make) -> None:
    stack = new_stack()
    retrying = make(stack, python_function(stack))
    expiry = Duration.seconds(number_parameter(stack, "Expiry"))
    IdempotencyTable(stack, "Orders", expiry=expiry).protects(retrying)
    assert warnings_of(stack) == {}


def test_of_unknown_retries_and_runs_only_the_age_counts() -> None:
    stack = new_stack()
    function = python_function(stack, timeout=Duration.seconds(number_parameter(stack, "Timeout")))
    retries = number_parameter(stack, "Retries")
    invocation = events(stack, function, retry_attempts=retries, max_event_age=Duration.minutes(10))
    IdempotencyTable(stack, "Enough", expiry=Duration.minutes(10)).protects(invocation)
    assert warnings_of(stack) == {}
    IdempotencyTable(stack, "TooShort", expiry=Duration.seconds(599)).protects(invocation)
    assert "retry horizon of 600 s (max_event_age of 600 s)" in warnings_of(stack)[ID_OF_WARNING]


@pytest.mark.parametrize("kind", ["function", "version", "alias"])
def test_versions_and_aliases_are_protected_as_their_function(make: Make, kind: str) -> None:
    stack = new_stack()
    function = python_function(stack)
    given = {
        "function": lambda: function,
        "version": lambda: function.current_version,
        "alias": lambda: function.add_alias("live"),
    }[kind]()
    done = IdempotencyTable(stack, "Orders")
    done.grant(function)
    done.protects(make(stack, given))
    environment = Synthesized(stack).environment(function)
    assert [name for name in environment if "IDEMPOTENCY" in name] == ["REDRIVE_IDEMPOTENCY_1"]


def test_an_imported_function_is_compared_all_the_same() -> None:
    stack = new_stack()
    function = lambda_.Function.from_function_name(stack, "Imported", "orders")
    invocation = events(stack, function)
    IdempotencyTable(stack, "Orders", expiry=Duration.hours(1)).protects(invocation)
    assert "below the retry horizon of 21,780 s" in warnings_of(stack)[ID_OF_WARNING]


@pytest.mark.parametrize("what", ["function", "synchronous invocation"])
def test_what_retries_nothing_is_refused(what: str) -> None:
    stack = new_stack()
    function = python_function(stack)
    given: Any = function
    if what != "function":
        given = SyncInvocation(stack, "Call", caller=function, callee=python_function(stack, "Callee"))
    done = IdempotencyTable(stack, "Orders")
    with pytest.raises(ValueError, match="has no retry horizon: give an SqsConsumer, KinesisConsumer, "):
        done.protects(given)
    assert done.protected == []
