"""Collects what is known about the filters of an event source mapping."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from redrive_cdk.core import known


class FilterFacts(NamedTuple):
    """The known facts about filters.

    Attributes:
        filters: Number of filters.
        patterns: The known patterns.
        no_patterns: What was given in place of filters that have a pattern.
    """

    filters: int
    patterns: tuple[str, ...]
    no_patterns: tuple[str, ...]


def filter_facts(filters: Sequence[Mapping[str, Any]] | None) -> FilterFacts:
    """Collect the facts about filters as a user gives them."""
    given = filters or ()
    # Anything but a text, or a token of one, is a pattern that was not passed through `FilterCriteria.filter`.
    raw = [each for each in given if not isinstance(each.get("pattern"), str) or len(each) > 1]
    patterns = [known.text(each.get("pattern")) for each in given]
    return FilterFacts(len(given), tuple(filter(None, patterns)), tuple(map(repr, raw)))
