"""Known facts about an event source mapping of a Kinesis or DynamoDB stream."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

#: Service of a stream.
StreamKind = Literal["Kinesis", "DynamoDB"]


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamFacts:
    """Known facts about a mapping and its stream. Times are in seconds; `None` is unknown or unset.

    Attributes:
        kind: Service of the stream.
        retention: Retention of the stream.
        batch_size: Maximum number of records in a batch.
        batching_window: Maximum time to gather a batch.
        parallelization_factor: Number of concurrent batches of a shard.
        tumbling_window: Length of a tumbling window, 0 for none.
        starting_position: Starting position, as Lambda's API names it.
        has_position: Whether there is a starting position.
        has_timestamp: Whether there is a time to start from.
        retry_attempts: Maximum number of retries after a function error; `math.inf` for unlimited.
        max_record_age: Maximum record age; `math.inf` for unlimited.
        bridged: Length of the outage in which no record is given up, by the estimate of Lambda's waits.
        bisects: Whether Lambda splits a failed batch.
        filters: Number of filter patterns.
        patterns: The known filter patterns.
        no_patterns: What was given in place of filters that have a pattern.
        on_failure: Kind of the on-failure destination.
        on_success: Kind of the on-success destination.
        has_helper: Whether the function may use the helper for streams.
        set_aside: Kind of the place for records set aside.
        fifo: Role and path of each FIFO queue or topic among these two.
        function_timeout: Timeout of the function.
        reserved_concurrency: Reserved concurrency of the function.
        region: Region of the mapping.
        source_region: Region of the stream.
        unsupported: Settings of the mapping that Lambda has for queues only.
        paused_by: Name of the circuit breaker that pauses the mapping.
    """

    kind: StreamKind = "Kinesis"
    retention: float | None = None
    batch_size: float | None = None
    batching_window: float | None = None
    parallelization_factor: float | None = None
    tumbling_window: float | None = None
    starting_position: str | None = None
    has_position: bool = True
    has_timestamp: bool = False
    retry_attempts: float | None = None
    max_record_age: float | None = None
    bridged: float | None = None
    bisects: bool = True
    filters: int = 0
    patterns: tuple[str, ...] = ()
    no_patterns: tuple[str, ...] = ()
    on_failure: str | None = None
    on_success: str | None = None
    has_helper: bool = True
    set_aside: str | None = None
    fifo: tuple[tuple[str, str], ...] = ()
    function_timeout: float | None = None
    reserved_concurrency: float | None = None
    region: str | None = None
    source_region: str | None = None
    unsupported: tuple[str, ...] = ()
    paused_by: str | None = None

    @property
    def data_key(self) -> Literal["data", "dynamodb"]:
        """Member of a record with the data that filters see."""
        return "data" if self.kind == "Kinesis" else "dynamodb"
