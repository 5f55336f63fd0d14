"""Reads all resources of a template."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from redrive_model.resources import api, values
from redrive_model.resources.api import ApiSpec, read_apis
from redrive_model.resources.asynchronous import AsyncSpec, read_async
from redrive_model.resources.bucket import BucketSpec, read_bucket
from redrive_model.resources.bus import BusSpec, read_bus
from redrive_model.resources.function import FunctionSpec, read_function
from redrive_model.resources.mapping import SqsMappingSpec, StreamMappingSpec, read_sqs_mapping, read_stream_mapping
from redrive_model.resources.notification import NotificationSpec, read_notifications
from redrive_model.resources.queue import QueueSpec, read_queue
from redrive_model.resources.rule import RuleSpec, is_universal, read_rule, read_schedule
from redrive_model.resources.stream import StreamDefaults, StreamSpec, read_stream
from redrive_model.resources.table import TableSpec, read_table
from redrive_model.resources.topic import Subscription, TopicSpec, read_subscription, read_topic
from redrive_model.template.arns import invoked_arn, service_of, without_qualifier
from redrive_model.template.coverage import FOR_RULES, READERS, NotModelled
from redrive_model.template.template import Resource, Template

# Modelled resources that rules compare with, too.
_COMPARED = (
    *("AWS::Events::Rule", "AWS::Scheduler::Schedule", "AWS::Pipes::Pipe", "Custom::S3BucketNotifications"),
    "AWS::ApiGateway::Method",
)


@dataclass(frozen=True, slots=True)
class Stack:
    """The resources of a template: lists of records, with their template resources where needed.

    Attributes:
        asynchronous: Asynchronous invocation settings by invoked ARN, with or without a qualifier.
        consumers: ARNs of streams by the ARNs of their registered consumers.
        aliases: ARNs of functions by the ARNs of their versions and aliases.
        versions: Numbers of versions by the ARNs of versions and aliases.
        provisioned: ARNs of the versions and aliases with provisioned concurrency.
        not_modelled: Parts that are not modelled.
        configurations: All configurations of asynchronous invocation, with the invoked ARN of each.
        mapped: The template's resources of mappings by UUID.
        rules: Enabled rules of event buses, and schedules.
        notifications: Notifications of buckets.
        apis: APIs and URLs of functions.
        others: Resources that rules compare with, as they are in the template.
        log_groups: Names of log groups.
        serve_deployments: ARNs of the functions that CloudFormation invokes for custom resources.
    """

    queues: list[tuple[Resource, QueueSpec]] = field(default_factory=list[Any])
    functions: list[tuple[Resource, FunctionSpec]] = field(default_factory=list[Any])
    asynchronous: dict[str, AsyncSpec] = field(default_factory=dict[str, AsyncSpec])
    streams: list[tuple[Resource, StreamSpec]] = field(default_factory=list[Any])
    tables: list[tuple[Resource, TableSpec]] = field(default_factory=list[Any])
    buckets: list[tuple[Resource, BucketSpec]] = field(default_factory=list[Any])
    topics: list[tuple[Resource, TopicSpec]] = field(default_factory=list[Any])
    subscriptions: list[tuple[Resource, Subscription]] = field(default_factory=list[Any])
    buses: list[tuple[Resource, BusSpec]] = field(default_factory=list[Any])
    sqs_mappings: list[SqsMappingSpec] = field(default_factory=list[SqsMappingSpec])
    stream_mappings: list[StreamMappingSpec] = field(default_factory=list[StreamMappingSpec])
    aliases: dict[str, str] = field(default_factory=dict[str, str])
    versions: dict[str, str] = field(default_factory=dict[str, str])
    provisioned: set[str] = field(default_factory=set[str])
    consumers: dict[str, str] = field(default_factory=dict[str, str])
    not_modelled: list[NotModelled] = field(default_factory=list[NotModelled])
    configurations: list[tuple[Resource, str, AsyncSpec]] = field(default_factory=list[Any])
    mapped: dict[str, Resource] = field(default_factory=dict[str, Resource])
    rules: list[tuple[Resource, RuleSpec]] = field(default_factory=list[Any])
    notifications: list[NotificationSpec] = field(default_factory=list[NotificationSpec])
    apis: list[tuple[Resource, ApiSpec]] = field(default_factory=list[Any])
    others: list[Resource] = field(default_factory=list[Resource])
    log_groups: set[str] = field(default_factory=set[str])
    serve_deployments: set[str] = field(default_factory=set[str])


def stack_of(template: Template, defaults: StreamDefaults | None = None) -> Stack:
    """Read a template's resources, with default values for what the template cannot set."""
    defaults = defaults or StreamDefaults()
    stack = Stack(not_modelled=list(template.not_modelled))
    stack.queues.extend((each, read_queue(each)) for each in template.of_kind("AWS::SQS::Queue"))
    stack.functions.extend((each, read_function(each)) for each in template.of_kind("AWS::Lambda::Function"))
    stack.streams.extend((each, read_stream(each, defaults)) for each in template.of_kind("AWS::Kinesis::Stream"))
    for each in template.of_kind("AWS::Kinesis::StreamConsumer"):
        stack.consumers[each.arn] = str(each.properties["StreamARN"])
    for each in template.of_kind("AWS::DynamoDB::Table", "AWS::DynamoDB::GlobalTable"):
        table, stream = read_table(each, defaults)
        stack.tables.append((each, table))
        if stream is not None:
            stack.streams.append((each, stream))
    stack.buckets.extend((each, read_bucket(each)) for each in template.of_kind("AWS::S3::Bucket"))
    stack.buses.extend((each, read_bus(each)) for each in template.of_kind("AWS::Events::EventBus"))
    subscriptions = template.of_kind("AWS::SNS::Subscription")
    stack.subscriptions.extend((each, read_subscription(each.properties)) for each in subscriptions)
    stack.topics.extend((each, read_topic(each, subscriptions)) for each in template.of_kind("AWS::SNS::Topic"))
    for each in template.of_kind("AWS::Lambda::Version", "AWS::Lambda::Alias"):
        stack.aliases[each.arn] = without_qualifier(each.arn)
        if "ProvisionedConcurrencyConfig" in each.properties:
            stack.provisioned.add(each.arn)
        stack.versions[each.arn] = str(each.properties.get("FunctionVersion") or each.arn.rpartition(":")[2])
    for each in template.of_kind("AWS::Lambda::EventInvokeConfig"):
        arn = _function_arn(str(each.properties["FunctionName"]), stack)
        invoked = invoked_arn(arn, each.properties.get("Qualifier"))
        stack.asynchronous[invoked] = read_async(each)
        stack.configurations.append((each, invoked, stack.asynchronous[invoked]))
    for each in template.of_kind("AWS::Lambda::EventSourceMapping"):
        _add_mapping(each, stack)
    for each in template.of_kind("AWS::Events::Rule", "AWS::Scheduler::Schedule"):
        rule = read_rule(each) if each.kind == "AWS::Events::Rule" else read_schedule(each)
        if rule is not None:
            stack.rules.append((each, rule))
    for resource, bucket in stack.buckets:
        given = values.fields(resource.properties.get("NotificationConfiguration"))
        stack.notifications.extend(read_notifications(bucket.bucket_name, given))
    for each in template.of_kind("Custom::S3BucketNotifications"):
        given = values.fields(each.properties.get("NotificationConfiguration"))
        stack.notifications.extend(read_notifications(str(each.properties.get("BucketName")), given))
    stack.apis.extend(read_apis(template.of_kind(*api.KINDS)))
    stack.log_groups.update(each.reference for each in template.of_kind("AWS::Logs::LogGroup"))
    stack.others.extend(template.of_kind(*FOR_RULES, *_COMPARED))
    tokens = (each.properties.get("ServiceToken") for each in template.resources.values())
    stack.serve_deployments.update(str(each) for each in tokens if each is not None)
    _name_foreign(stack)
    _name_readers(template, stack)
    return stack


def _add_mapping(resource: Resource, stack: Stack) -> None:
    given = resource.properties
    source = str(given.get("EventSourceArn", ""))
    stack.mapped[resource.reference] = resource
    function = _function_arn(str(given["FunctionName"]), stack)
    match service_of(source):
        case "sqs":
            stack.sqs_mappings.append(read_sqs_mapping(resource, function))
        case "kinesis" | "dynamodb":
            stack.stream_mappings.append(read_stream_mapping(resource, function))
        case _:
            kind = source or ", ".join(sorted(set(given) - {"FunctionName", "Enabled", "BatchSize"}))
            text = f"{resource.logical_id} ({resource.kind}): source {kind}"
            stack.not_modelled.append(NotModelled(text, matters=True))


def _function_arn(function: str, stack: Stack) -> str:
    """Return the ARN of a function that is given in any form that Lambda accepts."""
    if function.startswith("arn:"):
        return function
    name, _, qualifier = function.partition(":")
    for _, spec in stack.functions:
        if spec.function_name == name:
            return f"{spec.arn}:{qualifier}" if qualifier else spec.arn
    return function


def _name_foreign(stack: Stack) -> None:
    """List as not modelled the mappings whose source or function is not in the template."""
    functions = {spec.arn for _, spec in stack.functions}
    streams = {spec.arn for _, spec in stack.streams}
    sources = {spec.arn for _, spec in stack.queues} | streams
    sources |= {consumer for consumer, stream in stack.consumers.items() if stream in streams}
    for arn in stack.asynchronous:
        if without_qualifier(arn) not in functions:
            text = f"AWS::Lambda::EventInvokeConfig of {arn}, which is not in the template"
            stack.not_modelled.append(NotModelled(text, matters=False))
    own = frozenset(functions)
    functions |= {f"{arn}:$LATEST" for arn in functions}
    functions |= {alias for alias, arn in stack.aliases.items() if arn in functions}
    for what, arn in _invoked(stack):
        if without_qualifier(arn) in own and arn not in functions:
            text = f"{what}: version or alias {arn.rpartition(':')[2]} of its function is not in the template"
            stack.not_modelled.append(NotModelled(text, matters=True))
    for each in [*stack.sqs_mappings, *stack.stream_mappings]:
        for what, arn, here in (("source", each.source, sources), ("function", each.function, functions)):
            if arn not in here:
                text = f"{each.name} (AWS::Lambda::EventSourceMapping): {what} {arn} is not in the template"
                stack.not_modelled.append(NotModelled(text, matters=True))


def _invoked(stack: Stack) -> Iterator[tuple[str, str]]:
    """Yield the ARNs of functions that something invokes or configures, except for mappings, each with what that is."""
    for alias, version in stack.versions.items():
        if alias.rpartition(":")[2] != version:
            yield f"alias {alias}", f"{without_qualifier(alias)}:{version}"
    for arn in stack.asynchronous:
        yield f"AWS::Lambda::EventInvokeConfig of {arn}", arn
    for resource, rule in stack.rules:
        yield from ((f"{rule.name} ({resource.kind})", target.arn) for target in rule.targets)
    for _, topic in stack.topics:
        yield from ((f"subscription of {topic.name}", each.endpoint) for each in topic.subscriptions)
    for each in stack.notifications:
        yield f"notification of {each.bucket}", each.target or ""
    for resource, spec in stack.apis:
        yield from ((f"{spec.name} ({resource.kind})", route.function or "") for route in spec.routes)


def _name_readers(template: Template, stack: Stack) -> None:
    """List what reads from or writes to a simulated resource and is not simulated, as an error."""
    simulated = [spec.arn for _, spec in (*stack.queues, *stack.functions, *stack.streams, *stack.topics)]
    simulated += [spec.arn for _, spec in (*stack.tables, *stack.buckets, *stack.buses)]
    simulated += [spec.url for _, spec in stack.queues]
    universal = [each for each in template.of_kind("AWS::Scheduler::Schedule") if is_universal(each)]
    for each in [*template.of_kind(*READERS), *universal]:
        text = json.dumps(each.properties, default=str)
        touched = [arn for arn in simulated if arn in text]
        if touched:
            what = f"{each.logical_id} ({each.kind}), which uses {', '.join(sorted(touched))}"
            stack.not_modelled.append(NotModelled(what, matters=True))
