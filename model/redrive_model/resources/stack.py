"""Reads the resources of a template into specifications."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from redrive_model.resources.refusals import check_settings
from redrive_model.resources.specifications import (
    AsyncSpec,
    BucketSpec,
    BusSpec,
    FunctionSpec,
    QueueSpec,
    SqsMappingSpec,
    StreamMappingSpec,
    StreamSpec,
    Subscription,
    TableSpec,
    TopicSpec,
)
from redrive_model.template.coverage import NotModelled
from redrive_model.template.template import Resource, Template
from redrive_simulator.parameters import Parameters

_TABLES = ("AWS::DynamoDB::Table", "AWS::DynamoDB::GlobalTable")
_HOUR = 3600.0


@dataclass(frozen=True, slots=True)
class Stack:
    """The resources of a template: lists of specifications, with their template resources where needed.

    Attributes:
        asynchronous: Asynchronous invocation settings by invoked ARN, with or without a qualifier.
        consumers: ARNs of streams by the ARNs of their registered consumers.
        aliases: ARNs of functions by the ARNs of their versions and aliases.
        not_modelled: Parts that are not simulated.
    """

    queues: list[tuple[Resource, QueueSpec]] = field(default_factory=list[Any])
    functions: list[tuple[Resource, FunctionSpec]] = field(default_factory=list[Any])
    asynchronous: dict[str, AsyncSpec] = field(default_factory=dict[str, AsyncSpec])
    streams: list[tuple[Resource, StreamSpec]] = field(default_factory=list[Any])
    tables: list[tuple[Resource, TableSpec]] = field(default_factory=list[Any])
    buckets: list[tuple[Resource, BucketSpec]] = field(default_factory=list[Any])
    topics: list[tuple[Resource, TopicSpec]] = field(default_factory=list[Any])
    buses: list[tuple[Resource, BusSpec]] = field(default_factory=list[Any])
    sqs_mappings: list[SqsMappingSpec] = field(default_factory=list[SqsMappingSpec])
    stream_mappings: list[StreamMappingSpec] = field(default_factory=list[StreamMappingSpec])
    aliases: dict[str, str] = field(default_factory=dict[str, str])
    consumers: dict[str, str] = field(default_factory=dict[str, str])
    not_modelled: list[NotModelled] = field(default_factory=list[NotModelled])


def stack_of(template: Template, parameters: Parameters) -> Stack:
    """Read a template's resources; `parameters` provides values that the template does not set."""
    stack = Stack(not_modelled=list(template.not_modelled))
    stack.queues.extend((each, _queue(each)) for each in template.of_kind("AWS::SQS::Queue"))
    stack.functions.extend((each, _function(each)) for each in template.of_kind("AWS::Lambda::Function"))
    for each in template.of_kind("AWS::Kinesis::Stream"):
        stack.streams.append((each, _kinesis(each, parameters)))
    for each in template.of_kind("AWS::Kinesis::StreamConsumer"):
        stack.consumers[each.arn] = str(each.properties["StreamARN"])
    for each in template.of_kind(*_TABLES):
        table, stream = _table(each, parameters)
        stack.tables.append((each, table))
        if stream is not None:
            stack.streams.append((each, stream))
    for each in template.of_kind("AWS::S3::Bucket"):
        stack.buckets.append((each, BucketSpec(each.name, each.reference, each.arn)))
    for each in template.of_kind("AWS::Events::EventBus"):
        stack.buses.append((each, BusSpec(each.name, each.arn)))
    subscriptions = [
        (str(each.properties["TopicArn"]), each.properties) for each in template.of_kind("AWS::SNS::Subscription")
    ]
    for each in template.of_kind("AWS::SNS::Topic"):
        own = [properties for topic, properties in subscriptions if topic == each.arn]
        own += each.properties.get("Subscription") or []
        stack.topics.append((each, TopicSpec(each.name, each.arn, tuple(map(_subscription, own)))))
    for each in template.of_kind("AWS::Lambda::Version", "AWS::Lambda::Alias"):
        stack.aliases[each.arn] = ":".join(each.arn.split(":")[:7])
    _read_async(template, stack)
    for each in template.of_kind("AWS::Lambda::EventSourceMapping"):
        _read_mapping(each, template, stack)
    _name_foreign(stack)
    return stack


def _name_foreign(stack: Stack) -> None:
    """List as not modelled the mappings whose source or function is not in the template."""
    functions = {spec.arn for _, spec in stack.functions}
    streams = {spec.arn for _, spec in stack.streams}
    sources = {spec.arn for _, spec in stack.queues} | streams
    sources |= {consumer for consumer, stream in stack.consumers.items() if stream in streams}
    for arn in stack.asynchronous:
        if ":".join(arn.split(":")[:7]) not in functions:
            text = f"AWS::Lambda::EventInvokeConfig of {arn}, which is not in the template"
            stack.not_modelled.append(NotModelled(text, matters=False))
    functions |= {f"{arn}:$LATEST" for arn in functions}
    functions |= {alias for alias, arn in stack.aliases.items() if arn in functions}
    mappings = [(each.name, each.queue, each.function) for each in stack.sqs_mappings]
    mappings += [(each.name, each.stream, each.function) for each in stack.stream_mappings]
    for name, source, function in mappings:
        for what, arn, here in (("source", source, sources), ("function", function, functions)):
            if arn not in here:
                text = f"{name} (AWS::Lambda::EventSourceMapping): {what} {arn} is not in the template"
                stack.not_modelled.append(NotModelled(text, matters=True))


def _queue(resource: Resource) -> QueueSpec:
    given = resource.properties
    policy = _object(given.get("RedrivePolicy"))
    return QueueSpec(
        resource.name,
        resource.arn,
        resource.reference,
        fifo=_flag(given.get("FifoQueue")),
        visibility_timeout=_number(given.get("VisibilityTimeout"), 30),
        delay=_number(given.get("DelaySeconds"), 0),
        retention=_number(given.get("MessageRetentionPeriod"), 345_600),
        dead_letter_arn=policy.get("deadLetterTargetArn"),
        max_receive_count=int(policy.get("maxReceiveCount", 10)) if policy else None,
        content_based_deduplication=_flag(given.get("ContentBasedDeduplication")),
        deduplication_by_group=given.get("DeduplicationScope") == "messageGroup",
    )


def _function(resource: Resource) -> FunctionSpec:
    given = resource.properties
    reserved = given.get("ReservedConcurrentExecutions")
    environment = _object(_object(given.get("Environment")).get("Variables"))
    return FunctionSpec(
        resource.name,
        resource.reference,
        resource.arn,
        handler=str(given.get("Handler", "index.handler")),
        timeout=_number(given.get("Timeout"), 3),
        memory=int(given.get("MemorySize", 128)),
        environment={name: _env(value) for name, value in environment.items()},
        reserved_concurrency=None if reserved is None else int(reserved),
        dead_letter_arn=_object(given.get("DeadLetterConfig")).get("TargetArn"),
        may_recurse=given.get("RecursiveLoop") == "Allow",
        code=_object(given.get("Code")),
    )


def _kinesis(resource: Resource, parameters: Parameters) -> StreamSpec:
    given = resource.properties
    shards = given.get("ShardCount")
    return StreamSpec(
        resource.name,
        "kinesis",
        resource.arn,
        parameters.on_demand_shards if shards is None else int(shards),
        _number(given.get("RetentionPeriodHours"), 24) * _HOUR,
    )


def _table(resource: Resource, parameters: Parameters) -> tuple[TableSpec, StreamSpec | None]:
    given = resource.properties
    keys = tuple(str(key["AttributeName"]) for key in given.get("KeySchema") or ())
    ttl = _object(given.get("TimeToLiveSpecification"))
    view = _object(given.get("StreamSpecification")).get("StreamViewType")
    stream = None
    if view is not None:
        arn = f"{resource.arn}/stream/2026-01-01T00:00:00.000"
        shards, retention = parameters.dynamodb_shards, parameters.dynamodb_retention
        stream = StreamSpec(resource.name, "dynamodb", arn, shards, retention, str(view), keys)
    table = TableSpec(
        resource.name,
        resource.reference,
        resource.arn,
        keys,
        ttl.get("AttributeName") if _flag(ttl.get("Enabled")) else None,
        None if stream is None else stream.arn,
    )
    return table, stream


def _subscription(given: Mapping[str, Any]) -> Subscription:
    policy = _object(given.get("RedrivePolicy"))
    return Subscription(
        str(given.get("Endpoint", "")),
        str(given.get("Protocol", "")),
        _flag(given.get("RawMessageDelivery")),
        policy.get("deadLetterTargetArn"),
    )


def _read_async(template: Template, stack: Stack) -> None:
    for each in template.of_kind("AWS::Lambda::EventInvokeConfig"):
        given = each.properties
        arn = _function_arn(str(given["FunctionName"]), stack)
        qualifier = str(given.get("Qualifier", "$LATEST"))
        destinations = _object(given.get("DestinationConfig"))
        stack.asynchronous[arn if qualifier == "$LATEST" else f"{arn}:{qualifier}"] = AsyncSpec(
            int(given.get("MaximumRetryAttempts", 2)),
            _number(given.get("MaximumEventAgeInSeconds"), 21_600),
            _object(destinations.get("OnSuccess")).get("Destination"),
            _object(destinations.get("OnFailure")).get("Destination"),
        )


def _read_mapping(resource: Resource, template: Template, stack: Stack) -> None:
    given = resource.properties
    source = str(given.get("EventSourceArn", ""))
    function = _function_arn(str(given["FunctionName"]), stack)
    service = source.split(":")[2] if source.count(":") >= 5 else ""
    filters = tuple(str(each["Pattern"]) for each in _object(given.get("FilterCriteria")).get("Filters") or ())
    common: dict[str, Any] = {
        "window": _number(given.get("MaximumBatchingWindowInSeconds"), 0),
        "partial_responses": "ReportBatchItemFailures" in (given.get("FunctionResponseTypes") or ()),
        "filters": filters,
        "enabled": _flag(given.get("Enabled", True)),
    }
    if service in ("sqs", "kinesis", "dynamodb"):
        check_settings(resource.logical_id, given, service)
    if service == "sqs":
        pollers = _object(given.get("ProvisionedPollerConfig")).get("MaximumPollers")
        most = _object(given.get("ScalingConfig")).get("MaximumConcurrency") or (pollers and int(pollers) * 10)
        stack.sqs_mappings.append(
            SqsMappingSpec(
                resource.name,
                resource.reference,
                source,
                function,
                batch_size=int(given.get("BatchSize", 10)),
                maximum_concurrency=None if most is None else int(most),
                **common,
            )
        )
    elif service in ("kinesis", "dynamodb"):
        stack.stream_mappings.append(
            StreamMappingSpec(
                resource.name,
                resource.reference,
                source,
                function,
                batch_size=int(given.get("BatchSize", 100)),
                parallelization=int(given.get("ParallelizationFactor", 1)),
                max_retries=_limit(given.get("MaximumRetryAttempts")),
                max_age=_limit(given.get("MaximumRecordAgeInSeconds")),
                bisect=_flag(given.get("BisectBatchOnFunctionError")),
                tumbling_window=_number(given.get("TumblingWindowInSeconds"), 0),
                on_failure=_object(_object(given.get("DestinationConfig")).get("OnFailure")).get("Destination"),
                starting_position=str(given.get("StartingPosition", "TRIM_HORIZON")),
                starting_time=_number(given.get("StartingPositionTimestamp"), 0) or None,
                **common,
            )
        )
    else:
        kind = source or ", ".join(sorted(set(given) - {"FunctionName", "Enabled", "BatchSize"}))
        stack.not_modelled.append(NotModelled(f"{resource.logical_id} ({resource.kind}): source {kind}", matters=True))


def _function_arn(function: str, stack: Stack) -> str:
    """Return the ARN of a function that is given in any form that Lambda accepts."""
    if function.startswith("arn:"):
        return function
    name, _, qualifier = function.partition(":")
    for _, spec in stack.functions:
        if spec.function_name == name:
            return f"{spec.arn}:{qualifier}" if qualifier else spec.arn
    return function


def _object(value: Any) -> Mapping[str, Any]:
    """Return a property that is an object, or JSON text of one as policies may be; empty if it is missing."""
    found: Any = json.loads(value) if isinstance(value, str) else value
    return found or {}


def _number(value: Any, default: float) -> float:
    return float(default if value is None else value)


def _limit(value: Any) -> Any:
    """Return a limit as a whole number; `None` for -1, which means no limit."""
    number = -1 if value is None else int(value)
    return None if number < 0 else number


def _flag(value: Any) -> bool:
    return value is True or (isinstance(value, str) and value.lower() == "true")


def _env(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)
