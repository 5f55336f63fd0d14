"""`guard`: what cannot be delivered to a function or queue waits in a dead-letter queue, and alarms say so."""

# The CDK's own classes do not fit its interfaces for a type checker: https://github.com/aws/jsii/issues/4541
# pyright: reportArgumentType=false

from __future__ import annotations

from typing import Any

import pytest
from aws_cdk import Duration, RemovalPolicy, Stack
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_kms as kms
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sns_subscriptions as subscriptions
from aws_cdk import aws_sqs as sqs

from redrive_cdk import AlarmOptions, AsyncInvocation, DeliveryGuard, guard
from tests.support.constructs.cdk import Synthesized, new_app, new_stack, python_function, warnings_of

HOURLY = events.Schedule.rate(Duration.hours(1))


def a_rule(stack: Stack, *, count: int = 1, **options: Any) -> events.Rule:
    found = [targets.LambdaFunction(python_function(stack, f"Function{number}")) for number in range(count)]
    return events.Rule(stack, "Rule", targets=found, **{"schedule": HOURLY, **options})


def a_subscription(stack: Stack, *, fifo: bool = False) -> sns.Subscription:
    topic = sns.Topic(stack, "Topic", fifo=fifo or None)
    queue = sqs.Queue(stack, "Target", fifo=fifo or None)
    return topic.add_subscription(subscriptions.SqsSubscription(queue))


def targets_of(stack: Stack) -> list[dict[str, Any]]:
    (rule,) = Synthesized(stack).of_type("AWS::Events::Rule").values()
    return rule["Properties"]["Targets"]


def policy_of(stack: Stack, guarded: DeliveryGuard) -> dict[str, Any]:
    """The statement that lets the service send to the dead-letter queue."""
    synthesized = Synthesized(stack)
    queue = synthesized.id(guarded.dead_letter_queue)
    (policy,) = [
        each["Properties"]["PolicyDocument"]["Statement"]
        for each in synthesized.of_type("AWS::SQS::QueuePolicy").values()
        if each["Properties"]["Queues"] == [{"Ref": queue}]
    ]
    (statement,) = [each for each in policy if each["Effect"] == "Allow"]
    return statement


def test_each_target_of_a_rule_gets_the_queue() -> None:
    stack = new_stack()
    guarded = guard(a_rule(stack, count=2))
    queue = {"Arn": Synthesized(stack).arn(guarded.dead_letter_queue)}
    assert [each["DeadLetterConfig"] for each in targets_of(stack)] == [queue, queue]
    assert ["RetryPolicy" in each for each in targets_of(stack)] == [False, False]  # 185 retries in 24 hours


def test_a_target_that_is_added_later_gets_it_too() -> None:
    stack = new_stack()
    rule = a_rule(stack)
    guard(rule)
    rule.add_target(targets.LambdaFunction(python_function(stack, "Later")))
    assert ["DeadLetterConfig" in each for each in targets_of(stack)] == [True, True]


def test_a_target_with_a_queue_of_its_own_keeps_it() -> None:
    stack = new_stack()
    own = sqs.Queue(stack, "Own")
    rule = events.Rule(stack, "Rule", schedule=HOURLY)
    rule.add_target(targets.LambdaFunction(python_function(stack), dead_letter_queue=own))
    guard(rule)
    (target,) = targets_of(stack)
    assert target["DeadLetterConfig"] == {"Arn": Synthesized(stack).arn(own)}


def test_retries_of_a_rule_can_be_limited() -> None:
    stack = new_stack()
    guard(a_rule(stack), retry_attempts=3, max_event_age=Duration.hours(1))
    (target,) = targets_of(stack)
    assert target["RetryPolicy"] == {"MaximumRetryAttempts": 3, "MaximumEventAgeInSeconds": 3_600}


def test_a_subscription_gets_the_queue() -> None:
    stack = new_stack()
    guarded = guard(a_subscription(stack))
    synthesized = Synthesized(stack)
    (subscription,) = synthesized.of_type("AWS::SNS::Subscription").values()
    queue = synthesized.arn(guarded.dead_letter_queue)
    assert subscription["Properties"]["RedrivePolicy"] == {"deadLetterTargetArn": queue}


def test_a_fifo_topic_needs_a_fifo_queue() -> None:
    stack = new_stack()
    guarded = guard(a_subscription(stack, fifo=True))
    assert Synthesized(stack).properties(guarded.dead_letter_queue)["FifoQueue"] is True


@pytest.mark.parametrize("make", [a_rule, a_subscription])
def test_the_service_alone_may_send_for_this_source(make: Any) -> None:
    stack = new_stack()
    statement = policy_of(stack, guard(make(stack)))
    assert statement["Action"] == "sqs:SendMessage"
    assert statement["Principal"] == {"Service": "events.amazonaws.com" if make is a_rule else "sns.amazonaws.com"}
    (source,) = statement["Condition"]["ArnEquals"].values()
    assert "Rule" in str(source) or "Topic" in str(source)


def test_the_service_may_use_a_key() -> None:
    stack = new_stack()
    key = kms.Key(stack, "Key")
    guard(a_rule(stack), encryption_key=key)
    *_, statement = Synthesized(stack).properties(key)["KeyPolicy"]["Statement"]
    assert statement["Principal"] == {"Service": "events.amazonaws.com"}
    assert statement["Action"] == ["kms:Decrypt", "kms:GenerateDataKey"]


def test_the_queue_keeps_messages_for_fourteen_days_and_stays() -> None:
    stack = new_stack()
    guarded = guard(a_rule(stack))
    queue = Synthesized(stack).resource(guarded.dead_letter_queue)
    assert queue["Properties"]["MessageRetentionPeriod"] == 14 * 24 * 60 * 60
    assert queue["DeletionPolicy"] == "RetainExceptOnCreate"


def test_a_given_queue_of_another_stack_does_not_need_the_rule() -> None:
    app = new_app()
    there, here = Stack(app, "There"), Stack(app, "Here")
    queue = sqs.Queue(there, "Failed")
    guard(a_rule(here), dead_letter_queue=queue)
    app.synth()
    assert there.dependencies == []


def test_the_policy_of_an_imported_queue_must_allow_it() -> None:
    stack = new_stack()
    queue = sqs.Queue.from_queue_arn(stack, "Failed", "arn:aws:sqs:eu-west-1:111111111111:failed")
    guard(a_rule(stack), dead_letter_queue=queue)
    assert "events.amazonaws.com sends what it cannot deliver" in warnings_of(stack)["redrive:resource-policy"]


LOST = {
    "rule": (a_rule, "InvocationsFailedToBeSentToDlq", ["RuleName"]),
    "subscription": (a_subscription, "NumberOfNotificationsFailedToRedriveToDlq", ["TopicName"]),
}


@pytest.mark.parametrize("kind", LOST)
def test_its_alarms_are_there(kind: str) -> None:
    make, metric, dimensions = LOST[kind]
    stack = new_stack()
    guarded = guard(make(stack))
    synthesized = Synthesized(stack)
    dead, lost = synthesized.properties(guarded.dead_letter_alarm), synthesized.properties(guarded.lost_alarm)
    assert dead["MetricName"] == "ApproximateNumberOfMessagesVisible"
    assert lost["MetricName"] == metric
    assert [each["Name"] for each in lost["Dimensions"]] == dimensions
    old = synthesized.properties(guarded.dead_letter_age_alarm)
    assert (old["MetricName"], old["Threshold"]) == ("ApproximateAgeOfOldestMessage", 7 * 24 * 60 * 60)
    assert guarded.alarms == [guarded.dead_letter_alarm, guarded.dead_letter_age_alarm, guarded.lost_alarm]


def test_a_rule_of_a_custom_bus_has_its_metrics_under_the_bus() -> None:
    stack = new_stack()
    bus = events.EventBus(stack, "Bus")
    rule = events.Rule(stack, "Rule", event_bus=bus, event_pattern=events.EventPattern(source=["shop"]))
    guarded = guard(rule)
    lost = Synthesized(stack).properties(guarded.lost_alarm)
    assert [each["Name"] for each in lost["Dimensions"]] == ["EventBusName", "RuleName"]


def test_the_alarms_can_be_disabled() -> None:
    off = AlarmOptions(enabled=False)
    guarded = guard(a_rule(new_stack()), dead_letter_alarm=off, dead_letter_age_alarm=off, lost_alarm=off)
    assert guarded.alarms == []


def test_a_construct_behind_an_unguarded_rule_says_so_at_synthesis() -> None:
    def warned(*, guarded: bool) -> set[str]:
        app = new_app()
        stack = Stack(app, "Shop")
        function = python_function(stack)
        AsyncInvocation(stack, "Nightly", function=function)
        rule = events.Rule(stack, "Rule", schedule=HOURLY, targets=[targets.LambdaFunction(function)])
        if guarded:
            guard(rule)
        app.synth()
        return set(warnings_of(stack))

    assert warned(guarded=False) == {"redrive:unguarded-delivery"}
    assert warned(guarded=True) == set()


def with_own_queue(stack: Stack) -> sns.Subscription:
    topic, own = sns.Topic(stack, "Topic"), sqs.Queue(stack, "Own")
    subscription = subscriptions.LambdaSubscription(python_function(stack), dead_letter_queue=own)
    return topic.add_subscription(subscription)


REFUSED: dict[str, tuple[Any, dict[str, Any], str]] = {
    "retries of a subscription": (a_subscription, {"retry_attempts": 3}, "are for rules of EventBridge"),
    "too many retries": (a_rule, {"retry_attempts": 186}, "retry_attempts 186: EventBridge takes whole numbers"),
    "too old": (a_rule, {"max_event_age": Duration.days(2)}, "max_event_age 172,800 s: EventBridge takes"),
    "a subscription with a queue": (with_own_queue, {}, "has a dead-letter queue already"),
    "a removal policy for no queue": (
        a_rule,
        {"removal_policy": RemovalPolicy.DESTROY, "dead_letter_queue": "given"},
        "removal_policy is for a queue that guard makes",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_the_service_does_not_have_is_refused(name: str) -> None:
    make, options, says = REFUSED[name]
    stack = new_stack()
    if "dead_letter_queue" in options:
        options = {**options, "dead_letter_queue": sqs.Queue(stack, "Given")}
    with pytest.raises(ValueError, match=says):
        guard(make(stack), **options)


def test_what_delivers_nothing_is_refused() -> None:
    stack = new_stack()
    with pytest.raises(TypeError, match=r"has no delivery that can be guarded: give an events\.Rule"):
        guard(sns.Topic(stack, "Topic"))
