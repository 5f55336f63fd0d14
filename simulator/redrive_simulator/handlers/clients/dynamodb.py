"""Stands in for DynamoDB."""

# ruff: noqa: N803

from __future__ import annotations

from collections.abc import Generator, Mapping
from contextlib import contextmanager
from typing import Any

from redrive_simulator.handlers.clients.transactions import Transactions
from redrive_simulator.services.expressions import check_placeholders
from redrive_simulator.services.paths import Item
from redrive_simulator.services.queries import Page, Search, search, shown
from redrive_simulator.services.refusals import Refused, invalid
from redrive_simulator.services.tables import ConditionError, Expressions

_NOTHING: Mapping[str, Any] = {}


class DynamoDB(Transactions):
    """Answers for tables: https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/.

    A `ReturnConsumedCapacity` counts one unit for each item.
    """

    def put_item(
        self,
        *,
        TableName: str,
        Item: Item,
        ConditionExpression: str | None = None,
        ExpressionAttributeNames: Mapping[str, str] = _NOTHING,
        ExpressionAttributeValues: Mapping[str, Any] = _NOTHING,
        ReturnValues: str = "NONE",
        ReturnValuesOnConditionCheckFailure: str = "NONE",
        ReturnConsumedCapacity: str = "NONE",
    ) -> dict[str, Any]:
        """`PutItem`."""
        table = self._table(TableName)
        expressions = Expressions(ConditionExpression, ExpressionAttributeNames, ExpressionAttributeValues)
        with _refusing(ReturnValuesOnConditionCheckFailure):
            before = table.put(Item, _checked(expressions))
        return {**_old(before, ReturnValues), **_capacity(TableName, ReturnConsumedCapacity)}

    def get_item(
        self,
        *,
        TableName: str,
        Key: Item,
        ConsistentRead: bool = False,
        ProjectionExpression: str | None = None,
        ExpressionAttributeNames: Mapping[str, str] = _NOTHING,
        ReturnConsumedCapacity: str = "NONE",
    ) -> dict[str, Any]:
        """`GetItem`; all reads are consistent."""
        check_placeholders([ProjectionExpression], ExpressionAttributeNames, {})
        item = self._table(TableName).get(self._key(TableName, Key))
        items = shown([] if item is None else [item], ProjectionExpression, ExpressionAttributeNames)
        return {**({"Item": items[0]} if items else {}), **_capacity(TableName, ReturnConsumedCapacity)}

    def update_item(
        self,
        *,
        TableName: str,
        Key: Item,
        UpdateExpression: str | None = None,
        ConditionExpression: str | None = None,
        ExpressionAttributeNames: Mapping[str, str] = _NOTHING,
        ExpressionAttributeValues: Mapping[str, Any] = _NOTHING,
        ReturnValues: str = "NONE",
        ReturnValuesOnConditionCheckFailure: str = "NONE",
        ReturnConsumedCapacity: str = "NONE",
    ) -> dict[str, Any]:
        """`UpdateItem`."""
        names, values = ExpressionAttributeNames, ExpressionAttributeValues
        expressions = Expressions(ConditionExpression, names, values, UpdateExpression)
        table, key = self._table(TableName), self._key(TableName, Key)
        with _refusing(ReturnValuesOnConditionCheckFailure):
            before, after, touched = table.update(key, _checked(expressions))
        reply = _capacity(TableName, ReturnConsumedCapacity)
        if ReturnValues != "NONE":
            item = after if ReturnValues.endswith("NEW") else before or {}
            kept = item if ReturnValues.startswith("ALL") else touched
            attributes = {name: item[name] for name in kept if name in item}
            if attributes:
                reply["Attributes"] = attributes
        return reply

    def delete_item(
        self,
        *,
        TableName: str,
        Key: Item,
        ConditionExpression: str | None = None,
        ExpressionAttributeNames: Mapping[str, str] = _NOTHING,
        ExpressionAttributeValues: Mapping[str, Any] = _NOTHING,
        ReturnValues: str = "NONE",
        ReturnValuesOnConditionCheckFailure: str = "NONE",
        ReturnConsumedCapacity: str = "NONE",
    ) -> dict[str, Any]:
        """`DeleteItem`."""
        expressions = Expressions(ConditionExpression, ExpressionAttributeNames, ExpressionAttributeValues)
        table, key = self._table(TableName), self._key(TableName, Key)
        with _refusing(ReturnValuesOnConditionCheckFailure):
            before = table.delete(key, _checked(expressions))
        return {**_old(before, ReturnValues), **_capacity(TableName, ReturnConsumedCapacity)}

    def query(
        self,
        *,
        TableName: str,
        KeyConditionExpression: str | None = None,
        IndexName: str | None = None,
        FilterExpression: str | None = None,
        ProjectionExpression: str | None = None,
        ExpressionAttributeNames: Mapping[str, str] = _NOTHING,
        ExpressionAttributeValues: Mapping[str, Any] = _NOTHING,
        ScanIndexForward: bool = True,
        Limit: int | None = None,
        ExclusiveStartKey: Item | None = None,
        ConsistentRead: bool = False,
        Select: str | None = None,
        ReturnConsumedCapacity: str = "NONE",
    ) -> dict[str, Any]:
        """`Query`."""
        if KeyConditionExpression is None:
            raise invalid("Either the KeyConditions or KeyConditionExpression parameter must be specified")
        wanted = Search(
            IndexName,
            KeyConditionExpression,
            FilterExpression,
            ProjectionExpression,
            ExpressionAttributeNames,
            ExpressionAttributeValues,
            ScanIndexForward,
            Limit,
            ExclusiveStartKey,
        )
        page = self._searched(TableName, wanted, consistent=ConsistentRead)
        return {**_page(page, Select), **_capacity(TableName, ReturnConsumedCapacity, page.scanned)}

    def scan(
        self,
        *,
        TableName: str,
        IndexName: str | None = None,
        FilterExpression: str | None = None,
        ProjectionExpression: str | None = None,
        ExpressionAttributeNames: Mapping[str, str] = _NOTHING,
        ExpressionAttributeValues: Mapping[str, Any] = _NOTHING,
        Limit: int | None = None,
        ExclusiveStartKey: Item | None = None,
        ConsistentRead: bool = False,
        Select: str | None = None,
        Segment: int = 0,
        TotalSegments: int = 1,
        ReturnConsumedCapacity: str = "NONE",
    ) -> dict[str, Any]:
        """`Scan`."""
        wanted = Search(
            IndexName,
            None,
            FilterExpression,
            ProjectionExpression,
            ExpressionAttributeNames,
            ExpressionAttributeValues,
            limit=Limit,
            after=ExclusiveStartKey,
            part=(Segment, TotalSegments),
        )
        page = self._searched(TableName, wanted, consistent=ConsistentRead)
        return {**_page(page, Select), **_capacity(TableName, ReturnConsumedCapacity, page.scanned)}

    def describe_table(self, *, TableName: str) -> dict[str, Any]:
        """`DescribeTable`: name, state, keys and number of items."""
        table = self._table(TableName)
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

    def _searched(self, name: str, wanted: Search, *, consistent: bool) -> Page:
        check_placeholders([wanted.key_condition, wanted.filter, wanted.projection], wanted.names, wanted.values)
        table = self._table(name)
        index = table.spec.indexes.get(wanted.index or "")
        if consistent and index is not None and index.is_global:
            raise invalid("Consistent reads are not supported on global secondary indexes")
        return search(table, wanted)


@contextmanager
def _refusing(returned: str) -> Generator[None]:
    """Raise DynamoDB's error in place of `ConditionError`."""
    try:
        yield
    except ConditionError as error:
        item: dict[str, Any] = {"Item": error.item} if returned == "ALL_OLD" and error.item else {}
        raise Refused("ConditionalCheckFailedException", str(error), **item) from error


def _checked(expressions: Expressions) -> Expressions:
    check_placeholders([expressions.condition, expressions.update], expressions.names, expressions.values)
    return expressions


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
