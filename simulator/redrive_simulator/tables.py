"""`Table`: a DynamoDB table, and its stream if it has one."""

from __future__ import annotations

import copy
import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from redrive_simulator.dynamodb_expressions import Item, holds, updated
from redrive_simulator.specifications import TableSpec

if TYPE_CHECKING:
    from redrive_simulator.streams import Stream
    from redrive_simulator.world import Chain, World


class ConditionError(Exception):
    """The condition of a write does not hold.

    Attributes:
        item: What is there instead.
    """

    def __init__(self, item: Item) -> None:
        super().__init__("The conditional request failed")
        self.item = item


class Table:
    """A table.

    Args:
        spec: What the template says of it.
        world: The simulation.

    Attributes:
        stream: Its stream, if it has one.
    """

    __slots__ = ("_items", "spec", "stream", "world")

    def __init__(self, spec: TableSpec, world: World) -> None:
        self.spec = spec
        self.world = world
        self.stream: Stream | None = None
        self._items: dict[str, Item] = {}

    @property
    def name(self) -> str:
        """What it is called in the history."""
        return self.spec.name

    @property
    def items(self) -> list[Item]:
        """What is in it, as DynamoDB writes it."""
        return copy.deepcopy(list(self._items.values()))

    def get(self, key: Mapping[str, Any]) -> Item | None:
        """An item, if there is one of that key."""
        found = self._items.get(self._key(key))
        return None if found is None else copy.deepcopy(found)

    def put(
        self, item: Item, condition: str | None, names: Mapping[str, str], values: Mapping[str, Any]
    ) -> Item | None:
        """Write an item.

        Args:
            item: The item.
            condition: On what is there.
            names: `ExpressionAttributeNames`.
            values: `ExpressionAttributeValues`.

        Returns:
            What was there before.

        Raises:
            ConditionError: The condition does not hold.
        """
        key = self._key(item)
        before = self._items.get(key)
        if not holds(condition, before or {}, names, values):
            raise ConditionError(copy.deepcopy(before or {}))
        self._items[key] = copy.deepcopy(item)
        self._tell(before, item)
        return before

    def update(
        self,
        key: Mapping[str, Any],
        expression: str | None,
        condition: str | None,
        names: Mapping[str, str],
        values: Mapping[str, Any],
    ) -> tuple[Item | None, Item, list[str]]:
        """Change an item, or make it.

        Args:
            key: Its key.
            expression: What to change.
            condition: On what is there.
            names: `ExpressionAttributeNames`.
            values: `ExpressionAttributeValues`.

        Returns:
            The item before, the item after, and the attributes that the expression names.

        Raises:
            ConditionError: The condition does not hold.
        """
        name = self._key(key)
        before = self._items.get(name)
        if not holds(condition, before or {}, names, values):
            raise ConditionError(copy.deepcopy(before or {}))
        after, touched = updated(expression, before or dict(key), names, values)
        self._items[name] = copy.deepcopy(after)
        self._tell(before, after)
        return before, after, touched

    def delete(
        self, key: Mapping[str, Any], condition: str | None, names: Mapping[str, str], values: Mapping[str, Any]
    ) -> Item | None:
        """Delete an item.

        Args:
            key: Its key.
            condition: On what is there.
            names: `ExpressionAttributeNames`.
            values: `ExpressionAttributeValues`.

        Returns:
            What was there before.

        Raises:
            ConditionError: The condition does not hold.
        """
        name = self._key(key)
        before = self._items.get(name)
        if not holds(condition, before or {}, names, values):
            raise ConditionError(copy.deepcopy(before or {}))
        if self._items.pop(name, None) is not None:
            self._tell(before, None)
        return before

    def _key(self, item: Mapping[str, Any]) -> str:
        missing = [name for name in self.spec.keys if name not in item]
        if missing:
            raise ValueError(f"table {self.name}: the key {', '.join(missing)} is missing in {list(item)}")
        return json.dumps([item[name] for name in self.spec.keys], sort_keys=True, default=repr)

    def _tell(self, before: Item | None, after: Item | None) -> None:
        if self.stream is None or before == after:  # a write that changes nothing leaves no record
            return
        item = after or before or {}
        change: dict[str, Any] = {}
        if after is not None:
            change["NewImage"] = copy.deepcopy(after)
        if before is not None:
            change["OldImage"] = copy.deepcopy(before)
        event = "REMOVE" if after is None else "INSERT" if before is None else "MODIFY"
        # https://docs.aws.amazon.com/lambda/latest/dg/invocation-recursion.html: not through DynamoDB.
        chain: Chain = None
        self.stream.change(event, {name: item[name] for name in self.spec.keys}, change, chain)
