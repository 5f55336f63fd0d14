"""Collects the facts about what delivers events to the functions and queues of a stack."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, cast

from redrive_model.findings.known import Known
from redrive_model.resources.topic import Subscription
from redrive_model.rules.deliveries import DeliveryFacts
from redrive_model.template.arns import without_qualifier
from redrive_model.template.template import Resource

_KINDS = {"AWS::Events::Rule": "rule", "AWS::Scheduler::Schedule": "schedule"}


def delivery_facts(known: Known) -> Iterator[tuple[DeliveryFacts, tuple[Resource, ...]]]:
    """Yield the facts about each way to a function or queue of the stack, with its resource and that of its target."""
    for resource in known.stack.others:
        kind: Any = _KINDS.get(resource.kind)
        for target in _targets(resource) if kind else ():
            found = _target(str(target.get("Arn")), known)
            if found is not None:
                is_guarded = None if "DeadLetterConfig" in resource.unknown else "DeadLetterConfig" in target
                yield DeliveryFacts(kind=kind, target=found.shown, is_guarded=is_guarded), (resource, found)
    for resource, subscription in known.stack.subscriptions:
        found = _target(subscription.endpoint, known)
        if found is not None:
            yield _of_subscription(resource, subscription, found), (resource, found)


def _targets(resource: Resource) -> list[Mapping[str, Any]]:
    given = resource.properties
    targets: Any = given.get("Targets") if resource.kind == "AWS::Events::Rule" else [given.get("Target")]
    return [cast("Mapping[str, Any]", each) for each in targets or () if isinstance(each, Mapping)]


def _target(arn: str, known: Known) -> Resource | None:
    if without_qualifier(arn) in known.functions:
        return known.resources[without_qualifier(arn)]
    return known.resources[arn] if arn in known.queues else None


def _of_subscription(resource: Resource, subscription: Subscription, target: Resource) -> DeliveryFacts:
    is_guarded = None if "RedrivePolicy" in resource.unknown else subscription.dead_letter_arn is not None
    return DeliveryFacts(kind="subscription", target=target.shown, is_guarded=is_guarded)


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
