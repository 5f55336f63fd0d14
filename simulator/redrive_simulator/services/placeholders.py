"""Puts names and values in the places of an expression's placeholders, and checks that they fit there.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Expressions.ExpressionAttributeNames.html
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from redrive_simulator.services.expression_text import Node, error_in
from redrive_simulator.services.paths import Path
from redrive_simulator.services.refusals import Refused, invalid
from redrive_simulator.services.values import check_name, checked_value

_KEYS = {"Names": re.compile(r"#[0-9a-zA-Z_]+"), "Values": re.compile(r":[0-9a-zA-Z_]+")}


class Placeholders:
    """The names and values of one request, and which of them its expressions have used.

    Args:
        names: `ExpressionAttributeNames`; `None`: not given.
        values: `ExpressionAttributeValues`; `None`: not given.
        has_expressions: Whether the request has expressions at all.
        has_valued: Whether it has one that can use values; a projection cannot.

    Raises:
        Refused: They cannot be given like that.
    """

    def __init__(
        self,
        names: Mapping[str, str] | None,
        values: Mapping[str, Any] | None,
        *,
        has_expressions: bool = True,
        has_valued: bool = True,
    ) -> None:
        for kind, given, is_used in (("Names", names, has_expressions), ("Values", values, has_valued)):
            if given is not None:
                _check_keys(f"ExpressionAttribute{kind}", given, _KEYS[kind], is_used=is_used)
        self._names = names or {}
        for name in self._names.values():
            check_name(name)
        self._values = {key: checked_value(value) for key, value in (values or {}).items()}
        self._used: set[str] = set()

    def path(self, kind: str, node: Node) -> Path:
        """Return the path of a node."""
        return tuple(self._name(kind, part) if isinstance(part, str) else part for part in node.args)

    def _name(self, kind: str, part: str) -> str:
        if not part.startswith("#"):
            return part
        if part not in self._names:
            message = "An expression attribute name used in the document path is not defined; attribute name: "
            raise error_in(kind, message + part)
        self._used.add(part)
        return self._names[part]

    def operand(self, kind: str, node: Node) -> Node:
        """Return an operand with names and values in place of the placeholders."""
        match node.kind:
            case "path":
                return Node("path", self.path(kind, node))
            case "value":
                (key,) = node.args
                if key not in self._values:
                    message = "An expression attribute value used in expression is not defined; attribute value: "
                    raise error_in(kind, message + key)
                self._used.add(key)
                return Node("value", (self._values[key],))
            case name:
                return Node(name, tuple(self.operand(kind, each) for each in node.args))

    def check_all_used(self) -> None:
        """Check that the expressions have used all names and values."""
        for kind, given in (("Names", self._names), ("Values", self._values)):
            unused = [each for each in given if each not in self._used]
            if unused:
                message = f"Value provided in ExpressionAttribute{kind} unused in expressions: keys: "
                raise invalid(f"{message}{{{', '.join(unused)}}}")


def _check_keys(name: str, given: Mapping[str, Any], form: re.Pattern[str], *, is_used: bool) -> None:
    if not is_used:
        raise invalid(f"{name} can only be specified when using expressions")
    if not given:
        raise invalid(f"{name} must not be empty")
    for key in given:
        if not form.fullmatch(key):
            raise invalid(f'{name} contains invalid key: Syntax error; key: "{key}"')


def type_of(node: Node) -> str | None:
    """Return the type of an operand if the request alone says it."""
    if node.kind == "value":
        return next(iter(node.args[0]))
    return "N" if node.kind == "size" else None


def check_types(kind: str, name: str, operands: tuple[Node, ...], allowed: frozenset[str]) -> None:
    """Check that operands of an operator or function whose types are known are of allowed types."""
    for operand in operands:
        found = type_of(operand)
        if found is not None and found not in allowed:
            raise wrong_type(kind, name, found)


def wrong_type(kind: str, name: str, found: str) -> Refused:
    """Return the error of an operator or function with an operand of a type that it does not take."""
    message = "Incorrect operand type for operator or function; operator or function: "
    return error_in(kind, f"{message}{name}, operand type: {found}")


def check_number_of(kind: str, name: str, operands: tuple[Node, ...], number: int) -> None:
    """Check the number of operands of a function."""
    if len(operands) != number:
        message = "Incorrect number of operands for operator or function; operator or function: "
        raise error_in(kind, f"{message}{name}, number of operands: {len(operands)}")


def check_is_path(kind: str, name: str, operand: Node) -> None:
    """Check that an operand of a function is a document path."""
    if operand.kind != "path":
        raise error_in(kind, f"Operator or function requires a document path; operator or function: {name}")
