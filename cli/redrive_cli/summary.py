"""Sums up failures by place, kind and reason, and by anything against time. All of it is pure."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from redrive_cli.failures.found import Found, iso
from redrive_cli.failures.reader import Counts
from redrive_cli.places.place import Place

By = Literal["reason", "type", "function", "hour"]


@dataclass(slots=True)
class Group:
    """Failures with one kind, reason and error type, or with one value of what they are grouped by.

    Attributes:
        count: How many.
        first: The earliest time of one.
        last: The latest.
        times: How many in each minute since the epoch.
    """

    count: int = 0
    first: datetime | None = None
    last: datetime | None = None
    times: Counter[int] = field(default_factory=Counter[int])

    def add(self, at: datetime | None) -> None:
        """Add a failure."""
        self.count += 1
        if at is None:
            return
        self.first = at if self.first is None else min(self.first, at)
        self.last = at if self.last is None else max(self.last, at)
        self.times[int(at.timestamp() // 60)] += 1

    def spread(self, start: datetime, end: datetime, parts: int) -> list[int]:
        """Return how many failures there are in each part of a period."""
        first, last = start.timestamp() // 60, end.timestamp() // 60
        found = [0] * parts
        for minute, number in self.times.items():
            share = (minute - first) / (last - first) if last > first else 0
            found[min(parts - 1, max(0, int(share * parts)))] += number
        return found


@dataclass(slots=True)
class PlaceSummary:
    """The content of a place.

    Attributes:
        place: The place.
        counts: Its counts before it was looked at.
        seen: How many failures were seen.
        groups: The failures by kind, reason and error type, without those that are not understood.
        not_understood: How many are not understood, by the reason.
        oldest: The earliest time of what was seen.
        note: What a person should know of the look.
        passed_over: How many were seen that were not asked for.
    """

    place: Place
    counts: Counts
    seen: int = 0
    groups: dict[tuple[str, str, str], Group] = field(default_factory=dict[tuple[str, str, str], Group])
    not_understood: Counter[str] = field(default_factory=Counter[str])
    oldest: datetime | None = None
    note: str = ""
    passed_over: int = 0

    def add(self, found: Found) -> None:
        """Add a failure that was seen and asked for."""
        self.seen += 1
        at = found.at
        if at is not None:
            self.oldest = at if self.oldest is None else min(self.oldest, at)
        if found.failure is None:
            self.not_understood[found.why_not] += 1
            return
        key = (found.kind, found.reason or "", found.failure.error_type or "")
        self.groups.setdefault(key, Group()).add(at)

    @property
    def unseen(self) -> int:
        """The number of failures that could have been seen and were not, as far as the counts are right."""
        return max(0, self.counts.total - self.counts.in_flight - self.counts.delayed - self.seen - self.passed_over)

    def sorted_groups(self) -> list[tuple[tuple[str, str, str], Group]]:
        """Return the groups, the largest first."""
        return sorted(self.groups.items(), key=lambda each: (-each[1].count, each[0]))

    def as_json(self) -> dict[str, Any]:
        """Return the summary as JSON values."""
        return {
            "place": self.place.name,
            "where": self.place.key,
            "kind": self.place.kind,
            "count": self.counts.total,
            "in_flight": self.counts.in_flight,
            "delayed": self.counts.delayed,
            "seen": self.seen,
            "unseen": self.unseen,
            "not_selected": self.passed_over,
            "oldest": iso(self.oldest),
            "groups": [
                {
                    "kind": kind,
                    "reason": reason or None,
                    "error_type": error or None,
                    "count": group.count,
                    "oldest": iso(group.first),
                    "newest": iso(group.last),
                }
                for (kind, reason, error), group in self.sorted_groups()
            ],
            "not_understood": sum(self.not_understood.values()),
        }


class OverTime:
    """Counts failures by one of their facts, against time: an outage is a peak of many, a bug goes on for few.

    Args:
        by: What to group by.
    """

    def __init__(self, by: By) -> None:
        self._by = by
        self.groups: dict[str, Group] = {}

    def add(self, found: Found) -> None:
        """Add a failure."""
        self.groups.setdefault(self._value(found), Group()).add(found.at)

    def sorted_groups(self) -> list[tuple[str, Group]]:
        """Return the groups: hours in order, others with the largest first."""
        if self._by == "hour":
            return sorted(self.groups.items())
        return sorted(self.groups.items(), key=lambda each: (-each[1].count, each[0]))

    def period(self) -> tuple[datetime, datetime] | None:
        """Return the first and the last time of all; `None` if no failure has a time."""
        firsts = [each.first for each in self.groups.values() if each.first is not None]
        lasts = [each.last for each in self.groups.values() if each.last is not None]
        return (min(firsts), max(lasts) + timedelta(minutes=1)) if firsts and lasts else None

    def as_json(self) -> list[dict[str, Any]]:
        """Return the groups as JSON values, with the number of failures in each hour."""
        return [
            {
                self._by: value,
                "count": group.count,
                "first": iso(group.first),
                "last": iso(group.last),
                "hours": _hours(group.times),
            }
            for value, group in self.sorted_groups()
        ]

    def _value(self, found: Found) -> str:
        if self._by == "hour":
            at = found.at
            return "unknown" if at is None else f"{at.astimezone(UTC):%Y-%m-%dT%H:00Z}"
        if self._by == "reason":
            return found.reason or "unknown"
        failure = found.failure
        value = None if failure is None else failure.error_type if self._by == "type" else failure.failed_function
        return value or "unknown"


def _hours(minutes: Counter[int]) -> dict[str, int]:
    hours: Counter[int] = Counter()
    for minute, number in minutes.items():
        hours[minute // 60] += number
    return {f"{datetime.fromtimestamp(hour * 3600, UTC):%Y-%m-%dT%H:00Z}": hours[hour] for hour in sorted(hours)}
