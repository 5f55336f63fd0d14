"""Finds the ways of events from one resource of a stack to the next, and those that lead in a circle."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple, cast

from redrive_model.findings.known import Known
from redrive_model.rules.loops import LoopFacts, Step, Way
from redrive_model.template.arns import kind_of, without_qualifier
from redrive_model.template.template import Resource

#: Beginning of the keys under which Lambda writes failed events to a bucket:
#: https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html
KEYS = "aws/lambda/"


class Edge(NamedTuple):
    """A way from one resource to another, by their ARNs."""

    source: str
    way: Way
    target: str


def ways_in(known: Known) -> list[Edge]:
    """Return all ways that events can take without any code of the user."""
    found = [*_mapped(known), *_failed(known), *_published(known), *_notified(known), *_ruled(known)]
    return [Edge(_node(source), way, _node(target)) for source, way, target in found]


def loops_of(known: Known, edges: list[Edge]) -> Iterator[tuple[LoopFacts, tuple[Resource, ...]]]:
    """Yield the shortest circle through each resource, each circle once, with the resources on it."""
    leaving: defaultdict[str, list[Edge]] = defaultdict(list)
    for edge in edges:
        if edge.source != edge.target:  # rules for queues and functions refuse these
            leaving[edge.source].append(edge)
    seen: set[frozenset[str]] = set()
    for start in list(leaving):
        circle = _shortest_circle(start, leaving)
        nodes = frozenset(each.source for each in circle)
        if not circle or nodes in seen:
            continue
        seen.add(nodes)
        steps = tuple(Step(known.shown(each.source), each.way) for each in circle)
        resources = tuple(known.resources[each.source] for each in circle if each.source in known.resources)
        if resources:
            yield LoopFacts(steps=steps), resources


def _shortest_circle(start: str, leaving: Mapping[str, list[Edge]]) -> list[Edge]:
    reached: dict[str, Edge] = {}
    waiting = deque([start])
    while waiting:
        for edge in leaving.get(waiting.popleft(), ()):
            if edge.target == start:
                circle = [edge]
                while circle[0].source != start:
                    circle.insert(0, reached[circle[0].source])
                return circle
            if edge.target not in reached:
                reached[edge.target] = edge
                waiting.append(edge.target)
    return []


def _node(arn: str) -> str:
    return without_qualifier(arn) if kind_of(arn) == "function" else arn


def _mapped(known: Known) -> Iterator[Edge]:
    for each in (*known.stack.sqs_mappings, *known.stack.stream_mappings):
        yield Edge(known.source(each.source), "event source mapping", each.function)


def _failed(known: Known) -> Iterator[Edge]:
    for each in known.stack.stream_mappings:
        if each.on_failure is not None:
            yield Edge(each.function, "destination on failure", each.on_failure)
    for _, arn, spec in known.stack.configurations:
        if spec.on_failure is not None:
            yield Edge(arn, "destination on failure", spec.on_failure)
        if spec.on_success is not None:
            yield Edge(arn, "destination on success", spec.on_success)
    for function in known.functions.values():
        if function.dead_letter_arn is not None:
            yield Edge(function.arn, "dead-letter queue", function.dead_letter_arn)
    for queue in known.queues.values():
        if queue.dead_letter_arn is not None:
            yield Edge(queue.arn, "dead-letter queue", queue.dead_letter_arn)


def _published(known: Known) -> Iterator[Edge]:
    for _, topic in known.stack.topics:
        for each in topic.subscriptions:
            if each.protocol in ("sqs", "lambda"):
                yield Edge(topic.arn, "subscription", each.endpoint)
            if each.dead_letter_arn is not None:
                yield Edge(topic.arn, "dead-letter queue", each.dead_letter_arn)


def _notified(known: Known) -> Iterator[Edge]:
    buckets = {spec.bucket_name: spec.arn for _, spec in known.stack.buckets}
    given: list[tuple[str, Any]] = [
        (spec.arn, resource.properties.get("NotificationConfiguration")) for resource, spec in known.stack.buckets
    ]
    given += [
        (buckets[str(each.properties.get("BucketName"))], each.properties.get("NotificationConfiguration"))
        for each in known.stack.others
        if each.kind == "Custom::S3BucketNotifications" and each.properties.get("BucketName") in buckets
    ]
    for bucket, configuration in given:
        for each in _entries(configuration):
            if _takes_failures(each):
                for name in ("Function", "LambdaFunctionArn", "Queue", "QueueArn", "Topic", "TopicArn"):
                    if isinstance(each.get(name), str):
                        yield Edge(bucket, "notification", each[name])


def _entries(configuration: Any) -> Iterator[Mapping[str, Any]]:
    if isinstance(configuration, Mapping):
        for entries in cast("Mapping[str, Any]", configuration).values():
            if isinstance(entries, list):
                yield from (each for each in cast("list[Any]", entries) if isinstance(each, Mapping))


def _takes_failures(entry: Mapping[str, Any]) -> bool:
    """Return whether a notification may be about the keys of failed events."""
    # A bucket has `Filter.S3Key.Rules`, the CDK's custom resource `Filter.Key.FilterRules`.
    found = cast("Mapping[str, Any]", entry.get("Filter") or {})
    keys = cast("Mapping[str, Any]", found.get("S3Key") or found.get("Key") or {})
    rules = cast("list[Mapping[str, Any]]", keys.get("Rules") or keys.get("FilterRules") or [])
    for rule in rules:
        prefix = str(rule.get("Value", ""))
        if str(rule.get("Name", "")).lower() == "prefix":
            return KEYS.startswith(prefix) or prefix.startswith(KEYS)
    return True


def _ruled(known: Known) -> Iterator[Edge]:
    for each in known.stack.others:
        if each.kind != "AWS::Events::Rule":
            continue
        pattern: Any = each.properties.get("EventPattern")
        sources: Any = pattern.get("source") if isinstance(pattern, Mapping) else ()  # pyright: ignore[reportUnknownVariableType, reportUnknownMemberType]
        if sources is not None and "lambda" not in sources:  # results of invocations have this source
            continue
        bus = _bus_arn(each, known)
        for target in each.properties.get("Targets") or ():
            yield Edge(bus, "rule", str(target.get("Arn")))


def _bus_arn(rule: Resource, known: Known) -> str:
    given = str(rule.properties.get("EventBusName", "default"))
    if given.startswith("arn:"):
        return given
    for resource, bus in known.stack.buses:
        if resource.reference == given:
            return bus.arn
    return ":".join([*rule.arn.split(":")[:2], "events", *rule.arn.split(":")[3:5], f"event-bus/{given}"])
