"""Filters of a consumer: Lambda deletes what they do not match, and a pattern of the wrong form would be none."""

from typing import Any

import pytest
from aws_cdk import aws_lambda as lambda_

from redrive_cdk import KinesisConsumer, SqsConsumer
from tests.support.constructs.cdk import new_stack, python_function, warnings_of

GOOD = lambda_.FilterCriteria.filter({"body": {"colour": lambda_.FilterRule.is_equal("red")}})


@pytest.mark.parametrize("consumer", [SqsConsumer, KinesisConsumer])
@pytest.mark.parametrize("raw", [{"body": {"colour": ["red"]}}, {"pattern": {"body": ["red"]}}, {"Pattern": "{}"}])
def test_a_raw_dictionary_is_no_filter(consumer: Any, raw: dict[str, Any]) -> None:
    stack = new_stack()
    with pytest.raises(ValueError, match=r"no pattern.*FilterCriteria\.filter"):
        consumer(stack, "Orders", function=python_function(stack), filters=[GOOD, raw])


def test_filters_of_a_queue_delete_what_they_do_not_match() -> None:
    stack = new_stack()
    SqsConsumer(stack, "Orders", function=python_function(stack), filters=[GOOD])
    assert "deletes each message" in warnings_of(stack)["redrive:filtered-messages"]
    stack = new_stack()
    KinesisConsumer(stack, "Orders", function=python_function(stack), filters=[GOOD])
    assert warnings_of(stack) == {}


def test_a_queue_for_failures_may_keep_its_messages_as_long_as_its_dead_letter_queue() -> None:
    stack = new_stack()
    readings = KinesisConsumer(stack, "Readings", function=python_function(stack), on_failure="queue")
    SqsConsumer(stack, "Failed", function=python_function(stack, "Other"), queue=readings.failure_queue)
    assert warnings_of(stack) == {}
