"""Selects the entries of a large timeline that are shown one by one, and counts the others."""

from __future__ import annotations

from collections import Counter
from typing import NamedTuple, TypeVar

from redrive_simulator.timeline.entries import ATTEMPTS, Entry, Kind
from redrive_simulator.timeline.history import History
from redrive_simulator.timeline.words import LOSSES, ROUTINE, is_trouble

Selected = TypeVar("Selected", bound=History)


class Counted(NamedTuple):
    """Entries of one lane, kind and slice of time that are only counted.

    Attributes:
        start: Time at which the first one began, of any kind in the lane and slice: what stands for them has one place.
        end: Time at which the last one of these began.
        number: Number of entries.
    """

    source: str
    lane: str
    kind: Kind
    start: float
    end: float
    number: int


def told_once(timeline: Selected) -> Selected:
    """Leave out changes of the visibility that a helper has made for a retry, which has an entry of its own."""
    retries = {(entry.events, entry.until) for entry in timeline.entries if entry.kind is Kind.RETRY}
    return timeline.where(lambda entry: entry.kind is not Kind.VISIBILITY or (entry.events, entry.until) not in retries)


def most_important(timeline: History, most: int) -> History:
    """Select at most `most` entries: losses, other trouble, entries of events in trouble, then normal operation."""
    # Of entries with the same weight, earlier ones come first. Normal operation of other events is kept or left out a
    # kind at a time: a kind that stopped in the middle would look as if it had ended there.
    if len(timeline) <= most:
        return timeline
    troubled: set[str] = set()
    for entry in timeline.entries:
        if is_trouble(entry.kind):
            troubled.update(entry.events)
    for event in timeline.events.values():
        if event.cause in troubled:
            troubled.add(event.id)
    weights = [_weight(entry, troubled) for entry in timeline.entries]
    numbers = Counter(weights)
    room, whole = most, set[int]()
    for weight in sorted(numbers):
        if weight >= _ROUTINE and numbers[weight] > room:
            continue
        whole.add(weight)
        room = max(0, room - numbers[weight])
    order = sorted((weight, index) for index, weight in enumerate(weights) if weight in whole)
    kept = sorted(index for _, index in order[:most])
    return History([timeline.entries[index] for index in kept], timeline.events, timeline.title)


_ROUTINE = 4
_KINDS = {kind: _ROUTINE + (kind is not Kind.SUCCEEDED) * (number + 1) for number, kind in enumerate(sorted(ROUTINE))}


def _weight(entry: Entry, troubled: set[str]) -> int:
    if entry.kind in LOSSES:
        return 0
    if is_trouble(entry.kind) or entry.kind in (Kind.DEAD_LETTERED, Kind.DESTINATION, Kind.SET_ASIDE):
        return 1
    if not troubled.isdisjoint(entry.events):
        # An attempt says more than the arrival of one of its records.
        return 2 if entry.kind in ATTEMPTS or entry.kind not in ROUTINE else 3
    return _KINDS.get(entry.kind, _ROUTINE - 1)


def counted(timeline: History, shown: History, slices: int = 200) -> list[Counted]:
    """Count the entries of a timeline that are not in `shown`, by lane, kind and slice of time."""
    if len(shown) == len(timeline):
        return []
    known = {entry.number for entry in shown.entries}
    start = min(entry.time for entry in timeline.entries)
    size = max((timeline.end - start) / slices, 1e-9)
    groups: dict[tuple[str, str, int], list[Entry]] = {}
    for entry in timeline.entries:
        if entry.number not in known:
            key = (entry.source, entry.lane, min(int((entry.time - start) / size), slices - 1))
            groups.setdefault(key, []).append(entry)
    found: list[Counted] = []
    for (source, lane, _), group in groups.items():
        first, last = min(entry.time for entry in group), max(entry.time for entry in group)
        numbers = Counter(entry.kind for entry in group)
        found += [Counted(source, lane, kind, first, last, number) for kind, number in numbers.items()]
    return found


class LaneCut(NamedTuple):
    """Numbers of lanes that had no room, of their entries, and of the losses among these."""

    lanes: int
    entries: int
    losses: int


def main_lanes(timeline: History, most: int) -> tuple[History, LaneCut]:
    """Select at most `most` lanes, those with losses and the most trouble first, and count what is left out."""
    lanes = timeline.lanes
    if len(lanes) <= most:
        return timeline, LaneCut(0, 0, 0)
    lost, trouble = Counter[tuple[str, str]](), Counter[tuple[str, str]]()
    for entry in timeline.entries:
        lane = (entry.source, entry.lane)
        lost[lane] += entry.kind in LOSSES
        trouble[lane] += is_trouble(entry.kind)
    order = sorted(range(len(lanes)), key=lambda index: (-lost[lanes[index]], -trouble[lanes[index]], index))
    kept = {lanes[index] for index in order[:most]}
    part = timeline.where(lambda entry: (entry.source, entry.lane) in kept)
    left = [lanes[index] for index in order[most:]]
    return part, LaneCut(len(left), len(timeline) - len(part), sum(lost[lane] for lane in left))
