"""Rules for the filters of an event source mapping, of queues and of streams."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

from redrive_model import limits
from redrive_model.filters import records
from redrive_model.filters.errors import PatternError, shown
from redrive_model.filters.patterns import Pattern

#: Operators that AWS documents for event buses and topics, and not for mappings.
_UNDOCUMENTED = frozenset({"cidr", "wildcard"})
_OF_ITEMS = ("dynamodb.Keys.", "dynamodb.NewImage.", "dynamodb.OldImage.")


class Filtered(Protocol):
    """Known facts about the filters of a mapping."""

    @property
    def filters(self) -> int:
        """Number of filters."""
        ...

    @property
    def patterns(self) -> tuple[str, ...]:
        """The known patterns."""
        ...

    @property
    def data_key(self) -> records.DataKey:
        """Member of a record with the data that the filters see."""
        ...

    @property
    def no_patterns(self) -> tuple[str, ...]:
        """Return the values that were given in place of filters with a pattern."""
        ...


def filters_fit(facts: Filtered) -> str | None:
    """A mapping has at most 10 filters, and a pattern at most 4,096 characters.

    https://docs.aws.amazon.com/lambda/latest/dg/invocation-eventfiltering.html
    """
    if facts.filters > limits.MOST_FILTERS:
        return f"{facts.filters:,} filters: a mapping has at most {limits.MOST_FILTERS}; give fewer, with more in each"
    longest = max(map(len, facts.patterns), default=0)
    if longest > limits.LONGEST_PATTERN:
        return (
            f"a filter's pattern has {longest:,} characters: Lambda takes {limits.LONGEST_PATTERN:,}; "
            "give a shorter one"
        )
    return None


def filters_are_valid(facts: Filtered) -> str | None:
    """Lambda refuses a filter whose pattern is no event pattern.

    https://docs.aws.amazon.com/lambda/latest/dg/invocation-eventfiltering.html
    """
    for pattern in facts.patterns:
        refusal = records.check(pattern, facts.data_key)
        if refusal is not None:
            return f"Lambda refuses the filter {shown(pattern)}: {refusal}"
    return None


def filters_have_patterns(facts: Filtered) -> str | None:
    """A filter is an object with a pattern as JSON text; the CDK drops everything else without a word.

    https://docs.aws.amazon.com/lambda/latest/api/API_Filter.html
    """
    for given in facts.no_patterns:
        return (
            f"the filter {shown(given)} has no pattern: the template gets an empty filter in its place, and it is not "
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


def filters_use_documented_operators(facts: Filtered) -> str | None:
    """AWS documents `wildcard` for event buses only, and does not list `cidr` among the operators of filters.

    https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-pattern-operators.html
    """
    for text, pattern in _valid(facts):
        for name in sorted(pattern.operators & _UNDOCUMENTED):
            return (
                f"the filter {shown(text)} uses {name}: AWS documents it for rules of event buses, and Lambda may "
                "refuse the mapping; use prefix or suffix, or acknowledge this if a deployment has shown that it works"
            )
    return None


def filters_compare_no_numbers_of_tables(facts: Filtered) -> str | None:
    """The numbers of items are texts in the records of a table's stream, which numeric operators never match.

    https://docs.aws.amazon.com/lambda/latest/dg/with-ddb-filtering.html
    """
    if facts.data_key != "dynamodb":
        return None
    for text, pattern in _valid(facts):
        for condition in (each for branch in pattern.branches for each in branch):
            if condition.path.startswith(_OF_ITEMS) and any(rule.operator == "numeric" for rule in condition.rules):
                return (
                    f'the filter {shown(text)} compares "{condition.path}" with numeric: numbers of items are texts in '
                    "a table's stream, and numeric matches none of them; give the number as a text, or decide in the "
                    "function"
                )
    return None


def _valid(facts: Filtered) -> Iterator[tuple[str, Pattern]]:
    """Yield the texts of patterns that Lambda takes, with the patterns."""
    for text in facts.patterns:
        try:
            yield text, records.read(text, facts.data_key)
        except PatternError:
            continue
