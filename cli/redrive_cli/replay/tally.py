"""Counts what became of the failures of a replay."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Lock
from typing import Any, Literal

#: Names of the counts. `replayed`: sent and confirmed. `deleted`: removed from its place. `already_sent`: sent by an
#: interrupted run, so only deleted. `failed_again`: the function failed with it again. `not_sent`: it stays where it
#: was. `in_doubt`: it may have been sent and stays where it was; only `--in-doubt` sends it again. `not_deleted`: sent,
#: but still in its place; the next run deletes it without sending it. `held_back`: brought back too often before.
#: `gone`: records that their stream no longer has.
Count = Literal[
    "seen",
    "replayed",
    "deleted",
    "already_sent",
    "failed_again",
    "not_sent",
    "in_doubt",
    "not_deleted",
    "held_back",
    "not_understood",
    "not_selected",
    "gone",
]
COUNTS: tuple[Count, ...] = (
    *("seen", "replayed", "deleted", "already_sent", "failed_again", "not_sent", "in_doubt", "not_deleted"),
    *("held_back", "not_understood", "not_selected", "gone"),
)
#: Fewest replayed events after which a share of failures says something.
_ENOUGH = 10


@dataclass(slots=True)
class Tally:
    """The counts, from all threads.

    Attributes:
        counts: By name.
        problems: Reasons why something was not sent, deleted or understood, with how often each occurred.
        held_back: Ids of what was held back.
        in_doubt: Ids of what may have been sent.
        stopped: Why the run ended before its end; empty if it did not.
    """

    counts: Counter[Count] = field(default_factory=Counter[Count])
    problems: Counter[str] = field(default_factory=Counter[str])
    held_back: list[str] = field(default_factory=list[str])
    in_doubt: list[str] = field(default_factory=list[str])
    stopped: str = ""
    on_change: Callable[[], None] = lambda: None
    _lock: Lock = field(default_factory=Lock)

    def add(self, name: Count, number: int = 1, why: str = "") -> None:
        """Add to a count, with the reason if it is a problem."""
        with self._lock:
            self.counts[name] += number
            if why:
                self.problems[why] += number
        self.on_change()

    def stop(self, why: str) -> None:
        """Remember why the run ends; the first reason stays."""
        with self._lock:
            self.stopped = self.stopped or why

    def has_failed_too_often(self, share: float | None) -> bool:
        """Return whether more than a share of what was replayed has failed again."""
        if share is None:
            return False
        tried = self.counts["replayed"] + self.counts["failed_again"]
        return tried >= _ENOUGH and self.counts["failed_again"] >= share * self.counts["replayed"] > 0

    def as_json(self) -> dict[str, Any]:
        """Return the counts as JSON values."""
        return {
            **{name: self.counts[name] for name in COUNTS},
            "stopped": self.stopped or None,
            "problems": [{"why": why, "count": number} for why, number in self.problems.most_common()],
        }
