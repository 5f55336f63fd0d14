"""Describes tables: https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TableDescription.html."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from redrive_model.resources.table import IndexSpec, TableSpec
    from redrive_simulator.services.tables import Table


def described(table: Table) -> dict[str, Any]:
    """Return name, state, keys, indexes and number of items of a table."""
    spec = table.spec
    return {
        "TableName": spec.table_name,
        "TableArn": spec.arn,
        "TableStatus": "ACTIVE",
        "KeySchema": _schema(spec.keys),
        "AttributeDefinitions": [{"AttributeName": name, "AttributeType": kind} for name, kind in spec.types.items()],
        "ItemCount": len(table.stored),
        **_indexes(spec),
    }


def _schema(keys: Sequence[str]) -> list[dict[str, str]]:
    kinds = zip(keys, ("HASH", "RANGE"), strict=False)
    return [{"AttributeName": name, "KeyType": kind} for name, kind in kinds]


def _indexes(spec: TableSpec) -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = {}
    for name, index in spec.indexes.items():
        kind = "Global" if index.is_global else "Local"
        given = {
            "IndexName": name,
            "IndexArn": f"{spec.arn}/index/{name}",
            "KeySchema": _schema(index.keys),
            "Projection": _projection(index),
            **({"IndexStatus": "ACTIVE"} if index.is_global else {}),
        }
        found.setdefault(f"{kind}SecondaryIndexes", []).append(given)
    return found


def _projection(index: IndexSpec) -> dict[str, Any]:
    if index.attributes:
        return {"ProjectionType": "INCLUDE", "NonKeyAttributes": list(index.attributes)}
    return {"ProjectionType": "ALL" if index.attributes is None else "KEYS_ONLY"}
