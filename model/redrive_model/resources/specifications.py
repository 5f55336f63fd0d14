"""Defines frozen records for the resources of a template. Durations are in seconds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

StreamKind = Literal["kinesis", "dynamodb"]


@dataclass(frozen=True, slots=True)
class QueueSpec:
    """A queue, with SQS's defaults.

    https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_CreateQueue.html

    Attributes:
        name: Name in the history.
        arn: ARN.
        url: URL.
        fifo: Whether it is a FIFO queue.
        visibility_timeout: Visibility timeout.
        delay: `DelaySeconds`.
        retention: `MessageRetentionPeriod`.
        dead_letter_arn: ARN of the dead-letter queue.
        max_receive_count: `maxReceiveCount` of the redrive policy.
        content_based_deduplication: Whether a hash of the body replaces the deduplication id.
        deduplication_by_group: Whether deduplication ids apply per message group.
    """

    name: str
    arn: str
    url: str
    fifo: bool = False
    visibility_timeout: float = 30.0
    delay: float = 0.0
    retention: float = 345_600.0
    dead_letter_arn: str | None = None
    max_receive_count: int | None = None
    content_based_deduplication: bool = False
    deduplication_by_group: bool = False


@dataclass(frozen=True, slots=True)
class FunctionSpec:
    """A function.

    Attributes:
        name: Name in the history.
        function_name: Name at AWS.
        arn: ARN without a qualifier.
        handler: `module.function`.
        timeout: Timeout.
        memory: Memory in MB.
        environment: Environment variables of the template.
        reserved_concurrency: Reserved concurrency, or `None`.
        dead_letter_arn: Queue or topic of its `DeadLetterConfig`.
        may_recurse: Whether Lambda allows recursive loops.
        code: Its `Code`, which identifies its asset.
    """

    name: str
    function_name: str
    arn: str
    handler: str = "index.handler"
    timeout: float = 3.0
    memory: int = 128
    environment: Mapping[str, str] = field(default_factory=dict[str, str])
    reserved_concurrency: int | None = None
    dead_letter_arn: str | None = None
    may_recurse: bool = False
    code: Mapping[str, Any] = field(default_factory=dict[str, Any])


@dataclass(frozen=True, slots=True)
class AsyncSpec:
    """An `AWS::Lambda::EventInvokeConfig`: asynchronous invocation settings of a function, version or alias.

    Attributes:
        max_retries: `MaximumRetryAttempts`.
        max_age: `MaximumEventAgeInSeconds`.
        on_success: ARN of the on-success destination.
        on_failure: ARN of the on-failure destination.
    """

    max_retries: int = 2
    max_age: float = 21_600.0
    on_success: str | None = None
    on_failure: str | None = None


@dataclass(frozen=True, slots=True)
class StreamSpec:
    """A Kinesis stream, or the stream of a table.

    Attributes:
        name: Name in the history.
        kind: Kind of stream.
        arn: ARN of the stream.
        shards: Number of shards.
        retention: Retention period.
        view: `StreamViewType`, for a table's stream.
        keys: Primary key attributes, for a table's stream.
    """

    name: str
    kind: StreamKind
    arn: str
    shards: int
    retention: float
    view: str = "NEW_AND_OLD_IMAGES"
    keys: tuple[str, ...] = ()


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
        maximum_concurrency: `MaximumConcurrency` of `ScalingConfig`, or ten for each provisioned poller.
        filters: Filter patterns as JSON.
        enabled: Whether the mapping is enabled.
    """

    name: str
    uuid: str
    queue: str
    function: str
    batch_size: int = 10
    window: float = 0.0
    partial_responses: bool = False
    maximum_concurrency: int | None = None
    filters: tuple[str, ...] = ()
    enabled: bool = True


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
    """

    name: str
    uuid: str
    stream: str
    function: str
    batch_size: int = 100
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


@dataclass(frozen=True, slots=True)
class TableSpec:
    """A table.

    Attributes:
        name: Name in the history.
        table_name: Name at AWS.
        arn: ARN.
        keys: Primary key attributes.
        ttl: TTL attribute.
        stream: ARN of its stream.
    """

    name: str
    table_name: str
    arn: str
    keys: tuple[str, ...] = ("id",)
    ttl: str | None = None
    stream: str | None = None


@dataclass(frozen=True, slots=True)
class BucketSpec:
    """A bucket.

    Attributes:
        name: Name in the history.
        bucket_name: Name at AWS.
        arn: ARN.
    """

    name: str
    bucket_name: str
    arn: str


@dataclass(frozen=True, slots=True)
class Subscription:
    """A subscription of a topic.

    Attributes:
        endpoint: ARN of a queue or function, or another address.
        protocol: `sqs`, `lambda`, or another.
        raw: Whether a queue gets the message as it was published.
        dead_letter_arn: Dead-letter queue of the subscription.
    """

    endpoint: str
    protocol: str
    raw: bool = False
    dead_letter_arn: str | None = None


@dataclass(frozen=True, slots=True)
class TopicSpec:
    """A topic.

    Attributes:
        name: Name in the history.
        arn: ARN.
        subscriptions: Its subscriptions.
    """

    name: str
    arn: str
    subscriptions: tuple[Subscription, ...] = ()


@dataclass(frozen=True, slots=True)
class BusSpec:
    """An event bus of EventBridge, which keeps events; its rules are not modelled.

    Attributes:
        name: Name in the history.
        arn: ARN.
    """

    name: str
    arn: str
