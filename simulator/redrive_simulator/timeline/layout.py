"""Lays a history out for drawing: rows, marks, lines and links, with their places from left to right."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from redrive_simulator.timeline.axis import Axis
from redrive_simulator.timeline.entries import NOTHING, Entry, Kind
from redrive_simulator.timeline.history import History
from redrive_simulator.timeline.threads import Slot, Threads, instant, tracks_of

_ARRIVES = frozenset({Kind.DEAD_LETTERED, Kind.DESTINATION, Kind.SET_ASIDE, Kind.NOTIFIED})


class Row(NamedTuple):
    """A lane of a source, or a place to which events went.

    Attributes:
        source: Name of the source or place.
        tracks: Number of tracks.
        has_strip: True if it has a strip at the top.
    """

    source: str
    lane: str
    tracks: int
    has_strip: bool


class Spot(NamedTuple):
    """Place of an entry.

    Attributes:
        row: Number of the row.
        track: Number of the track in the row.
        left: Start of the entry.
        x: End of the entry, where its mark is.
    """

    row: int
    track: int
    slot: Slot
    left: float
    x: float


class Line(NamedTuple):
    """A wait, or a connection from an attempt to the next one.

    Attributes:
        position: Position of the entry that waits, or of the attempt at the start of a connection.
        row: Number of the row.
        start: Place and track of the start.
        track: Track of the part between start and end.
        end: Place and track of the end.
        due: Place at which the wait is over; the rest is a connection. The start, if all of it is a connection.
        events: Number of events.
        is_open: True if the wait continues after the end of the drawing.
    """

    position: int
    row: int
    start: tuple[float, int]
    track: int
    end: tuple[float, int]
    due: float
    events: int
    is_open: bool = False


class Arrival(NamedTuple):
    """Arrival of events at a place that has no entry for them.

    Attributes:
        position: Position of the entry that moved them.
        row: Number of the place's row.
    """

    position: int
    row: int
    x: float


class Link(NamedTuple):
    """An arrow from a cause to its effect in another lane.

    Attributes:
        cause: Position of an entry.
        effect: Position of an entry; `NOTHING` if the effect is an arrival.
        arrival: Number of the arrival; `NOTHING` if the effect is an entry.
    """

    cause: int
    effect: int
    arrival: int = NOTHING


class Layout:
    """Places of everything that a drawing of a history shows.

    Args:
        width: Width of the axis.
        most_tracks: Greatest number of tracks of a lane.
        lanes: More lanes, besides those of the timeline.
        times: More times for the axis, besides those of the timeline.

    Attributes:
        entries: All entries, sorted by start.
        positions: Positions in `entries`, by number of the entry.
        rows: Lanes, and places to which events went.
        spots: Place of each entry, in the order of `entries`.
        lines: Waits and connections.
    """

    def __init__(
        self,
        timeline: History,
        *,
        width: float = 1000.0,
        most_tracks: int = 12,
        lanes: Iterable[tuple[str, str]] = (),
        times: Iterable[float] = (),
    ) -> None:
        names = _rows_of(timeline, lanes)
        threads = Threads(timeline, names)
        self.entries: Sequence[Entry] = threads.entries
        self.positions = threads.positions
        on_line = [time for position, time in enumerate(threads.ends) if threads.is_on_line(position)]
        self.axis = Axis({*_times(threads), *map(instant, times)}, threads.steps(), width, apart=on_line)
        at = self.axis.at
        lefts = [at(time, step) for time, step in zip(threads.begins, threads.first_steps, strict=True)]
        rights = [at(time, step) for time, step in zip(threads.ends, threads.last_steps, strict=True)]
        tracks, givers = tracks_of(threads, lefts, rights, most_tracks)
        self.spots = [
            Spot(threads.rows[position], tracks[position], threads.slot(position), lefts[position], rights[position])
            for position in range(len(self.entries))
        ]
        self.lines = [*self._waits(threads, givers), *self._connections(threads, givers)]
        self.arrivals: list[Arrival] = []
        self.links: list[Link] = []
        self._connect(timeline, names)
        self.rows = self._with_heights(list(names))

    def _waits(self, threads: Threads, givers: Sequence[int]) -> list[Line]:
        lines: list[Line] = []
        last = max(threads.ends, default=0.0)
        for (waiting, after), events in threads.waits.items():
            entry, spot = self.entries[waiting], self.spots[waiting]
            until = instant(entry.until)
            if after == NOTHING:
                x = self.axis.at(min(until, last))
                end = (max(x, spot.x), spot.track)
                lines.append(
                    Line(waiting, spot.row, (spot.x, spot.track), spot.track, end, end[0], events, until > last)
                )
                continue
            ended = self.spots[after]
            start = spot.track if spot.slot is not Slot.STRIP else ended.track
            # The wait stays on its track if another wait replaces it, or if the events end there.
            target = ended.track if threads.is_on_line(after) else start
            due = ended.left if until >= threads.begins[after] else self.axis.at(until)
            is_forked = target != start and givers[after] == threads.anchors[waiting]
            lines.append(
                Line(
                    waiting,
                    spot.row,
                    (spot.x, start),
                    target if is_forked else start,
                    (max(ended.left, spot.x), target),
                    max(due, spot.x),
                    events,
                )
            )
        return lines

    def _connections(self, threads: Threads, givers: Sequence[int]) -> list[Line]:
        """Connect each attempt with the entries that came next, unless a wait does so already."""
        waited = {(threads.anchors[waiting], after) for waiting, after in threads.waits}
        lines: list[Line] = []
        for position, spot in enumerate(self.spots):
            for after, events in threads.after[position].items():
                if (position, after) in waited:
                    continue
                to = self.spots[after]
                track = to.track if givers[after] == position and to.track < spot.track else spot.track
                lines.append(Line(position, spot.row, (spot.x, spot.track), track, (to.left, to.track), spot.x, events))
        return lines

    def _connect(self, timeline: History, names: dict[tuple[str, str], int]) -> None:
        """Link causes to effects: by the place to which events went, or else by the attempt that ran at the time."""
        effects: defaultdict[tuple[str, float, str], list[int]] = defaultdict(list)
        causes: set[str] = set()
        for position, entry in enumerate(self.entries):
            if entry.kind is Kind.SENT:
                for id in entry.events:
                    event = timeline.events.get(id)
                    if event is not None and event.cause is not None:
                        effects[entry.source, instant(entry.time), event.cause].append(position)
                        causes.add(event.cause)
        linked: set[int] = set()
        known: defaultdict[str, list[int]] = defaultdict(list)
        for position, entry in enumerate(self.entries):
            for id in entry.events:
                if id in causes:
                    known[id].append(position)
            if entry.kind in _ARRIVES and entry.place:
                time = instant(entry.time)
                found = [effect for id in entry.events for effect in effects.get((entry.place, time, id), ())]
                found = [effect for effect in found if effect not in linked]
                linked.update(found)
                self.links += [Link(position, effect) for effect in found]
                if not found:
                    row = names[_row_of_place(names, entry.place)]
                    self.links.append(Link(position, NOTHING, len(self.arrivals)))
                    self.arrivals.append(Arrival(position, row, self.spots[position].x))
        for (_, time, cause), positions in effects.items():
            position = self._at_work(known[cause], time)
            if position != NOTHING:
                self.links += [Link(position, effect) for effect in positions if effect not in linked]

    def _at_work(self, positions: Sequence[int], time: float) -> int:
        """Find the entry of an event that was running at a time: an attempt, or else the last entry before."""
        last = NOTHING
        for position in positions:
            entry = self.entries[position]
            if entry.is_attempt and instant(entry.time) <= time <= instant(entry.end):
                return position
            if instant(entry.time) <= time:
                last = position
        return last

    def _with_heights(self, names: list[tuple[str, str]]) -> list[Row]:
        tracks = [0] * len(names)
        strips = [False] * len(names)
        for spot in self.spots:
            if spot.slot is Slot.STRIP:
                strips[spot.row] = True
            else:
                tracks[spot.row] = max(tracks[spot.row], spot.track + 1)
        for line in self.lines:
            tracks[line.row] = max(tracks[line.row], line.track + 1)
        for arrival in self.arrivals:
            strips[arrival.row] = True
        return [
            Row(source, lane, height, strip)
            for (source, lane), height, strip in zip(names, tracks, strips, strict=True)
        ]


def _times(threads: Threads) -> set[float]:
    """Collect the times of marks: ends only, because the mark of an attempt is at its end, and the first start."""
    return {*threads.ends, *threads.begins[:1]}


def _rows_of(timeline: History, more: Iterable[tuple[str, str]]) -> dict[tuple[str, str], int]:
    """Number the rows: sources and places by first appearance, the lanes of a source together and in order."""
    lanes: dict[str, set[str]] = {}
    for entry in timeline.entries:
        lanes.setdefault(entry.source, set()).add(entry.lane)
        if entry.place and entry.kind in _ARRIVES:
            lanes.setdefault(entry.place, set())
    for source, lane in more:
        lanes.setdefault(source, set()).add(lane)
    rows = [(source, lane) for source, of_source in lanes.items() for lane in sorted(of_source or {""}, key=_natural)]
    return {row: number for number, row in enumerate(rows)}


def _row_of_place(names: dict[tuple[str, str], int], place: str) -> tuple[str, str]:
    return (place, "") if (place, "") in names else next(name for name in names if name[0] == place)


def _natural(name: str) -> list[tuple[int, str]]:
    """Make a sort key that puts `shard/10` after `shard/9`."""
    return [(int(part), "") if part.isdecimal() else (-1, part) for part in re.split(r"(\d+)", name)]
