"""Reads event source mappings of queues and streams."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from redrive_model import limits
from redrive_model.resources import values
from redrive_model.template.template import Resource

# Settings that only one kind of source supports: https://docs.aws.amazon.com/lambda/latest/api/API_CreateEventSourceMapping.html
_FOR_STREAMS = frozenset(
    {
        "BisectBatchOnFunctionError",
        "DestinationConfig",
        "MaximumRecordAgeInSeconds",
        "MaximumRetryAttempts",
        "ParallelizationFactor",
        "StartingPosition",
        "StartingPositionTimestamp",
        "TumblingWindowInSeconds",
    }
)
_FOR_QUEUES = frozenset({"ProvisionedPollerConfig", "ScalingConfig"})


@dataclass(frozen=True, slots=True)
class MappingSpec:
    """Properties that event source mappings of queues and streams have in common.

    Attributes:
        name: Logical id, without the CDK's hash if that is unique.
        uuid: UUID at AWS.
        source: ARN of the queue, stream or consumer, as events show it.
        function: Invoked ARN.
        batch_size: `BatchSize`.
        window: `MaximumBatchingWindowInSeconds`.
        partial_responses: Whether the function reports batch item failures.
        filters: Filter patterns as JSON; an empty text for a filter without one.
        enabled: Whether the mapping is enabled.
        unsupported: Settings that a mapping of this kind of source does not have.
        tags: Keys and values of its tags.
    """

    name: str
    uuid: str
    source: str
    function: str
    batch_size: int
    window: float = 0.0
    partial_responses: bool = False
    filters: tuple[str, ...] = ()
    enabled: bool = True
    unsupported: tuple[str, ...] = ()
    tags: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class SqsMappingSpec(MappingSpec):
    """An event source mapping from a queue to a function.

    Attributes:
        scaling: `MaximumConcurrency` of `ScalingConfig`.
        minimum_pollers: `MinimumPollers` of `ProvisionedPollerConfig`.
        maximum_pollers: `MaximumPollers` of `ProvisionedPollerConfig`.
    """

    batch_size: int = limits.DEFAULT_QUEUE_BATCH
    scaling: int | None = None
    minimum_pollers: int | None = None
    maximum_pollers: int | None = None

    @property
    def maximum_concurrency(self) -> int | None:
        """Concurrent invocations that the mapping starts at most: as configured, or ten for each provisioned poller."""
        if self.scaling is None and self.maximum_pollers is not None:
            return self.maximum_pollers * limits.BATCHES_OF_A_POLLER
        return self.scaling


@dataclass(frozen=True, slots=True)
class StreamMappingSpec(MappingSpec):
    """An event source mapping from a stream to a function.

    Attributes:
        parallelization: `ParallelizationFactor`: lanes per shard.
        max_retries: `MaximumRetryAttempts`; `None`: no limit.
        max_age: `MaximumRecordAgeInSeconds`; `None`: no limit.
        bisect: Whether a failed batch is split in two.
        tumbling_window: `TumblingWindowInSeconds`; 0: none.
        on_failure: ARN of the on-failure destination.
        starting_position: `TRIM_HORIZON`, `LATEST` or `AT_TIMESTAMP`.
        starting_time: For `AT_TIMESTAMP`: seconds since the epoch.
        on_success: ARN of an on-success destination, which Lambda refuses.
    """

    batch_size: int = limits.DEFAULT_STREAM_BATCH
    parallelization: int = 1
    max_retries: int | None = None
    max_age: float | None = None
    bisect: bool = False
    tumbling_window: float = 0.0
    on_failure: str | None = None
    starting_position: str = "TRIM_HORIZON"
    starting_time: float | None = None
    on_success: str | None = None


def read_sqs_mapping(resource: Resource, function: str) -> SqsMappingSpec:
    """Read an `AWS::Lambda::EventSourceMapping` of a queue, which invokes the function with this ARN."""
    given = resource.properties
    pollers = values.fields(given.get("ProvisionedPollerConfig"))
    return SqsMappingSpec(
        **_common(resource, function, limits.DEFAULT_QUEUE_BATCH, _FOR_STREAMS),
        scaling=values.count(values.fields(given.get("ScalingConfig")).get("MaximumConcurrency")),
        minimum_pollers=values.count(pollers.get("MinimumPollers")),
        maximum_pollers=values.count(pollers.get("MaximumPollers")),
    )


def read_stream_mapping(resource: Resource, function: str) -> StreamMappingSpec:
    """Read an `AWS::Lambda::EventSourceMapping` of a stream, which invokes the function with this ARN."""
    given = resource.properties
    destinations = values.fields(given.get("DestinationConfig"))
    return StreamMappingSpec(
        **_common(resource, function, limits.DEFAULT_STREAM_BATCH, _FOR_QUEUES),
        parallelization=int(given.get("ParallelizationFactor", 1)),
        max_retries=values.limit(given.get("MaximumRetryAttempts")),
        max_age=values.limit(given.get("MaximumRecordAgeInSeconds")),
        bisect=values.flag(given.get("BisectBatchOnFunctionError")),
        tumbling_window=values.seconds(given.get("TumblingWindowInSeconds"), 0),
        on_failure=values.fields(destinations.get("OnFailure")).get("Destination"),
        starting_position=str(given.get("StartingPosition", "TRIM_HORIZON")),
        starting_time=values.seconds(given.get("StartingPositionTimestamp"), 0) or None,
        on_success=values.fields(destinations.get("OnSuccess")).get("Destination"),
    )


def _common(resource: Resource, function: str, batch_size: int, foreign: frozenset[str]) -> dict[str, Any]:
    """Read what both kinds have; `foreign` are the settings of the other kind."""
    given = resource.properties
    filters = values.fields(given.get("FilterCriteria")).get("Filters") or ()
    return {
        "name": resource.name,
        "uuid": resource.reference,
        "source": str(given["EventSourceArn"]),
        "function": function,
        "batch_size": int(given.get("BatchSize", batch_size)),
        "window": values.seconds(given.get("MaximumBatchingWindowInSeconds"), 0),
        "partial_responses": "ReportBatchItemFailures" in (given.get("FunctionResponseTypes") or ()),
        "filters": tuple(_pattern(each.get("Pattern", "")) for each in filters),
        "enabled": values.flag(given.get("Enabled", True)),
        "unsupported": tuple(sorted(foreign.intersection(given))),
        "tags": values.tags(given.get("Tags")),
    }


def _pattern(value: Any) -> str:
    return value if isinstance(value, str) else str(value)  # str() would hide what is `PartlyUnknown`
