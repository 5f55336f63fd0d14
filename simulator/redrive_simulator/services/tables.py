"""Simulates a DynamoDB table."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple, cast

from redrive.aws import attribute_values
from redrive_model.resources.table import TableSpec
from redrive_simulator.services.condition_evaluation import holds
from redrive_simulator.services.expressions import UNCONDITIONAL, Write
from redrive_simulator.services.item_rules import (
    check_key_is_kept,
    check_keys_are_whole,
    check_updated,
    checked_key,
    new_item,
)
from redrive_simulator.services.representations import represented
from redrive_simulator.services.updates import updated
from redrive_simulator.services.values import Item, Value, copied_item

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


# The values of the key attributes, each with its type.
_Key = tuple[tuple[str, Any], ...]


class Change(NamedTuple):
    """The change of an item by a write.

    Attributes:
        before: The item before; `None`: there was none.
        after: The item after; `None`: there is none.
    """

    before: Item | None
    after: Item | None


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
        self._items: dict[_Key, Item] = {}

    @property
    def name(self) -> str:
        """Name in the history."""
        return self.spec.name

    @property
    def items(self) -> list[Item]:
        """The items in DynamoDB's JSON format."""
        return [copied_item(item) for item in self._items.values()]

    @property
    def stored(self) -> list[Item]:
        """The items themselves, which must not be changed."""
        return list(self._items.values())

    def __repr__(self) -> str:
        return represented("Table", self.name, len(self._items), "item", self._items.values())

    def get(self, key: Mapping[str, Any]) -> Item | None:
        """Return the item with a key, or `None`."""
        found = self._items.get(self._place(checked_key(self.spec, key)))
        return None if found is None else copied_item(found)

    def put(self, item: Mapping[str, Any], write: Write = UNCONDITIONAL) -> Change:
        """Write an item in DynamoDB's JSON format."""
        return self.make(self.planned_put(item, write))

    def update(self, key: Mapping[str, Any], write: Write) -> Change:
        """Change or create an item."""
        return self.make(self.planned_update(key, write))

    def delete(self, key: Mapping[str, Any], write: Write = UNCONDITIONAL) -> Change:
        """Delete an item."""
        return self.make(self.planned_delete(key, write))

    def planned_put(self, item: Mapping[str, Any], write: Write = UNCONDITIONAL) -> Change:
        """Return what `put` would do, without a change of the table."""
        made = new_item(self.spec, item)
        return Change(self._checked(made, write), made)

    def planned_update(self, key: Mapping[str, Any], write: Write) -> Change:
        """Return what `update` would do, without a change of the table."""
        made = checked_key(self.spec, key)
        paths = write.update.paths
        check_key_is_kept(self.spec, paths)
        check_keys_are_whole(self.spec, paths)
        before = self._checked(made, write)
        if before is None and write.update.only_removes:
            return Change(None, None)
        item = made if before is None else before
        after = updated(write.update, item)
        check_updated(self.spec, item, after)
        return Change(before, after)

    def planned_delete(self, key: Mapping[str, Any], write: Write = UNCONDITIONAL) -> Change:
        """Return what `delete` would do, without a change of the table."""
        return Change(self._checked(checked_key(self.spec, key), write), None)

    def planned_check(self, key: Mapping[str, Any], write: Write) -> Change:
        """Check that the condition on an item is true, and return that nothing changes."""
        item = self._checked(checked_key(self.spec, key), write)
        return Change(item, item)

    def place(self, item: Mapping[str, Any], *, is_key: bool = True) -> object:
        """Return what tells an item from all others of the table.

        Args:
            item: The item, or its key.
            is_key: Whether it is a key.

        Raises:
            Refused: The table cannot have it.
        """
        return self._place(checked_key(self.spec, item) if is_key else new_item(self.spec, item))

    def _checked(self, key: Item, write: Write) -> Item | None:
        """Return the item with a key if the condition on it is true, or raise `ConditionError`."""
        item = self._items.get(self._place(key))
        if not holds(write.condition, item or {}):
            raise ConditionError(copied_item(item or {}))
        return item

    def _place(self, item: Item) -> _Key:
        return tuple(_content(item[name]) for name in self.spec.keys)

    def make(self, change: Change) -> Change:
        """Carry out what was planned, and return it."""
        before, after = change
        item = before if after is None else after
        if item is None:
            return change
        place = self._place(item)
        if after is None:
            del self._items[place]
        else:
            self._items[place] = after
            self._plan_expiry(place, after)
        self._write_change(before, after)
        return change

    def _plan_expiry(self, key: _Key, item: Item) -> None:
        """Plan the deletion of an item that has a time to live."""
        world = self.world
        expires = item.get(self.spec.ttl or "", {}).get("N")
        if expires is not None and float(expires) > world.epoch + world.now - _OLDEST_EXPIRY:
            due = max(float(expires) - world.epoch, world.now) + world.parameters.ttl_delay
            world.at(due, self._expire, key, expires, background=True)

    def _expire(self, key: _Key, expires: str) -> None:
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
            change["NewImage"] = copied_item(after)
        if before is not None:
            change["OldImage"] = copied_item(before)
        event = "REMOVE" if after is None else "INSERT" if before is None else "MODIFY"
        # Lambda does not detect recursive loops through DynamoDB:
        # https://docs.aws.amazon.com/lambda/latest/dg/invocation-recursion.html
        chain: Chain = None
        self.stream.change(event, {name: item[name] for name in self.spec.keys}, change, chain)


def _content(value: Value) -> tuple[str, Any]:
    (found,) = value.items()
    return found


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
