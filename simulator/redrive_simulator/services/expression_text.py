"""Reads the text of DynamoDB's expressions: words, document paths, placeholders and calls of functions.

An expression is read and checked completely before it is evaluated, as DynamoDB reports a wrong one also where its
value would not matter. Maintained libraries that read these expressions belong to emulators of DynamoDB, so this one is
ours.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from redrive_simulator.errors import NotSimulatedError
from redrive_simulator.services.refusals import Refused, invalid
from redrive_simulator.services.reserved_words import RESERVED

_TOKEN = re.compile(
    r"[ \t\r\n]*(?:(<>|<=|>=|[=<>(),+\-.\[\]]|[#:][0-9A-Za-z_]+|[A-Za-z][0-9A-Za-z_]*|[0-9]+|[^ \t\r\n])|$)"
)
_WORD = re.compile(r"[A-Za-z]\w*", re.ASCII)
# https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html#limits-expression-parameters
_LONGEST = 4_096
_MOST_OPERATORS = 300
_LAST_POSITION = 2**31 - 1
# Deeper ones might not fit into Python's stack; DynamoDB refuses almost all of them as redundant.
_MOST_LEVELS = 100
# Of several faults, DynamoDB reports the first of these.
_ORDER = ("parentheses", "use", "reserved", "section")
_END = "<EOF>"


class Node(NamedTuple):
    """A part of an expression.

    Attributes:
        kind: `path`, `value`, an operator such as `AND` or `<=`, or the name of a function.
        args: Parts of a path, a value or its placeholder, or the operands.
    """

    kind: str
    args: tuple[Any, ...]


class Text:
    """Reads one expression from left to right.

    Args:
        kind: Name of the expression in errors, such as `ConditionExpression`.
        text: The expression.
        functions: Number of operands by name of a function that it may call.
        keywords: Words that are no names.

    Raises:
        Refused: The text is empty or too long.
    """

    def __init__(self, kind: str, text: str, functions: Mapping[str, int], keywords: frozenset[str]) -> None:
        self._kind = kind
        self._functions = functions
        self._keywords = keywords
        self._faults: dict[str, str] = {}
        self._operators = 0
        self._levels = 0
        self._at = 0
        if not text:
            raise self.error("The expression can not be empty;")
        size = len(text.encode())
        if size > _LONGEST:
            raise self.error(f"Expression size has exceeded the maximum allowed size; expression size: {size}")
        self._text = text
        self._spans = [match.span(1) for match in _TOKEN.finditer(text) if match[1]]
        self._tokens = [text[start:end] for start, end in self._spans]
        self._closing = self._pairs()

    def _pairs(self) -> dict[int, int]:
        """Return the positions of closing parentheses by those of the opening ones."""
        pairs: dict[int, int] = {}
        open_ones: list[int] = []
        for position, token in enumerate(self._tokens):
            if token == "(":
                open_ones.append(position)
            elif token == ")" and open_ones:
                pairs[open_ones.pop()] = position
        return pairs

    def error(self, message: str) -> Refused:
        """Return the service's error for this expression."""
        return error_in(self._kind, message)

    def fault(self, kind: str, message: str) -> None:
        """Note a fault that is reported if the rest of the expression can be read."""
        self._faults.setdefault(kind, message)

    @property
    def next(self) -> str:
        """The next token; empty at the end."""
        return self._tokens[self._at] if self._at < len(self._tokens) else ""

    def take(self, expected: str | None = None) -> str:
        """Take the next token, which must be the expected one if given."""
        token = self.next
        if not token or (expected is not None and token.upper() != expected):
            raise self.syntax_error()
        self._at += 1
        return token

    def syntax_error(self) -> Refused:
        """Return the error of a token that cannot stand here, with the tokens around it."""
        first, last = max(self._at - 1, 0), min(self._at + 1, len(self._tokens) - 1)
        near = self._text[self._spans[first][0] : self._spans[last][1]] if self._tokens else ""
        return self.error(f'Syntax error; token: "{self.next or _END}", near: "{near}"')

    def is_word(self, word: str) -> bool:
        """Take the next token if it is a word."""
        if self.next.upper() == word:
            self._at += 1
            return True
        return False

    def end(self) -> None:
        """Check that nothing follows, and that nothing was wrong."""
        if self.next:
            raise self.syntax_error()
        for kind in _ORDER:
            if kind in self._faults:
                raise self.error(self._faults[kind])

    def operator(self) -> None:
        """Count an operator."""
        self._operators += 1
        if self._operators > _MOST_OPERATORS:
            raise self.error(f"The expression contains too many operators; operator count: {self._operators}")

    def behind_group(self) -> str:
        """Return the token behind the group in parentheses that begins here."""
        closing = self._closing.get(self._at, len(self._tokens))
        return self._tokens[closing + 1] if closing + 1 < len(self._tokens) else ""

    def group(self, read: Callable[[], Node]) -> Node:
        """Read what stands in parentheses."""
        start = self._at
        self._enter()
        inner, closing = start + 1, self._closing.get(start, 0)
        if inner in self._closing and self._closing[inner] == closing - 1:
            self.fault("parentheses", "The expression has redundant parentheses;")
        found = read()
        self.take(")")
        self._levels -= 1
        return found

    def _enter(self) -> None:
        """Take an opening parenthesis."""
        self._levels += 1
        if self._levels > _MOST_LEVELS:
            if len(self._closing) < self._tokens.count("("):  # one is never closed
                self._at = len(self._tokens)
                raise self.syntax_error()
            raise NotSimulatedError(
                f"an expression of DynamoDB with more than {_MOST_LEVELS} levels of parentheses is not read by the "
                "simulation: leave parentheses out"
            )
        self.take("(")

    def path(self) -> Node:
        """Read a document path."""
        parts: list[str | int] = [self._name()]
        while self.next in (".", "["):
            if self.take() == ".":
                parts.append(self._name())
            else:
                parts.append(self._position())
                self.take("]")
        return Node("path", tuple(parts))

    def _name(self) -> str:
        token = self.next
        is_placeholder = token.startswith("#") and len(token) > 1
        if not is_placeholder and (not _WORD.fullmatch(token) or token.upper() in self._keywords):
            raise self.syntax_error()
        if not is_placeholder and token.upper() in RESERVED:
            self.fault("reserved", f"Attribute name is a reserved keyword; reserved keyword: {token}")
        return self.take()

    def _position(self) -> int:
        if not (self.next.isascii() and self.next.isdigit()):
            raise self.syntax_error()
        position = int(self.take())
        if position > _LAST_POSITION:
            raise self.error(f"List index is not within the allowable range; index: [{position}]")
        return position

    def value(self) -> Node:
        """Read a placeholder of a value."""
        if not self.next.startswith(":") or len(self.next) == 1:
            raise self.syntax_error()
        return Node("value", (self.take(),))

    def operand(self) -> Node:
        """Read a value: of a path, of a placeholder, of a function, or one of them in parentheses."""
        if self.next == "(":
            return self.group(self.operand)
        if self.next.startswith(":"):
            return self.value()
        if self._at + 1 < len(self._tokens) and self._tokens[self._at + 1] == "(" and _WORD.fullmatch(self.next):
            return self._call()
        return self.path()

    def _call(self) -> Node:
        if self.next.upper() in self._keywords:
            raise self.syntax_error()
        name = self.take()
        if name not in self._functions:
            raise self.error(f"Invalid function name; function: {name}")
        return Node(name, self.listed(self.operand))

    def listed(self, read: Callable[[], Node]) -> tuple[Node, ...]:
        """Read a list in parentheses."""
        self._enter()
        found = self.several(read)
        self.take(")")
        self._levels -= 1
        return found

    def several(self, read: Callable[[], Node]) -> tuple[Node, ...]:
        """Read what stands between commas."""
        found = [read()]
        while self.next == ",":
            self.take()
            found.append(read())
        return tuple(found)

    def misused(self, name: str) -> None:
        """Note that a function stands where it may not."""
        self.fault("use", f"The function is not allowed to be used this way in an expression; function: {name}")


def error_in(kind: str, message: str) -> Refused:
    """Return the service's error for an expression of a kind, such as `ConditionExpression`."""
    return invalid(f"Invalid {kind}: {message}")
