"""Collects the facts about what delivers events to queues, topics and functions before Lambda has them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple, cast

from redrive_model.findings.known import Known
from redrive_model.resources import values
from redrive_model.rules.deliveries import DeliveryFacts, DeliveryKind
from redrive_model.template.template import Resource

# Services that invoke functions asynchronously: https://docs.aws.amazon.com/lambda/latest/dg/lambda-services.html
_ASYNCHRONOUS = ("s3.amazonaws.com", "sns.amazonaws.com", "events.amazonaws.com", "scheduler.amazonaws.com")


class Delivery(NamedTuple):
    """One way of events to a target.

    Attributes:
        resource: The rule, schedule or subscription.
        kind: What it is.
        source: ARN of the topic; empty for a rule or a schedule.
        target: ARN of the target.
        facts: What rules know of it.
    """

    resource: Resource
    kind: DeliveryKind
    source: str
    target: str
    facts: DeliveryFacts


def deliveries(known: Known) -> Iterator[Delivery]:
    """Yield what delivers events in a stack."""
    for each in known.stack.others:
        match each.kind:
            case "AWS::Events::Rule":
                for target in each.properties.get("Targets") or ():
                    yield _of_target(each, "rule", target, known)
            case "AWS::Scheduler::Schedule":
                target = each.properties.get("Target")
                if isinstance(target, Mapping):
                    yield _of_target(each, "schedule", cast("Mapping[str, Any]", target), known)
            case _:
                pass
    for resource, topic in known.stack.topics:
        for each in topic.subscriptions:
            if each.protocol in ("sqs", "lambda"):
                at = each.resource or resource
                keeps = None if "RedrivePolicy" in at.unknown else each.dead_letter_arn is not None
                facts = DeliveryFacts(
                    kind="subscription",
                    target=known.shown(each.endpoint),
                    keeps_failures=keeps,
                    **_dead_letters(each.dead_letter_arn, known),
                    topic_fifo=topic.arn.endswith(".fifo"),
                )
                yield Delivery(at, "subscription", topic.arn, each.endpoint, facts)


def _of_target(resource: Resource, kind: DeliveryKind, target: Mapping[str, Any], known: Known) -> Delivery:
    arn = str(target.get("Arn", ""))
    queue = values.fields(target.get("DeadLetterConfig")).get("Arn")
    facts = DeliveryFacts(
        kind=kind,
        target=known.shown(arn),
        keeps_failures=None if "DeadLetterConfig" in resource.unknown else queue is not None,
        **_dead_letters(queue, known),
    )
    return Delivery(resource, kind, "", arn, facts)


def _dead_letters(arn: str | None, known: Known) -> dict[str, Any]:
    if arn is None:
        return {}
    queue = known.queue(arn)
    fifo = arn.endswith(".fifo") if arn.startswith("arn:") else None
    return {"dead_letter_queue": known.shown(arn), "dead_letter_fifo": fifo if queue is None else queue.fifo}


def invoked_by_events(known: Known, targets: frozenset[str]) -> frozenset[str]:
    """Return the ARNs of functions that something invokes asynchronously.

    Args:
        known: The stack.
        targets: ARNs of what topics, buckets, rules and destinations lead to.
    """
    found = {each.target for each in deliveries(known)} | set(targets)
    names = {spec.function_name: spec.arn for spec in known.functions.values()}
    for each in known.stack.others:
        if each.kind == "AWS::Lambda::Permission" and each.properties.get("Principal") in _ASYNCHRONOUS:
            function = str(each.properties.get("FunctionName", ""))
            found.add(names.get(function, function))
    return frozenset(function.arn for arn in found if (function := known.function(arn)) is not None)
