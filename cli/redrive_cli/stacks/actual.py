"""Replaces what a template says of deployed resources by what AWS says of them now."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from typing import Any

from redrive_cli.aws import MOST_THREADS, Aws, pages
from redrive_cli.errors import code_of
from redrive_model.template.template import Resource, Template

#: Properties by name, as in a template; what AWS does not list is not set.
Properties = dict[str, Any]
_MAPPING = (
    *("BatchSize", "BisectBatchOnFunctionError", "DestinationConfig", "FilterCriteria", "FunctionResponseTypes"),
    *("MaximumBatchingWindowInSeconds", "MaximumRecordAgeInSeconds", "MaximumRetryAttempts", "ParallelizationFactor"),
    *("ProvisionedPollerConfig", "ScalingConfig", "StartingPosition", "TumblingWindowInSeconds"),
)
_QUEUE = ("DelaySeconds", "FifoQueue", "MessageRetentionPeriod", "RedrivePolicy", "VisibilityTimeout")
_FUNCTION = ("DeadLetterConfig", "Environment", "MemorySize", "Timeout", "ReservedConcurrentExecutions")
_CONFIGURATION = ("DestinationConfig", "MaximumEventAgeInSeconds", "MaximumRetryAttempts")
_SUBSCRIPTION = ("FilterPolicy", "FilterPolicyScope", "RawMessageDelivery", "RedrivePolicy")
_RULE = ("Targets", "State")
_GONE = (
    *("ResourceNotFoundException", "NotFound", "NotFoundException"),
    *("QueueDoesNotExist", "AWS.SimpleQueueService.NonExistentQueue"),
)


def with_actual(template: Template, aws: Aws) -> tuple[Template, list[str]]:
    """Return a template with the settings that what delivers and what is delivered to has now.

    These are queues, functions, mappings, configurations, subscriptions and rules of event buses.

    Mappings and configurations that were made by hand are added, and resources that were deleted by hand left out.

    Args:
        template: The template of a deployed stack.
        aws: The account.

    Returns:
        The template, and a remark for each difference.
    """
    resources = dict(template.resources)
    remarks: list[str] = []
    with ThreadPoolExecutor(MOST_THREADS) as pool:
        readable = [name for name, each in resources.items() if each.kind in _READERS]
        settings = pool.map(partial(_read, aws), [resources[name] for name in readable])
        for name, found in zip(readable, list(settings), strict=True):
            if found is None:
                remarks.append(f"{resources[name].shown} was deleted by hand: it is left out")
                del resources[name]
            else:
                _take_over(resources, name, found, remarks)
        functions = [each for each in resources.values() if each.kind == "AWS::Lambda::Function"]
        by_hand = {
            resource.arn: resource for several in pool.map(partial(_by_hand, aws), functions) for resource in several
        }
    present = {each.arn for each in resources.values()} | {each.reference for each in resources.values()}
    for arn, resource in by_hand.items():
        if arn not in present and resource.reference not in present and not _is_configured(resource, resources):
            remarks.append(f"{resource.shown} was made by hand: the template does not have it")
            resources[f"{resource.logical_id}@{resource.stack}"] = resource
    return replace(template, resources=resources), remarks


def _take_over(resources: dict[str, Resource], name: str, found: Properties, remarks: list[str]) -> None:
    resource = resources[name]
    managed = _MANAGED[resource.kind]
    kept = {key: value for key, value in resource.properties.items() if key not in managed}
    for key in managed:
        before, now = resource.properties.get(key), found.get(key)
        if key not in resource.unknown and before is not None and _comparable(before) != _comparable(now):
            remarks.append(f"{resource.shown}: {key} is {_shown(now)}, in the template {_shown(before)}")
        elif key == "RedrivePolicy" and before is None and now is not None and key not in resource.unknown:
            remarks.append(f"{resource.shown}: {key} is {_shown(now)}, and the template sets none")
    resources[name] = replace(resource, properties=kept | found, unknown=frozenset())


def _comparable(value: Any) -> Any:
    if isinstance(value, str) and value.startswith("{"):
        value = json.loads(value)
    if isinstance(value, Mapping):
        return {str(key): _comparable(each) for key, each in value.items()}  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]
    if isinstance(value, list):
        return [_comparable(each) for each in value]  # pyright: ignore[reportUnknownVariableType]
    return str(value).lower() if isinstance(value, bool) else str(value)


def _shown(value: Any) -> str:
    return "not set" if value is None else str(_comparable(value)) if isinstance(value, (Mapping, list)) else str(value)


def _queue(aws: Aws, resource: Resource) -> Properties | None:
    reply = _unless_gone(
        lambda: aws.client("sqs").get_queue_attributes(QueueUrl=resource.reference, AttributeNames=["All"])
    )
    return None if reply is None else _pick(reply["Attributes"], _QUEUE)


def _function(aws: Aws, resource: Resource) -> Properties | None:
    client = aws.client("lambda")
    found = _unless_gone(lambda: client.get_function_configuration(FunctionName=resource.reference))
    if found is None:
        return None
    reserved = client.get_function_concurrency(FunctionName=resource.reference)
    return _pick({**found, **reserved}, _FUNCTION)


def _mapping(aws: Aws, resource: Resource) -> Properties | None:
    found = _unless_gone(lambda: aws.client("lambda").get_event_source_mapping(UUID=resource.reference))
    return None if found is None else _mapping_properties(found)


def _mapping_properties(found: Mapping[str, Any]) -> Properties:
    enabled = str(found.get("State", "Enabled")) not in ("Disabled", "Disabling", "Deleting")
    of_queue = ":sqs:" in str(found.get("EventSourceArn"))
    # AWS lists members without a value, which a template would set; a queue has none of a stream's settings.
    names = _MAPPING if not of_queue else [each for each in _MAPPING if each not in _FOR_STREAMS]
    return {**_pick(found, names), "Enabled": enabled}


_FOR_STREAMS = frozenset(
    {
        *("BisectBatchOnFunctionError", "DestinationConfig", "MaximumRecordAgeInSeconds", "MaximumRetryAttempts"),
        *("ParallelizationFactor", "StartingPosition", "TumblingWindowInSeconds"),
    }
)


def _configuration(aws: Aws, resource: Resource) -> Properties | None:
    request = {"FunctionName": str(resource.properties["FunctionName"])}
    qualifier = resource.properties.get("Qualifier")
    if qualifier is not None:
        request["Qualifier"] = str(qualifier)
    found = _unless_gone(lambda: aws.client("lambda").get_function_event_invoke_config(**request))
    return None if found is None else _pick(found, _CONFIGURATION)


def _subscription(aws: Aws, resource: Resource) -> Properties | None:
    found = _unless_gone(lambda: aws.client("sns").get_subscription_attributes(SubscriptionArn=resource.reference))
    if found is None:
        return None
    # AWS has these as text, and lists the scope and the form also where nobody has set them.
    actual = _pick(found["Attributes"], _SUBSCRIPTION)
    actual |= {name: json.loads(actual[name]) for name in ("FilterPolicy", "RedrivePolicy") if name in actual}
    unset = {"FilterPolicyScope": "MessageAttributes", "RawMessageDelivery": "false"}
    return {name: value for name, value in actual.items() if name in resource.properties or unset.get(name) != value}


def _rule(aws: Aws, resource: Resource) -> Properties | None:
    events = aws.client("events")
    # The reference to a rule of another bus than the default one has both names.
    bus, _, name = resource.reference.rpartition("|")
    request = {"EventBusName": bus} if bus else {}
    described = _unless_gone(lambda: events.describe_rule(Name=name, **request))
    if described is None:
        return None
    listed = pages(events.list_targets_by_rule, "NextToken", Rule=name, **request)
    targets: list[Any] = [_without_empty(each) for page in listed for each in page["Targets"]]
    # In the order of the template, so that only differences are told.
    order = {each.get("Id"): number for number, each in enumerate(resource.properties.get("Targets") or ())}
    targets.sort(key=lambda each: order.get(each["Id"], len(order)))
    state = described.get("State", "ENABLED")
    is_set = "State" in resource.properties or state != "ENABLED"
    return {"Targets": targets, **({"State": state} if is_set else {})}


def _read(aws: Aws, resource: Resource) -> Properties | None:
    return _READERS[resource.kind](aws, resource)


def _by_hand(aws: Aws, function: Resource) -> list[Resource]:
    return list(_configured(aws, function))


def _configured(aws: Aws, function: Resource) -> Iterator[Resource]:
    """Yield all mappings and configurations of a function, as a template would have them."""
    client = aws.client("lambda")
    name = function.reference
    for page in pages(client.list_event_source_mappings, "NextMarker", "Marker", FunctionName=name):
        for each in page["EventSourceMappings"]:
            properties = _mapping_properties(each)
            properties |= {"EventSourceArn": each.get("EventSourceArn", ""), "FunctionName": each["FunctionArn"]}
            yield _added(
                function, "AWS::Lambda::EventSourceMapping", f"mapping {each['UUID']}", each["UUID"], properties
            )
    for page in pages(client.list_function_event_invoke_configs, "NextMarker", "Marker", FunctionName=name):
        for each in page["FunctionEventInvokeConfigs"]:
            arn = str(each["FunctionArn"])
            qualifier = arn.split(":")[7] if arn.count(":") > 6 else "$LATEST"
            properties = _pick(each, _CONFIGURATION) | {"FunctionName": name, "Qualifier": qualifier}
            shown = f"the configuration of {name}:{qualifier}"
            yield _added(function, "AWS::Lambda::EventInvokeConfig", shown, f"{arn}|config", properties)


def _added(function: Resource, kind: str, name: str, reference: str, properties: Properties) -> Resource:
    return Resource(name, kind, properties, {}, None, name, reference, reference, stack=function.stack)


def _is_configured(resource: Resource, others: Mapping[str, Resource]) -> bool:
    """Return whether a template has the configuration of this function, version or alias."""
    if resource.kind != "AWS::Lambda::EventInvokeConfig":
        return False
    wanted = (resource.properties["FunctionName"], resource.properties["Qualifier"])
    return any(
        (str(each.properties["FunctionName"]).rpartition(":")[2], each.properties.get("Qualifier", "$LATEST")) == wanted
        for each in others.values()
        if each.kind == resource.kind
    )


def _pick(found: Mapping[str, Any], names: Any) -> Properties:
    picked = {name: _without_empty(found[name]) for name in names if name in found}
    return {name: value for name, value in picked.items() if value not in (None, {}, [], "")}


def _without_empty(value: Any) -> Any:
    if not isinstance(value, Mapping):
        return value
    kept = {name: _without_empty(each) for name, each in value.items()}  # pyright: ignore[reportUnknownVariableType]
    return {name: each for name, each in kept.items() if each != {}}  # pyright: ignore[reportUnknownVariableType]


def _unless_gone(call: Callable[[], Any]) -> Any:
    try:
        return call()
    except Exception as error:
        if code_of(error).rpartition("#")[2] in _GONE:
            return None
        raise


_READERS: Mapping[str, Callable[[Aws, Resource], Properties | None]] = {
    "AWS::SQS::Queue": _queue,
    "AWS::Lambda::Function": _function,
    "AWS::Lambda::EventSourceMapping": _mapping,
    "AWS::Lambda::EventInvokeConfig": _configuration,
    "AWS::SNS::Subscription": _subscription,
    "AWS::Events::Rule": _rule,
}
_MANAGED: Mapping[str, tuple[str, ...]] = {
    "AWS::SQS::Queue": _QUEUE,
    "AWS::Lambda::Function": _FUNCTION,
    "AWS::Lambda::EventSourceMapping": (*_MAPPING, "Enabled"),
    "AWS::Lambda::EventInvokeConfig": _CONFIGURATION,
    "AWS::SNS::Subscription": _SUBSCRIPTION,
    "AWS::Events::Rule": _RULE,
}
