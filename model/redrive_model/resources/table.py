"""Reads tables and their streams."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from redrive_model.resources import values
from redrive_model.resources.stream import StreamDefaults, StreamSpec
from redrive_model.template.addresses import stream_of
from redrive_model.template.template import Resource


@dataclass(frozen=True, slots=True)
class IndexSpec:
    """A secondary index.

    Attributes:
        keys: Key attributes.
        attributes: Further attributes in it; `None`: all.
        is_global: Whether it is a global one, which has no consistent reads.
    """

    keys: tuple[str, ...]
    attributes: tuple[str, ...] | None = None
    is_global: bool = True


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
        types: Types of the attributes in keys: `S`, `N` or `B` by name.
        indexes: Secondary indexes by name.
    """

    name: str
    table_name: str
    arn: str
    keys: tuple[str, ...] = ("id",)
    ttl: str | None = None
    stream: str | None = None
    replicas: int = 1
    types: Mapping[str, str] = field(default_factory=dict[str, str])
    indexes: Mapping[str, IndexSpec] = field(default_factory=dict[str, IndexSpec])


def read_table(resource: Resource, defaults: StreamDefaults) -> tuple[TableSpec, StreamSpec | None]:
    """Read an `AWS::DynamoDB::Table` or `AWS::DynamoDB::GlobalTable`, and its stream if it has one."""
    given = resource.properties
    keys = _keys(given)
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
        types={
            str(each["AttributeName"]): str(each["AttributeType"]) for each in given.get("AttributeDefinitions") or ()
        },
        indexes={
            str(index["IndexName"]): _read_index(index, is_global=kind.startswith("Global"))
            for kind in ("GlobalSecondaryIndexes", "LocalSecondaryIndexes")
            for index in given.get(kind) or ()
        },
    )
    return table, stream


def _read_index(given: Mapping[str, Any], *, is_global: bool) -> IndexSpec:
    projection = values.fields(given.get("Projection"))
    further = tuple(map(str, projection.get("NonKeyAttributes") or ()))
    is_whole = projection.get("ProjectionType", "ALL") == "ALL"
    return IndexSpec(_keys(given), None if is_whole else further, is_global)


def _keys(given: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the attributes of a `KeySchema`, the partition key first."""
    schema = sorted(given.get("KeySchema") or (), key=lambda key: key.get("KeyType") == "RANGE")
    return tuple(str(key["AttributeName"]) for key in schema)
