"""Places what a drawing shows: rows from top to bottom, and marks in their rows."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from redrive_simulator.timeline.entries import Entry
from redrive_simulator.timeline.history import History
from redrive_simulator.timeline.layout import Layout, Row
from redrive_simulator.timeline.sizes import LETTER, LOW_TRACK, MIDDLES, ROW, STRIP, TRACK
from redrive_simulator.timeline.threads import Slot
from redrive_simulator.timeline.words import Ids, clock, count, losses_of, one_line, why


class Frame:
    """The frame of one drawing.

    Args:
        timeline: Timeline that is drawn.
        part: Part of it that has room.
        width: Width of the drawing.
        most_tracks: Greatest number of tracks of a lane.
        top: Top of the first row.

    Attributes:
        left: Right end of the names, and left end of the axis.
        tops: Top of each row.
        heights: Height of each row.
        bottom: Bottom of the last row.
        losses: Losses of the timeline.
    """

    def __init__(self, timeline: History, part: History, width: int, most_tracks: int, top: int) -> None:
        self.timeline = timeline
        self.width = width
        self.top = top
        names = [name for source, lane in part.lanes for name in (source, lane)]
        names += [entry.place for entry in part.entries if entry.place]
        longest = max(map(len, names), default=0)
        self.left = min(max(70.0, 24 + longest * LETTER), 0.3 * width)
        self.layout = Layout(part, width=width - self.left - 36, most_tracks=most_tracks)
        self.losses = losses_of(timeline.entries)
        self._ids = Ids(timeline.events)
        self._has_below = [False] * len(self.layout.rows)
        for spot in self.layout.spots:
            if spot.slot is Slot.BELOW:
                self._has_below[spot.row] = True
        self.heights = [self._height(index, row) for index, row in enumerate(self.layout.rows)]
        self.tops: list[float] = []
        y = float(top)
        for height in self.heights:
            self.tops.append(y)
            y += height
        self.bottom = y

    def _track(self, row: int) -> int:
        return TRACK if self._has_below[row] else LOW_TRACK

    def _height(self, index: int, row: Row) -> float:
        return max(ROW, STRIP * row.has_strip + row.tracks * self._track(index) + 6)

    def x(self, x: float) -> float:
        """Return the place of a place on the axis."""
        return round(self.left + 12 + x, 1)

    def y(self, row: int, track: int, slot: Slot) -> float:
        """Return the middle of a slot."""
        top = self.tops[row]
        if slot is Slot.STRIP:
            return top + (MIDDLES[slot] if self.layout.rows[row].tracks else self.heights[row] / 2)
        return top + STRIP * self.layout.rows[row].has_strip + track * self._track(row) + MIDDLES[slot]

    def title(self, positions: Sequence[int], most: int = 6) -> str:
        """Write the tooltip of some entries, by position."""
        lines = [self._words(self.layout.entries[position]) for position in positions[:most]]
        if len(positions) > most:
            lines.append(f"and {count(len(positions) - most, 'more entry')}")
        return f"<title>{escape(chr(10).join(lines))}</title>"

    def _words(self, entry: Entry) -> str:
        said = f"{clock(entry.time)} {entry.kind.value}"
        said += f", attempt {entry.attempt}" if entry.is_attempt and entry.attempt else ""
        said += f", {self._ids.batch(entry.events)}" if entry.events else ""
        reason = why(entry)
        said += f": {one_line(reason, 160)}" if reason else ""
        event = self.timeline.events.get(entry.events[0]) if len(entry.events) == 1 else None
        return said if event is None else f"{said}\n  {one_line(event.preview, 100)}"
