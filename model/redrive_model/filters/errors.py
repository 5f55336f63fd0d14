"""Defines the exception for patterns that AWS refuses, and shortens what its messages show."""

from __future__ import annotations

from collections.abc import Callable


class PatternError(ValueError):
    """AWS refuses the pattern. The message names the value, the rule and the remedy."""


def shown(text: str) -> str:
    """Return a text for a message, shortened."""
    return text if len(text) <= 200 else f"{text[:200]}…"


def refusal(read: Callable[[], object]) -> str | None:
    """Return why a pattern is refused; `None` if it can be read."""
    try:
        read()
    except PatternError as error:
        return str(error)
    return None
