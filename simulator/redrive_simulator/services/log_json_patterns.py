"""Reads the filter patterns of CloudWatch Logs for messages that are JSON, such as `{ $.level = "ERROR" }`.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntax.html#matching-terms-json-log-events
"""

from __future__ import annotations

import json
import operator
import re
from collections.abc import Callable, Mapping
from typing import Any, cast

from redrive_simulator.services.log_pattern_parts import Matches, NotKnownError, compiled, invalid, unescaped

_Test = Callable[[Any], bool]

_SELECTOR = r"""\$(?:\.?\['[^']*'\]|\[\d+\]|\[\*\]|\.\*|\.[\w-]+)+"""
_TOKEN = re.compile(
    rf"""\s*(?:(?P<selector>{_SELECTOR})|(?P<string>"(?:[^"\\]|\\.)*")|(?P<regex>%[^%]*%)
    |(?P<sign>&&|\|\||!=|>=|<=|[()=<>])|(?P<word>[\w.*+-]+))""",
    re.VERBOSE,
)
_STEP = re.compile(r"""\.?\['([^']*)'\]|\[(\d+)\]|(\[\*\]|\.\*)|\.([\w-]+)""")
_NUMBER = re.compile(r"[+-]?\d+(\.\d+)?([eE][+-]?\d+)?")
_COMPARED: Mapping[str, Callable[[float, float], bool]] = {
    "<": operator.lt,
    ">": operator.gt,
    "<=": operator.le,
    ">=": operator.ge,
}
_WORDS: Mapping[str, object] = {"NULL": None, "TRUE": True, "FALSE": False}
# Quotas of the page above.
_MOST_WILDCARDS, _MOST_EXPRESSIONS = 3, 2


def read_json(text: str) -> Matches:
    """Return what decides if a message matches a pattern in braces."""
    if not text.endswith("}"):
        raise invalid(text)
    test = _Reader(text[1:-1]).read()

    def matches(message: str) -> bool:
        try:
            document: Any = json.loads(message)
        except ValueError:
            return False
        return isinstance(document, (dict, list)) and test(document)

    return matches


class _Reader:
    """Reads a condition by its parts: comparisons, which `&&` binds closer than `||`.

    Args:
        text: What is between the braces.
    """

    def __init__(self, text: str) -> None:
        self._text = text
        self._tokens: list[tuple[str, str]] = []
        position, end = 0, len(text.rstrip())
        while position < end:
            match = _TOKEN.match(text, position)
            if match is None or match.lastgroup is None:
                raise invalid(text)
            self._tokens.append((match.lastgroup, match[match.lastgroup]))
            position = match.end()
        wildcards = [each.count("*") for kind, each in self._tokens if kind == "selector"]
        expressions = [each for kind, each in self._tokens if kind == "regex"]
        if max(wildcards, default=0) > 1 or sum(wildcards) > _MOST_WILDCARDS or len(expressions) > _MOST_EXPRESSIONS:
            raise invalid(text)

    def read(self) -> _Test:
        test = self._any()
        if self._tokens:
            raise invalid(self._text)
        return test

    def _any(self) -> _Test:
        tests = [self._all()]
        while self._takes("||"):
            tests.append(self._all())
        return tests[0] if len(tests) == 1 else lambda document: any(test(document) for test in tests)

    def _all(self) -> _Test:
        tests = [self._one()]
        while self._takes("&&"):
            tests.append(self._one())
        return tests[0] if len(tests) == 1 else lambda document: all(test(document) for test in tests)

    def _one(self) -> _Test:
        if self._takes("("):
            test = self._any()
            if not self._takes(")"):
                raise invalid(self._text)
            return test
        selector = self._next("selector")
        kind, sign = self._next()
        if (kind, sign) == ("word", "IS"):
            word = self._next("word")
            if word not in _WORDS:
                raise invalid(self._text)
            return lambda document: any(value is _WORDS[word] for value in _values(selector, document))
        if (kind, sign) == ("word", "NOT"):
            if self._next("word") != "EXISTS":
                raise invalid(self._text)
            return lambda document: not _values(selector, document)
        if kind != "sign" or sign not in ("=", "!=", *_COMPARED):
            raise invalid(self._text)
        return self._comparison(selector, sign, *self._next())

    def _comparison(self, selector: str, sign: str, kind: str, text: str) -> _Test:
        if sign in _COMPARED:
            if not _NUMBER.fullmatch(text):
                raise invalid(self._text)
            number, compare = float(text), _COMPARED[sign]
            return lambda document: any(
                compare(value, number) for value in _values(selector, document) if _is_number(value)
            )
        is_equal = self._equality(kind, text)
        if sign == "=":
            return lambda document: any(is_equal(value) for value in _values(selector, document) if _is_plain(value))

        def differs(document: Any) -> bool:
            values = _values(selector, document)
            if not values:
                raise NotKnownError(f"{selector} != {text} for a message without {selector}")
            return any(not is_equal(value) for value in values if _is_plain(value))

        return differs

    def _equality(self, kind: str, text: str) -> _Test:
        """Return what decides if a value equals the text on the right of a sign."""
        if kind == "regex":
            search = compiled(text[1:-1]).search
            return lambda value: search(_written(value)) is not None
        if kind not in ("string", "word"):
            raise invalid(self._text)
        if kind == "word" and _NUMBER.fullmatch(text):
            number = float(text)
            return lambda value: value == (number if _is_number(value) else text)
        wanted = unescaped(text[1:-1]) if kind == "string" else text
        matches = re.compile(".*".join(map(re.escape, wanted.split("*"))), re.DOTALL).fullmatch
        takes_numbers = kind == "word"
        return lambda value: (takes_numbers or isinstance(value, str)) and matches(_written(value)) is not None

    def _takes(self, sign: str) -> bool:
        if self._tokens and self._tokens[0] == ("sign", sign):
            del self._tokens[0]
            return True
        return False

    def _next(self, *kind: str) -> Any:
        """Return the next part: its text, if its kind is given, else kind and text."""
        if not self._tokens or (kind and self._tokens[0][0] not in kind):
            raise invalid(self._text)
        found = self._tokens.pop(0)
        return found[1] if kind else found


def _values(selector: str, document: Any) -> list[Any]:
    """Return the values that a selector points to."""
    found: list[Any] = [document]
    for quoted, index, wildcard, name in _STEP.findall(selector):
        following: list[Any] = []
        for value in found:
            if isinstance(value, dict):
                members = cast("dict[str, Any]", value)
                key = quoted or name
                following += members.values() if wildcard else [members[key]] if key and key in members else []
            elif isinstance(value, list):
                elements = cast("list[Any]", value)
                chosen = elements if wildcard else elements[int(index) :][:1] if index else []
                following += chosen
        found = following
    return found


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _is_plain(value: Any) -> bool:
    """Decide if a value is of the kinds that patterns compare: texts and numbers."""
    return isinstance(value, str) or _is_number(value)


def _written(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)
