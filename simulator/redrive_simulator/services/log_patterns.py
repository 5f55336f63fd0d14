"""Reads the filter patterns of CloudWatch Logs: terms and regular expressions; those for JSON have a file of their own.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntax.html
"""

from __future__ import annotations

import re
from functools import lru_cache

from redrive_simulator.services.log_json_patterns import read_json
from redrive_simulator.services.log_pattern_parts import Matches, NotKnownError, compiled, invalid, unescaped
from redrive_simulator.services.refusals import Refused

_TERM = re.compile(r"""([?-]?)(?:"((?:[^"\\]|\\.)*)"|%([^%]*)%|([^\s"%]+))(?=\s|$)""")
_PLAIN = re.compile(r"\w+")


@lru_cache
def read(pattern: str) -> Matches:
    """Return what decides if a message matches a pattern.

    Args:
        pattern: The pattern. Empty: all messages match.

    Raises:
        Refused: CloudWatch Logs refuses the pattern.
        NotKnownError: The pattern is for fields that are separated by spaces.
    """
    text = pattern.strip()
    if text.startswith("["):
        raise NotKnownError("a pattern for fields that are separated by spaces")
    if text.startswith("{"):
        return read_json(text)
    return _read_terms(text)


def _read_terms(text: str) -> Matches:
    needed: list[Matches] = []
    optional: list[Matches] = []
    position = 0
    while position < len(text):
        match = _TERM.match(text, position)
        if match is None:
            raise invalid(text)
        sign, quoted, expression, plain = match.groups()
        found = _term(quoted, expression, plain)
        if sign == "?":
            optional.append(found)
        else:
            needed.append(_without(found) if sign == "-" else found)
        position = match.end()
        while position < len(text) and text[position].isspace():
            position += 1
    if optional and not needed:
        return lambda message: any(found(message) for found in optional)
    return lambda message: all(found(message) for found in needed)  # beside other terms, optional ones are ignored


def _term(quoted: str | None, expression: str | None, plain: str | None) -> Matches:
    if expression is not None:
        search = compiled(expression).search
        return lambda message: search(message) is not None
    if plain is not None and not _PLAIN.fullmatch(plain):
        raise Refused("InvalidParameterException", f"Invalid character(s) in term '{plain}'")
    term = plain if quoted is None else unescaped(quoted)
    if term is None or not term.strip():  # `" "` is everything
        return lambda message: True
    return lambda message: term in message


def _without(found: Matches) -> Matches:
    return lambda message: not found(message)
