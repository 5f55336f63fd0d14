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
class SqsMappingSpec:
    """An event source mapping from a queue to a function.

    Attributes:
        name: Logical id, without the CDK's hash if that is unique.
        uuid: UUID at AWS.
        queue: ARN of the queue.
        function: Invoked ARN.
        batch_size: `BatchSize`.
        window: `MaximumBatchingWindowInSeconds`.
        partial_responses: Whether the function reports batch item failures.
        filters: Filter patterns as JSON.
        enabled: Whether the mapping is enabled.
        scaling: `MaximumConcurrency` of `ScalingConfig`.
        minimum_pollers: `MinimumPollers` of `ProvisionedPollerConfig`.
        maximum_pollers: `MaximumPollers` of `ProvisionedPollerConfig`.
        unsupported: Settings that a queue's mapping does not have.
    """

    name: str
    uuid: str
    queue: str
    function: str
    batch_size: int = limits.DEFAULT_QUEUE_BATCH
    window: float = 0.0
    partial_responses: bool = False
    filters: tuple[str, ...] = ()
    enabled: bool = True
    scaling: int | None = None
    minimum_pollers: int | None = None
    maximum_pollers: int | None = None
    unsupported: tuple[str, ...] = ()

    @property
    def maximum_concurrency(self) -> int | None:
        """Concurrent invocations that the mapping starts at most: as configured, or ten for each provisioned poller."""
        if self.scaling is None and self.maximum_pollers is not None:
            return self.maximum_pollers * limits.BATCHES_OF_A_POLLER
        return self.scaling


@dataclass(frozen=True, slots=True)
class StreamMappingSpec:
    """An event source mapping from a stream to a function.

    Attributes:
        name: Logical id, without the CDK's hash if that is unique.
        uuid: UUID at AWS.
        stream: ARN of the stream or consumer, as events show it.
        function: Invoked ARN.
        batch_size: `BatchSize`.
        window: `MaximumBatchingWindowInSeconds`.
        partial_responses: Whether the function reports batch item failures.
        parallelization: `ParallelizationFactor`: lanes per shard.
        max_retries: `MaximumRetryAttempts`; `None`: no limit.
        max_age: `MaximumRecordAgeInSeconds`; `None`: no limit.
        bisect: Whether a failed batch is split in two.
        tumbling_window: `TumblingWindowInSeconds`; 0: none.
        on_failure: ARN of the on-failure destination.
        filters: Filter patterns as JSON.
        starting_position: `TRIM_HORIZON`, `LATEST` or `AT_TIMESTAMP`.
        starting_time: For `AT_TIMESTAMP`: seconds since the epoch.
        enabled: Whether the mapping is enabled.
        on_success: ARN of an on-success destination, which Lambda refuses.
        unsupported: Settings that a stream's mapping does not have.
    """

    name: str
    uuid: str
    stream: str
    function: str
    batch_size: int = limits.DEFAULT_STREAM_BATCH
    window: float = 0.0
    partial_responses: bool = False
    parallelization: int = 1
    max_retries: int | None = None
    max_age: float | None = None
    bisect: bool = False
    tumbling_window: float = 0.0
    on_failure: str | None = None
    filters: tuple[str, ...] = ()
    starting_position: str = "TRIM_HORIZON"
    starting_time: float | None = None
    enabled: bool = True
    on_success: str | None = None
    unsupported: tuple[str, ...] = ()


def read_sqs_mapping(resource: Resource, function: str) -> SqsMappingSpec:
    """Read an `AWS::Lambda::EventSourceMapping` of a queue, which invokes the function with this ARN."""
    given = resource.properties
    pollers = values.fields(given.get("ProvisionedPollerConfig"))
    return SqsMappingSpec(
        resource.name,
        resource.reference,
        str(given["EventSourceArn"]),
        function,
        batch_size=int(given.get("BatchSize", limits.DEFAULT_QUEUE_BATCH)),
        scaling=values.count(values.fields(given.get("ScalingConfig")).get("MaximumConcurrency")),
        minimum_pollers=values.count(pollers.get("MinimumPollers")),
        maximum_pollers=values.count(pollers.get("MaximumPollers")),
        unsupported=tuple(sorted(_FOR_STREAMS.intersection(given))),
        **_common(resource),
    )


def read_stream_mapping(resource: Resource, function: str) -> StreamMappingSpec:
    """Read an `AWS::Lambda::EventSourceMapping` of a stream, which invokes the function with this ARN."""
    given = resource.properties
    destinations = values.fields(given.get("DestinationConfig"))
    return StreamMappingSpec(
        resource.name,
        resource.reference,
        str(given["EventSourceArn"]),
        function,
        batch_size=int(given.get("BatchSize", limits.DEFAULT_STREAM_BATCH)),
        parallelization=int(given.get("ParallelizationFactor", 1)),
        max_retries=values.limit(given.get("MaximumRetryAttempts")),
        max_age=values.limit(given.get("MaximumRecordAgeInSeconds")),
        bisect=values.flag(given.get("BisectBatchOnFunctionError")),
        tumbling_window=values.seconds(given.get("TumblingWindowInSeconds"), 0),
        on_failure=values.fields(destinations.get("OnFailure")).get("Destination"),
        starting_position=str(given.get("StartingPosition", "TRIM_HORIZON")),
        starting_time=values.seconds(given.get("StartingPositionTimestamp"), 0) or None,
        on_success=values.fields(destinations.get("OnSuccess")).get("Destination"),
        unsupported=tuple(sorted(_FOR_QUEUES.intersection(given))),
        **_common(resource),
    )


def _common(resource: Resource) -> dict[str, Any]:
    given = resource.properties
    filters = values.fields(given.get("FilterCriteria")).get("Filters") or ()
    return {
        "window": values.seconds(given.get("MaximumBatchingWindowInSeconds"), 0),
        "partial_responses": "ReportBatchItemFailures" in (given.get("FunctionResponseTypes") or ()),
        "filters": tuple(str(each["Pattern"]) for each in filters),
        "enabled": values.flag(given.get("Enabled", True)),
    }
