"""Simulates a DynamoDB table."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple, cast

from redrive.aws import attribute_values
from redrive_model.resources.table import TableSpec
from redrive_simulator.services.expressions import is_met
from redrive_simulator.services.item_rules import check_item
from redrive_simulator.services.paths import Item, comparable
from redrive_simulator.services.refusals import invalid
from redrive_simulator.services.representations import represented
from redrive_simulator.services.updates import updated

if TYPE_CHECKING:
    from redrive_simulator.engine.invocation import Chain
    from redrive_simulator.engine.world import World
    from redrive_simulator.services.streams import Stream

# DynamoDB keeps items whose time is more than five years ago:
# https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/time-to-live-ttl-before-you-start.html
_OLDEST_EXPIRY = 5 * 365 * 86_400
# The identity in a record of the stream: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/time-to-live-ttl-streams.html
_DYNAMODB = {"type": "Service", "principalId": "dynamodb.amazonaws.com"}


class ConditionError(Exception):
    """The condition of a write is false.

    Attributes:
        item: Current item.
    """

    def __init__(self, item: Item) -> None:
        super().__init__("The conditional request failed")
        self.item = item


class Expressions(NamedTuple):
    """The expressions of a write.

    Attributes:
        condition: `ConditionExpression` on the item as it is before the write.
        names: `ExpressionAttributeNames`.
        values: `ExpressionAttributeValues`.
        update: `UpdateExpression`.
    """

    condition: str | None = None
    names: Mapping[str, str] = {}
    values: Mapping[str, Any] = {}
    update: str | None = None


UNCONDITIONAL = Expressions()


class Table:
    """A DynamoDB table. Writes raise `ConditionError` if their condition is false.

    Attributes:
        name: Name in the history.
        items: Items in DynamoDB's JSON format.
        stream: Stream of the table, or `None`.
    """

    __slots__ = ("_items", "spec", "stream", "world")

    def __init__(self, spec: TableSpec, world: World) -> None:
        self.spec = spec
        self.world = world
        self.stream: Stream | None = None
        self._items: dict[str, Item] = {}

    @property
    def name(self) -> str:
        """Name in the history."""
        return self.spec.name

    @property
    def items(self) -> list[Item]:
        """The items in DynamoDB's JSON format."""
        return copy.deepcopy(list(self._items.values()))

    @property
    def stored(self) -> list[Item]:
        """The items themselves, which must not be changed."""
        return list(self._items.values())

    def __repr__(self) -> str:
        return represented("Table", self.name, len(self._items), "item", self._items.values())

    def check(self, key: Mapping[str, Any], expressions: Expressions) -> None:
        """Check that the condition on the item with a key is true, or raise `ConditionError`."""
        self._checked(self._key(key), expressions)

    def get(self, key: Mapping[str, Any]) -> Item | None:
        """Return the item with a key, or `None`."""
        found = self._items.get(self._key(key))
        return None if found is None else copy.deepcopy(found)

    def put(self, item: Item, expressions: Expressions = UNCONDITIONAL) -> Item | None:
        """Write an item in DynamoDB's JSON format, and return the previous one."""
        key = self.fits(item)
        before = self._checked(key, expressions)
        self._items[key] = copy.deepcopy(item)
        self._write_change(before, item)
        self._plan_expiry(key, item)
        return before

    def update(self, key: Mapping[str, Any], expressions: Expressions) -> tuple[Item | None, Item, list[str]]:
        """Change or create an item; return the item before, the item after, and the attributes in the expression."""
        before, after, touched = self.changed(key, expressions)
        name = self._key(key)
        self._items[name] = copy.deepcopy(after)
        self._write_change(before, after)
        self._plan_expiry(name, after)
        return before, after, touched

    def fits(self, item: Item) -> str:
        """Return the text of an item's key, or refuse an item that the table cannot have."""
        key = self._key(item)
        check_item(item, self.spec.keys)
        return key

    def changed(self, key: Mapping[str, Any], expressions: Expressions) -> tuple[Item | None, Item, list[str]]:
        """Return what `update` would, without a change of the table."""
        name = self._key(key)
        before = self._checked(name, expressions)
        after, touched = updated(expressions.update, before or dict(key), expressions.names, expressions.values)
        of_key = [each for each in self.spec.keys if each in touched]
        if of_key:
            raise invalid(f"Cannot update attribute {of_key[0]}. This attribute is part of the key")
        check_item(after, self.spec.keys)
        return before, after, touched

    def delete(self, key: Mapping[str, Any], expressions: Expressions = UNCONDITIONAL) -> Item | None:
        """Delete an item and return it."""
        name = self._key(key)
        before = self._checked(name, expressions)
        if self._items.pop(name, None) is not None:
            self._write_change(before, None)
        return before

    def _checked(self, key: str, expressions: Expressions) -> Item | None:
        """Return the item with a key if the condition on it is true, or raise `ConditionError`."""
        item = self._items.get(key)
        if not is_met(expressions.condition, item or {}, expressions.names, expressions.values):
            raise ConditionError(copy.deepcopy(item or {}))
        return item

    def _key(self, item: Mapping[str, Any]) -> str:
        missing = [name for name in self.spec.keys if name not in item]
        if missing:
            raise invalid(f"table {self.name}: the key {', '.join(missing)} is missing in {list(item)}")
        for name in self.spec.keys:
            kind = self.spec.types.get(name)
            if kind is not None and kind not in item[name]:
                raise invalid(f"table {self.name}: the key {name} is of type {next(iter(item[name]))}, not {kind}")
        return repr([comparable(item[name]) for name in self.spec.keys])

    def _plan_expiry(self, key: str, item: Item) -> None:
        """Plan the deletion of an item that has a time to live."""
        world = self.world
        expires = item.get(self.spec.ttl or "", {}).get("N")
        if expires is not None and float(expires) > world.epoch + world.now - _OLDEST_EXPIRY:
            due = max(float(expires) - world.epoch, world.now) + world.parameters.ttl_delay
            world.at(due, self._expire, key, expires, background=True)

    def _expire(self, key: str, expires: str) -> None:
        item = self._items.get(key)
        if item is None or item.get(self.spec.ttl or "") != {"N": expires}:  # deleted or prolonged meanwhile
            return
        del self._items[key]
        self._write_change(item, None, {"userIdentity": _DYNAMODB})

    def _write_change(self, before: Item | None, after: Item | None, more: Mapping[str, Any] | None = None) -> None:
        if self.stream is None or before == after:  # DynamoDB writes no record if nothing changed
            return
        item = after or before or {}
        change: dict[str, Any] = dict(more or {})
        if after is not None:
            change["NewImage"] = copy.deepcopy(after)
        if before is not None:
            change["OldImage"] = copy.deepcopy(before)
        event = "REMOVE" if after is None else "INSERT" if before is None else "MODIFY"
        # Lambda does not detect recursive loops through DynamoDB:
        # https://docs.aws.amazon.com/lambda/latest/dg/invocation-recursion.html
        chain: Chain = None
        self.stream.change(event, {name: item[name] for name in self.spec.keys}, change, chain)


def stored(value: Any) -> dict[str, Any]:
    """Convert a plain value to DynamoDB's JSON format as boto3 takes it: `7` becomes `{"N": "7"}`.

    https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Programming.LowLevelAPI.html#Programming.LowLevelAPI.DataTypeDescriptors

    Raises:
        TypeError: The value cannot be stored.
    """
    match value:  # unlike in Lambda's JSON, bytes stay bytes
        case float():
            return {"N": str(value)}
        case bytes():
            return {"B": value}
        case list() | tuple():
            return {"L": [stored(each) for each in cast("list[Any]", value)]}
        case Mapping():
            return {"M": {name: stored(each) for name, each in cast("Mapping[str, Any]", value).items()}}
        case _:
            return attribute_values.stored(value)
