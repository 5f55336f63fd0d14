"""Evaluates DynamoDB's condition, filter, key condition and projection expressions.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Expressions.OperatorsAndFunctions.html
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from redrive_simulator.services.paths import Item, Path, Value, comparable, value_at
from redrive_simulator.services.refusals import Refused, invalid
from redrive_simulator.services.reserved_words import RESERVED

_TOKEN = re.compile(r"\s*(<>|<=|>=|[=<>(),+\-.\[\]]|[#:]\w+|[A-Za-z_]\w*|\d+|$)")
_PLACEHOLDER = re.compile(r"[#:]\w+")
_COMPARISONS: dict[str, Callable[[Any, Any], bool]] = {
    "<": lambda one, other: one < other,
    "<=": lambda one, other: one <= other,
    ">": lambda one, other: one > other,
    ">=": lambda one, other: one >= other,
}
_ORDERED = frozenset({"N", "S", "B"})


class Reader:
    """A recursive descent parser that evaluates an expression from left to right.

    Args:
        kind: Name of the expression in errors, such as `ConditionExpression`.
        text: The expression.
        names: `ExpressionAttributeNames`.
        values: `ExpressionAttributeValues`.
        item: Item on which it is evaluated.

    Attributes:
        paths: The paths that were read so far.
    """

    def __init__(self, kind: str, text: str, names: Mapping[str, str], values: Mapping[str, Value], item: Item) -> None:
        self.paths: set[Path] = set()
        self._kind = kind
        self._tokens = [token for token in _TOKEN.findall(text) if token]
        if "".join(self._tokens) != "".join(text.split()):
            raise self.error(f"Syntax error; expression: {text!r}")
        self._names = names
        self._values = values
        self._item = item
        self._at = 0

    def error(self, message: str) -> Refused:
        """Return the service's error for this expression."""
        return invalid(f"Invalid {self._kind}: {message}")

    @property
    def next(self) -> str:
        """The next token; empty at the end."""
        return self._tokens[self._at] if self._at < len(self._tokens) else ""

    def take(self, expected: str | None = None) -> str:
        """Take the next token, which must be the expected one if given."""
        token = self.next
        if not token or (expected is not None and token.upper() != expected):
            near = "".join(self._tokens[max(0, self._at - 1) : self._at + 2])
            raise self.error(f"Syntax error; token: {token or '<EOF>'!r}, near: {near!r}")
        self._at += 1
        return token

    def is_word(self, word: str) -> bool:
        """Take the next token if it is a word."""
        if self.next.upper() == word:
            self._at += 1
            return True
        return False

    def condition(self) -> bool:
        """Evaluate the whole expression as a condition."""
        is_true = self._disjunction()
        if self.next:
            self.take("<EOF>")
        return is_true

    def _disjunction(self) -> bool:
        is_true = self._conjunction()
        while self.is_word("OR"):
            is_true = self._conjunction() or is_true
        return is_true

    def _conjunction(self) -> bool:
        is_true = self._negation()
        while self.is_word("AND"):
            is_true = self._negation() and is_true
        return is_true

    def _negation(self) -> bool:
        if self.is_word("NOT"):
            return not self._negation()
        if self.next == "(":
            self.take()
            is_true = self._disjunction()
            self.take(")")
            return is_true
        return self._comparison()

    def _comparison(self) -> bool:
        function = self.next.lower()
        if function in ("attribute_exists", "attribute_not_exists") and self._is_call():
            (path,) = self._arguments(self.path)
            return (value_at(self._item, path) is not None) == (function == "attribute_exists")
        if function in ("begins_with", "contains", "attribute_type") and self._is_call():
            container, wanted = self._arguments(self.operand)
            return container is not None and wanted is not None and _has(function, container, wanted)
        one = self.operand()
        if self.is_word("BETWEEN"):
            low = self.operand()
            self.take("AND")
            high = self.operand()
            return _compare("<=", low, one) and _compare("<=", one, high)
        if self.is_word("IN"):
            return any(_compare("=", one, each) for each in self.listed(self.operand))
        operator = self.take()
        if operator not in _COMPARISONS and operator not in ("=", "<>"):
            raise self.error(f"Syntax error; token: {operator!r}")
        return _compare(operator, one, self.operand())

    def _is_call(self) -> bool:
        return self._at + 1 < len(self._tokens) and self._tokens[self._at + 1] == "("

    def _arguments(self, read: Callable[[], Any]) -> list[Any]:
        self.take()
        return self.listed(read)

    def listed(self, read: Callable[[], Any]) -> list[Any]:
        """Read a list in parentheses."""
        self.take("(")
        found = [read()]
        while self.next == ",":
            self.take()
            found.append(read())
        self.take(")")
        return found

    def path(self) -> Path:
        """Read a document path."""
        parts: list[str | int] = [self._name()]
        while self.next in (".", "["):
            if self.take() == ".":
                parts.append(self._name())
            else:
                parts.append(int(self.take()))
                self.take("]")
        path = tuple(parts)
        self.paths.add(path)
        return path

    def _name(self) -> str:
        token = self.take()
        if not token.startswith("#"):
            if token.upper() in RESERVED:
                raise self.error(f"Attribute name is a reserved keyword; reserved keyword: {token}")
            return token
        if token not in self._names:
            raise self.error(f"An expression attribute name used in the document path is not defined: {token}")
        return self._names[token]

    def operand(self) -> Value | None:
        """Read a value: of a path, of a placeholder, or of a function."""
        lower = self.next.lower()
        if lower == "size" and self._is_call():
            (value,) = self._arguments(self.operand)
            return None if value is None else {"N": str(len(next(iter(value.values()))))}
        if lower.startswith(":"):
            token = self.take()
            if token not in self._values:
                raise self.error(f"An expression attribute value used in expression is not defined: {token}")
            return self._values[token]
        return value_at(self._item, self.path())


def is_met(condition: str | None, item: Item, names: Mapping[str, str], values: Mapping[str, Value]) -> bool:
    """Evaluate a condition on an item, which is empty if there is none; `None` is always true."""
    return condition is None or Reader("ConditionExpression", condition, names, values, item).condition()


def paths_in(projection: str, names: Mapping[str, str]) -> list[Path]:
    """Return the paths of a `ProjectionExpression`."""
    reader = Reader("ProjectionExpression", projection, names, {}, {})
    found = [reader.path()]
    while reader.next:
        reader.take(",")
        found.append(reader.path())
    return found


def check_placeholders(texts: list[str | None], names: Mapping[str, str], values: Mapping[str, Value]) -> None:
    """Check that expressions use all names and values that are given for them."""
    used = {each for text in texts for each in _PLACEHOLDER.findall(text or "")}
    for kind, given in (("Names", names), ("Values", values)):
        unused = [each for each in given if each not in used]
        if unused:
            message = f"Value provided in ExpressionAttribute{kind} unused in expressions: keys: "
            raise invalid(f"{message}{{{', '.join(unused)}}}")


def _compare(operator: str, one: Value | None, other: Value | None) -> bool:
    if one is None or other is None:
        return operator == "<>"
    left, right = comparable(one), comparable(other)
    if operator in ("=", "<>"):
        return (left == right) == (operator == "=")
    return left[0] == right[0] and left[0] in _ORDERED and _COMPARISONS[operator](left[1], right[1])


def _has(function: str, container: Value, wanted: Value) -> bool:
    ((kind, content),) = container.items()
    ((wanted_kind, value),) = wanted.items()
    match function:
        case "begins_with":
            return kind == wanted_kind and kind in ("S", "B") and content.startswith(value)
        case "attribute_type":
            return kind == value
        case _ if kind == "L":
            return any(comparable(each) == comparable(wanted) for each in content)
        case _ if kind.endswith("S") and len(kind) == 2:
            return kind == f"{wanted_kind}S" and comparable({kind: [value]})[1] <= comparable(container)[1]
        case _:
            return kind == wanted_kind and kind in ("S", "B") and value in content
