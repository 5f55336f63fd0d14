"""Finds the successors of each entry in its lane, and chooses the track of the lane that it is drawn on.

A lane has as many tracks as things happen in it at the same time: an attempt and its retries share a track, the halves
of a split batch are on the track below.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from enum import IntEnum

from redrive_simulator.timeline.entries import NEVER, NOTHING, Entry, Kind
from redrive_simulator.timeline.history import History

_LINES = frozenset({Kind.RETRY, Kind.VISIBILITY})
_ARRIVALS = frozenset({Kind.SENT, Kind.NOTIFIED, Kind.WINDOW})


class Slot(IntEnum):
    """Vertical places in a lane."""

    STRIP = 0
    """The strip at the top: arrivals, and what never reaches an attempt."""
    LINE = 1
    """The line of a track: attempts, and what happens to an event between two attempts."""
    BELOW = 2
    """Below the line: immediate consequences of an attempt."""


def instant(time: float) -> float:
    """Round a time to the microsecond, so that times from different sums compare equal."""
    return round(time, 6)


class Threads:
    """Order of the entries in each lane.

    Args:
        rows: Number of the row of each source and lane.

    Attributes:
        entries: All entries, sorted by start.
        positions: Positions in `entries`, by number of the entry.
        rows: Row of each entry.
        begins: Start of each entry, to the microsecond.
        ends: End of each entry, to the microsecond.
        first_steps: Step within the instant at which each entry starts.
        last_steps: Step within the instant at which each entry ends.
        anchors: Position of the attempt that each entry is an immediate consequence of; else the entry's own.
        after: Successors of each entry: entries in the same lane that came next for some of its events, with the number
            of these events.
        before: Predecessors of each entry, in the same form.
        waits: Number of events of each wait, by the positions of its start and its end (`NOTHING`: it is open).
        halves: Positions of attempts whose batch was split.
    """

    def __init__(self, timeline: History, rows: Mapping[tuple[str, str], int]) -> None:
        self.entries: Sequence[Entry] = sorted(timeline.entries, key=lambda entry: (entry.time, entry.number))
        entries = self.entries
        size = len(entries)
        self.positions = {entry.number: position for position, entry in enumerate(entries)}
        self.rows = [rows[entry.source, entry.lane] for entry in entries]
        self.begins = [instant(entry.time) for entry in entries]
        self.ends = [instant(entry.end) for entry in entries]
        self.first_steps = [0] * size
        self.last_steps = [0] * size
        self.anchors = list(range(size))
        self.after: list[dict[int, int]] = [{} for _ in range(size)]
        self.before: list[dict[int, int]] = [{} for _ in range(size)]
        self.waits: dict[tuple[int, int], int] = {}
        self.halves = self._halves()
        self._waiting: dict[tuple[int, str], int] = {}
        self._latest: dict[tuple[int, str], int] = {}
        self._whereabouts: dict[str, tuple[float, int]] = {}
        self._last_of_lane: dict[int, int] = {}
        for position in range(size):
            self._take(position, timeline)
        for waiting in self._waiting.values():
            self._wait(waiting, NOTHING)

    def parent(self, position: int) -> int:
        """Return the position of an entry's parent, or `NOTHING` if the parent is not in the same lane."""
        parent = self.positions.get(self.entries[position].parent, NOTHING)
        return parent if parent != NOTHING and self.rows[parent] == self.rows[position] else NOTHING

    def is_on_line(self, position: int) -> bool:
        """Check that an entry takes room on a track."""
        return self.slot(position) is Slot.LINE and self.entries[position].kind is not Kind.RETRY

    def slot(self, position: int) -> Slot:
        """Choose the place of an entry in its lane."""
        kind = self.entries[position].kind
        if self.entries[position].is_attempt or kind is Kind.RETRY:
            return Slot.LINE
        if kind in _ARRIVALS:
            return Slot.STRIP
        if self.anchors[position] != position:
            return Slot.BELOW
        return Slot.LINE if self.before[position] else Slot.STRIP

    def steps(self) -> dict[float, int]:
        """Count the steps after the first one, for each instant that has several."""
        steps: dict[float, int] = {}
        for times, numbers in ((self.begins, self.first_steps), (self.ends, self.last_steps)):
            for time, step in zip(times, numbers, strict=True):
                if step > steps.get(time, 0):
                    steps[time] = step
        return steps

    def _halves(self) -> frozenset[int]:
        """Find attempts whose batch was split: they have a split, or parts that were tried, at least two."""
        parts: defaultdict[int, set[tuple[str, ...]]] = defaultdict(set)
        split: set[int] = set()
        for entry in self.entries:
            if entry.parent == NOTHING:
                continue
            if entry.kind is Kind.SPLIT:
                split.add(entry.parent)
            elif entry.is_attempt:
                parts[entry.parent].add(entry.events)
        numbers = split | {number for number, batches in parts.items() if len(batches) > 1}
        return frozenset(self.positions[number] for number in numbers if number in self.positions)

    def _take(self, position: int, timeline: History) -> None:
        entry = self.entries[position]
        row, ids = self.rows[position], entry.events or ("",)
        if not entry.is_attempt and entry.kind not in _ARRIVALS:
            self.anchors[position] = self._anchor(position, ids[0])
        anchor = self.anchors[position]
        if anchor == position:
            self._place(position, timeline)
        else:
            self.first_steps[position] = self.last_steps[position] = self.last_steps[anchor]
        for id in ids:
            previous = self._waiting.pop((row, id), None) if entry.kind is not Kind.SENT else None
            if previous is not None:
                self._wait(previous, position)
            if entry.until < NEVER:
                self._waiting[row, id] = position
        where = (self.ends[position], self.last_steps[position])
        for id in entry.events:
            self._whereabouts[id] = where
        if anchor == position and entry.kind not in _ARRIVALS and entry.kind not in _LINES:
            for id in ids:
                previous = self._latest.get((row, id))
                if previous is not None:
                    self.after[previous][position] = self.after[previous].get(position, 0) + 1
                    self.before[position][previous] = self.before[position].get(previous, 0) + 1
                self._latest[row, id] = position
            self._last_of_lane[row] = position

    def _anchor(self, position: int, id: str) -> int:
        """Find the entry that this one is an immediate consequence of, mostly an attempt; else this one."""
        time = self.begins[position]
        latest = self._latest.get((self.rows[position], id), NOTHING)
        for known in (self.parent(position), latest):
            if known != NOTHING and known < position and self.ends[known] == time:
                return self.anchors[known]
        if latest != NOTHING and self.begins[latest] <= time <= self.ends[latest]:
            return latest  # during the attempt
        return position

    def _place(self, position: int, timeline: History) -> None:
        """Choose the step of an entry within its instant: after the entries that it follows."""
        entry, time, row = self.entries[position], self.begins[position], self.rows[position]
        step = 0
        known = {self._latest[row, id] for id in entry.events or ("",) if (row, id) in self._latest}
        known.add(self.parent(position))
        if entry.lane and entry.kind not in _ARRIVALS:
            known.add(self._last_of_lane.get(row, NOTHING))  # a lane keeps order: one after the other
        for previous in known:
            if previous != NOTHING and previous < position and self.ends[previous] == time:
                step = max(step, self.last_steps[previous] + 1)
        for id in entry.events:
            step = max(step, self._step_at(id, time))
            event = timeline.events.get(id) if entry.kind is Kind.SENT else None
            if event is not None and event.cause is not None and event.cause in self._whereabouts:
                step = max(step, self._step_at(event.cause, time) + (self._whereabouts[event.cause][0] == time))
        self.first_steps[position] = step
        self.last_steps[position] = step if self.ends[position] == time else 0

    def _step_at(self, id: str, time: float) -> int:
        where = self._whereabouts.get(id)
        return where[1] if where is not None and where[0] == time else 0

    def _wait(self, waiting: int, ended_by: int) -> None:
        self.waits[waiting, ended_by] = self.waits.get((waiting, ended_by), 0) + 1


def tracks_of(
    threads: Threads, lefts: Sequence[float], rights: Sequence[float], most: int
) -> tuple[list[int], list[int]]:
    """Choose a track in its lane for each entry, from 0.

    Args:
        threads: Order of the entries.
        lefts: Place of the start of each entry.
        rights: Place of the end of each entry.
        most: Greatest number of tracks of a lane; further entries share tracks.

    Returns:
        Track of each entry, and position of the entry from which it continues; its own if it starts a new track.
    """
    size = len(threads.entries)
    tracks, givers = [NOTHING] * size, list(range(size))
    taken: defaultdict[int, list[float]] = defaultdict(list)
    for position in range(size):
        if not threads.is_on_line(position):
            continue
        row = taken[threads.rows[position]]
        if tracks[position] == NOTHING:
            tracks[position] = _free(row, lefts[position], most)
        track = tracks[position]
        _take(row, track, rights[position])
        goes_on = False
        for after, _ in sorted(threads.after[position].items(), key=lambda item: (-item[1], item[0])):
            if tracks[after] == NOTHING:
                if not threads.entries[after].is_attempt:
                    tracks[after] = track
                elif position in threads.halves and threads.parent(after) == position:
                    tracks[after] = min(track + 1, most - 1)
                elif not goes_on:
                    tracks[after], goes_on = track, True
                else:
                    tracks[after] = _free(row, rights[position], most)
                givers[after] = position
                _take(row, tracks[after], rights[after])
            _take(row, track, lefts[after])
    for position in range(size):
        if tracks[position] == NOTHING:
            anchor = threads.anchors[position]
            tracks[position] = max(tracks[anchor], 0)
    return tracks, givers


def _free(taken: list[float], left: float, most: int) -> int:
    """Choose the first free track, or else the one that is free first."""
    for track, until in enumerate(taken):
        if until < left:
            return track
    return len(taken) if len(taken) < most else taken.index(min(taken))


def _take(taken: list[float], track: int, until: float) -> None:
    while len(taken) <= track:
        taken.append(-1.0)
    taken[track] = max(taken[track], until)
