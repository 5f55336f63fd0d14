"""Stands in for DynamoDB's batches."""

# ruff: noqa: N803

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from redrive_simulator.handlers.clients.base import Client, found
from redrive_simulator.services.expressions import read_only_projection
from redrive_simulator.services.item_rules import KeyMismatchError, check_keys_are_whole
from redrive_simulator.services.paths import Path, projected
from redrive_simulator.services.refusals import invalid
from redrive_simulator.services.tables import Change
from redrive_simulator.services.values import Item, size_of_item

if TYPE_CHECKING:
    from redrive_simulator.services.tables import Table

_DUPLICATES = "Provided list of item keys contains duplicates"
_OTHER_SCHEMA = "The provided key element does not match the schema"
_MOST_WRITES = 25
_MOST_READS = 100
# https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchGetItem.html
_MOST_READ = 16 * 1024 * 1024
_READ = frozenset({"Keys", "ConsistentRead", "ProjectionExpression", "ExpressionAttributeNames"})


class Batches(Client):
    """Answers for several items, each on its own."""

    def batch_get_item(self, *, RequestItems: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
        """`BatchGetItem`; what is behind the first 16 MB is left unprocessed."""
        if sum(len(each["Keys"]) for each in RequestItems.values()) > _MOST_READS:
            raise invalid("Too many items requested for the BatchGetItem call")
        projections = {name: self._projection(wanted) for name, wanted in RequestItems.items()}
        replies: dict[str, list[Item]] = {}
        left: dict[str, dict[str, Any]] = {}
        size = 0
        for name, wanted in RequestItems.items():
            table, projection = self._table(name), projections[name]
            check_keys_are_whole(table.spec, projection or ())
            check_distinct([table.place(key) for key in wanted["Keys"]], _DUPLICATES)
            replies[name] = []
            for key in wanted["Keys"]:
                item = table.get(key)
                size += 0 if item is None else size_of_item(item)
                if size > _MOST_READ:
                    left.setdefault(name, {**wanted, "Keys": []})["Keys"].append(key)
                elif item is not None:
                    replies[name].append(item if projection is None else projected(item, projection))
        return {"Responses": replies, "UnprocessedKeys": left}

    def _projection(self, wanted: Mapping[str, Any]) -> list[Path] | None:
        unknown = sorted(set(wanted) - _READ)
        if unknown:
            parts = ", ".join(unknown)
            raise self._shared.missing(f"dynamodb.BatchGetItem({parts})", f"leave {parts} out")
        return read_only_projection(wanted.get("ProjectionExpression"), wanted.get("ExpressionAttributeNames"))

    def batch_write_item(self, *, RequestItems: Mapping[str, Sequence[Mapping[str, Any]]]) -> dict[str, Any]:
        """`BatchWriteItem`: all that is written is checked first, and nothing is left unprocessed."""
        writes = [(name, write) for name, each in RequestItems.items() for write in each]
        if len(writes) > _MOST_WRITES:
            raise invalid("Too many items requested for the BatchWriteItem call")
        if any(len(write) != 1 for _, write in writes):
            raise invalid(
                "Supplied AttributeValue has more than one datatypes set, must contain exactly one of the supported "
                "datatypes"
            )
        tables = {name: self._table(name) for name in RequestItems}
        planned: list[tuple[Table, Change]] = []
        places: list[object] = []
        for name, write in writes:
            table = tables[name]
            ((kind, given),) = write.items()
            is_put = kind == "PutRequest"
            item = given["Item" if is_put else "Key"]
            try:
                places.append((table.spec.arn, table.place(item, is_key=not is_put)))
                planned.append((table, table.planned_put(item) if is_put else table.planned_delete(item)))
            except KeyMismatchError as error:
                raise invalid(error.message if error.is_of_index else _OTHER_SCHEMA) from error
        check_distinct(places, _DUPLICATES)
        for table, change in planned:
            table.make(change)
        return {"UnprocessedItems": {}}

    def _table(self, name: str, said: str = "Requested resource not found") -> Table:
        """Return the table with a name or ARN, which is no logical id."""
        table = self._resources.tables.get(name)
        is_real = table is not None and name in (table.spec.table_name, table.spec.arn)
        return found(table if is_real else None, "ResourceNotFoundException", said)


def check_distinct(places: Sequence[object], refusal: str) -> None:
    """Refuse a request that is about one item twice."""
    if len(set(places)) < len(places):
        raise invalid(refusal)
