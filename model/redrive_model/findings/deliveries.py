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
