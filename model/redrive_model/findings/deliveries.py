"""Collects the facts about what delivers events to the functions and queues of a stack."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, cast

from redrive_model.findings.known import Known
from redrive_model.resources import values
from redrive_model.resources.topic import Subscription
from redrive_model.rules.deliveries import DeliveryFacts
from redrive_model.template.arns import service_of, without_qualifier
from redrive_model.template.template import Resource

_KINDS = {"AWS::Events::Rule": "rule", "AWS::Scheduler::Schedule": "schedule"}
# The queues and topics of policies, by the property that names them.
_POLICIES = {
    "AWS::SQS::QueuePolicy": "Queues",
    "AWS::SQS::QueueInlinePolicy": "Queue",
    "AWS::SNS::TopicPolicy": "Topics",
    "AWS::SNS::TopicInlinePolicy": "TopicArn",
}
_S3 = "s3.amazonaws.com"
_INPUTS = ("Input", "InputPath", "InputTransformer")


def delivery_facts(known: Known) -> Iterator[tuple[DeliveryFacts, tuple[Resource, ...]]]:
    """Yield the facts about each way of events, with its resource and that of its target if the stack has it."""
    for resource in known.stack.others:
        kind: Any = _KINDS.get(resource.kind)
        for number, given in enumerate(_targets(resource) if kind else ()):
            target = _target(str(given.get("Arn")), known)
            facts = _of_events(kind, resource, given, target, known)
            if kind == "rule" and "Targets" not in resource.unknown:
                facts = replace(facts, **_inputs(given))
            if kind == "rule" and number == 0:  # what is told of the rule is told once
                facts = replace(facts, has_trigger=_has_trigger(resource), doubled_id=_doubled_id(resource))
            yield facts, _both(resource, target)
    for resource, _ in known.stack.buses:
        yield _of_events("event bus", resource, resource.properties, None, known), (resource,)
    for resource, subscription in known.stack.subscriptions:
        target = _target(subscription.endpoint, known)
        yield _of_subscription(resource, subscription, target, known), _both(resource, target)
    for resource in known.stack.others:
        if resource.kind == "AWS::Pipes::Pipe":
            yield from _of_pipe(resource, known)
    yield from _of_notifications(known)


def _inputs(target: Mapping[str, Any]) -> dict[str, Any]:
    """Return what is known about the input of a rule's target."""
    constant, path = target.get("Input"), target.get("InputPath")
    transformer = values.fields(target.get("InputTransformer"))
    return {
        "inputs": tuple(name for name in _INPUTS if name in target),
        "constant": constant if isinstance(constant, str) else None,
        "paths": {**values.fields(transformer.get("InputPathsMap")), **({} if path is None else {"": path})},
        "template": transformer.get("InputTemplate"),
    }


def _of_pipe(resource: Resource, known: Known) -> Iterator[tuple[DeliveryFacts, tuple[Resource, ...]]]:
    """Yield the facts about a pipe of a stream. One of a queue leaves what fails in the queue, for its own policy."""
    target = _target(str(resource.properties.get("Target")), known)
    given = values.fields(resource.properties.get("SourceParameters"))
    source = str(resource.properties.get("Source"))
    name = {"kinesis": "KinesisStreamParameters", "dynamodb": "DynamoDBStreamParameters"}.get(service_of(source))
    if name is not None and "SourceParameters" not in resource.unknown:
        facts = _of_events("pipe", resource, values.fields(given.get(name)), target, known)
        yield facts, _both(resource, target)


def _of_notifications(known: Known) -> Iterator[tuple[DeliveryFacts, tuple[Resource, ...]]]:
    configured = {spec.bucket_name: resource for resource, spec in known.stack.buckets}
    targets = {spec.arn: (spec.url, resource) for resource, spec in known.stack.queues}
    targets |= {spec.arn: (spec.arn, resource) for resource, spec in known.stack.topics}
    for each in known.stack.notifications:
        if each.target in targets and each.bucket in configured:
            name, target = targets[each.target]
            facts = DeliveryFacts(
                kind="notification",
                target=target.shown,
                is_allowed=_is_allowed(name, known),
                target_fifo=known.is_fifo(each.target),
            )
            yield facts, (configured[each.bucket], target)


def _has_trigger(rule: Resource) -> bool | None:
    given = [name for name in ("EventPattern", "ScheduleExpression") if rule.properties.get(name) is not None]
    return bool(given) or (None if rule.unknown & {"EventPattern", "ScheduleExpression"} else False)


def _doubled_id(rule: Resource) -> str:
    ids = Counter(str(each["Id"]) for each in _targets(rule) if "Id" in each and "Id" not in rule.unknown)
    return next((id for id, count in ids.items() if count > 1), "")


def _is_allowed(name: str, known: Known) -> bool | None:
    """Return whether a policy of the stack lets S3 send to a queue or topic; `None` if one is not known."""
    unknown = False
    for each in known.stack.others:
        member = _POLICIES.get(each.kind, "")
        unknown = unknown or member in each.unknown
        names: Any = each.properties.get(member)
        if names == name or (isinstance(names, list) and name in names):
            if _S3 in json.dumps(each.properties.get("PolicyDocument"), default=str):
                return True
            unknown = unknown or "PolicyDocument" in each.unknown
    return None if unknown else False


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
    return replace(
        _of_target(resource, target, has_queue, dead_letters, known),
        kind="subscription",
        fifo=fifo,
        topic_fifo=topic,
        target_fifo=queue,
        elsewhere=known.elsewhere_than_topic(dead_letters, resource),
    )


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
# The header with which API Gateway does not wait for a function:
# https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-integration-async.html
_HEADER = "integration.request.header.x-amz-invocation-type"
_FUNCTION = re.compile(r"functions/(arn:[^/]+)/invocations")
_ASYNCHRONOUS = ("s3.amazonaws.com", "sns.amazonaws.com", "events.amazonaws.com", "scheduler.amazonaws.com")


def targets_of(known: Known) -> Iterator[tuple[str, str]]:
    """Yield each rule and schedule, by its kind and name, with the ARN of a target."""
    for resource in known.stack.others:
        if resource.kind in _KINDS:
            for target in _targets(resource):
                yield f"{_KINDS[resource.kind]} {resource.shown}", str(target.get("Arn"))


def invoked_by_apis(known: Known, *, waits: bool) -> frozenset[str]:
    """Return the ARNs of functions that methods of REST APIs invoke, by whether API Gateway waits for them."""
    found: set[str] = set()
    for each in known.stack.others:
        integration = values.fields(each.properties.get("Integration"))
        function = _FUNCTION.search(str(integration.get("Uri"))) if each.kind == "AWS::ApiGateway::Method" else None
        if function is not None:
            given = {name.lower(): value for name, value in values.fields(integration.get("RequestParameters")).items()}
            if (given.get(_HEADER) != "'Event'") is waits:
                found.add(without_qualifier(function[1]))
    return frozenset(found)


def invoked_by_events(known: Known, targets: frozenset[str]) -> frozenset[str]:
    """Return the ARNs of functions that something invokes asynchronously.

    Args:
        known: The stack.
        targets: ARNs of what topics, buckets, rules and destinations lead to.
    """
    found = {target for _, target in targets_of(known)} | set(targets)
    found |= {subscription.endpoint for _, subscription in known.stack.subscriptions}
    found |= invoked_by_apis(known, waits=False)
    names = {spec.function_name: spec.arn for spec in known.functions.values()}
    for each in known.stack.others:
        if each.kind == "AWS::Lambda::Permission" and each.properties.get("Principal") in _ASYNCHRONOUS:
            function = str(each.properties.get("FunctionName", ""))
            found.add(names.get(function, function))
    return frozenset(function.arn for arn in found if (function := known.function(arn)) is not None)
