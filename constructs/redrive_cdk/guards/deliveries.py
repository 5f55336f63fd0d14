"""Sets dead-letter queue and retries of a rule's targets, or the dead-letter queue of a subscription."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from aws_cdk import aws_events as events
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from redrive_cdk.core import known
from redrive_cdk.core.tree import path_of, resource_of
from redrive_model import limits

#: The services that deliver, as principals of policies.
EVENTS, SNS = "events.amazonaws.com", "sns.amazonaws.com"


class Delivery(NamedTuple):
    """A rule or a subscription, which delivers events.

    Attributes:
        resource: Its resource.
        service: The service that sends to the dead-letter queue.
        source_arn: ARN that the service names when it does.
        fifo: Whether the dead-letter queue must be a FIFO queue.
        lost: Namespace, name and dimensions of the metric of events that were not delivered to the dead-letter queue.
    """

    resource: events.CfnRule | sns.CfnSubscription
    service: str
    source_arn: str
    fifo: bool
    lost: tuple[str, str, Mapping[str, str]]


def delivery_of(path: str, guarded: object) -> Delivery:
    """Return what is known about a rule or subscription; raise TypeError for anything else.

    https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-monitoring.html
    https://docs.aws.amazon.com/sns/latest/dg/sns-monitoring-using-cloudwatch.html
    """
    resource = resource_of(guarded) if isinstance(guarded, (events.Rule, sns.Subscription)) else None
    if isinstance(resource, events.CfnRule) and isinstance(guarded, events.Rule):
        bus = {} if resource.event_bus_name is None else {"EventBusName": resource.event_bus_name}
        lost = ("AWS/Events", "InvocationsFailedToBeSentToDlq", {**bus, "RuleName": guarded.rule_name})
        return Delivery(resource, EVENTS, guarded.rule_arn, fifo=False, lost=lost)
    if isinstance(resource, sns.CfnSubscription):
        made = known.named_by(resource.topic_arn)
        name = made.attr_topic_name if isinstance(made, sns.CfnTopic) else resource.topic_arn.rpartition(":")[2]
        fifo = resource.topic_arn.endswith(".fifo") or (isinstance(made, sns.CfnTopic) and made.fifo_topic is True)
        lost = ("AWS/SNS", "NumberOfNotificationsFailedToRedriveToDlq", {"TopicName": name})
        return Delivery(resource, SNS, resource.topic_arn, fifo=fifo, lost=lost)
    raise TypeError(
        f"{path}: {guarded!r} has no delivery that can be guarded: give an events.Rule of this app, or the "
        "sns.Subscription that topic.add_subscription(…) returns"
    )


def refuse_impossible(
    path: str, delivery: Delivery, *, retry_attempts: int | None, max_event_age: float | None
) -> None:
    """Raise ValueError for retries that the service refuses or lacks, and for a dead-letter queue that is there.

    https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rule-retry-policy.html
    https://docs.aws.amazon.com/sns/latest/dg/sns-message-delivery-retries.html
    """
    if delivery.service == SNS:
        if retry_attempts is not None or max_event_age is not None:
            raise ValueError(
                f"{path}: retry_attempts and max_event_age are for rules of EventBridge: SNS retries deliveries to "
                "queues and functions for 23 days, which cannot be changed; leave them unset"
            )
        if delivery.resource.redrive_policy is not None:  # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType]
            raise ValueError(
                f"{path}: the subscription has a dead-letter queue already: a subscription has one; leave out its "
                "dead_letter_queue, or the guard"
            )
    for complaint in (
        limits.RULE_RETRIES.refuse("retry_attempts", retry_attempts),
        limits.RULE_EVENT_AGE.refuse("max_event_age", max_event_age),
    ):
        if complaint is not None:
            raise ValueError(f"{path}: {complaint}")


def send_failures_to(
    guard: Construct, delivery: Delivery, queue: sqs.IQueue, retry_policy: Mapping[str, float]
) -> None:
    """Set the dead-letter queue, and for a rule the retry policy, of each target that has none.

    The CDK hides a rule's targets, and others may be added later: call this again when nothing changes any more.
    """
    resource = delivery.resource
    if isinstance(resource, sns.CfnSubscription):
        resource.redrive_policy = {"deadLetterTargetArn": queue.queue_arn}
        return
    targets: list[Mapping[str, Any]] = known.resolved(resource, "targets") or []
    for number, target in enumerate(targets):
        if target.get("deadLetterConfig") is not None:
            continue
        resource.add_property_override(f"Targets.{number}.DeadLetterConfig", {"Arn": queue.queue_arn})
        if retry_policy and target.get("retryPolicy") is None:
            resource.add_property_override(f"Targets.{number}.RetryPolicy", dict(retry_policy))
        elif retry_policy:
            raise ValueError(
                f"{path_of(guard)}: a target of the rule has a retry policy of its own: set retries there or here"
            )
