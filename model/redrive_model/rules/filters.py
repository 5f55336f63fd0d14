"""Rules for the filters of an event source mapping, of queues and of streams."""

from __future__ import annotations

from typing import Protocol

from redrive_model import limits


class Filtered(Protocol):
    """What is known about the filters of a mapping."""

    @property
    def filters(self) -> int:
        """Number of filters."""
        ...

    @property
    def longest_pattern(self) -> int:
        """Length of the longest pattern in characters."""
        ...

    @property
    def no_patterns(self) -> tuple[str, ...]:
        """What was given in place of filters that have a pattern."""
        ...


def filters_fit(facts: Filtered) -> str | None:
    """A mapping has at most 10 filters, and a pattern at most 4,096 characters.

    https://docs.aws.amazon.com/lambda/latest/dg/invocation-eventfiltering.html
    """
    if facts.filters > limits.MOST_FILTERS:
        return f"{facts.filters:,} filters: a mapping has at most {limits.MOST_FILTERS}; give fewer, with more in each"
    if facts.longest_pattern > limits.LONGEST_PATTERN:
        return (
            f"a filter's pattern has {facts.longest_pattern:,} characters: Lambda takes {limits.LONGEST_PATTERN:,}; "
            "give a shorter one"
        )
    return None


def filters_have_patterns(facts: Filtered) -> str | None:
    """A filter is an object with a pattern as JSON text; the CDK drops everything else without a word.

    https://docs.aws.amazon.com/lambda/latest/api/API_Filter.html
    """
    for given in facts.no_patterns:
        shown = given if len(given) <= 200 else f"{given[:200]}…"
        return (
            f"the filter {shown} has no pattern: the template gets an empty filter in its place, and it is not "
            "applied; give lambda_.FilterCriteria.filter(…) of it, or a Pattern in a template"
        )
    return None


def filters_need_a_quota(facts: Filtered) -> str | None:
    """More than 5 filters need a higher quota.

    https://docs.aws.amazon.com/lambda/latest/dg/invocation-eventfiltering.html
    """
    if not limits.USUAL_FILTERS < facts.filters <= limits.MOST_FILTERS:
        return None
    return (
        f"{facts.filters} filters: without a quota increase, Lambda takes {limits.USUAL_FILTERS} and refuses the "
        "mapping; give fewer, or acknowledge this if the account has the quota"
    )
