"""Provides what all filter patterns of CloudWatch Logs have in common: texts, regular expressions, errors.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntax.html#regex-expressions
"""

from __future__ import annotations

import re
from collections.abc import Callable

from redrive_simulator.services.refusals import Refused

#: Decides if a message matches.
Matches = Callable[[str], bool]

# Of a regular expression: letters, digits, symbols and operators; brackets of groups are not supported.
_EXPRESSION = re.compile(r"[A-Za-z0-9\s:_#=@/;,\-^$?\[\]{}|\\*+.]*")


class NotKnownError(Exception):
    """A pattern is valid, but the simulator does not know what it matches."""


def unescaped(text: str) -> str:
    """Return the text of a term in quotes."""
    return re.sub(r"\\(.)", r"\1", text)


def compiled(expression: str) -> re.Pattern[str]:
    """Return a regular expression of a pattern, or refuse it."""
    if not _EXPRESSION.fullmatch(expression):
        raise invalid(f"Invalid regex: {expression}")
    try:
        return re.compile(expression, re.ASCII)
    except re.error as error:
        raise invalid(f"Invalid regex: {expression}: {error}") from None


def invalid(reason: str) -> Refused:
    """Return the error for a pattern that violates the syntax."""
    return Refused("InvalidParameterException", f"Invalid filter pattern: {reason}")
