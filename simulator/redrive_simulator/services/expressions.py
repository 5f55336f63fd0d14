"""Evaluates DynamoDB's condition and update expressions on items in DynamoDB's JSON format.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Expressions.OperatorsAndFunctions.html and
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Expressions.UpdateExpressions.html
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from redrive_simulator.errors import NotSimulatedError

#: An attribute value in DynamoDB's JSON format, such as `{"N": "7"}`, and an item of such values.
Value = dict[str, Any]
Item = dict[str, Value]

_TOKEN = re.compile(r"\s*(<>|<=|>=|[=<>(),+-]|[#:][\w.\[\]]+|[A-Za-z_][\w.\[\]]*|$)")
_COMPARISONS: dict[str, Callable[[Any, Any], bool]] = {
    "=": lambda one, other: one == other,
    "<>": lambda one, other: one != other,
    "<": lambda one, other: one < other,
    "<=": lambda one, other: one <= other,
    ">": lambda one, other: one > other,
    ">=": lambda one, other: one >= other,
}
_ACTIONS = ("SET", "REMOVE", "ADD", "DELETE")


class _Reader:
    """A recursive descent parser that evaluates an expression from left to right."""

    def __init__(self, text: str, names: Mapping[str, str], values: Mapping[str, Value], item: Item) -> None:
        self._text = text
        self._tokens = [token for token in _TOKEN.findall(text) if token]
        if "".join(self._tokens) != "".join(text.split()):
            raise NotSimulatedError(f"the DynamoDB expression {text!r} has what the simulator does not know")
        self._names = names
        self._values = values
        self._item = item
        self._at = 0

    @property
    def next(self) -> str:
        return self._tokens[self._at] if self._at < len(self._tokens) else ""

    def take(self, expected: str | None = None) -> str:
        token = self.next
        if not token or (expected is not None and token.upper() != expected):
            raise NotSimulatedError(
                f"the DynamoDB expression {self._text!r}: expected {expected or 'more'} at {token!r}"
            )
        self._at += 1
        return token

    def is_word(self, word: str) -> bool:
        if self.next.upper() == word:
            self._at += 1
            return True
        return False

    # Condition expressions.

    def disjunction(self) -> bool:
        is_true = self.conjunction()
        while self.is_word("OR"):
            is_true = self.conjunction() or is_true
        return is_true

    def conjunction(self) -> bool:
        is_true = self.negation()
        while self.is_word("AND"):
            is_true = self.negation() and is_true
        return is_true

    def negation(self) -> bool:
        if self.is_word("NOT"):
            return not self.negation()
        if self.next == "(":
            self.take()
            is_true = self.disjunction()
            self.take(")")
            return is_true
        return self.comparison()

    def comparison(self) -> bool:
        function = self.next.lower()
        if function in ("attribute_exists", "attribute_not_exists"):
            (path,) = self.arguments(self.path)
            return (path in self._item) == (function == "attribute_exists")
        if function in ("begins_with", "contains", "attribute_type"):
            container, wanted = self.arguments(self.operand)
            return container is not None and _has(function, container, wanted)
        one = self.operand()
        if self.is_word("BETWEEN"):
            low = self.operand()
            self.take("AND")
            high = self.operand()
            return one is not None and _plain(low) <= _plain(one) <= _plain(high)
        if self.is_word("IN"):
            return one in self.listed(self.operand)
        operator = self.take()
        if operator not in _COMPARISONS:
            raise NotSimulatedError(
                f"the DynamoDB expression {self._text!r}: {operator!r} is not known to the simulator"
            )
        other = self.operand()
        if one is None or other is None or set(one) != set(other):
            return operator == "<>"
        return _COMPARISONS[operator](_plain(one), _plain(other))

    def arguments(self, read: Callable[[], Any]) -> list[Any]:
        self.take()
        return self.listed(read)

    def listed(self, read: Callable[[], Any]) -> list[Any]:
        self.take("(")
        found = [read()]
        while self.next == ",":
            self.take()
            found.append(read())
        self.take(")")
        return found

    def path(self) -> str:
        token = self.take()
        name = self._names.get(token, token)
        if token.startswith("#") and token not in self._names:
            raise NotSimulatedError(
                f"the DynamoDB expression {self._text!r}: the path {token!r} is not a plain attribute"
            )
        if not token.startswith("#") and re.search(r"[.\[]", token):
            raise NotSimulatedError(
                f"the DynamoDB expression {self._text!r}: nested paths such as {token!r} are not known"
            )
        return name

    def operand(self) -> Value | None:
        lower = self.next.lower()
        if lower == "if_not_exists":
            self.take()
            self.take("(")
            name = self.path()
            self.take(",")
            default = self.operand()
            self.take(")")
            return self._item.get(name, default)
        if lower == "list_append":
            one, other = self.arguments(self.operand)
            return {"L": [*(one or {"L": []})["L"], *(other or {"L": []})["L"]]}
        if lower == "size":
            (value,) = self.arguments(self.operand)
            return None if value is None else {"N": str(len(next(iter(value.values()))))}
        if self.next.startswith(":"):
            return self._values[self.take()]
        return self._item.get(self.path())

    # Update expressions.

    def updates(self) -> tuple[Item, list[str]]:
        """Return the updated item and the names of the attributes in the expression."""
        made: Item = dict(self._item)
        touched: list[str] = []
        while self.next:
            action = self.take().upper()
            if action not in _ACTIONS:
                raise NotSimulatedError(
                    f"the DynamoDB expression {self._text!r}: {action!r} is not known to the simulator"
                )
            while True:
                name = self.path()
                touched.append(name)
                self._update(action, name, made)
                if self.next != ",":
                    break
                self.take()
        return made, touched

    def _update(self, action: str, name: str, made: Item) -> None:
        match action:
            case "SET":
                self.take("=")
                value = self.operand()
                while self.next in ("+", "-"):
                    sign = 1 if self.take() == "+" else -1
                    other = self.operand()
                    value = {"N": _number_text(_plain(value) + sign * _plain(other))}
                if value is not None:
                    made[name] = value
            case "REMOVE":
                made.pop(name, None)
            case "ADD":
                value = self.operand() or {}
                before = self._item.get(name)
                if "N" in value:
                    made[name] = {"N": _number_text(_plain(value) + (0 if before is None else _plain(before)))}
                else:
                    ((kind, members),) = value.items()
                    made[name] = {kind: [*dict.fromkeys([*(before or {kind: []})[kind], *members])]}
            case _:
                ((kind, members),) = (self.operand() or {}).items()
                rest = [each for each in self._item.get(name, {kind: []})[kind] if each not in members]
                if rest:
                    made[name] = {kind: rest}
                else:
                    made.pop(name, None)


def is_met(condition: str | None, item: Item, names: Mapping[str, str], values: Mapping[str, Value]) -> bool:
    """Evaluate a `ConditionExpression` on an item, which is empty if there is none; `None` is always true."""
    return condition is None or _Reader(condition, names, values, item).disjunction()


def updated(
    expression: str | None, item: Item, names: Mapping[str, str], values: Mapping[str, Value]
) -> tuple[Item, list[str]]:
    """Return the item after an `UpdateExpression`, and the names of the attributes in the expression."""
    return (dict(item), []) if expression is None else _Reader(expression, names, values, item).updates()


def _has(function: str, container: Value, wanted: Value) -> bool:
    ((kind, content),) = container.items()
    ((_, value),) = wanted.items()
    match function:
        case "begins_with":
            return str(content).startswith(value)
        case "attribute_type":
            return kind == value
        case _:
            return wanted in content if kind == "L" else value in content


def _plain(value: Value | None) -> Any:
    ((kind, content),) = (value or {"NULL": True}).items()
    return Decimal(content) if kind == "N" else content


def _number_text(number: Decimal) -> str:
    return format(number.normalize(), "f")
