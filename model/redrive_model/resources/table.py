"""Reads tables and their streams."""

from __future__ import annotations

from dataclasses import dataclass

from redrive_model.resources import values
from redrive_model.resources.stream import StreamDefaults, StreamSpec
from redrive_model.template.addresses import stream_of
from redrive_model.template.template import Resource


@dataclass(frozen=True, slots=True)
class TableSpec:
    """A table.

    Attributes:
        name: Logical id, without the CDK's hash if that is unique.
        table_name: Name at AWS.
        arn: ARN.
        keys: Primary key attributes.
        ttl: TTL attribute.
        stream: ARN of its stream.
        replicas: Number of its Regions.
    """

    name: str
    table_name: str
    arn: str
    keys: tuple[str, ...] = ("id",)
    ttl: str | None = None
    stream: str | None = None
    replicas: int = 1


def read_table(resource: Resource, defaults: StreamDefaults) -> tuple[TableSpec, StreamSpec | None]:
    """Read an `AWS::DynamoDB::Table` or `AWS::DynamoDB::GlobalTable`, and its stream if it has one."""
    given = resource.properties
    keys = tuple(str(key["AttributeName"]) for key in given.get("KeySchema") or ())
    ttl = values.fields(given.get("TimeToLiveSpecification"))
    view = values.fields(given.get("StreamSpecification")).get("StreamViewType")
    stream = None
    if view is not None:
        arn, shards, retention = stream_of(resource.arn), defaults.dynamodb_shards, defaults.dynamodb_retention
        stream = StreamSpec(resource.name, "dynamodb", arn, shards, retention, str(view), keys)
    table = TableSpec(
        resource.name,
        resource.reference,
        resource.arn,
        keys,
        ttl.get("AttributeName") if values.flag(ttl.get("Enabled")) else None,
        None if stream is None else stream.arn,
        replicas=len(given.get("Replicas") or ()) or 1,
    )
    return table, stream
