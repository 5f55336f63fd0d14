"""Collects the facts about what delivers events to the functions and queues of a stack."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, cast

from redrive_model.findings.known import Known
from redrive_model.resources import values
from redrive_model.resources.topic import Subscription
from redrive_model.rules.deliveries import DeliveryFacts
from redrive_model.template.arns import without_qualifier
from redrive_model.template.template import Resource

_KINDS = {"AWS::Events::Rule": "rule", "AWS::Scheduler::Schedule": "schedule"}


def delivery_facts(known: Known) -> Iterator[tuple[DeliveryFacts, tuple[Resource, ...]]]:
    """Yield the facts about each way of events, with its resource and that of its target if the stack has it."""
    for resource in known.stack.others:
        kind: Any = _KINDS.get(resource.kind)
        for given in _targets(resource) if kind else ():
            target = _target(str(given.get("Arn")), known)
            yield _of_events(kind, resource, given, target, known), _both(resource, target)
    for resource, _ in known.stack.buses:
        yield _of_events("event bus", resource, resource.properties, None, known), (resource,)
    for resource, subscription in known.stack.subscriptions:
        target = _target(subscription.endpoint, known)
        yield _of_subscription(resource, subscription, target, known), _both(resource, target)


def _both(resource: Resource, target: Resource | None) -> tuple[Resource, ...]:
    return (resource,) if target is None else (resource, target)


def _of_events(
    kind: Any, resource: Resource, given: Mapping[str, Any], target: Resource | None, known: Known
) -> DeliveryFacts:
    dead_letters = values.fields(given.get("DeadLetterConfig")).get("Arn")
    has_queue = None if "DeadLetterConfig" in resource.unknown else "DeadLetterConfig" in given
    return replace(_of_target(resource, target, has_queue, dead_letters, known), kind=kind)


def _of_subscription(
    resource: Resource, subscription: Subscription, target: Resource | None, known: Known
) -> DeliveryFacts:
    dead_letters = subscription.dead_letter_arn
    has_queue = None if "RedrivePolicy" in resource.unknown else dead_letters is not None
    topic, queue = (known.is_fifo(each) for each in (str(resource.properties["TopicArn"]), subscription.endpoint))
    # A standard queue may subscribe to a FIFO topic. Of which kind its dead-letter queue is then is not documented.
    fifo = None if topic and queue is not True else topic
    facts = _of_target(resource, target, has_queue, dead_letters, known)
    return replace(facts, kind="subscription", fifo=fifo, elsewhere=known.elsewhere_than_topic(dead_letters, resource))


def _of_target(
    resource: Resource, target: Resource | None, has_queue: bool | None, dead_letters: str | None, known: Known
) -> DeliveryFacts:
    """Return what is known whatever delivers; a target that is no function or queue of the stack needs no guard."""
    return DeliveryFacts(
        target="" if target is None else target.shown,
        is_guarded=None if target is None else has_queue,
        dead_letters="" if dead_letters is None else known.shown(dead_letters),
        dead_letter_fifo=known.is_fifo(dead_letters),
        elsewhere=known.elsewhere(dead_letters, resource),
    )


def _targets(resource: Resource) -> list[Mapping[str, Any]]:
    given = resource.properties
    targets: Any = given.get("Targets") if resource.kind == "AWS::Events::Rule" else [given.get("Target")]
    return [cast("Mapping[str, Any]", each) for each in targets or () if isinstance(each, Mapping)]


def _target(arn: str, known: Known) -> Resource | None:
    if without_qualifier(arn) in known.functions:
        return known.resources[without_qualifier(arn)]
    return known.resources[arn] if arn in known.queues else None


# Services that invoke functions asynchronously: https://docs.aws.amazon.com/lambda/latest/dg/lambda-services.html
_ASYNCHRONOUS = ("s3.amazonaws.com", "sns.amazonaws.com", "events.amazonaws.com", "scheduler.amazonaws.com")


def targets_of(known: Known) -> Iterator[tuple[str, str]]:
    """Yield each rule and schedule, by its kind and name, with the ARN of a target."""
    for resource in known.stack.others:
        if resource.kind in _KINDS:
            for target in _targets(resource):
                yield f"{_KINDS[resource.kind]} {resource.shown}", str(target.get("Arn"))


def invoked_by_events(known: Known, targets: frozenset[str]) -> frozenset[str]:
    """Return the ARNs of functions that something invokes asynchronously.

    Args:
        known: The stack.
        targets: ARNs of what topics, buckets, rules and destinations lead to.
    """
    found = {target for _, target in targets_of(known)} | set(targets)
    found |= {subscription.endpoint for _, subscription in known.stack.subscriptions}
    names = {spec.function_name: spec.arn for spec in known.functions.values()}
    for each in known.stack.others:
        if each.kind == "AWS::Lambda::Permission" and each.properties.get("Principal") in _ASYNCHRONOUS:
            function = str(each.properties.get("FunctionName", ""))
            found.add(names.get(function, function))
    return frozenset(function.arn for arn in found if (function := known.function(arn)) is not None)
