"""Evaluates DynamoDB's update expressions.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Expressions.UpdateExpressions.html
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from decimal import Decimal

from redrive_simulator.services.expressions import Reader
from redrive_simulator.services.paths import Item, Path, Value, put_at, remove_at, value_at
from redrive_simulator.services.refusals import invalid

_ACTIONS = frozenset({"SET", "REMOVE", "ADD", "DELETE"})
_WRONG_TYPE = "An operand in the update expression has an incorrect data type"


class _Updates(Reader):
    """Reads an update expression, and changes a copy of the item."""

    def updates(self) -> tuple[Item, list[str]]:
        """Return the updated item and the names of the attributes in the expression."""
        made: Item = copy.deepcopy(self._item)
        touched: list[str] = []
        removed: list[Path] = []
        while self.next:
            action = self.take().upper()
            if action not in _ACTIONS:
                raise self.error(f"Syntax error; token: {action!r}")
            while True:
                path = self.path()
                touched.append(str(path[0]))
                if action == "REMOVE":
                    removed.append(path)
                else:
                    self._update(action, path, made)
                if self.next != ",":
                    break
                self.take()
        # From the end of a list, so that positions stay what they were.
        for path in sorted(removed, key=lambda path: [-part if isinstance(part, int) else 0 for part in path]):
            remove_at(made, path)
        return made, touched

    def operand(self) -> Value | None:
        lower = self.next.lower()
        if lower == "if_not_exists":
            self.take()
            self.take("(")
            found = value_at(self._item, self.path())
            self.take(",")
            default = self.operand()
            self.take(")")
            return default if found is None else found
        if lower == "list_append":
            self.take()
            one, other = self.listed(self.operand)
            if one is None or other is None:
                raise invalid("The provided expression refers to an attribute that does not exist in the item")
            if "L" not in one or "L" not in other:
                raise invalid(_WRONG_TYPE)
            return {"L": [*one["L"], *other["L"]]}
        return super().operand()

    def _update(self, action: str, path: Path, made: Item) -> None:
        if action == "SET":
            self.take("=")
            value = self.operand()
            while self.next in ("+", "-"):
                sign = 1 if self.take() == "+" else -1
                other = self.operand()
                value = {"N": _number_text(_number(value) + sign * _number(other))}
            if value is None:
                raise invalid("The provided expression refers to an attribute that does not exist in the item")
            put_at(made, path, copy.deepcopy(value))
            return
        before, value = value_at(self._item, path), self.operand() or {}
        if "N" in value and action == "ADD":
            put_at(made, path, {"N": _number_text(_number(value) + (Decimal() if before is None else _number(before)))})
            return
        ((kind, members),) = value.items()
        if kind not in ("SS", "NS", "BS") or (before is not None and kind not in before):
            raise invalid(_WRONG_TYPE)
        there: list[object] = [] if before is None else before[kind]
        if action == "ADD":
            put_at(made, path, {kind: [*dict.fromkeys([*there, *members])]})
            return
        rest = [each for each in there if each not in members]
        if rest:
            put_at(made, path, {kind: rest})
        elif before is not None:  # an empty set cannot be stored
            remove_at(made, path)


def updated(
    expression: str | None, item: Item, names: Mapping[str, str], values: Mapping[str, Value]
) -> tuple[Item, list[str]]:
    """Return the item after an `UpdateExpression`, and the names of the attributes in the expression."""
    if expression is None:
        return dict(item), []
    return _Updates("UpdateExpression", expression, names, values, item).updates()


def _number(value: Value | None) -> Decimal:
    if value is None:
        raise invalid("The provided expression refers to an attribute that does not exist in the item")
    if "N" not in value:
        raise invalid(_WRONG_TYPE)
    return Decimal(value["N"])


def _number_text(number: Decimal) -> str:
    return format(number.normalize(), "f")
