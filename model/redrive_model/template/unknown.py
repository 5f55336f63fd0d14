"""Leaves out of a resource's properties what only the deployment knows, so that nobody takes it for a value."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, cast

from redrive_model.template.expressions import PartlyUnknown

_NUMBERS = frozenset(
    {
        "BatchSize",
        "DelaySeconds",
        "MaximumBatchingWindowInSeconds",
        "MaximumConcurrency",
        "MaximumEventAgeInSeconds",
        "MaximumPollers",
        "MaximumRecordAgeInSeconds",
        "MaximumRetryAttempts",
        "MemorySize",
        "MessageRetentionPeriod",
        "MinimumPollers",
        "ParallelizationFactor",
        "ReservedConcurrentExecutions",
        "RetentionPeriodHours",
        "ShardCount",
        "StartingPositionTimestamp",
        "Timeout",
        "TumblingWindowInSeconds",
        "VisibilityTimeout",
        "maxReceiveCount",
    }
)
_FLAGS = frozenset(
    {
        "BisectBatchOnFunctionError",
        "ContentBasedDeduplication",
        "Enabled",
        "FifoQueue",
        "FifoTopic",
        "RawMessageDelivery",
    }
)
_OBJECTS = frozenset(
    {
        "Code",
        "DeadLetterConfig",
        "DestinationConfig",
        "Environment",
        "FilterCriteria",
        "NotificationConfiguration",
        "OnFailure",
        "OnSuccess",
        "ProvisionedPollerConfig",
        "RedriveAllowPolicy",
        "RedrivePolicy",
        "ScalingConfig",
        "StreamSpecification",
        "TimeToLiveSpecification",
        "Variables",
        "VpcConfig",
    }
)
_LISTS = frozenset(
    {
        "Filters",
        "FunctionResponseTypes",
        "KeySchema",
        "Layers",
        "Replicas",
        "RouteTableIds",
        "SubnetIds",
        "Subscription",
        "Targets",
    }
)
_POLICIES = frozenset({"EventPattern", "FilterPolicy"})
_BOOLEANS = ("true", "false")


def without_unknown(properties: Mapping[str, Any]) -> tuple[dict[str, Any], frozenset[str]]:
    """Return properties without those, at any depth, whose value has not the type that it will have.

    Such a value stands for one that is only known at deployment. Texts stay: they are the same for the same value.

    Args:
        properties: Properties of a resource.

    Returns:
        The properties that are left, and the names of the others.
    """
    unknown: set[str] = set()
    return _kept(properties, unknown), frozenset(unknown)


def _kept(value: Any, unknown: set[str]) -> Any:
    if isinstance(value, Mapping):
        kept: dict[str, Any] = {}
        for name, each in cast("Mapping[str, Any]", value).items():
            if _has_its_type(name, each):
                kept[name] = _kept(each, unknown)
            else:
                unknown.add(name)
        return kept
    if isinstance(value, list):
        return [_kept(each, unknown) for each in cast("list[Any]", value)]
    return value


def _has_its_type(name: str, value: Any) -> bool:
    if name in _NUMBERS:
        try:
            float(value)
        except (TypeError, ValueError):
            return False
    if name in _FLAGS:
        return isinstance(value, bool) or (isinstance(value, str) and value.lower() in _BOOLEANS)
    if name in _LISTS:
        return isinstance(value, list)
    if name in _POLICIES:  # a text that is no JSON is told as a fault
        return not isinstance(value, PartlyUnknown)
    if name in _OBJECTS:
        return isinstance(value, Mapping) or _is_json_of_one(value)
    return True


def _is_json_of_one(value: Any) -> bool:
    try:
        return isinstance(value, str) and isinstance(json.loads(value), dict)
    except ValueError:
        return False


def has_unknown(value: Any) -> bool:
    """Decide if a value has a part, at any depth, that only the deployment knows."""
    match value:
        case PartlyUnknown():
            return True
        case Mapping():
            return any(map(has_unknown, cast("Mapping[str, Any]", value).values()))
        case list():
            return any(map(has_unknown, cast("list[Any]", value)))
        case _:
            return False
