"""Collects the facts about queues, buckets, rules, schedules and subscriptions of a stack by themselves."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Any, cast

from redrive_model.filters import patterns, policies
from redrive_model.findings.known import Known
from redrive_model.resources import values
from redrive_model.resources.queue import QueueSpec
from redrive_model.resources.rule import read_time
from redrive_model.resources.topic import Subscription, read_subscription
from redrive_model.rules.notifications import NotificationFacts
from redrive_model.rules.queue_settings import QueueSettingsFacts, allows
from redrive_model.rules.starts import StartFacts
from redrive_model.rules.subscriptions import SubscriptionFacts
from redrive_model.schedules import expressions
from redrive_model.schedules.errors import ScheduleError
from redrive_model.template.template import Resource
from redrive_model.template.unknown import has_unknown


def queue_settings_facts(queue: QueueSpec, known: Known) -> QueueSettingsFacts:
    """Collect the facts about a queue."""
    resource, dead_letters = known.resources[queue.arn], known.queue(queue.dead_letter_arn)
    name = resource.properties.get("QueueName")
    policy, allowed = values.fields(resource.properties.get("RedriveAllowPolicy")), None
    if dead_letters is not None:
        its = values.fields(known.resources[dead_letters.arn].properties.get("RedriveAllowPolicy"))
        is_known = known.is_known(known.resources[dead_letters.arn], "RedriveAllowPolicy") and not has_unknown(its)
        allowed = allows(its, queue.arn) if is_known else None
    return QueueSettingsFacts(
        name=None if name is None or has_unknown(name) else str(name),
        fifo=queue.fifo if known.is_known(resource, "FifoQueue") else None,
        redrive_allow=None if has_unknown(policy) else policy,
        dead_letters="" if dead_letters is None else known.shown(dead_letters.arn),
        is_allowed=allowed,
    )


def notification_facts(known: Known) -> Iterator[tuple[NotificationFacts, Resource]]:
    """Yield the facts about the notifications of each bucket."""
    for resource, bucket in known.stack.buckets:
        specs = tuple(
            each
            for each in known.stack.notifications
            if each.bucket == bucket.bucket_name
            and each.target is not None
            and not has_unknown([*each.events, each.prefix, each.suffix])
        )
        yield NotificationFacts(specs=specs), resource


def start_facts(known: Known) -> Iterator[tuple[StartFacts, Resource]]:
    """Yield the facts about what starts each rule and schedule, also one that is disabled."""
    for resource in known.stack.others:
        if resource.kind not in ("AWS::Events::Rule", "AWS::Scheduler::Schedule"):
            continue
        given = {name: each for name, each in resource.properties.items() if not has_unknown(each)}
        is_rule = resource.kind == "AWS::Events::Rule"
        pattern, expression = given.get("EventPattern"), given.get("ScheduleExpression")
        zone = given.get("ScheduleExpressionTimezone", "UTC")
        bus = resource.properties.get("EventBusName", "default")
        facts = StartFacts(
            pattern_refused=patterns.check(pattern) if is_rule and pattern else None,
            expression_refused=_refused(expression, "events" if is_rule else "scheduler", zone),
            scheduled_on=str(bus) if is_rule and expression is not None and not has_unknown(bus) else None,
            start=None if is_rule else read_time(given.get("StartDate")),
            end=None if is_rule else read_time(given.get("EndDate")),
        )
        yield facts, resource


def _refused(expression: str | None, service: expressions.Service, zone: str) -> str | None:
    if expression is None:
        return None
    try:
        expressions.read(expression, service, zone)
    except ScheduleError as error:
        return str(error)
    return None


def subscription_facts(known: Known) -> Iterator[tuple[SubscriptionFacts, Resource]]:
    """Yield the facts about each subscription, with its resource or that of the topic that has it."""
    found = [(str(each.properties.get("TopicArn")), each.properties, each) for each, _ in known.stack.subscriptions]
    for resource, topic in known.stack.topics:
        inline = cast("list[Mapping[str, Any]]", resource.properties.get("Subscription") or [])
        found += [(topic.arn, properties, resource) for properties in inline]
    seen: defaultdict[tuple[str, str, str], list[Subscription]] = defaultdict(list)
    for topic_arn, properties, resource in found:
        subscription = read_subscription(properties)
        key = (topic_arn, subscription.protocol, subscription.endpoint)
        others = [] if has_unknown(properties) or resource.unknown else seen[key]
        yield (
            SubscriptionFacts(
                policy_refused=_policy_refused(properties, subscription),
                endpoint=known.shown(subscription.endpoint),
                has_other_settings=any(each != subscription for each in others),
            ),
            resource,
        )
        others.append(subscription)


def _policy_refused(properties: Mapping[str, Any], subscription: Subscription) -> str | None:
    policy, scope = subscription.filter_policy, subscription.filter_scope
    if policy is None or has_unknown([properties.get("FilterPolicy"), scope]):
        return None
    return policies.check(policy, scope)
