"""The table that the demonstration prints: for each kind of event, where those of it have ended."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(slots=True)
class Ends:
    """The places where the events of one kind have ended.

    Attributes:
        sent: How many were sent.
        tries: How many were processed at which try.
        reasons: How many failed for good for which reason.
        problems: What is not as it should be.
    """

    sent: int = 0
    tries: Counter[int] = field(default_factory=Counter[int])
    reasons: Counter[str] = field(default_factory=Counter[str])
    problems: list[str] = field(default_factory=list[str])

    def add(self, what: str, *, done_at: int | None, reason: str | None, should_fail: bool) -> None:
        """Count one event.

        Args:
            what: What it is.
            done_at: The try at which it was processed, `None` if it was not.
            reason: Why it failed for good, `None` if it is not among those that have.
            should_fail: Whether it should be.
        """
        self.sent += 1
        if done_at is not None:
            self.tries[done_at] += 1
        if reason is not None:
            self.reasons[reason] += 1
        if (done_at is not None, reason is not None) != (not should_fail, should_fail):
            places = [place for place, found in (("processed", done_at), ("failed", reason)) if found is not None]
            why = "" if reason is None else f": {reason}"
            self.problems.append(f"{what}: {' and '.join(places) or 'UNACCOUNTED FOR'}{why}")


def show(name: str, ends: Mapping[str, Ends], *, tried: str, failed: str) -> None:
    """Print what became of each kind.

    Args:
        name: What these are.
        ends: By kind.
        tried: What a try is called: "receive", "attempt".
        failed: What has become of those that failed: "dead-lettered".
    """
    print(f"\n{name:<34} sent  processed  {f'at {tried}':<29} {failed:>14}  why")
    for kind, end in ends.items():
        tries = ", ".join(f"{times} at {number}" for number, times in sorted(end.tries.items()))
        reasons = "; ".join(reason if len(reason) <= 60 else f"{reason[:59]}…" for reason in end.reasons)
        processed, dead = end.tries.total() or "-", end.reasons.total() or "-"
        print(f"  {kind:<32} {end.sent:>4} {processed:>10}  {tries or '-':<29} {dead:>14}  {reasons}".rstrip())
