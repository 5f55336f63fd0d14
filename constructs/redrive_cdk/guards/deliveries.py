"""Sets dead-letter queue and retries of a rule's targets, or the dead-letter queue of a subscription."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from aws_cdk import aws_events as events
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from redrive_cdk.core import known
from redrive_cdk.core.destinations import is_fifo
from redrive_cdk.core.placement import apart
from redrive_cdk.core.tree import path_of, place_of, resource_of
from redrive_model import limits
from redrive_model.rules.deliveries import DeliveryFacts
from redrive_model.template.arns import Elsewhere

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
        fifo = made.fifo_topic is True if isinstance(made, sns.CfnTopic) else resource.topic_arn.endswith(".fifo")
        lost = ("AWS/SNS", "NumberOfNotificationsFailedToRedriveToDlq", {"TopicName": name})
        return Delivery(resource, SNS, resource.topic_arn, fifo=fifo, lost=lost)
    raise unguardable(path, guarded)


def unguardable(path: str, guarded: object) -> TypeError:
    """Return the error for what has no delivery that can be guarded."""
    return TypeError(
        f"{path}: {guarded!r} has no delivery that can be guarded: give an events.Rule of this app, or the "
        "sns.Subscription that topic.add_subscription(…) returns"
    )


def facts_of(guard: Construct, delivery: Delivery, queue: sqs.IQueue) -> DeliveryFacts:
    """Return what is known about a delivery and its dead-letter queue."""
    return DeliveryFacts(
        kind="rule" if delivery.service == EVENTS else "subscription",
        dead_letters=path_of(queue),
        dead_letter_fifo=_is_fifo(queue),
        fifo=_wants_fifo(delivery),
        elsewhere=_elsewhere(guard, delivery, queue),
    )


def _elsewhere(guard: Construct, delivery: Delivery, queue: sqs.IQueue) -> Elsewhere | None:
    """Return what the queue has not in common with a rule, or with a subscription, which is where its topic is."""
    here = place_of(guard)
    topic = known.text(delivery.source_arn) if delivery.service == SNS else None
    if topic is not None:
        here = here._replace(region=topic.split(":")[3])
    return apart(place_of(queue), here)


def _wants_fifo(delivery: Delivery) -> bool | None:
    """Return the kind that SNS wants, if the topic is known, and the target to be of the same kind."""
    resource = delivery.resource
    if not isinstance(resource, sns.CfnSubscription):
        return None
    if delivery.fifo:
        made = known.named_by(str(resource.endpoint))
        is_same = getattr(made, "fifo_queue", False) is True or str(resource.endpoint).endswith(".fifo")
        return True if is_same else None
    is_known = known.text(resource.topic_arn) is not None or known.named_by(resource.topic_arn) is not None
    return False if is_known else None


def _is_fifo(queue: sqs.IQueue) -> bool | None:
    if is_fifo(queue):
        return True
    return None if resource_of(queue) is None and known.text(queue.queue_arn) is None else False


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
    guard: Construct, delivery: Delivery, queue: sqs.IQueue, retry_policy: Mapping[str, float], guarded: set[int]
) -> None:
    """Set the dead-letter queue, and for a rule the retry policy, of each target that has none.

    The CDK hides a rule's targets, and others may be added later: call this again when nothing changes any more.

    Args:
        guard: The guard.
        delivery: The rule or subscription.
        queue: The dead-letter queue.
        retry_policy: The retry policy, as in the template.
        guarded: Numbers of the targets that are set, which the user may have changed since; is added to.
    """
    resource = delivery.resource
    if isinstance(resource, sns.CfnSubscription):
        if not guarded:
            resource.redrive_policy = {"deadLetterTargetArn": queue.queue_arn}
            guarded.add(0)
        return
    targets: list[Mapping[str, Any]] = known.resolved(resource, "targets") or []
    for number, target in enumerate(targets):
        if target.get("deadLetterConfig") is not None or number in guarded:
            continue
        guarded.add(number)
        resource.add_property_override(f"Targets.{number}.DeadLetterConfig", {"Arn": queue.queue_arn})
        if retry_policy and target.get("retryPolicy") is None:
            resource.add_property_override(f"Targets.{number}.RetryPolicy", dict(retry_policy))
        elif retry_policy:
            raise ValueError(
                f"{path_of(guard)}: a target of the rule has a retry policy of its own: set retries there or here"
            )
