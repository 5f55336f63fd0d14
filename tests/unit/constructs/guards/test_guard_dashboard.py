"""A guard on the dashboard, and its alarms where the dead-letter queue's metrics are elsewhere."""

# The CDK's own classes do not fit its interfaces for a type checker: https://github.com/aws/jsii/issues/4541
# pyright: reportArgumentType=false

from __future__ import annotations

import json

from aws_cdk import Duration, Environment, Stack
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sns_subscriptions as subscriptions
from aws_cdk import aws_sqs as sqs

from redrive_cdk import DeliveryGuard, FailureDashboard, guard
from tests.support.constructs.cdk import Synthesized, new_stack, python_function

HERE = Environment(account="111111111111", region="eu-west-1")


def a_rule(stack: Stack) -> events.Rule:
    found = [targets.LambdaFunction(python_function(stack))]
    return events.Rule(stack, "Rule", schedule=events.Schedule.rate(Duration.hours(1)), targets=found)


def body_of(stack: Stack, *watched: DeliveryGuard) -> str:
    """The dashboard as text."""
    FailureDashboard(stack, "Failures", watch=list(watched))
    (found,) = Synthesized(stack).of_type("AWS::CloudWatch::Dashboard").values()
    return json.dumps(found["Properties"]["DashboardBody"])


def test_it_shows_what_waits_how_old_it_is_and_what_is_lost() -> None:
    stack = new_stack()
    body = body_of(stack, guard(a_rule(stack)))
    for metric in (
        "ApproximateNumberOfMessagesVisible",
        "ApproximateAgeOfOldestMessage",
        "InvocationsFailedToBeSentToDlq",
    ):
        assert metric in body, metric
    assert "redrive failures " in body


def test_that_of_a_subscription_shows_the_metric_of_its_topic() -> None:
    stack = new_stack()
    topic = sns.Topic(stack, "Topic")
    guarded = guard(topic.add_subscription(subscriptions.LambdaSubscription(python_function(stack))))
    assert "NumberOfNotificationsFailedToRedriveToDlq" in body_of(stack, guarded)


def test_metrics_of_another_accounts_queue_are_not_here() -> None:
    stack = new_stack(env=HERE)
    queue = sqs.Queue.from_queue_arn(stack, "Failed", "arn:aws:sqs:eu-west-1:222222222222:failed")
    guarded = guard(a_rule(stack), dead_letter_queue=queue)
    assert guarded.alarms == [guarded.lost_alarm]
    body = body_of(stack, guarded)
    assert "ApproximateNumberOfMessagesVisible" not in body
    assert "InvocationsFailedToBeSentToDlq" in body
