"""Evaluates DynamoDB's conditions and filters, which were read and checked.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Expressions.OperatorsAndFunctions.html
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from redrive_simulator.services.expression_text import Node
from redrive_simulator.services.paths import value_at
from redrive_simulator.services.values import Item, Value, comparable

COMPARISONS: dict[str, Callable[[Any, Any], bool]] = {
    "<": lambda one, other: one < other,
    "<=": lambda one, other: one <= other,
    ">": lambda one, other: one > other,
    ">=": lambda one, other: one >= other,
}
#: Types of values that are in order, that begin with others, and that have a size.
ORDERED = frozenset({"N", "S", "B"})
PREFIXED = frozenset({"S", "B"})
SIZED = frozenset({"S", "B", "SS", "NS", "BS", "L", "M"})


def holds(condition: Node | None, item: Item) -> bool:
    """Evaluate a condition on an item, which is empty if there is none; `None` always holds."""
    if condition is None:
        return True
    kind, args = condition
    match kind:
        case "AND":
            return all(holds(each, item) for each in args)
        case "OR":
            return any(holds(each, item) for each in args)
        case "NOT":
            return holds(args[0], item) != bool(args[1] % 2)
        case "attribute_exists":
            return value_at(item, args[0].args) is not None
        case "attribute_not_exists":
            return value_at(item, args[0].args) is None
        case _:
            return _is_true(kind, [_value(each, item) for each in args])


def _value(operand: Node, item: Item) -> Value | None:
    if operand.kind == "value":
        return operand.args[0]
    if operand.kind == "path":
        return value_at(item, operand.args)
    measured = _value(operand.args[0], item)
    if measured is None:
        return None
    ((kind, content),) = measured.items()
    return {"N": str(len(content))} if kind in SIZED else None


def _is_true(kind: str, values: list[Value | None]) -> bool:
    first, *others = values
    match kind:
        case "BETWEEN":
            low, high = others
            return is_compared("<=", low, first) and is_compared("<=", first, high)
        case "IN":
            return any(is_compared("=", first, each) for each in others)
        case "attribute_type" | "begins_with" | "contains":
            (wanted,) = others
            return first is not None and wanted is not None and _has(kind, first, wanted)
        case _:
            return is_compared(kind, first, others[0])


def is_compared(operator: str, one: Value | None, other: Value | None) -> bool:
    """Tell whether a comparison of two values is true; all orders of a missing value, or of two types, are false."""
    if one is None or other is None:
        return operator == "<>"
    left, right = comparable(one), comparable(other)
    if operator in ("=", "<>"):
        return (left == right) == (operator == "=")
    return left[0] == right[0] and left[0] in ORDERED and COMPARISONS[operator](left[1], right[1])


def _has(function: str, container: Value, wanted: Value) -> bool:
    ((kind, content),) = container.items()
    ((wanted_kind, value),) = wanted.items()
    match function:
        case "begins_with":
            return kind == wanted_kind and kind in PREFIXED and content.startswith(value)
        case "attribute_type":
            return kind == value
        case _ if kind == "L":
            return any(comparable(each) == comparable(wanted) for each in content)
        case _ if kind in ("SS", "NS", "BS"):
            return kind == f"{wanted_kind}S" and value in content  # numbers are in one form
        case _:
            return kind == wanted_kind and kind in PREFIXED and value in content
