"""The two alarms: on throttled writes and on throttled reads; and the metrics."""

# The CDK's own classes do not fit its interfaces for a type checker: https://github.com/aws/jsii/issues/4541
# pyright: reportArgumentType=false

from typing import Any

import pytest
from aws_cdk import Duration
from aws_cdk import aws_cloudwatch_actions as actions
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_sns as sns

from redrive_cdk import AlarmOptions, IdempotencyTable
from tests.support.constructs.cdk import Synthesized, new_stack, warnings_of
from tests.support.constructs.idempotency.tables import IRELAND, a_table_v2


def test_throttling_that_goes_on_sets_off_an_alarm() -> None:
    """One throttled event in each of five minutes; whatever the call, since these metrics are of the table.

    https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/metrics-dimensions.html
    """
    stack = new_stack("Shop")
    done = IdempotencyTable(stack, "Orders")
    synthesized = Synthesized(stack)
    alarms = {"WriteThrottleEvents": done.write_throttle_alarm, "ReadThrottleEvents": done.read_throttle_alarm}
    assert done.alarms == list(alarms.values())
    for name, alarm in alarms.items():
        properties = synthesized.properties(alarm)
        assert "Shop/Orders" in properties.pop("AlarmDescription")
        assert properties == {
            "Namespace": "AWS/DynamoDB",
            "MetricName": name,
            "Dimensions": [{"Name": "TableName", "Value": {"Ref": synthesized.id(done.table)}}],
            "Statistic": "Sum",
            "Period": 60,
            "EvaluationPeriods": 5,
            "Threshold": 1,
            "ComparisonOperator": "GreaterThanOrEqualToThreshold",
            "TreatMissingData": "notBreaching",
        }


def test_threshold_periods_and_actions_can_be_chosen() -> None:
    stack = new_stack()
    topic, other = sns.Topic(stack, "Topic"), sns.Topic(stack, "Other")
    done = IdempotencyTable(
        stack,
        "Orders",
        write_throttle_alarm=AlarmOptions(threshold=10, evaluation_periods=3),
        read_throttle_alarm=AlarmOptions(actions=[actions.SnsAction(other)]),
        alarm_actions=[actions.SnsAction(topic)],
    )
    synthesized = Synthesized(stack)
    writes, reads = (synthesized.properties(alarm) for alarm in done.alarms)
    both = [{"Ref": synthesized.id(of)} for of in (topic, other)]
    assert (writes["Threshold"], writes["EvaluationPeriods"], writes["AlarmActions"]) == (10, 3, both[:1])
    assert (reads["Threshold"], reads["EvaluationPeriods"], reads["AlarmActions"]) == (1, 5, both)


def test_alarms_can_be_left_out() -> None:
    stack = new_stack()
    off = AlarmOptions(enabled=False)
    silent = IdempotencyTable(stack, "Silent", write_throttle_alarm=off, read_throttle_alarm=off)
    half = IdempotencyTable(stack, "Half", read_throttle_alarm=off)
    assert (silent.alarms, silent.write_throttle_alarm, silent.read_throttle_alarm) == ([], None, None)
    assert half.alarms == [half.write_throttle_alarm]
    assert len(Synthesized(stack).of_type("AWS::CloudWatch::Alarm")) == 1


@pytest.mark.parametrize("arn", ["eu-west-3:111111111111", "eu-west-1:222222222222"])
def test_a_table_of_another_place_is_watched_there_and_not_here(arn: str) -> None:
    stack = new_stack(env=IRELAND)
    table = dynamodb.Table.from_table_arn(stack, "Imported", f"arn:aws:dynamodb:{arn}:table/done")
    done = IdempotencyTable(stack, "Orders", table=table)
    assert done.alarms == []


def test_a_taken_table_of_this_place_is_watched() -> None:
    stack = new_stack(env=IRELAND)
    arn = "arn:aws:dynamodb:eu-west-1:111111111111:table/done"
    imported = IdempotencyTable(stack, "Orders", table=dynamodb.Table.from_table_arn(stack, "Imported", arn))
    taken = IdempotencyTable(stack, "Mails", table=a_table_v2(stack))
    assert (len(imported.alarms), len(taken.alarms)) == (2, 2)
    properties = Synthesized(stack).properties(imported.write_throttle_alarm)
    assert properties["Dimensions"] == [{"Name": "TableName", "Value": "done"}]
    assert set(warnings_of(stack)) == {"redrive:imported-table"}


def rendered(metric: Any) -> tuple[str, str, str, dict[str, str], int, str]:
    dimensions = {name: str(value) for name, value in metric.dimensions.items() if name != "TableName"}
    assert "TableName" in metric.dimensions
    return (
        metric.namespace,
        metric.metric_name,
        metric.statistic,
        dimensions,
        metric.period.to_seconds(),
        metric.label or "",
    )


def test_metrics_are_of_the_table_and_take_options() -> None:
    done = IdempotencyTable(new_stack(), "Orders")
    five = Duration.minutes(5)
    assert rendered(done.metric_write_throttled()) == ("AWS/DynamoDB", "WriteThrottleEvents", "Sum", {}, 60, "")
    assert rendered(done.metric_read_throttled(period=five, label="Reads")) == (
        *("AWS/DynamoDB", "ReadThrottleEvents", "Sum", {}),
        *(300, "Reads"),
    )


def test_system_errors_are_counted_for_each_operation() -> None:
    """DynamoDB publishes them on table and operation together, never on the table alone."""
    done = IdempotencyTable(new_stack(), "Orders")
    by_default = rendered(done.metric_system_errors())
    assert by_default == ("AWS/DynamoDB", "SystemErrors", "Sum", {"Operation": "BatchExecuteStatement"}, 60, "")
    other = rendered(done.metric_system_errors("PutItem", statistic="SampleCount"))
    assert other == ("AWS/DynamoDB", "SystemErrors", "SampleCount", {"Operation": "PutItem"}, 60, "")
