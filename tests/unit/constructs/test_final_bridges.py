"""Checks for bridged outages follow the function and the queue until the templates are written."""

from __future__ import annotations

from typing import Any, cast

import pytest
from aws_cdk import Duration
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sqs as sqs

from redrive_cdk import KinesisConsumer, SqsConsumer
from tests.support.constructs.cdk import new_stack, python_function
from tests.unit.constructs.test_final_values import Made


@pytest.fixture
def made() -> Made:
    return Made()


def of_queue(consumer: SqsConsumer) -> tuple[Any, Any]:
    resource: Any = consumer.queue.node.default_child
    return resource.redrive_policy["maxReceiveCount"], resource.visibility_timeout


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"fifo": True},
        {"bridges": Duration.hours(6)},
        {"max_receive_count": 5},
        {"visibility_timeout": Duration.seconds(90)},
        {"retention_period": Duration.hours(2)},
    ],
    ids=["usual", "FIFO", "bridges", "few receives", "visibility timeout", "short retention"],
)
def test_a_later_timeout_gives_the_same_plan_as_an_early_one(made: Made, options: dict[str, Any]) -> None:
    later = SqsConsumer(made.stack, "Orders", function=made.function, **options)
    made.app.synth()

    stack = new_stack()
    function = python_function(stack)
    cast("lambda_.CfnFunction", function.node.default_child).timeout = 60
    early = SqsConsumer(stack, "Orders", function=function, **options)

    assert later.facts == early.facts
    assert of_queue(later) == of_queue(early)


def test_a_receive_count_that_somebody_sets_later_stays_and_the_waits_follow(made: Made) -> None:
    orders = SqsConsumer(made.stack, "Orders", function=made.function)
    resource = cast("Any", orders.queue.node.default_child)
    resource.redrive_policy = {**resource.redrive_policy, "maxReceiveCount": 40}
    settings = made.settings("SQS")
    assert of_queue(orders)[0] == settings["max_receive_count"] == orders.facts.max_receive_count == 40
    assert settings["backoff"]["cap"] < 900


def test_a_later_value_that_contradicts_bridges_is_an_error_with_one_path(made: Made) -> None:
    orders = SqsConsumer(made.stack, "Orders", function=made.function, bridges=Duration.hours(6))
    cast("sqs.CfnQueue", orders.queue.node.default_child).message_retention_period = 3_600
    with pytest.raises(RuntimeError) as caught:
        made.app.synth()
    assert "bridges 21,600 s does not fit into the queue's retention of 3,600 s" in str(caught.value)
    assert str(caught.value).count("Stack/Orders: ") == 1


def test_an_imported_queue_keeps_what_it_has(made: Made) -> None:
    queue = sqs.Queue.from_queue_arn(made.stack, "Theirs", "arn:aws:sqs:eu-west-1:111111111111:theirs")
    orders = SqsConsumer(made.stack, "Orders", function=made.function, queue=queue)
    assert made.settings("SQS")["function_timeout"] == 60
    assert orders.facts.visibility_timeout is None


def test_the_record_age_of_a_long_outage_follows_the_retention(made: Made) -> None:
    readings = KinesisConsumer(made.stack, "Readings", function=made.function, bridges=Duration.hours(20))
    cast("Any", readings.stream.node.default_child).retention_period_hours = 24
    (mapping,) = made.properties("AWS::Lambda::EventSourceMapping")
    assert mapping["MaximumRecordAgeInSeconds"] == readings.facts.max_record_age == 22 * 60 * 60


def test_a_retention_that_no_longer_bridges_an_outage_is_an_error(made: Made) -> None:
    options: dict[str, Any] = {"bridges": Duration.hours(30), "retention_period": Duration.hours(48)}
    readings = KinesisConsumer(made.stack, "Readings", function=made.function, **options)
    cast("Any", readings.stream.node.default_child).retention_period_hours = 24
    with pytest.raises(RuntimeError, match="is not below the stream's retention of 86,400 s"):
        made.app.synth()
