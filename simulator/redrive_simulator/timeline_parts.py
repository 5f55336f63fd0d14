"""What of a large timeline is shown one by one, and what is only counted."""

from __future__ import annotations

from collections import Counter
from typing import NamedTuple

from redrive_simulator.timeline import ATTEMPTS, Entry, Kind, Timeline
from redrive_simulator.timeline_words import LOSSES, ROUTINE, is_trouble


class Counted(NamedTuple):
    """Entries that are only counted.

    Attributes:
        source: Their source.
        lane: Their lane.
        kind: Their kind.
        start: When the first of them was.
        end: When the last of them was over.
        number: How many they are.
    """

    source: str
    lane: str
    kind: Kind
    start: float
    end: float
    number: int


def most_telling(timeline: Timeline, most: int) -> Timeline:
    """The part of a timeline that tells the most, of a size that can be drawn.

    Losses come first, then what else is not routine, then the routine of events that had trouble (and of what came from
    them); of what weighs the same, the earlier. Then the routine of the others, a kind at a time, of which all is kept
    or nothing: a kind that ceased in the middle would look as if it had ended there.

    Args:
        timeline: The timeline.
        most: The most entries.

    Returns:
        The part, whose entries keep their numbers and their order; the timeline itself if it is not larger.
    """
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
    return Timeline([timeline.entries[index] for index in kept], timeline.events, timeline.title)


_ROUTINE = 4
_KINDS = {kind: _ROUTINE + (kind is not Kind.SUCCEEDED) * (number + 1) for number, kind in enumerate(sorted(ROUTINE))}


def _weight(entry: Entry, troubled: set[str]) -> int:
    if entry.kind in LOSSES:
        return 0
    if is_trouble(entry.kind) or entry.kind in (Kind.DEAD_LETTERED, Kind.DESTINATION):
        return 1
    if not troubled.isdisjoint(entry.events):
        # A sent record is one of a batch: the attempt tells more.
        return 2 if entry.kind in ATTEMPTS or entry.kind not in ROUTINE else 3
    return _KINDS.get(entry.kind, _ROUTINE - 1)


def counted(timeline: Timeline, shown: Timeline, slices: int = 200) -> list[Counted]:
    """What of a timeline is not shown one by one, counted by lane, kind and slice of time.

    Args:
        timeline: The timeline.
        shown: The part that is shown.
        slices: How many slices.
    """
    if len(shown) == len(timeline):
        return []
    known = {entry.number for entry in shown.entries}
    start = min(entry.time for entry in timeline.entries)
    size = max((timeline.end - start) / slices, 1e-9)
    groups: dict[tuple[str, str, Kind, int], list[Entry]] = {}
    for entry in timeline.entries:
        if entry.number not in known:
            key = (entry.source, entry.lane, entry.kind, min(int((entry.time - start) / size), slices - 1))
            groups.setdefault(key, []).append(entry)
    return [
        Counted(*key[:3], min(entry.time for entry in group), max(entry.end for entry in group), len(group))
        for key, group in groups.items()
    ]


class LaneCut(NamedTuple):
    """Lanes for which there was no room.

    Attributes:
        lanes: How many.
        entries: How many entries they have.
        losses: How many of these are losses.
    """

    lanes: int
    entries: int
    losses: int


def main_lanes(timeline: Timeline, most: int) -> tuple[Timeline, LaneCut]:
    """The lanes that tell the most: those with losses first, then those with the most trouble.

    Args:
        timeline: The timeline.
        most: The most lanes.

    Returns:
        The part of the timeline in these lanes, and what was left out.
    """
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
