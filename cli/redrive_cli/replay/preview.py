"""Looks at what a replay would do, before anybody is asked."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from redrive_cli.failures.found import Found
from redrive_cli.replay.destination import Destination, Unknown
from redrive_cli.replay.plan import Plan
from redrive_cli.replay.rest import Rest

#: Failures of each place that are looked at.
LOOK = 500
SAMPLES = 3
#: Events a second that a replay sends about, if nothing limits it.
PACE = 300


@dataclass(slots=True)
class Preview:
    """The result of a look.

    Attributes:
        matched: How many of the seen are selected.
        seen: How many were looked at.
        total: How many there are, as far as the places know.
        samples: Some of the selected.
        destinations: How many go where.
        unknown: How many have no known destination, by the reason.
        held_back: Ids of what was brought back too often.
        in_doubt: Ids of what an interrupted replay may have sent.
        not_understood: How many are not understood.
        latest: The latest failure.
    """

    matched: int = 0
    seen: int = 0
    total: int = 0
    samples: list[Found] = field(default_factory=list[Found])
    destinations: Counter[Destination] = field(default_factory=Counter[Destination])
    unknown: Counter[str] = field(default_factory=Counter[str])
    held_back: list[str] = field(default_factory=list[str])
    in_doubt: list[str] = field(default_factory=list[str])
    not_understood: int = 0
    latest: datetime | None = None

    def add(
        self, seen: Iterable[Found], plan: Plan, resolve: Callable[[Found], Destination | Unknown], rest: Rest
    ) -> list[Found]:
        """Add what was seen in a place, and return what is selected of it."""
        selected: list[Found] = []
        for found in seen:
            self.seen += 1
            verdict = plan.selection.verdict(found)
            if verdict == "held_back":
                self.held_back.append(found.id)
            if verdict == "not_understood":
                self.not_understood += 1
            if verdict != "selected" or (plan.limit is not None and self.matched >= plan.limit):
                continue
            to = plan.to or resolve(found)
            if isinstance(to, Unknown):
                self.unknown[to.why] += 1
                continue
            if plan.selection.in_doubt is None and rest.is_in_doubt(found.id, to):
                self.in_doubt.append(found.id)
                continue
            self.matched += 1
            self.destinations[to] += 1
            selected.append(found)
            if len(self.samples) < SAMPLES:
                self.samples.append(found)
            at = found.at
            if at is not None and (self.latest is None or at > self.latest):
                self.latest = at
        return selected

    @property
    def unseen(self) -> int:
        """The number of failures that were not looked at."""
        return max(0, self.total - self.seen)

    def expected(self, plan: Plan) -> int:
        """Return how many events will be brought back, as far as that can be told."""
        most = self.matched + (self.unseen if plan.selection.is_everything else 0)
        return most if plan.limit is None else min(most, plan.limit)

    def seconds(self, plan: Plan) -> float:
        """Return how long it will take about."""
        return self.expected(plan) / (plan.rate or PACE)

    def as_json(self, plan: Plan, obstacles: Sequence[str]) -> dict[str, Any]:
        """Return the preview as JSON values."""
        return {
            "matched": self.matched,
            "seen": self.seen,
            "total": self.total,
            "expected": self.expected(plan),
            "seconds": round(self.seconds(plan), 1),
            "destinations": [
                {"kind": to.kind, "name": to.name, "count": number} for to, number in self.destinations.most_common()
            ],
            "without_destination": [{"why": why, "count": number} for why, number in self.unknown.most_common()],
            "held_back": self.held_back,
            "in_doubt": self.in_doubt,
            "not_understood": self.not_understood,
            "samples": [each.id for each in self.samples],
            "obstacles": list(obstacles),
        }
