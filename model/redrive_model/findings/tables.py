"""Collects the facts about the tables in which functions keep records of idempotency."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from redrive.settings.base import every_settings
from redrive.settings.idempotency import IdempotencySettings
from redrive_model.findings.known import Known
from redrive_model.resources.table import TableSpec
from redrive_model.rules.idempotency import TableFacts
from redrive_model.template.template import Resource


def table_facts(known: Known) -> Iterator[tuple[TableFacts, Resource]]:
    """Yield the facts about each table that a function's settings of idempotency name, with its resource."""
    used = {
        settings.table
        for function in known.functions.values()
        for settings in every_settings(IdempotencySettings, function.environment)
    }
    for resource, table in known.stack.tables:
        if table.table_name in used or table.arn in used:
            yield _facts(resource, table), resource


def table_named(name: str | None, known: Known) -> tuple[TableFacts, Resource] | None:
    """Return the facts about the table with a name or an ARN, with its resource; `None` if the stack has none."""
    for resource, table in known.stack.tables:
        if name is not None and name in (table.table_name, table.arn):
            return _facts(resource, table), resource
    return None


def _facts(resource: Resource, table: TableSpec) -> TableFacts:
    given = resource.properties
    definitions: list[Mapping[str, Any]] = given.get("AttributeDefinitions") or []
    types = {str(each.get("AttributeName")): str(each.get("AttributeType")) for each in definitions}
    return TableFacts(
        key=None if "KeySchema" in resource.unknown else tuple((name, types.get(name, "?")) for name in table.keys),
        ttl=None if "TimeToLiveSpecification" in resource.unknown else table.ttl or "",
        replicas=table.replicas,
        strongly_consistent=given.get("MultiRegionConsistency") == "STRONG",
    )
