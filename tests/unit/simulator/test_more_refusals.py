"""Names, notifications and schedules that AWS refuses, and schedules that are not modelled."""

from __future__ import annotations

import json
from typing import Any

import pytest

from redrive_model.template.errors import TemplateError
from redrive_simulator import NotModelledError, Simulation
from tests.support.simulator.simulations import arn, function, resource, template


@pytest.mark.parametrize(
    ("queue", "message"),
    [
        ({"QueueName": "orders", "FifoQueue": True}, r'the name \'orders\'.* end with "\.fifo"'),
        ({"QueueName": "orders.fifo"}, "set FifoQueue to true"),
        ({"QueueName": "orders.fifo", "FifoQueue": True}, None),
        ({"FifoQueue": True}, None),
    ],
    ids=["fifo", "standard", "right", "no name"],
)
def test_names_of_fifo_queues_end_with_fifo(queue: dict[str, Any], message: str | None) -> None:
    stack = template(Queue=resource("AWS::SQS::Queue", **queue))
    if message is None:
        Simulation.from_template(stack)
        return
    with pytest.raises(TemplateError, match=message):
        Simulation.from_template(stack)


def _notified(*configurations: tuple[str, dict[str, str]]) -> Simulation:
    """Make a bucket with notifications about events of the keys with a prefix and a suffix."""
    given = [
        {
            "Event": event,
            "Function": arn("Function"),
            "Filter": {"S3Key": {"Rules": [{"Name": name, "Value": end} for name, end in ends.items()]}},
        }
        for event, ends in configurations
    ]
    bucket = resource("AWS::S3::Bucket", NotificationConfiguration={"LambdaConfigurations": given})
    return Simulation.from_template(template(Bucket=bucket, Function=function()))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (("s3:ObjectCreated:*", {"prefix": "images/"}), ("s3:ObjectCreated:*", {"prefix": "images/new"})),
        (("s3:ObjectCreated:*", {"suffix": ".jpg"}), ("s3:ObjectCreated:Put", {"prefix": "images/"})),
        (("s3:ObjectCreated:Put", {}), ("s3:ObjectCreated:Put", {"suffix": "g"})),
    ],
    ids=["prefixes", "prefix and suffix", "all keys"],
)
def test_notifications_that_overlap_are_refused(one: Any, other: Any) -> None:
    with pytest.raises(TemplateError, match=r"Bucket: .* S3 refuses notifications that overlap"):
        _notified(one, other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (("s3:ObjectCreated:*", {"prefix": "a/"}), ("s3:ObjectCreated:*", {"prefix": "b/"})),
        (
            ("s3:ObjectCreated:*", {"prefix": "a/", "suffix": "x"}),
            ("s3:ObjectCreated:*", {"prefix": "a/", "suffix": "y"}),
        ),
        (("s3:ObjectCreated:*", {}), ("s3:ObjectRemoved:*", {})),
        (("s3:ObjectCreated:Put", {}), ("s3:ObjectCreated:Post", {})),
    ],
    ids=["prefixes", "suffixes", "events", "operations"],
)
def test_notifications_that_share_no_key_or_no_event_are_taken(one: Any, other: Any) -> None:
    _notified(one, other)


def test_a_notification_has_one_rule_for_each_end_of_keys() -> None:
    rules = [{"Name": "prefix", "Value": "a"}, {"Name": "Prefix", "Value": "b"}]
    given = {"Event": "s3:ObjectCreated:*", "Function": arn("Function"), "Filter": {"S3Key": {"Rules": rules}}}
    bucket = resource("AWS::S3::Bucket", NotificationConfiguration={"LambdaConfigurations": [given]})
    with pytest.raises(TemplateError, match="several rules for the prefix"):
        Simulation.from_template(template(Bucket=bucket, Function=function()))


def test_a_schedule_on_another_bus_than_the_default_is_refused() -> None:
    targets = [{"Id": "1", "Arn": arn("Function")}]
    rule = resource(
        "AWS::Events::Rule", EventBusName={"Ref": "Bus"}, ScheduleExpression="rate(1 hour)", Targets=targets
    )
    stack = template(Bus=resource("AWS::Events::EventBus", Name="two"), Function=function(), Rule=rule)
    with pytest.raises(TemplateError, match="on the default event bus only"):
        Simulation.from_template(stack)


def test_a_schedule_that_calls_an_operation_of_a_simulated_queue_is_an_error_by_name() -> None:
    target = {
        "Arn": "arn:aws:scheduler:::aws-sdk:sqs:sendMessage",
        "RoleArn": "arn:aws:iam::111111111111:role/r",
        "Input": {"Fn::Sub": json.dumps({"QueueUrl": "${Queue}", "MessageBody": "x"})},
    }
    schedule = resource(
        "AWS::Scheduler::Schedule",
        ScheduleExpression="rate(1 hour)",
        FlexibleTimeWindow={"Mode": "OFF"},
        Target=target,
    )
    with pytest.raises(NotModelledError, match="Schedule"):
        Simulation.from_template(template(Queue=resource("AWS::SQS::Queue"), Schedule=schedule))


def test_members_of_a_list_in_a_parameter_are_trimmed() -> None:
    """https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/parameters-section-structure.html"""
    stack = template(Queue=resource("AWS::SQS::Queue", QueueName={"Fn::Select": [1, {"Ref": "Names"}]}))
    stack["Parameters"] = {"Names": {"Type": "CommaDelimitedList", "Default": "a, b"}}
    assert Simulation.from_template(stack).queue("Queue").spec.arn.endswith(":b")
