"""Reads Kinesis streams."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from redrive_model import limits
from redrive_model.resources import values
from redrive_model.template.template import Resource

StreamKind = Literal["kinesis", "dynamodb"]


@dataclass(frozen=True, slots=True)
class StreamSpec:
    """A Kinesis stream, or the stream of a table.

    Attributes:
        name: Logical id, without the CDK's hash if that is unique.
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


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamDefaults:
    """Facts about streams that no template contains.

    Attributes:
        on_demand_shards: Shards of a Kinesis stream whose template does not set their number.
        dynamodb_shards: Shards of a DynamoDB stream.
        dynamodb_retention: Retention of a record in a DynamoDB stream.
    """

    on_demand_shards: int = limits.ON_DEMAND_SHARDS
    dynamodb_shards: int = 1
    dynamodb_retention: float = float(limits.DYNAMODB_RETENTION)


def read_stream(resource: Resource, defaults: StreamDefaults) -> StreamSpec:
    """Read an `AWS::Kinesis::Stream`."""
    given = resource.properties
    shards = values.count(given.get("ShardCount"))
    hours = given.get("RetentionPeriodHours")
    return StreamSpec(
        resource.name,
        "kinesis",
        resource.arn,
        defaults.on_demand_shards if shards is None else shards,
        float(limits.DEFAULT_KINESIS_RETENTION if hours is None else float(hours) * limits.HOUR),
    )
