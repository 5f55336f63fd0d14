"""`Layout`: a history as things to draw: rows, marks, lines and links, with where they are from left to right."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from redrive_simulator.timeline import NOTHING, Entry, Kind, Timeline
from redrive_simulator.timeline_axis import Axis
from redrive_simulator.timeline_threads import Slot, Threads, instant, tracks_of

_ARRIVES = frozenset({Kind.DEAD_LETTERED, Kind.DESTINATION, Kind.NOTIFIED})


class Row(NamedTuple):
    """A lane.

    Attributes:
        source: What the events are in, or the place where they went.
        lane: The part of it that keeps order.
        tracks: How many tracks it has.
        has_strip: Whether it has a strip at the top.
    """

    source: str
    lane: str
    tracks: int
    has_strip: bool


class Spot(NamedTuple):
    """Where an entry is.

    Attributes:
        row: The number of its row.
        track: The number of its track in it.
        slot: Where in the track.
        left: Where it begins.
        x: Where it ends, and its mark is.
    """

    row: int
    track: int
    slot: Slot
    left: float
    x: float


class Line(NamedTuple):
    """A wait, or what connects an attempt with the one that follows.

    Attributes:
        position: Which entry waits; of a connection, the attempt that it comes from.
        row: The number of its row.
        start: Where it begins, and on which track.
        track: The track on which it runs.
        end: Where it ends, and on which track.
        due: To where it is a wait; from there to the end it is only a connection. A connection alone is not a wait at
            all: there it is the start.
        events: Of how many events.
        is_open: Whether the wait goes on behind the end of the drawing.
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
    """Something that came to a place that says nothing of it itself.

    Attributes:
        position: The entry by which it came.
        row: The row of the place.
        x: Where.
    """

    position: int
    row: int
    x: float


class Link(NamedTuple):
    """From a cause to its effect in another lane.

    Attributes:
        cause: The position of an entry.
        effect: That of another; of an arrival at a place, `NOTHING`.
        arrival: The number of the arrival otherwise.
    """

    cause: int
    effect: int
    arrival: int = NOTHING


class Layout:
    """A history as things to draw.

    Args:
        timeline: The history.
        width: The width of the axis.
        most_tracks: The most tracks of a lane.
        lanes: More lanes that there are to be, besides those of the timeline.
        times: More times at which something happens.

    Attributes:
        axis: Where a time is.
        entries: All entries, by the time at which they began.
        positions: Where in `entries` a number is.
        rows: The lanes, and the places where something went.
        spots: Where each of `entries` is.
        lines: Waits and connections.
        arrivals: What came to a place that has no entry of its own for it.
        links: From cause to effect.
    """

    def __init__(
        self,
        timeline: Timeline,
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
            # Another wait that takes the place of this one, or an end, is on the line where it is.
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
        """From an attempt to what came next, where no wait says so."""
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

    def _connect(self, timeline: Timeline, names: dict[tuple[str, str], int]) -> None:
        """Find what caused what: by the place that something went to, or else by what was being done at the time."""
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
        """Which of an event's entries was going on at a time: an attempt, or else the last before."""
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
    """When there is something to see: not the beginning of an attempt, whose mark is at its end."""
    return {*threads.ends, *threads.begins[:1]}


def _rows_of(timeline: Timeline, more: Iterable[tuple[str, str]]) -> dict[tuple[str, str], int]:
    """The rows: sources and places by their first appearance, the lanes of a source side by side, in order."""
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
    """The order in which `shard/10` is behind `shard/9`."""
    return [(int(part), "") if part.isdecimal() else (-1, part) for part in re.split(r"(\d+)", name)]
