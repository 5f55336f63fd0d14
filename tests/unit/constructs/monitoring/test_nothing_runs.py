"""The alarms that fire when nothing runs, played against what CloudWatch would have of each situation.

Missing data are missing: a disabled mapping counts nothing, and a queue that nobody asks for messages counts no
receives.
https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html
"""

# The CDK's own classes do not fit its interfaces for a type checker: https://github.com/aws/jsii/issues/4541
# pyright: reportArgumentType=false

from functools import cache
from typing import Any

import pytest
from aws_cdk import Duration, Environment
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_kinesis as kinesis
from aws_cdk import aws_sqs as sqs

from redrive_cdk import AlarmOptions, Backoff, CircuitBreaker, SqsConsumer
from tests.support.constructs.cdk import Synthesized, deployed, new_stack, python_function
from tests.support.constructs.monitoring.evaluation import Series, is_in_alarm, spread
from tests.support.constructs.streams.consumers import CONSUMERS, STREAM_ARN, kinesis_consumer

HOUR = 60
NONE: Series = [None] * (3 * HOUR)


@cache
def alarm_on_queue(**options: Any) -> dict[str, Any]:
    stack = new_stack()
    consumer = SqsConsumer(stack, "Orders", function=python_function(stack), **options)
    return Synthesized(stack).properties(consumer.unreceived_alarm)


def is_unreceived(alarm: dict[str, Any], waiting: Series, received: Series) -> bool:
    return is_in_alarm(alarm, {"ApproximateNumberOfMessagesVisible": waiting, "NumberOfMessagesReceived": received})


def minutes(*values: float | None, last: int) -> Series:
    """Three hours of the first value, and then minutes of the others."""
    return [*[values[0]] * (3 * HOUR - last), *[values[-1]] * last]


@pytest.mark.parametrize("last", [15, 60])
def test_messages_that_nobody_receives_set_off_an_alarm(last: int) -> None:
    alarm = alarm_on_queue()
    assert is_unreceived(alarm, minutes(0, 1, last=last), minutes(5, None, last=last))
    assert is_unreceived(alarm, minutes(0, 1, last=last), minutes(5, 0, last=last))


QUIET: dict[str, tuple[Series, Series]] = {
    "a queue that has had no messages for hours": (NONE, NONE),
    "an empty queue": ([0.0] * 180, NONE),
    "messages that came just now": (minutes(0, 3, last=14), minutes(None, None, last=14)),
    "a backlog that is worked off": ([10_000.0] * 180, [50.0] * 180),
    "a receive now and then": ([3.0] * 180, spread(180, every=14, value=1)),
    "messages that wait for their retries, hidden": ([0.0] * 180, NONE),
}


@pytest.mark.parametrize("what", QUIET)
def test_no_alarm_for_a_queue_with(what: str) -> None:
    assert not is_unreceived(alarm_on_queue(), *QUIET[what])


PAUSES: dict[str, tuple[dict[str, Any], int]] = {
    "by default": ({}, 15),
    "a long visibility timeout": ({"visibility_timeout": Duration.hours(2)}, 121),
    "a day at most": ({"visibility_timeout": Duration.hours(12), "bridges": Duration.hours(10)}, 721),
    "waits in a FIFO group": ({"fifo": True, "backoff": Backoff(base=10, cap=1_800)}, 31),
    "the same waits in a standard queue, which hide only their message": ({"backoff": Backoff(base=10, cap=1_800)}, 15),
}


@pytest.mark.parametrize("what", PAUSES)
def test_so_many_minutes_without_a_receive_are_normal(what: str) -> None:
    options, normal = PAUSES[what]
    assert alarm_on_queue(**options)["EvaluationPeriods"] == normal


def test_a_visibility_timeout_that_is_raised_later_counts() -> None:
    stack = new_stack()
    consumer = SqsConsumer(stack, "Orders", function=python_function(stack))
    resource: Any = consumer.queue.node.default_child
    resource.visibility_timeout = 7_200
    assert Synthesized(stack).properties(consumer.unreceived_alarm)["EvaluationPeriods"] == 121


def test_what_was_chosen_stays_after_such_a_change() -> None:
    stack = new_stack()
    chosen = AlarmOptions(evaluation_periods=3)
    consumer = SqsConsumer(stack, "Orders", function=python_function(stack), unreceived_alarm=chosen)
    resource: Any = consumer.queue.node.default_child
    resource.visibility_timeout = 7_200
    assert Synthesized(stack).properties(consumer.unreceived_alarm)["EvaluationPeriods"] == 3


def test_an_imported_queue_of_which_nothing_is_known_has_the_alarm_too() -> None:
    stack = new_stack()
    queue = sqs.Queue.from_queue_arn(stack, "Queue", "arn:aws:sqs:eu-west-1:111111111111:orders")
    consumer = SqsConsumer(stack, "Orders", function=python_function(stack), queue=queue)
    assert consumer.age_alarm is None
    assert Synthesized(stack).properties(consumer.unreceived_alarm)["EvaluationPeriods"] == 15


ARRIVALS = {"Kinesis": "IncomingRecords", "DynamoDB": "ConsumedWriteCapacityUnits"}


@cache
def unpolled_alarm(name: str, **options: Any) -> dict[str, Any]:
    stack = new_stack()
    consumer = CONSUMERS[name](stack, **options)
    return Synthesized(stack).properties(consumer.unpolled_alarm)


def is_unpolled(name: str, arrived: Series, polled: Series, **options: Any) -> bool:
    counts = {ARRIVALS[name]: arrived, "PolledEventCount": polled}
    return is_in_alarm(unpolled_alarm(name, **options), counts)


@pytest.mark.parametrize("name", CONSUMERS)
@pytest.mark.parametrize("polled", [None, 0.0], ids=["disabled", "blocked"])
@pytest.mark.parametrize("every", [1, 5, 20])
def test_records_of_which_none_is_polled_set_off_an_alarm(name: str, polled: float | None, every: int) -> None:
    """It takes a quarter of an hour with records each 5 minutes, and an hour with one each 20 minutes."""
    arrived = spread(180, every=every, value=7)
    assert is_unpolled(name, arrived, minutes(7, polled, last=max(16, 3 * every)))


@pytest.mark.parametrize("name", CONSUMERS)
@pytest.mark.parametrize(
    ("arrived", "polled"),
    [
        pytest.param(NONE, NONE, id="nothing arrives"),
        pytest.param([0.0] * 180, [0.0] * 180, id="nothing arrives, and is polled for"),
        pytest.param([5.0] * 180, [5.0] * 180, id="all is polled"),
        pytest.param([5.0] * 180, [*[5.0] * 178, None, None], id="the counts come later"),
        pytest.param(spread(180, every=7, value=1), spread(180, every=7, value=1, later=1), id="polled a minute later"),
        pytest.param([5.0] * 180, minutes(5, None, last=10), id="a short pause"),
    ],
)
def test_no_alarm_while(name: str, arrived: Series, polled: Series) -> None:
    assert not is_unpolled(name, arrived, polled)


@pytest.mark.parametrize("name", CONSUMERS)
def test_its_periods_can_be_chosen(name: str) -> None:
    chosen = AlarmOptions(evaluation_periods=1)
    assert is_unpolled(name, minutes(0, 5, last=5), minutes(0, None, last=5), unpolled_alarm=chosen)


@pytest.mark.parametrize(
    ("arn", "watched"),
    [
        (STREAM_ARN, True),
        (STREAM_ARN.replace("111111111111", "222222222222"), False),
    ],
)
def test_a_stream_of_another_account_counts_its_records_there(arn: str, watched: bool) -> None:
    stack = new_stack(env=Environment(account="111111111111", region="eu-west-1"))
    stream = kinesis.Stream.from_stream_arn(stack, "Imported", arn)
    assert (kinesis_consumer(stack, stream=stream).unpolled_alarm is not None) == watched


def test_a_table_of_another_account_counts_its_writes_there() -> None:
    stack = new_stack(env=Environment(account="111111111111", region="eu-west-1"))
    arn = "arn:aws:dynamodb:eu-west-1:222222222222:table/items"
    table = dynamodb.Table.from_table_attributes(
        stack, "Imported", table_arn=arn, table_stream_arn=f"{arn}/stream/2026-11-22T00:00:00.000"
    )
    assert CONSUMERS["DynamoDB"](stack, table=table).unpolled_alarm is None


@cache
def idle_alarm() -> dict[str, Any]:
    stack = new_stack()
    orders = SqsConsumer(stack, "Orders", function=python_function(stack))
    breaker = CircuitBreaker(stack, "Payments", pauses=[orders])
    assert breaker.switch is not None
    return Synthesized(stack).properties(breaker.switch.idle_alarm)


@pytest.mark.parametrize(
    ("runs", "fires"),
    [
        pytest.param([1.0] * 180, False, id="each minute"),
        pytest.param(minutes(1, None, last=4), False, id="four minutes without"),
        pytest.param(minutes(1, None, last=5), True, id="five minutes without"),
        pytest.param(NONE, True, id="never"),
    ],
)
def test_a_switch_that_is_not_invoked_sets_off_an_alarm(runs: Series, fires: bool) -> None:
    """Its rule invokes it each minute, so that missing data mean trouble."""
    assert is_in_alarm(idle_alarm(), {"Invocations": runs}) == fires


def test_a_new_switch_has_time_to_start() -> None:
    """https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarm-warm-up.html"""
    assert idle_alarm()["WarmUpConfiguration"] == {"WarmUpPeriodDurationInMinutes": 15}


@pytest.mark.parametrize(
    ("retention", "days"), [(None, 7), (Duration.days(4), 2)], ids=["the default", "a shorter retention"]
)
def test_dead_letters_are_too_old_at_half_of_their_retention(retention: Duration | None, days: int) -> None:
    stack = new_stack()
    options = (
        {} if retention is None else {"dead_letter_retention_period": retention, "retention_period": Duration.days(1)}
    )
    consumer = SqsConsumer(stack, "Orders", function=python_function(stack), **options)
    synthesized = Synthesized(stack)
    alarm = synthesized.properties(consumer.dead_letter_age_alarm)
    assert alarm["MetricName"] == "ApproximateAgeOfOldestMessage"
    assert alarm["Dimensions"][0]["Value"]["Fn::GetAtt"][0] == synthesized.id(consumer.dead_letter_queue)
    assert alarm["Threshold"] == days * 24 * 60 * 60
    assert "redrive archive" in deployed(alarm["AlarmDescription"])
