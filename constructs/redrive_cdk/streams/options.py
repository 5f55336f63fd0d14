"""Options of `KinesisConsumer` and `DynamoDBStreamConsumer`, and the refusal of unused options."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypedDict

from aws_cdk import Duration, RemovalPolicy
from aws_cdk import aws_kinesis as kinesis
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sqs as sqs

from redrive_cdk.core.types import AlarmAction, AnyBucket, AnyDeadLetterTarget, AnyKey
from redrive_cdk.core.unused_options import Part, refuse_unused
from redrive_cdk.monitoring.alarms import AlarmOptions

#: Unlimited, except by the stream's retention: -1 in Lambda's API.
Infinite = Literal["infinite"]
#: A Kinesis data stream.
AnyStream = kinesis.IStream | kinesis.Stream
#: A consumer registered with a Kinesis data stream, for enhanced fan-out.
AnyStreamConsumer = kinesis.IStreamConsumer | kinesis.StreamConsumer
#: A place for records set aside.
AnySetAside = sqs.IQueue | sqs.QueueBase | AnyBucket
#: On-failure destination: an existing one, the kind of a new one, or none.
OnFailure = AnyDeadLetterTarget | AnyBucket | Literal["bucket", "queue", "none"]


class StreamKeywords(TypedDict, total=False):
    """Options of all consumers of streams. `StreamConsumer` documents each of them with its default."""

    batch_size: int
    max_batching_window: Duration | None
    parallelization_factor: int
    tumbling_window: Duration | None
    starting_position: lambda_.StartingPosition | None
    bridges: Duration | None
    retry_attempts: int | Infinite | None
    max_record_age: Duration | Infinite | None
    bisect_batch: bool | None
    on_failure: OnFailure
    set_aside: AnySetAside | None
    failure_queue_retention_period: Duration | None
    failure_removal_policy: RemovalPolicy | None
    encryption_key: AnyKey | None
    filters: Sequence[Mapping[str, Any]] | None
    mapping_metrics: bool
    enabled: bool
    takes_over: str | None
    attach_layer: bool
    metric_namespace: str
    iterator_age_alarm: AlarmOptions | None
    unpolled_alarm: AlarmOptions | None
    failed_alarm: AlarmOptions | None
    failure_queue_alarm: AlarmOptions | None
    failure_age_alarm: AlarmOptions | None
    set_aside_alarm: AlarmOptions | None
    set_aside_age_alarm: AlarmOptions | None
    not_set_aside_alarm: AlarmOptions | None
    dropped_alarm: AlarmOptions | None
    delivery_alarm: AlarmOptions | None
    throttle_alarm: AlarmOptions | None
    alarm_actions: Sequence[AlarmAction]


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamOptions:
    """The options of `StreamConsumer`, which documents each of them; those of alarms by the alarm's name."""

    batch_size: int
    max_batching_window: Duration | None
    parallelization_factor: int
    tumbling_window: Duration | None
    starting_position: lambda_.StartingPosition
    has_position: bool
    starting_position_timestamp: float | None
    bridges: Duration | None
    retry_attempts: int | Infinite | None
    max_record_age: Duration | Infinite | None
    bisect_batch: bool
    on_failure: OnFailure
    set_aside: AnySetAside | None
    failure_queue_retention_period: Duration | None
    failure_removal_policy: RemovalPolicy | None
    encryption_key: AnyKey | None
    filters: Sequence[Mapping[str, Any]] | None
    mapping_metrics: bool
    enabled: bool
    takes_over: str | None
    attach_layer: bool
    metric_namespace: str
    alarms: Mapping[str, AlarmOptions | None]


def refuse_unused_options(path: str, options: StreamOptions, *, makes_source: bool) -> None:
    """Raise ValueError for an option of a queue, bucket or stream that is not created here."""
    makes_queue, makes_place = options.on_failure == "queue", options.on_failure in ("bucket", "queue")
    refuse_unused(
        path,
        "the consumer",
        Part("a queue", makes_queue, {"failure_queue_retention_period": options.failure_queue_retention_period}),
        Part("a bucket or queue", makes_place, {"failure_removal_policy": options.failure_removal_policy}),
        Part(
            "streams, tables, buckets and queues",
            makes_place or makes_source,
            {"encryption_key": options.encryption_key},
        ),
    )
