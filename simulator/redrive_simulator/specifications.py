"""What a template sets up, as the simulation needs it: one frozen record for each thing. Durations are in seconds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

StreamKind = Literal["kinesis", "dynamodb"]


@dataclass(frozen=True, slots=True)
class QueueSpec:
    """A queue, with SQS's defaults: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_CreateQueue.html.

    Attributes:
        name: What it is called in the history.
        arn: Its ARN.
        url: Its URL.
        fifo: Whether it is a FIFO queue.
        visibility_timeout: For how long a received message is not received again.
        delay: For how long a message that was sent is not received.
        retention: For how long a message is kept.
        dead_letter_arn: The queue to which messages go that were received too often.
        max_receive_count: How often a message can be received before.
        content_based_deduplication: Whether the body takes the place of a deduplication id.
        deduplication_by_group: Whether deduplication ids are known by message group.
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
        name: What it is called in the history.
        function_name: Its name at AWS.
        arn: Its ARN, without a qualifier.
        handler: `module.function`, as the runtime finds it.
        timeout: Its timeout.
        memory: In MB.
        environment: Its environment variables.
        reserved_concurrency: `None` where none is reserved.
        dead_letter_arn: The queue or topic of its `DeadLetterConfig`.
        may_recurse: Whether Lambda lets it run in a recursive loop.
        code: Its `Code`, and the resource's `Metadata`, to find its asset by.
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
    """How a function, version or alias is invoked asynchronously: an `AWS::Lambda::EventInvokeConfig`.

    Attributes:
        max_retries: `MaximumRetryAttempts`.
        max_age: `MaximumEventAgeInSeconds`.
        on_success: The destination's ARN, if any.
        on_failure: The destination's ARN, if any.
    """

    max_retries: int = 2
    max_age: float = 21_600.0
    on_success: str | None = None
    on_failure: str | None = None


@dataclass(frozen=True, slots=True)
class StreamSpec:
    """A Kinesis stream, or the stream of a table.

    Attributes:
        name: What it is called in the history.
        kind: Which of the two.
        arn: The stream's ARN.
        shards: How many there are.
        retention: For how long a record is kept.
        view: Of a table's stream: `StreamViewType`.
        keys: Of a table's stream: the attributes of its primary key.
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
        name: Its logical id.
        uuid: Its id at AWS.
        queue: The queue's ARN.
        function: The function's ARN, as it is invoked.
        batch_size: `BatchSize`.
        window: `MaximumBatchingWindowInSeconds`.
        partial_responses: Whether the function's response says which messages have failed.
        maximum_concurrency: Of `ScalingConfig`, or ten for each provisioned poller.
        filters: The patterns, as JSON.
        enabled: Whether it works.
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
        name: Its logical id.
        uuid: Its id at AWS.
        stream: The stream's ARN, as the function is told it.
        function: The function's ARN, as it is invoked.
        batch_size: `BatchSize`.
        window: `MaximumBatchingWindowInSeconds`.
        partial_responses: Whether the function's response names a checkpoint.
        parallelization: Lanes of a shard.
        max_retries: `MaximumRetryAttempts`; `None` for any number.
        max_age: `MaximumRecordAgeInSeconds`; `None` for any age.
        bisect: Whether a batch that fails is cut in two.
        tumbling_window: `TumblingWindowInSeconds`, 0 for none.
        on_failure: The destination's ARN, if any.
        filters: The patterns, as JSON.
        starting_position: `TRIM_HORIZON`, `LATEST` or `AT_TIMESTAMP`.
        starting_time: Of `AT_TIMESTAMP`: seconds since the epoch.
        enabled: Whether it works.
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
        name: What it is called in the history.
        table_name: Its name at AWS.
        arn: Its ARN.
        keys: The attributes of its primary key.
        ttl: The attribute that says when an item expires, if any.
        stream: The ARN of its stream, if it has one.
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
        name: What it is called in the history.
        bucket_name: Its name at AWS.
        arn: Its ARN.
    """

    name: str
    bucket_name: str
    arn: str


@dataclass(frozen=True, slots=True)
class Subscription:
    """What a topic's notifications go to.

    Attributes:
        endpoint: The ARN of a queue or function, or another address.
        protocol: `sqs`, `lambda`, or another.
        raw: Whether a queue gets the message as it was published.
        dead_letter_arn: The queue for what cannot be delivered, if any.
    """

    endpoint: str
    protocol: str
    raw: bool = False
    dead_letter_arn: str | None = None


@dataclass(frozen=True, slots=True)
class TopicSpec:
    """A topic.

    Attributes:
        name: What it is called in the history.
        arn: Its ARN.
        subscriptions: What its notifications go to.
    """

    name: str
    arn: str
    subscriptions: tuple[Subscription, ...] = ()


@dataclass(frozen=True, slots=True)
class BusSpec:
    """An event bus of EventBridge. Its rules are not modelled: what arrives is kept.

    Attributes:
        name: What it is called in the history.
        arn: Its ARN.
    """

    name: str
    arn: str
