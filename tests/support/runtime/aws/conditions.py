"""Condition expressions as DynamoDB evaluates them, as far as the helpers write them; all else is refused.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Expressions.OperatorsAndFunctions.html
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from decimal import Decimal
from operator import eq, ge, gt, le, lt, ne
from typing import Any

_TOKEN = re.compile(r"\s*(<>|<=|>=|[()=<>]|[#:]?\w+)")
_COMPARE: dict[str, Callable[[Any, Any], bool]] = {"=": eq, "<>": ne, "<": lt, "<=": le, ">": gt, ">=": ge}
_FUNCTIONS = ("attribute_exists", "attribute_not_exists")


class Condition:
    """A condition expression on an item, read from left to right; `AND` binds before `OR`."""

    def __init__(
        self,
        text: str,
        item: Mapping[str, Any],
        names: Mapping[str, str] | None = None,
        values: Mapping[str, Any] | None = None,
    ) -> None:
        self._item, self._names, self._values = item, names or {}, values or {}
        self._tokens = _TOKEN.findall(text)
        assert "".join(self._tokens) == re.sub(r"\s", "", text), f"not read to its end: {text}"
        # DynamoDB refuses a name or value that the expression does not use.
        assert {token for token in self._tokens if token[0] == "#"} == set(self._names)
        assert {token for token in self._tokens if token[0] == ":"} == set(self._values)

    def holds(self) -> bool:
        result = self._either()
        assert not self._tokens, f"left over: {self._tokens}"
        return result

    def _take(self, *expected: str) -> str:
        token = self._tokens.pop(0)
        assert not expected or token in expected, f"{token} in place of {expected}"
        return token

    def _either(self) -> bool:
        result = self._both()
        while self._tokens[:1] == ["OR"]:
            self._take()
            result |= self._both()
        return result

    def _both(self) -> bool:
        result = self._single()
        while self._tokens[:1] == ["AND"]:
            self._take()
            result &= self._single()
        return result

    def _single(self) -> bool:
        token = self._take()
        if token == "(":
            result = self._either()
            self._take(")")
            return result
        if token in _FUNCTIONS:
            self._take("(")
            exists = self._value(self._take()) is not None
            self._take(")")
            return exists == (token == "attribute_exists")
        compare = _COMPARE[self._take(*_COMPARE)]
        left, right = self._value(token), self._value(self._take())
        # An attribute that is not there, or is of another type, compares as false.
        return left is not None and right is not None and type(left) is type(right) and compare(left, right)

    def _value(self, name: str) -> Decimal | str | None:
        value = self._values[name] if name.startswith(":") else self._item.get(self._names.get(name, name))
        if value is None:
            return None
        return Decimal(value["N"]) if "N" in value else value["S"]
