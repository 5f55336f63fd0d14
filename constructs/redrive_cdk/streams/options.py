"""Options of `KinesisConsumer` and `DynamoDBStreamConsumer`, and the refusal of unused options."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal, TypedDict

from aws_cdk import Duration, RemovalPolicy
from aws_cdk import aws_kinesis as kinesis
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sqs as sqs

from redrive_cdk.core.types import AlarmAction, AnyBucket, AnyDeadLetterTarget, AnyKey
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


class StreamOptions(TypedDict, total=False):
    """Options of all consumers of streams. `StreamConsumer` documents each of them with its default."""

    batch_size: int
    max_batching_window: Duration | None
    parallelization_factor: int
    tumbling_window: Duration | None
    starting_position: lambda_.StartingPosition
    retry_attempts: int | Infinite
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
    attach_layer: bool
    iterator_age_alarm: AlarmOptions | None
    failed_alarm: AlarmOptions | None
    failure_queue_alarm: AlarmOptions | None
    set_aside_alarm: AlarmOptions | None
    dropped_alarm: AlarmOptions | None
    delivery_alarm: AlarmOptions | None
    throttle_alarm: AlarmOptions | None
    alarm_actions: Sequence[AlarmAction]


def refuse_idle_options(path: str, *, applies: bool, what: str, who: str = "the consumer", **options: object) -> None:
    """Raise ValueError for an option of a part (`what`) that a construct (`who`) does not create."""
    for name, value in options.items():
        if value is not None and not applies:
            raise ValueError(
                f"{path}: {name} is for {what} that {who} makes, and here it makes none: set it on what is "
                f"given, or leave {name} unset"
            )
