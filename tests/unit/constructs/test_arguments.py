"""Arguments of a wrong type are refused by name, with what to give instead."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest
from aws_cdk import Duration
from aws_cdk import aws_kinesis as kinesis

from redrive_cdk import (
    AsyncInvocation,
    CircuitBreaker,
    DynamoDBStreamConsumer,
    IdempotencyTable,
    KinesisConsumer,
    SqsConsumer,
    SyncInvocation,
)
from tests.support.constructs.cdk import new_stack, number_parameter, python_function

URL = "https://sqs.eu-west-1.amazonaws.com/111111111111/orders"
WRONG: list[tuple[Any, str, Any, str]] = [
    (SqsConsumer, "queue", URL, r"give a queue, such as sqs\.Queue"),
    (SqsConsumer, "dead_letter_queue", URL, "give a queue"),
    (SqsConsumer, "visibility_timeout", 60, r"give a Duration, such as Duration\.seconds\(60\)"),
    (SqsConsumer, "max_receive_count", "5", "give a whole number: 5 without quotes"),
    (SqsConsumer, "batch_size", None, "give a whole number"),
    (SqsConsumer, "fifo", "yes", "give True or False"),
    (SqsConsumer, "filters", {"pattern": "{}"}, r"give a list, also of one: \[…\]"),
    (SqsConsumer, "alarm_actions", object(), "give a list"),
    (SqsConsumer, "age_alarm", 60, r"give AlarmOptions\(…\)"),
    (SqsConsumer, "encryption_key", "alias/orders", "give a key"),
    (SqsConsumer, "function", "orders", "give a function"),
    (KinesisConsumer, "stream", "readings", "give a stream"),
    (KinesisConsumer, "retry_attempts", "3", 'give a whole number or "infinite"|only word for it is "infinite"'),
    (KinesisConsumer, "max_record_age", 3600, r'give a Duration or "infinite", such as Duration\.seconds\(3600\)'),
    (KinesisConsumer, "retention_period", 24, "give a Duration"),
    (DynamoDBStreamConsumer, "table", "orders", "give a table"),
    (DynamoDBStreamConsumer, "tumbling_window", 60, "give a Duration"),
    (AsyncInvocation, "max_event_age", 60, "give a Duration"),
    (AsyncInvocation, "retry_attempts", "2", "give a whole number: 2 without quotes"),
    (AsyncInvocation, "retry_attempts", 1.5, "1.5: give a whole number"),
    (SqsConsumer, "max_receive_count", 2.5, "2.5: give a whole number"),
    (SyncInvocation, "callee", "arn:aws:lambda:eu-west-1:111111111111:function:prices", "give a function"),
    (IdempotencyTable, "expiry", 86_400, "give a Duration"),
    (IdempotencyTable, "table", "idempotency", "give a table"),
    (CircuitBreaker, "window", 60, "give a Duration"),
    (CircuitBreaker, "pauses", object(), "give a list"),
]


@pytest.mark.parametrize(
    ("construct", "name", "value", "says"),
    WRONG,
    ids=[f"{each[0].__name__} {each[1]} {type(each[2]).__name__}" for each in WRONG],
)
def test_a_wrong_type_is_refused(construct: Any, name: str, value: Any, says: str) -> None:
    stack = new_stack()
    given: dict[str, Any] = {}
    if construct in (SqsConsumer, KinesisConsumer, DynamoDBStreamConsumer, AsyncInvocation):
        given["function"] = python_function(stack)
    if construct is SyncInvocation:
        given["caller"] = python_function(stack)
    with pytest.raises((TypeError, ValueError), match=rf"^Stack/Made: {name} .*({says})"):
        construct(stack, "Made", **{**given, name: value})


def test_tokens_and_interfaces_are_right() -> None:
    stack = new_stack()
    SqsConsumer(
        stack,
        "Orders",
        function=python_function(stack),
        max_receive_count=number_parameter(stack, "Receives"),
        visibility_timeout=Duration.seconds(number_parameter(stack, "Visibility")),
    )
    stream = kinesis.Stream.from_stream_arn(stack, "Stream", "arn:aws:kinesis:eu-west-1:111111111111:stream/readings")
    KinesisConsumer(stack, "Readings", function=python_function(stack, "Reader"), stream=stream, filters=())


def test_a_missing_extra_is_named() -> None:
    code = (
        "import importlib.util as u; find = u.find_spec; "
        "u.find_spec = lambda name, *rest: None if name == 'aws_cdk' else find(name, *rest); import redrive_cdk"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert "pip install 'redrive[cdk]'" in found.stderr


def test_the_url_of_a_function_is_no_function() -> None:
    stack = new_stack()
    url: Any = python_function(stack).add_function_url()
    with pytest.raises(TypeError, match=r"Stack/Orders: function .*: give a function, such as lambda_\.Function"):
        SqsConsumer(stack, "Orders", function=url)
