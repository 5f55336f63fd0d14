"""Reads and checks DynamoDB's conditions and filters.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Expressions.OperatorsAndFunctions.html. What it leaves
open is as found at AWS by https://github.com/scylladb/scylladb/blob/master/test/alternator/test_condition_expression.py.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from redrive_simulator.services.condition_evaluation import COMPARISONS, ORDERED, PREFIXED, SIZED, is_compared
from redrive_simulator.services.expression_text import Node, Text, error_in
from redrive_simulator.services.paths import Path, path_text
from redrive_simulator.services.placeholders import (
    Placeholders,
    check_is_path,
    check_number_of,
    check_types,
    type_of,
    wrong_type,
)
from redrive_simulator.services.values import Value

_OPERATORS = frozenset({*COMPARISONS, "=", "<>"})
_TESTS = {"attribute_exists": 1, "attribute_not_exists": 1, "attribute_type": 2, "begins_with": 2, "contains": 2}
_FUNCTIONS = {**_TESTS, "size": 1}
_KEYWORDS = frozenset({"AND", "OR", "NOT", "BETWEEN", "IN"})
_TYPES = ("B", "NULL", "SS", "BOOL", "L", "BS", "N", "NS", "S", "M")
_LOGICAL = frozenset({"AND", "OR", "NOT"})
# The first operand and the list: https://github.com/scylladb/scylladb/blob/master/test/alternator/test_condition_expression.py
_MOST_OPERANDS = 100


class _Condition(Text):
    def __init__(self, kind: str, text: str) -> None:
        super().__init__(kind, text, _FUNCTIONS, _KEYWORDS)

    def whole(self) -> Node:
        """Read the whole expression."""
        found = self._either()
        self.end()
        return found

    def _either(self) -> Node:
        groups = [[self._one()]]
        while self.next.upper() in ("AND", "OR"):
            self.operator()
            if self.take().upper() == "AND":
                groups[-1].append(self._one())
            else:
                groups.append([self._one()])
        alternatives = [parts[0] if len(parts) == 1 else Node("AND", tuple(parts)) for parts in groups]
        return alternatives[0] if len(alternatives) == 1 else Node("OR", tuple(alternatives))

    def _one(self) -> Node:
        negations = 0
        while self.is_word("NOT"):
            self.operator()
            negations += 1
        is_group = self.next == "(" and not self._is_operator(self.behind_group())
        found = self.group(self._either) if is_group else self._comparison()
        return Node("NOT", (found, negations)) if negations else found

    @staticmethod
    def _is_operator(token: str) -> bool:
        return token in _OPERATORS or token.upper() in ("BETWEEN", "IN")

    def _comparison(self) -> Node:
        first = self.operand()
        if not self._is_operator(self.next):
            if first.kind == "size":
                self.misused("size")
            elif first.kind not in _TESTS:
                raise self.syntax_error()
            self._check_uses(first.args if first.kind in _FUNCTIONS else ())
            return first
        self.operator()
        operator = self.take().upper()
        if operator == "BETWEEN":
            low = self.operand()
            self.take("AND")
            operands = (first, low, self.operand())
        elif operator == "IN":
            operands = (first, *self.listed(self.operand))
        else:
            operands = (first, self.operand())
        self._check_uses(operands)
        return Node(operator, operands)

    def _check_uses(self, operands: tuple[Any, ...]) -> None:
        """Check that functions within operands are ones that give a value."""
        for operand in operands:
            if operand.kind in _TESTS:
                self.misused(operand.kind)
            if operand.kind in _FUNCTIONS:
                self._check_uses(operand.args)


@lru_cache(maxsize=512)
def _read(kind: str, text: str) -> Node:
    return _Condition(kind, text).whole()


def read_condition(kind: str, text: str, placeholders: Placeholders) -> Node:
    """Read and check a condition, to be evaluated by `holds`.

    Args:
        kind: Name of the expression in errors, such as `ConditionExpression`.
        text: The expression.
        placeholders: Names and values of the request.

    Raises:
        Refused: DynamoDB would refuse it.
    """
    return _checked(kind, _read(kind, text), placeholders)


def _checked(kind: str, node: Node, placeholders: Placeholders) -> Node:
    if node.kind == "NOT":
        inner, negations = node.args
        return Node("NOT", (_checked(kind, inner, placeholders), negations))
    if node.kind in _LOGICAL:
        return Node(node.kind, tuple(_checked(kind, each, placeholders) for each in node.args))
    operands = tuple(placeholders.operand(kind, each) for each in node.args)
    for operand in operands:
        _check_size(kind, operand)
    _check_operands(kind, node.kind, operands)
    return Node(node.kind, operands)


def _check_size(kind: str, operand: Node) -> None:
    if operand.kind == "size":
        check_number_of(kind, "size", operand.args, 1)
        _check_size(kind, operand.args[0])
        check_types(kind, "size", operand.args, SIZED)


def _check_operands(kind: str, name: str, operands: tuple[Node, ...]) -> None:
    if name in _TESTS:
        check_number_of(kind, name, operands, _TESTS[name])
    if [each.kind for each in operands] == ["path", "path"] and operands[0] == operands[1]:
        message = "The first operand must be distinct from the remaining operands for this operator or function"
        raise error_in(kind, f"{message}; operator: {name}, first operand: {path_text(operands[0].args)}")
    match name:
        case "attribute_exists" | "attribute_not_exists":
            check_is_path(kind, name, operands[0])
        case "attribute_type":
            _check_type_name(kind, operands[1])
        case "begins_with":
            check_types(kind, name, operands, PREFIXED)
        case "BETWEEN":
            check_types(kind, name, operands, ORDERED)
            _check_bounds(kind, *operands[1:])
        case "IN" if len(operands) > _MOST_OPERANDS:
            message = "The IN operator is provided with too many operands; number of operands: "
            raise error_in(kind, f"{message}{len(operands)}")
        case _ if name in COMPARISONS:
            check_types(kind, name, operands, ORDERED)
        case _:
            pass


def _check_type_name(kind: str, operand: Node) -> None:
    if operand.kind != "value":
        raise wrong_type(kind, "attribute_type", "{NS,SS,L,BS,N,M,B,BOOL,NULL,S}")
    check_types(kind, "attribute_type", (operand,), frozenset({"S"}))
    name = operand.args[0]["S"]
    if name not in _TYPES:
        message = f"Invalid attribute type name found; type: {name}, valid types: {{{','.join(_TYPES)}}}"
        raise error_in(kind, message)


def _check_bounds(kind: str, low: Node, high: Node) -> None:
    if low.kind != "value" or high.kind != "value":
        return
    (one,), (other,) = low.args, high.args
    if type_of(low) != type_of(high):
        rule = "requires same data type for lower and upper bounds"
    elif is_compared(">", one, other):
        rule = "requires upper bound to be greater than or equal to lower bound"
    else:
        return
    bounds = f"lower bound operand: {_shown(one)}, upper bound operand: {_shown(other)}"
    raise error_in(kind, f"The BETWEEN operator {rule}; {bounds}")


def _shown(value: Value) -> str:
    ((kind, content),) = value.items()
    return f"AttributeValue: {{{kind}:{content}}}"


def paths_in(node: Node) -> list[Path]:
    """Return the document paths in a condition."""
    if node.kind == "path":
        return [node.args]
    return [path for each in node.args if isinstance(each, Node) for path in paths_in(each)]
