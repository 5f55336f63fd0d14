"""What is known at synthesis of an event source mapping of a Kinesis or DynamoDB stream."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from redrive_cdk.destinations import Kind

StreamKind = Literal["Kinesis", "DynamoDB"]


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamFacts:
    """What is known of a mapping and its stream. Times are in seconds; `None` is not known, or not set.

    Attributes:
        kind: Whose stream it is.
        retention: For how long the stream keeps records.
        batch_size: How many records a batch has at most.
        batching_window: How long a batch may be gathered.
        parallelization_factor: How many batches of a shard are processed at a time.
        tumbling_window: How long a window is, 0 for none.
        starting_position: Where reading starts.
        has_timestamp: Whether a time to start from was given.
        retry_attempts: How often Lambda tries again after a function error; `math.inf` for no end.
        max_record_age: How old a record may become; `math.inf` for no limit.
        bisects: Whether a batch that has failed is split.
        filters: How many patterns there are.
        longest_pattern: How many characters the longest of them has.
        on_failure: What kind of destination there is.
        set_aside: What kind of place there is for records set aside.
        fifo: The FIFO queues and topics among these: their role and their path.
        function_timeout: The function's timeout.
        reserved_concurrency: What the function has reserved.
        region: Where the mapping is made.
        source_region: Where the stream is.
    """

    kind: StreamKind = "Kinesis"
    retention: float | None = None
    batch_size: float | None = None
    batching_window: float | None = None
    parallelization_factor: float | None = None
    tumbling_window: float | None = None
    starting_position: str | None = None
    has_timestamp: bool = False
    retry_attempts: float | None = None
    max_record_age: float | None = None
    bisects: bool = True
    filters: int = 0
    longest_pattern: int = 0
    on_failure: Kind | None = None
    set_aside: Kind | None = None
    fifo: tuple[tuple[str, str], ...] = ()
    function_timeout: float | None = None
    reserved_concurrency: float | None = None
    region: str | None = None
    source_region: str | None = None
