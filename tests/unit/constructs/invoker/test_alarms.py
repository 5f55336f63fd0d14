"""The two alarms: on throttled calls of the callee, and on its failures."""

# The CDK's own classes do not fit its interfaces for a type checker: https://github.com/aws/jsii/issues/4541
# pyright: reportArgumentType=false

from typing import Any

import pytest
from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_cloudwatch_actions as actions
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sns as sns

from redrive_cdk import AlarmOptions, SyncInvocation
from tests.support.constructs.cdk import Synthesized, new_stack, python_function

FUNCTION_ARN = "arn:aws:lambda:eu-west-1:111111111111:function:prices"


def dimensions(alarm: dict[str, Any]) -> dict[str, Any]:
    return {each["Name"]: each["Value"] for each in alarm["Dimensions"]}


def test_one_throttled_call_or_one_failure_sets_off_an_alarm() -> None:
    stack = new_stack("Shop")
    callee = python_function(stack, "Callee")
    invocation = SyncInvocation(stack, "Prices", caller=python_function(stack, "Caller"), callee=callee)
    synthesized = Synthesized(stack)
    alarms = {"Throttles": invocation.throttle_alarm, "Errors": invocation.error_alarm}
    assert invocation.alarms == list(alarms.values())
    # Another id would replace alarms that are deployed.
    assert [child.node.id for child in invocation.node.children] == ["ThrottleAlarm", "ErrorAlarm"]
    for name, alarm in alarms.items():
        properties = synthesized.properties(alarm)
        assert "Shop/Callee" in properties.pop("AlarmDescription")
        assert properties == {
            "Namespace": "AWS/Lambda",
            "MetricName": name,
            "Dimensions": [{"Name": "FunctionName", "Value": {"Ref": synthesized.id(callee)}}],
            "Statistic": "Sum",
            "Period": 60,
            "EvaluationPeriods": 1,
            "Threshold": 1,
            "ComparisonOperator": "GreaterThanOrEqualToThreshold",
            "TreatMissingData": "notBreaching",
        }


@pytest.mark.parametrize("kind", ["version", "alias"])
def test_the_alarms_of_a_version_or_alias_watch_that_alone(kind: str) -> None:
    """Its figures are under the function's name, and the name with the qualifier as `Resource`.

    https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-view.html
    """
    stack = new_stack()
    callee = python_function(stack, "Callee")
    version = callee.current_version
    given = version if kind == "version" else lambda_.Alias(stack, "Live", alias_name="live", version=version)
    invocation = SyncInvocation(stack, "Prices", caller=python_function(stack, "Caller"), callee=given)
    synthesized = Synthesized(stack)
    name = {"Ref": synthesized.id(callee)}
    number = {"Fn::GetAtt": [synthesized.id(version), "Version"]}
    resource = [name, ":live"] if kind == "alias" else [name, ":", number]
    for alarm in invocation.alarms:
        assert dimensions(synthesized.properties(alarm)) == {
            "FunctionName": name,
            "Resource": {"Fn::Join": ["", resource]},
        }


def test_an_imported_version_is_watched_by_its_name() -> None:
    stack = new_stack()
    callee = lambda_.Version.from_version_arn(stack, "Imported", f"{FUNCTION_ARN}:7")
    invocation = SyncInvocation(stack, "Prices", caller=python_function(stack, "Caller"), callee=callee)
    alarm = Synthesized(stack).properties(invocation.error_alarm)
    assert dimensions(alarm) == {"FunctionName": "prices", "Resource": "prices:7"}


def test_a_callee_of_another_account_is_watched_there() -> None:
    """Here its figures would never come."""
    stack = new_stack(env={"account": "111111111111", "region": "eu-west-1"})
    arn = FUNCTION_ARN.replace("111111111111", "222222222222")
    callee = lambda_.Function.from_function_arn(stack, "Imported", arn)
    invocation = SyncInvocation(stack, "Prices", caller=python_function(stack, "Caller"), callee=callee)
    (metric,) = Synthesized(stack).properties(invocation.throttle_alarm)["Metrics"]
    assert metric["AccountId"] == "222222222222"
    assert dimensions(metric["MetricStat"]["Metric"]) == {"FunctionName": "prices"}


def test_threshold_periods_and_actions_can_be_chosen() -> None:
    stack = new_stack()
    topic, other = sns.Topic(stack, "Topic"), sns.Topic(stack, "Other")
    invocation = SyncInvocation(
        stack,
        "Prices",
        caller=python_function(stack, "Caller"),
        callee=python_function(stack, "Callee"),
        throttle_alarm=AlarmOptions(threshold=10, evaluation_periods=3),
        error_alarm=AlarmOptions(threshold=5, actions=[actions.SnsAction(other)]),
        alarm_actions=[actions.SnsAction(topic)],
    )
    synthesized = Synthesized(stack)
    throttles, errors = (synthesized.properties(alarm) for alarm in invocation.alarms)
    both = [{"Ref": synthesized.id(of)} for of in (topic, other)]
    assert (throttles["Threshold"], throttles["EvaluationPeriods"], throttles["AlarmActions"]) == (10, 3, both[:1])
    assert (errors["Threshold"], errors["EvaluationPeriods"], errors["AlarmActions"]) == (5, 1, both)


def test_alarms_can_be_left_out() -> None:
    stack = new_stack()
    off = AlarmOptions(enabled=False)
    caller, callee = python_function(stack, "Caller"), python_function(stack, "Callee")
    silent = SyncInvocation(stack, "Silent", caller=caller, callee=callee, throttle_alarm=off, error_alarm=off)
    assert silent.throttle_alarm is silent.error_alarm is None
    assert silent.alarms == silent.node.children == []
    half = SyncInvocation(stack, "Half", caller=caller, callee=callee, throttle_alarm=off)
    assert half.alarms == [half.error_alarm]


def test_metrics_can_be_had_with_other_options() -> None:
    stack = new_stack()
    caller, callee = python_function(stack, "Caller"), python_function(stack, "Callee")
    invocation = SyncInvocation(stack, "Prices", caller=caller, callee=callee)
    throttles = invocation.metric_throttles(period=Duration.minutes(5), label="Throttled")
    errors = invocation.metric_errors(statistic=cloudwatch.Stats.MAXIMUM, account="333333333333")
    assert (throttles.metric_name, throttles.period.to_seconds(), throttles.statistic, throttles.label) == (
        "Throttles",
        300,
        "Sum",
        "Throttled",
    )
    assert (errors.metric_name, errors.period.to_seconds(), errors.statistic, errors.account) == (
        "Errors",
        60,
        "Maximum",
        "333333333333",
    )
