"""Reads, checks and carries out DynamoDB's update expressions.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Expressions.UpdateExpressions.html. What it leaves open
is as found at AWS by https://github.com/scylladb/scylladb/blob/master/test/alternator/test_update_expression.py.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any, NamedTuple

from redrive_simulator.services.expression_text import Node, Text, error_in
from redrive_simulator.services.numbers import total
from redrive_simulator.services.paths import Path, check_apart, check_holder, put_at, remove_at, value_at
from redrive_simulator.services.placeholders import (
    Placeholders,
    check_is_path,
    check_number_of,
    check_types,
    type_of,
)
from redrive_simulator.services.refusals import invalid
from redrive_simulator.services.values import Item, Value, copied, copied_item

_KIND = "UpdateExpression"
_FUNCTIONS = {"if_not_exists": 2, "list_append": 2}
_SECTIONS = frozenset({"SET", "REMOVE", "ADD", "DELETE"})
_TYPES = {"S": "STRING", "N": "NUMBER", "B": "BINARY", "NULL": "NULL", "BOOL": "BOOLEAN", "L": "LIST", "M": "MAP"}
_WRONG_TYPE = "An operand in the update expression has an incorrect data type"
_MISSING = "The provided expression refers to an attribute that does not exist in the item"


class Action(NamedTuple):
    """A change of a value that an update makes.

    Attributes:
        kind: `SET`, `ADD` or `DELETE`.
        path: Path of the value.
        operand: Operand of the change.
    """

    kind: str
    path: Path
    operand: Node


class Update(NamedTuple):
    """An update expression.

    Attributes:
        paths: Paths of all values that it changes or removes, in its order.
        actions: Changes of values.
        removed: Paths of the values that it removes.
    """

    paths: tuple[Path, ...] = ()
    actions: tuple[Action, ...] = ()
    removed: tuple[Path, ...] = ()

    @property
    def only_removes(self) -> bool:
        """True if the update only removes something, and so makes no item where there is none."""
        return bool(self.paths) and all(action.kind == "DELETE" for action in self.actions)


class _UpdateText(Text):
    def __init__(self, text: str) -> None:
        super().__init__(_KIND, text, _FUNCTIONS, _SECTIONS)
        self._read: set[str] = set()

    def whole(self) -> tuple[Node, ...]:
        """Read the whole expression, as nodes of a path and an operand."""
        found = [*self._section()]
        while self.next:
            found += self._section()
        self.end()
        return tuple(found)

    def _section(self) -> tuple[Node, ...]:
        kind = self.next.upper()
        if kind not in _SECTIONS:
            raise self.syntax_error()
        self.take()
        if kind in self._read:
            self.fault("section", f'The "{kind}" section can only be used once in an update expression;')
        self._read.add(kind)
        readers: dict[str, Callable[[], tuple[Node, ...]]] = {"SET": self._assignment, "REMOVE": self._removal}
        read = readers.get(kind, self._change)
        return self.several(lambda: Node(kind, read()))

    def _assignment(self) -> tuple[Node, ...]:
        path = self.path()
        self.take("=")
        if self.next == "(" and self.behind_group() not in ("+", "-"):
            return path, self.group(self._sum)
        return path, self._sum()

    def _sum(self) -> Node:
        one = self.operand()
        found = one
        if self.next in ("+", "-"):
            self.operator()
            found = Node(self.take(), (one, self.operand()))
        self._check_uses(found)
        return found

    def _check_uses(self, node: Node) -> None:
        """Check that no `list_append` is within another, which DynamoDB does not allow."""
        for operand in node.args if node.kind in ("+", "-", *_FUNCTIONS) else ():
            if operand.kind == "list_append" and node.kind == "list_append":
                self.misused("list_append")
            self._check_uses(operand)

    def _removal(self) -> tuple[Node, ...]:
        return (self.path(),)

    def _change(self) -> tuple[Node, ...]:
        return self.path(), self.value()


@lru_cache(maxsize=512)
def _read(text: str) -> tuple[Node, ...]:
    return _UpdateText(text).whole()


def read_update(text: str, placeholders: Placeholders) -> Update:
    """Read and check an `UpdateExpression`.

    Args:
        text: The expression.
        placeholders: Names and values of the request.

    Raises:
        Refused: DynamoDB would refuse it for any item.
    """
    paths: list[Path] = []
    actions: list[Action] = []
    removed: list[Path] = []
    for kind, (path_node, *operands) in _read(text):
        path = placeholders.path(_KIND, path_node)
        paths.append(path)
        if operands:
            actions.append(Action(kind, path, placeholders.operand(_KIND, operands[0])))
        else:
            removed.append(path)
    overlap = check_apart(paths)
    if overlap is not None:
        raise error_in(_KIND, overlap)
    for action in actions:
        if action.kind == "SET":
            _check_operands(action.operand)
        else:
            _check_change(action)
    return Update(tuple(paths), tuple(actions), tuple(removed))


def _check_change(action: Action) -> None:
    kind = type_of(action.operand)
    if kind in _TYPES and not (action.kind == "ADD" and kind == "N"):
        message = "Incorrect operand type for operator or function; operator: "
        raise error_in(_KIND, f"{message}{action.kind}, operand type: {_TYPES[kind]}")


def _check_operands(node: Node) -> None:
    match node.kind:
        case "if_not_exists":
            check_number_of(_KIND, node.kind, node.args, _FUNCTIONS[node.kind])
            check_is_path(_KIND, node.kind, node.args[0])
        case "list_append":
            check_number_of(_KIND, node.kind, node.args, _FUNCTIONS[node.kind])
            check_types(_KIND, node.kind, node.args, frozenset({"L"}))
        case "+" | "-":
            check_types(_KIND, node.kind, node.args, frozenset({"N"}))
        case _:
            return
    for each in node.args:
        _check_operands(each)


def updated(update: Update, item: Item) -> Item:
    """Return an item after an update, all of whose operands are read before its first change.

    Raises:
        Refused: DynamoDB cannot update this item like that.
    """
    made = copied_item(item)
    changes = [(action.path, _result(action, item)) for action in update.actions]
    # Positions behind the end of a list append in their own order, and removals go from the end, so that positions stay
    # what they were.
    for path, value in sorted(changes, key=lambda change: _positions(change[0])):
        if value is not None:
            put_at(made, path, value)
    removed = [*update.removed, *(path for path, value in changes if value is None)]
    for path in sorted(removed, key=_positions, reverse=True):
        check_holder(item, path)
        if value_at(item, path) is not None:
            remove_at(made, path)
    return made


def _positions(path: Path) -> list[int]:
    return [part for part in path if isinstance(part, int)]


def _result(action: Action, item: Item) -> Value | None:
    """Return the value after an action; `None`: an empty set, which cannot be stored."""
    if action.kind == "SET":
        value = _value(action.operand, item)
        if value is None:
            raise invalid(_MISSING)
        return copied(value)
    before, given = value_at(item, action.path), action.operand.args[0]
    ((kind, content),) = given.items()
    if before is not None and kind not in before:
        raise invalid(_WRONG_TYPE)
    if kind == "N":
        return {"N": total("0" if before is None else before["N"], content)}
    there: list[object] = [] if before is None else before[kind]
    if action.kind == "ADD":
        return {kind: [*dict.fromkeys([*there, *content])]}
    rest = [each for each in there if each not in content]
    return {kind: rest} if rest else None


def _value(node: Node, item: Item) -> Value | None:
    match node.kind:
        case "path":
            return value_at(item, node.args)
        case "value":
            return node.args[0]
        case "if_not_exists":
            found = value_at(item, node.args[0].args)
            return _value(node.args[1], item) if found is None else found
        case "list_append":
            one, other = (_content(each, item, "L") for each in node.args)
            return {"L": [*one, *other]}
        case _:
            one, other = (_content(each, item, "N") for each in node.args)
            return {"N": total(one, other, minus=node.kind == "-")}


def _content(node: Node, item: Item, kind: str) -> Any:
    """Return the content of an operand of one type."""
    value = _value(node, item)
    if value is None:
        raise invalid(_MISSING)
    if kind not in value:
        raise invalid(_WRONG_TYPE)
    return value[kind]
