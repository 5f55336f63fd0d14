"""`guard` with a dead-letter queue of a kind, a Region or an account that the service does not take."""

# The CDK's own classes do not fit its interfaces for a type checker: https://github.com/aws/jsii/issues/4541
# pyright: reportArgumentType=false

from __future__ import annotations

from typing import Any

import pytest
from aws_cdk import App, CfnParameter, Environment, Stack
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sns_subscriptions as subscriptions
from aws_cdk import aws_sqs as sqs

from redrive_cdk import guard
from tests.support.constructs.cdk import new_stack, python_function

HERE = Environment(account="111111111111", region="eu-west-1")


def stack_here() -> Stack:
    return new_stack(env=HERE)


def a_rule(stack: Stack) -> events.Rule:
    pattern = events.EventPattern(source=["shop"])
    return events.Rule(stack, "Rule", event_pattern=pattern, targets=[targets.LambdaFunction(python_function(stack))])


def a_subscription(stack: Stack, *, fifo: bool = False, to_fifo: bool = False) -> sns.Subscription:
    topic = sns.Topic(stack, "Topic", fifo=fifo or None)
    return topic.add_subscription(subscriptions.SqsSubscription(sqs.Queue(stack, "Target", fifo=to_fifo or None)))


def imported(stack: Stack, name: str, *, region: str = "eu-west-1", account: str = "111111111111") -> sqs.IQueue:
    return sqs.Queue.from_queue_arn(stack, "Failures", f"arn:aws:sqs:{region}:{account}:{name}")


@pytest.mark.parametrize("is_made", [True, False], ids=["made", "imported"])
def test_a_rule_keeps_what_it_cannot_deliver_in_a_standard_queue(is_made: bool) -> None:
    stack = stack_here()
    queue = sqs.Queue(stack, "Failures", fifo=True) if is_made else imported(stack, "failures.fifo")
    with pytest.raises(ValueError, match=r"Stack/Failures is FIFO: EventBridge takes standard queues only"):
        guard(a_rule(stack), dead_letter_queue=queue)


@pytest.mark.parametrize("fifo", [True, False])
def test_a_subscription_keeps_it_in_a_queue_of_its_own_kind(fifo: bool) -> None:
    stack = stack_here()
    queue = sqs.Queue(stack, "Failures", fifo=None if fifo else True)
    kinds = ("FIFO", "standard") if fifo else ("standard", "FIFO")
    with pytest.raises(ValueError, match=f"the topic is {kinds[0]}, Stack/Failures is {kinds[1]}: SNS wants one kind"):
        guard(a_subscription(stack, fifo=fifo, to_fifo=fifo), dead_letter_queue=queue)


def test_a_queue_of_the_same_kind_passes() -> None:
    stack = stack_here()
    queue = sqs.Queue(stack, "Failures", fifo=True)
    assert guard(a_subscription(stack, fifo=True, to_fifo=True), dead_letter_queue=queue).dead_letter_queue is queue


def test_the_kind_of_a_queue_that_only_the_deployment_knows_is_not_guessed() -> None:
    stack = stack_here()
    queue = sqs.Queue.from_queue_arn(stack, "Failures", CfnParameter(stack, "Arn").value_as_string)
    assert guard(a_subscription(stack, fifo=True, to_fifo=True), dead_letter_queue=queue)


def test_a_queue_of_another_region_is_refused() -> None:
    stack = stack_here()
    there = "Stack/Failures is in eu-west-2 and the rule in eu-west-1: EventBridge wants both in one Region"
    with pytest.raises(ValueError, match=there):
        guard(a_rule(stack), dead_letter_queue=imported(stack, "failures", region="eu-west-2"))


def test_only_sns_wants_it_in_its_own_account() -> None:
    stack = stack_here()
    queue = imported(stack, "failures", account="222222222222")
    assert guard(a_rule(stack), dead_letter_queue=queue)
    there = "Stack/Failures is in 222222222222 and the subscription in 111111111111: SNS wants both in one account"
    with pytest.raises(ValueError, match=there):
        guard(a_subscription(stack), dead_letter_queue=queue)


def test_a_subscription_is_in_the_region_of_its_topic() -> None:
    stack = stack_here()
    topic = sns.Topic.from_topic_arn(stack, "Topic", "arn:aws:sns:us-east-1:111111111111:news")
    subscription = topic.add_subscription(subscriptions.LambdaSubscription(python_function(stack)))
    with pytest.raises(ValueError, match="is in eu-west-1 and the subscription in us-east-1: SNS wants both"):
        guard(subscription)
    there = imported(stack, "failures", region="us-east-1")
    assert guard(another(topic, stack), dead_letter_queue=there)


def another(topic: sns.ITopic, stack: Stack) -> sns.Subscription:
    return topic.add_subscription(subscriptions.LambdaSubscription(python_function(stack, "Another")))


def test_a_second_guard_is_refused() -> None:
    rule = a_rule(stack_here())
    guard(rule)
    with pytest.raises(ValueError, match="Stack/Rule is guarded already: one guard serves all of its targets"):
        guard(rule)


def test_a_rule_of_another_app_is_refused() -> None:
    rule: Any = events.Rule.from_event_rule_arn(stack_here(), "Rule", "arn:aws:events:eu-west-1:111111111111:rule/x")
    with pytest.raises(TypeError, match=r"give an events\.Rule of this app"):
        guard(rule)


def test_an_override_is_checked_at_synthesis() -> None:
    stack = stack_here()
    guarded = guard(a_rule(stack))
    queue = sqs.Queue(stack, "Ordered", fifo=True)
    resource = guarded.guarded.node.default_child
    assert isinstance(resource, events.CfnRule)
    resource.add_property_override("Targets.0.DeadLetterConfig.Arn", queue.queue_arn)
    app = stack.node.root
    assert isinstance(app, App)
    with pytest.raises(RuntimeError, match="EventBridge takes standard queues only"):
        app.synth()
