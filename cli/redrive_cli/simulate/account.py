"""Counts what has become of the events of a simulation."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from redrive_simulator import Ended


class Line(NamedTuple):
    """A line of an account.

    Attributes:
        source: Where the events were sent.
        outcome: What became of them.
        place: Where they are.
        events: Their number.
        reason: The most frequent reason.
        is_lost: Whether they are lost.
    """

    source: str
    outcome: str
    place: str
    events: int
    reason: str
    is_lost: bool


def account_of(ended: Sequence[Ended]) -> list[Line]:
    """Return the account: sources and outcomes, what is lost first."""
    groups: dict[tuple[str, str, str, bool], Counter[str]] = {}
    for each in ended:
        key = (each.source, str(each.outcome), each.place, each.is_lost)
        groups.setdefault(key, Counter())[each.reason] += 1
    lines = [
        Line(source, outcome, place, reasons.total(), reasons.most_common(1)[0][0], is_lost)
        for (source, outcome, place, is_lost), reasons in groups.items()
    ]
    return sorted(lines, key=lambda each: (not each.is_lost, each.source, each.outcome))


def as_data(lines: Sequence[Line]) -> list[Mapping[str, Any]]:
    """Return an account as JSON has it."""
    return [line._asdict() for line in lines]
