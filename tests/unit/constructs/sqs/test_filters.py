"""Filters of a consumer: Lambda deletes what they do not match, and a pattern of the wrong form would be none."""

from typing import Any

import pytest
from aws_cdk import CfnParameter
from aws_cdk import aws_lambda as lambda_

from redrive_cdk import KinesisConsumer, SqsConsumer
from tests.support.constructs.cdk import new_stack, python_function, warnings_of
from tests.support.constructs.streams.consumers import dynamodb_consumer

GOOD = lambda_.FilterCriteria.filter({"body": {"colour": lambda_.FilterRule.is_equal("red")}})


@pytest.mark.parametrize("consumer", [SqsConsumer, KinesisConsumer])
@pytest.mark.parametrize("raw", [{"body": {"colour": ["red"]}}, {"pattern": {"body": ["red"]}}, {"Pattern": "{}"}])
def test_a_raw_dictionary_is_no_filter(consumer: Any, raw: dict[str, Any]) -> None:
    stack = new_stack()
    with pytest.raises(ValueError, match=r"no pattern.*FilterCriteria\.filter"):
        consumer(stack, "Orders", function=python_function(stack), filters=[GOOD, raw])


def test_a_pattern_that_lambda_refuses_is_refused() -> None:
    stack = new_stack()
    no_list = lambda_.FilterCriteria.filter({"body": {"colour": "red"}})
    with pytest.raises(ValueError, match=r'"body\.colour" is "red".*write \["red"\]'):
        SqsConsumer(stack, "Orders", function=python_function(stack), filters=[no_list])


def test_a_pattern_with_tokens_is_not_judged() -> None:
    stack = new_stack()
    text = CfnParameter(stack, "Pattern").value_as_string
    SqsConsumer(stack, "Orders", function=python_function(stack), filters=[{"pattern": text}])
    assert warnings_of(stack).keys() == {"redrive:filtered-messages"}


def test_operators_that_aws_documents_for_event_buses_give_a_warning() -> None:
    stack = new_stack()
    wildcard = lambda_.FilterCriteria.filter({"data": {"colour": [{"wildcard": "r*d"}]}})
    KinesisConsumer(stack, "Orders", function=python_function(stack), filters=[wildcard])
    assert "uses wildcard" in warnings_of(stack)["redrive:filter-operators"]


def of_number(rule: Any) -> Any:
    return lambda_.FilterCriteria.filter({"dynamodb": {"NewImage": {"n": {"N": [rule]}}}})


def test_numbers_of_a_table_are_texts_in_its_stream() -> None:
    compared, stack = new_stack(), new_stack()
    dynamodb_consumer(compared, filters=[of_number({"numeric": [">", 1]})])
    assert "numeric matches none of them" in warnings_of(compared)["redrive:filter-numbers"]
    dynamodb_consumer(stack, filters=[of_number({"prefix": "1"})])
    assert warnings_of(stack) == {}


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
