"""Stands in for DynamoDB."""

# ruff: noqa: N803

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from redrive_simulator.handlers.clients.capacity import consumed, read, written
from redrive_simulator.handlers.clients.search_rules import check_select, segment_of
from redrive_simulator.handlers.clients.table_descriptions import described
from redrive_simulator.handlers.clients.transactions import Transactions
from redrive_simulator.services.conditions import read_condition
from redrive_simulator.services.expression_text import Node
from redrive_simulator.services.expressions import read_only_projection, read_projection, read_write
from redrive_simulator.services.item_rules import check_keys_are_whole
from redrive_simulator.services.key_conditions import read_key_condition
from redrive_simulator.services.paths import Path, projected
from redrive_simulator.services.placeholders import Placeholders
from redrive_simulator.services.queries import Search, search
from redrive_simulator.services.refusals import Refused, invalid
from redrive_simulator.services.tables import Change, ConditionError, Table
from redrive_simulator.services.values import Item, copied_item


class DynamoDB(Transactions):
    """Answers for tables: https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/.

    The legacy parameters, such as `Expected` and `AttributeUpdates`, are not supported, and neither is the capacity
    that secondary indexes consume.
    """

    def put_item(
        self,
        *,
        TableName: str,
        Item: Item,
        ConditionExpression: str | None = None,
        ExpressionAttributeNames: Mapping[str, str] | None = None,
        ExpressionAttributeValues: Mapping[str, Any] | None = None,
        ReturnValues: str = "NONE",
        ReturnValuesOnConditionCheckFailure: str = "NONE",
        ReturnConsumedCapacity: str = "NONE",
    ) -> dict[str, Any]:
        """`PutItem`."""
        _check_returned(ReturnValues)
        write = read_write(ConditionExpression, ExpressionAttributeNames, ExpressionAttributeValues)
        table = self._counted(TableName, ReturnConsumedCapacity)
        with _refusing(ReturnValuesOnConditionCheckFailure):
            change = table.put(Item, write)
        return {**_old(change.before, ReturnValues), **self._written(table, change, ReturnConsumedCapacity)}

    def get_item(
        self,
        *,
        TableName: str,
        Key: Item,
        ConsistentRead: bool = False,
        ProjectionExpression: str | None = None,
        ExpressionAttributeNames: Mapping[str, str] | None = None,
        ReturnConsumedCapacity: str = "NONE",
    ) -> dict[str, Any]:
        """`GetItem`; all reads are consistent."""
        projection = read_only_projection(ProjectionExpression, ExpressionAttributeNames)
        table = self._table(TableName)
        item = table.get(Key)
        check_keys_are_whole(table.spec, projection or ())
        shown = item if item is None or projection is None else projected(item, projection)
        reply = {} if shown is None else {"Item": shown}
        return {**reply, **self._read(table, [item], ReturnConsumedCapacity, consistent=ConsistentRead)}

    def update_item(
        self,
        *,
        TableName: str,
        Key: Item,
        UpdateExpression: str | None = None,
        ConditionExpression: str | None = None,
        ExpressionAttributeNames: Mapping[str, str] | None = None,
        ExpressionAttributeValues: Mapping[str, Any] | None = None,
        ReturnValues: str = "NONE",
        ReturnValuesOnConditionCheckFailure: str = "NONE",
        ReturnConsumedCapacity: str = "NONE",
    ) -> dict[str, Any]:
        """`UpdateItem`."""
        write = read_write(ConditionExpression, ExpressionAttributeNames, ExpressionAttributeValues, UpdateExpression)
        table = self._counted(TableName, ReturnConsumedCapacity)
        with _refusing(ReturnValuesOnConditionCheckFailure):
            change = table.update(Key, write)
        paths = None if ReturnValues.startswith("ALL") else write.update.paths
        returned = {} if ReturnValues == "NONE" else _returned(change, paths, is_new=ReturnValues.endswith("NEW"))
        return {**returned, **self._written(table, change, ReturnConsumedCapacity)}

    def delete_item(
        self,
        *,
        TableName: str,
        Key: Item,
        ConditionExpression: str | None = None,
        ExpressionAttributeNames: Mapping[str, str] | None = None,
        ExpressionAttributeValues: Mapping[str, Any] | None = None,
        ReturnValues: str = "NONE",
        ReturnValuesOnConditionCheckFailure: str = "NONE",
        ReturnConsumedCapacity: str = "NONE",
    ) -> dict[str, Any]:
        """`DeleteItem`."""
        _check_returned(ReturnValues)
        write = read_write(ConditionExpression, ExpressionAttributeNames, ExpressionAttributeValues)
        table = self._counted(TableName, ReturnConsumedCapacity)
        with _refusing(ReturnValuesOnConditionCheckFailure):
            change = table.delete(Key, write)
        return {**_old(change.before, ReturnValues), **self._written(table, change, ReturnConsumedCapacity)}

    def query(
        self,
        *,
        TableName: str,
        KeyConditionExpression: str | None = None,
        IndexName: str | None = None,
        FilterExpression: str | None = None,
        ProjectionExpression: str | None = None,
        ExpressionAttributeNames: Mapping[str, str] | None = None,
        ExpressionAttributeValues: Mapping[str, Any] | None = None,
        ScanIndexForward: bool = True,
        Limit: int | None = None,
        ExclusiveStartKey: Item | None = None,
        ConsistentRead: bool = False,
        Select: str | None = None,
        ReturnConsumedCapacity: str = "NONE",
    ) -> dict[str, Any]:
        """`Query`."""
        check_select(Select, ProjectionExpression)
        if KeyConditionExpression is None:
            raise invalid(
                "Either the KeyConditions or KeyConditionExpression parameter must be specified in the request."
            )
        placeholders = Placeholders(ExpressionAttributeNames, ExpressionAttributeValues)
        key_condition = read_key_condition(KeyConditionExpression, placeholders)
        filtered = _filter(FilterExpression, placeholders)
        projection = read_projection(ProjectionExpression, placeholders)
        placeholders.check_all_used()
        wanted = Search(
            IndexName,
            key_condition,
            filtered,
            projection,
            Select,
            ConsistentRead,
            ScanIndexForward,
            Limit,
            ExclusiveStartKey,
        )
        return self._page(self._table(TableName), wanted, ReturnConsumedCapacity)

    def scan(
        self,
        *,
        TableName: str,
        IndexName: str | None = None,
        FilterExpression: str | None = None,
        ProjectionExpression: str | None = None,
        ExpressionAttributeNames: Mapping[str, str] | None = None,
        ExpressionAttributeValues: Mapping[str, Any] | None = None,
        Limit: int | None = None,
        ExclusiveStartKey: Item | None = None,
        ConsistentRead: bool = False,
        Select: str | None = None,
        Segment: int | None = None,
        TotalSegments: int | None = None,
        ReturnConsumedCapacity: str = "NONE",
    ) -> dict[str, Any]:
        """`Scan`."""
        check_select(Select, ProjectionExpression)
        segment = segment_of(Segment, TotalSegments)
        is_filtered = FilterExpression is not None
        placeholders = Placeholders(
            ExpressionAttributeNames,
            ExpressionAttributeValues,
            has_expressions=is_filtered or ProjectionExpression is not None,
            has_valued=is_filtered,
        )
        filtered = _filter(FilterExpression, placeholders)
        projection = read_projection(ProjectionExpression, placeholders)
        placeholders.check_all_used()
        wanted = Search(
            IndexName,
            None,
            filtered,
            projection,
            Select,
            ConsistentRead,
            limit=Limit,
            after=ExclusiveStartKey,
            segment=segment,
        )
        return self._page(self._table(TableName), wanted, ReturnConsumedCapacity)

    def describe_table(self, *, TableName: str) -> dict[str, Any]:
        """`DescribeTable`: name, state, keys, indexes and number of items."""
        return {
            "Table": described(self._table(TableName, f"Requested resource not found: Table: {TableName} not found"))
        }

    def _page(self, table: Table, wanted: Search, capacity: str) -> dict[str, Any]:
        if wanted.index is not None:
            self._check_capacity(capacity, "of an index")
        page = search(table, wanted)
        reply: dict[str, Any] = {"Count": len(page.items), "ScannedCount": len(page.scanned)}
        if wanted.select != "COUNT":
            reply["Items"] = page.items
        if page.last is not None:
            reply["LastEvaluatedKey"] = page.last
        return {**reply, **self._read(table, page.scanned, capacity, consistent=wanted.consistent)}

    def _counted(self, name: str, wanted: str) -> Table:
        """Return a table whose writes are counted, if that is wanted."""
        table = self._table(name)
        if table.spec.indexes:
            self._check_capacity(wanted, "of a write to a table with indexes")
        return table

    @staticmethod
    def _written(table: Table, change: Change, wanted: str) -> dict[str, Any]:
        return {} if wanted == "NONE" else consumed(table.spec.table_name, written(change), wanted)

    @staticmethod
    def _read(table: Table, items: Sequence[Item | None], wanted: str, *, consistent: bool) -> dict[str, Any]:
        if wanted == "NONE":
            return {}
        return consumed(table.spec.table_name, read(items, consistent=consistent), wanted)

    def _check_capacity(self, wanted: str, what: str) -> None:
        if wanted != "NONE":
            raise self._shared.missing(f"ReturnConsumedCapacity {what}", "leave it out")


@contextmanager
def _refusing(returned: str) -> Generator[None]:
    """Raise DynamoDB's error in place of `ConditionError`."""
    try:
        yield
    except ConditionError as error:
        item: dict[str, Any] = {"Item": error.item} if returned == "ALL_OLD" and error.item else {}
        raise Refused("ConditionalCheckFailedException", str(error), **item) from error


def _check_returned(returned: str) -> None:
    if returned not in ("NONE", "ALL_OLD"):
        raise invalid("ReturnValues can only be ALL_OLD or NONE")


def _filter(text: str | None, placeholders: Placeholders) -> Node | None:
    return None if text is None else read_condition("FilterExpression", text, placeholders)


def _returned(change: Change, paths: Sequence[Path] | None, *, is_new: bool) -> dict[str, Any]:
    """Return the attributes before or after an update: all, or those at some paths."""
    item = change.after if is_new else change.before
    if item is None:
        return {}
    shown = copied_item(item if paths is None else projected(item, paths))
    return {"Attributes": shown} if shown else {}


def _old(item: Item | None, returned: str) -> dict[str, Any]:
    return {"Attributes": item} if item and returned == "ALL_OLD" else {}
