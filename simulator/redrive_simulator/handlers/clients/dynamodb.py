"""Stands in for DynamoDB."""

# ruff: noqa: N803

from __future__ import annotations

from collections.abc import Generator, Mapping
from contextlib import contextmanager
from typing import Any

from redrive_simulator.handlers.clients.base import found
from redrive_simulator.handlers.clients.transactions import Transactions
from redrive_simulator.services.conditions import read_condition
from redrive_simulator.services.expression_text import Node
from redrive_simulator.services.expressions import read_only_projection, read_projection, read_write
from redrive_simulator.services.item_rules import check_keys_are_whole
from redrive_simulator.services.key_conditions import read_key_condition
from redrive_simulator.services.paths import Path, projected
from redrive_simulator.services.placeholders import Placeholders
from redrive_simulator.services.queries import Page, Search, search
from redrive_simulator.services.refusals import Refused, invalid
from redrive_simulator.services.tables import Change, ConditionError
from redrive_simulator.services.values import Item, copied_item

_SELECTED = {"COUNT": "only the Count"}


class DynamoDB(Transactions):
    """Answers for tables: https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/.

    A `ReturnConsumedCapacity` counts one unit for each item. The legacy parameters, such as `Expected` and
    `AttributeUpdates`, are not supported.
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
        with _refusing(ReturnValuesOnConditionCheckFailure):
            before = self._table(TableName).put(Item, write)
        return {**_old(before, ReturnValues), **_capacity(TableName, ReturnConsumedCapacity)}

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
        if item is not None and projection is not None:
            item = projected(item, projection)
        return {**({} if item is None else {"Item": item}), **_capacity(TableName, ReturnConsumedCapacity)}

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
        with _refusing(ReturnValuesOnConditionCheckFailure):
            change = self._table(TableName).update(Key, write)
        paths = None if ReturnValues.startswith("ALL") else write.update.paths
        returned = {} if ReturnValues == "NONE" else _returned(change, paths, is_new=ReturnValues.endswith("NEW"))
        return {**returned, **_capacity(TableName, ReturnConsumedCapacity)}

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
        with _refusing(ReturnValuesOnConditionCheckFailure):
            before = self._table(TableName).delete(Key, write)
        return {**_old(before, ReturnValues), **_capacity(TableName, ReturnConsumedCapacity)}

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
        _check_select(Select, ProjectionExpression)
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
        page = search(self._table(TableName), wanted)
        return {**_page(page, Select), **_capacity(TableName, ReturnConsumedCapacity, page.scanned)}

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
        _check_select(Select, ProjectionExpression)
        segment = _segment(Segment, TotalSegments)
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
        page = search(self._table(TableName), wanted)
        return {**_page(page, Select), **_capacity(TableName, ReturnConsumedCapacity, page.scanned)}

    def describe_table(self, *, TableName: str) -> dict[str, Any]:
        """`DescribeTable`: name, state, keys and number of items."""
        message = f"Requested resource not found: Table: {TableName} not found"
        table = found(self._resources.tables.get(TableName), "ResourceNotFoundException", message)
        spec = table.spec
        keys = zip(spec.keys, ("HASH", "RANGE"), strict=False)
        schema = [{"AttributeName": name, "KeyType": kind} for name, kind in keys]
        types = [{"AttributeName": name, "AttributeType": kind} for name, kind in spec.types.items()]
        described = {
            "TableName": spec.table_name,
            "TableArn": spec.arn,
            "TableStatus": "ACTIVE",
            "KeySchema": schema,
            "AttributeDefinitions": types,
            "ItemCount": len(table.stored),
        }
        return {"Table": described}


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


def _check_select(select: str | None, projection: str | None) -> None:
    """Refuse a `Select` that does not go with a projection: https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_Query.html."""
    if projection is None and select == "SPECIFIC_ATTRIBUTES":
        message = "Must specify the AttributesToGet or ProjectionExpression when choosing to get SPECIFIC_ATTRIBUTES"
        raise invalid(message)
    if projection is not None and select not in (None, "SPECIFIC_ATTRIBUTES"):
        raise invalid(f"Cannot specify the ProjectionExpression when choosing to get {_SELECTED.get(select, select)}")


def _filter(text: str | None, placeholders: Placeholders) -> Node | None:
    return None if text is None else read_condition("FilterExpression", text, placeholders)


def _segment(number: int | None, parts: int | None) -> tuple[int, int]:
    """Return the part of a parallel scan: https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_Scan.html."""
    required = "The {} parameter is required but was not present in the request when {} is present"
    if number is None and parts is None:
        return 0, 1
    if parts is None:
        raise invalid(required.format("TotalSegments", "Segment parameter"))
    if number is None:
        raise invalid(required.format("Segment", "parameter TotalSegments"))
    if number >= parts:
        raise invalid(
            "The Segment parameter is zero-based and must be less than parameter TotalSegments: "
            f"Segment: {number} is not less than TotalSegments: {parts}"
        )
    return number, parts


def _returned(change: Change, paths: list[Path] | None, *, is_new: bool) -> dict[str, Any]:
    """Return the attributes before or after an update: all, or those at some paths."""
    item = change.after if is_new else change.before
    if item is None:
        return {}
    shown = copied_item(item if paths is None else projected(item, paths))
    return {"Attributes": shown} if shown else {}


def _old(item: Item | None, returned: str) -> dict[str, Any]:
    return {"Attributes": item} if item and returned == "ALL_OLD" else {}


def _capacity(table: str, returned: str, units: int = 1) -> dict[str, Any]:
    if returned == "NONE":
        return {}
    return {"ConsumedCapacity": {"TableName": table, "CapacityUnits": float(max(units, 1))}}


def _page(page: Page, select: str | None) -> dict[str, Any]:
    reply: dict[str, Any] = {"Count": len(page.items), "ScannedCount": page.scanned}
    if select != "COUNT":
        reply["Items"] = page.items
    if page.last is not None:
        reply["LastEvaluatedKey"] = page.last
    return reply
