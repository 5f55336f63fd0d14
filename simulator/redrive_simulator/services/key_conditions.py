"""Reads the key condition of a query.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Query.KeyConditionExpressions.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from redrive_simulator.services.condition_evaluation import holds
from redrive_simulator.services.conditions import read_condition
from redrive_simulator.services.expression_text import Node, error_in
from redrive_simulator.services.item_rules import check_not_empty
from redrive_simulator.services.placeholders import Placeholders
from redrive_simulator.services.refusals import invalid
from redrive_simulator.services.values import Item, Value

_KIND = "KeyConditionExpression"
_MIRRORED = {"=": "=", "<": ">", "<=": ">=", ">": "<", ">=": "<="}


class KeyCondition(NamedTuple):
    """A key condition.

    Attributes:
        by_name: Condition by name of the attribute.
    """

    by_name: Mapping[str, Node]

    def check(self, keys: tuple[str, ...], types: Mapping[str, str]) -> None:
        """Check that the condition is one on the keys of a table or index.

        Args:
            keys: Key attributes, the partition key first.
            types: Types by name.

        Raises:
            Refused: It is not.
        """
        if len(self.by_name) > len(keys):
            raise invalid(
                f"The number of query conditions ({len(self.by_name)}) exceeds the number of key attributes defined in "
                f"the schema ({len(keys)})"
            )
        wanted = keys[: max(len(self.by_name), 1)]
        for name in wanted:
            if name not in self.by_name:
                raise invalid(f"Query condition missed key schema element: {name}")
            for operand in self.by_name[name].args[1:]:
                _check_operand(name, operand.args[0], types.get(name))
        if self.by_name[keys[0]].kind != "=":
            raise invalid("Query key condition not supported")

    def hash_value(self, keys: tuple[str, ...]) -> Value:
        """Return the value of the partition key."""
        return self.by_name[keys[0]].args[1].args[0]

    def is_met(self, item: Item, name: str) -> bool:
        """Tell whether the condition on one key attribute holds."""
        return holds(self.by_name.get(name), item)


def _check_operand(name: str, value: Value, kind: str | None) -> None:
    if kind is not None and kind not in value:
        raise invalid("One or more parameter values were invalid: Condition parameter type does not match schema type")
    check_not_empty(name, value)


def read_key_condition(text: str, placeholders: Placeholders) -> KeyCondition:
    """Read a `KeyConditionExpression`.

    Raises:
        Refused: DynamoDB would refuse it for any table.
    """
    node = read_condition(_KIND, text, placeholders)
    conditions: dict[str, Node] = {}
    for part in _parts(node):
        name, condition = _named(part)
        if name in conditions:
            raise error_in(_KIND, "KeyConditionExpressions must only contain one condition per key")
        conditions[name] = condition
    return KeyCondition(conditions)


def _parts(node: Node) -> list[Node]:
    return [part for each in node.args for part in _parts(each)] if node.kind == "AND" else [node]


def _named(node: Node) -> tuple[str, Node]:
    """Return the attribute of a condition, and the condition with the attribute as its first operand."""
    if node.kind not in _MIRRORED and node.kind not in ("BETWEEN", "begins_with"):
        raise invalid(f"Invalid operator used in {_KIND}: {node.kind}")
    if any(each.kind == "size" for each in node.args):
        raise error_in(_KIND, "KeyConditionExpressions cannot contain nested operations")
    paths = [each for each in node.args if each.kind == "path"]
    if not paths:
        raise invalid(f"Invalid condition in {_KIND}: No key attribute specified")
    if len(paths) > 1:
        raise invalid(f"Invalid condition in {_KIND}: Multiple attribute names used in one condition")
    path = paths[0].args
    if len(path) > 1:
        raise error_in(_KIND, "KeyConditionExpressions cannot have conditions on nested attributes")
    if node.args[0].kind != "path":
        if node.kind not in _MIRRORED:
            message = f"{node.kind} operator must have the key attribute as its first operand"
            raise invalid(f"Invalid condition in {_KIND}: {message}")
        node = Node(_MIRRORED[node.kind], (node.args[1], node.args[0]))
    return path[0], node
