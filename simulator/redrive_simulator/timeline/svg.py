"""Draws a timeline as SVG: a lane for each source and shard, marks for attempts, lines for waits.

The drawing needs no other file and suits light and dark backgrounds. Marks that would touch are drawn as one, with
their number: each entry is counted in the `data-n` of a mark or line.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from html import escape
from itertools import groupby
from typing import NamedTuple

from redrive_simulator.timeline.entries import Entry, Kind
from redrive_simulator.timeline.history import History
from redrive_simulator.timeline.layout import Layout, Line, Row
from redrive_simulator.timeline.looks import LOOKS, SCALES, heaviest, name_of, styles, symbols
from redrive_simulator.timeline.selection import LaneCut, main_lanes
from redrive_simulator.timeline.threads import Slot
from redrive_simulator.timeline.words import LOSSES, Ids, clean, clock, count, lane_name, losses_of, one_line, span, why

_HEAD, _AXIS = 54, 34
_STRIP, _TRACK, _LOW_TRACK, _ROW = 18, 40, 26, 34
# Marks nearer than _NEAR are drawn as one. If more than _MANY of these stand for several entries, _FAR replaces _NEAR:
# that leaves room for their numbers.
_NEAR, _FAR, _MANY = 13.0, 52.0, 8
_MOST_LINKS = 400
_FONT = "font-family:system-ui,-apple-system,'Segoe UI',Roboto,'DejaVu Sans',sans-serif"
_STYLE = (
    f"svg{{{_FONT}}}text{{fill:var(--ink);font-size:11px}}.title{{font-size:16px;font-weight:600}}"
    ".faint{fill:var(--faint)}.ground{fill:var(--ground)}.band{fill:var(--band)}"
    ".grid{stroke:var(--grid);fill:none}.instant{fill:var(--grid);opacity:.55}"
    ".wait{fill:none;stroke:var(--faint);stroke-width:1.6;stroke-dasharray:5 3}"
    ".tail{fill:none;stroke:var(--faint);stroke-width:1.1;stroke-dasharray:1 3}"
    ".tree{fill:none;stroke:var(--faint);stroke-width:1.1}"
    ".link{fill:none;stroke:var(--kept);stroke-width:1.1;opacity:.75}"
    ".arrowhead{fill:var(--kept)}.bar{fill:currentColor;opacity:.3}.near{font-size:9.5px}"
    "text.halo{paint-order:stroke;stroke:var(--ground);stroke-width:3px;stroke-linejoin:round}"
    ".alarm{fill:var(--lost);font-weight:700}.lossline{stroke:var(--lost);stroke-width:1.5;opacity:.7}"
    ".cut{fill:none;stroke:var(--faint);stroke-width:1.3}"
)


class Cluster(NamedTuple):
    """Marks that are drawn as one.

    Attributes:
        positions: Positions of the entries.
        kind: Kind that is shown.
    """

    x: float
    y: float
    slot: Slot
    positions: list[int]
    kind: Kind


def svg_of(timeline: History, *, width: int = 1200, most_lanes: int = 60, most_tracks: int = 12) -> str:
    """Draw a timeline.

    Args:
        timeline: History to draw.
        width: Width of the drawing in pixels, at least 480. The height depends on the lanes.
        most_lanes: Greatest number of lanes. Lanes with losses and failures come first; the drawing says how many lanes
            it leaves out.
        most_tracks: Greatest number of things that are drawn side by side in a lane; further ones overlap.

    Returns:
        Text of an SVG file. The same timeline gives the same text.

    Raises:
        ValueError: The width is less than 480.
    """
    if width < 480:
        raise ValueError(f"width={width} is too narrow for lanes with names: give 480 or more")
    part, cut = main_lanes(timeline, most_lanes)
    return _Drawing(timeline, part, cut, width, most_tracks).text()


def style_of_drawing() -> str:
    """Write the style sheet of a drawing."""
    return f"{styles()}{_STYLE}"


class _Drawing:
    """Writes one drawing."""

    def __init__(self, timeline: History, part: History, cut: LaneCut, width: int, most_tracks: int) -> None:
        self.timeline = timeline
        self.width = width
        self.cut = cut
        names = [name for source, lane in part.lanes for name in (source, lane)]
        names += [entry.place for entry in part.entries if entry.place]
        longest = max(map(len, names), default=0)
        self.left = min(max(70.0, 24 + longest * 6.9), 0.3 * width)
        self.layout = Layout(part, width=width - self.left - 36, most_tracks=most_tracks)
        self.ids = Ids(timeline.events)
        self.losses = losses_of(timeline.entries)
        self.has_below = [False] * len(self.layout.rows)
        for spot in self.layout.spots:
            if spot.slot is Slot.BELOW:
                self.has_below[spot.row] = True
        self.tops: list[float] = []
        self.heights = [self._height(index, row) for index, row in enumerate(self.layout.rows)]
        self.top = _HEAD + 17 * (len(self._head_lines()) - 1) + _AXIS
        y = float(self.top)
        for height in self.heights:
            self.tops.append(y)
            y += height
        self.bottom = y
        self.counted: set[int] = set()

    def _track(self, row: int) -> int:
        return _TRACK if self.has_below[row] else _LOW_TRACK

    def _height(self, index: int, row: Row) -> float:
        return max(_ROW, _STRIP * row.has_strip + row.tracks * self._track(index) + 6)

    def _y(self, row: int, track: int, slot: Slot) -> float:
        top = self.tops[row]
        if slot is Slot.STRIP:
            return top + (12 if self.layout.rows[row].tracks else self.heights[row] / 2)
        top += _STRIP * self.layout.rows[row].has_strip + track * self._track(row)
        return top + (16 if slot is Slot.LINE else 32)

    def _x(self, x: float) -> float:
        return round(self.left + 12 + x, 1)

    def text(self) -> str:
        legend, height = self._legend(self.bottom + 14)
        body = "\n".join(
            (
                *self._rows(), *self._axis(), *self._loss_lines(), *self._lines(), *self._links(), *self._bars(),
                *self._marks(), *self._head(), *legend,
            )
        )  # fmt: skip
        title, desc = escape(one_line(self.timeline.title)), escape(self._description())
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{self.width}" height="{height:g}" '
            f'viewBox="0 0 {self.width} {height:g}" role="graphics-document" aria-labelledby="t d">\n'
            f'<title id="t">{title}</title>\n<desc id="d">{desc}</desc>\n'
            f"<style>{style_of_drawing()}</style>\n"
            f'<clipPath id="names"><rect width="{self.left:g}" height="{height:g}"/></clipPath>'
            '<defs><marker id="arrow" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="6" markerHeight="6" '
            'orient="auto">'
            f'<path class="arrowhead" d="M0 0 8 4 0 8z"/></marker>{symbols(self._kinds())}</defs>\n'
            f'<rect class="ground" width="{self.width}" height="{height:g}"/>\n{body}\n</svg>\n'
        )

    def _kinds(self) -> list[Kind]:
        present = {entry.kind for entry in self.layout.entries}
        return [kind for kind in LOOKS if kind in present]

    def _description(self) -> str:
        timeline = self.timeline
        said = f"{count(len(timeline), 'entry')} in {count(len(timeline.lanes), 'lane')}"
        if timeline.entries:
            said += f", from {clock(min(entry.time for entry in timeline.entries))} to {clock(timeline.end)}"
        return f"{said}. {self._loss_words() or 'Nothing was lost'}."

    def _loss_words(self) -> str:
        if not self.losses:
            return ""
        lost = {(entry.source, id) for entry in self.losses for id in entry.events}
        kinds = sorted({entry.kind.value for entry in self.losses})
        return f"{count(len(lost), 'event')} LOST ({', '.join(kinds)})"

    def _head_lines(self) -> list[str]:
        """Write the summary below the title, in one line if it fits."""
        words, about = self._loss_words(), self._description().split(". ")[0]
        alarm = f'<tspan class="alarm">{escape(one_line(words, int((self.width - 28) / 7)))}</tspan>'
        if not words:
            return [escape(about)]
        fits = 6.6 * len(words) + 6 * len(about) + 40 <= self.width
        return [f"{alarm} · {escape(about)}"] if fits else [alarm, escape(about)]

    def _head(self) -> Iterator[str]:
        title = one_line(self.timeline.title, int((self.width - 40) / 9))
        yield f'<text class="title" x="14" y="26">{escape(title)}</text>'
        for number, line in enumerate(self._head_lines()):
            yield f'<text class="faint" x="14" y="{45 + 17 * number}">{line}</text>'

    def _rows(self) -> Iterator[str]:
        room = int((self.left - 18) / 6.9)
        for index, row in enumerate(self.layout.rows):
            top, height = self.tops[index], self.heights[index]
            if index % 2 == 0:
                yield f'<rect class="band" x="0" y="{top:g}" width="{self.width}" height="{height:g}"/>'
            source, lane = _middle(clean(row.source), room), _middle(clean(row.lane), room)
            name = escape(lane_name(row.source, row.lane))
            y = top + (15 if lane else height / 2 + 4)
            second = f'<text class="faint" x="14" y="{top + 29:g}">{escape(lane)}</text>' if lane else ""
            yield (
                f'<g clip-path="url(#names)"><title>{name}</title>'
                f'<text x="14" y="{y:g}" font-weight="600">{escape(source)}</text>{second}</g>'
            )

    def _axis(self) -> Iterator[str]:
        top, axis = self.top, self.layout.axis
        for part in axis.instants:
            left, wide = self._x(part.left) - 4, part.right - part.left + 8
            yield (
                f"<g><title>{clock(part.start)}: all of this at one instant, one after the other</title>"
                f'<rect class="instant" x="{left:g}" y="{top - 4}" width="{wide:.1f}" '
                f'height="{self.bottom - top + 4:g}"/></g>'
            )
        for tick in axis.ticks():
            x = self._x(tick.x)
            yield f'<path class="grid" d="M{x:g} {top - 6}V{self.bottom:g}"/>'
            if tick.label:
                x = min(x, self.width - 4 - 3.1 * len(tick.label))
                yield f'<text class="faint" x="{x:g}" y="{top - 11}" text-anchor="middle">{tick.label}</text>'
        yield f'<path class="grid" d="M{self._x(0):g} {top}H{self._x(axis.segments[-1].right):g}"/>'
        for part in axis.breaks:
            x = self._x((part.left + part.right) / 2)
            yield (
                f"<g><title>{span(part.end - part.start)} cut short</title>"
                f'<rect class="ground" x="{x - 4:g}" y="{top - 5}" width="8" height="{self.bottom - top + 5:g}"/>'
                f'<path class="cut" d="{_zigzag(x - 4, top - 5, self.bottom)}{_zigzag(x + 4, top - 5, self.bottom)}"/>'
                f'<text class="faint near" x="{x:g}" y="{top - 24}" text-anchor="middle">'
                f"{span(part.end - part.start)}</text></g>"
            )

    def _loss_lines(self) -> Iterator[str]:
        seen: set[tuple[int, float]] = set()
        for entry in self.losses:
            position = self.layout.positions.get(entry.number)
            if position is None:
                continue
            spot = self.layout.spots[position]
            x = self._x(spot.x)
            if (spot.row, x) not in seen:
                seen.add((spot.row, x))
                top = self.tops[spot.row]
                yield f'<path class="lossline" d="M{x:g} {top:g}v{self.heights[spot.row]:g}"/>'

    def _lines(self) -> Iterator[str]:
        """Draw waits and connections; lines with the same course are drawn once."""
        courses: dict[tuple[str, str], list[Line]] = {}
        for line in self.layout.lines:
            courses.setdefault(self._course(line), []).append(line)
        for (solid, dotted), lines in courses.items():
            fresh = {line.position for line in lines if self.layout.entries[line.position].kind is Kind.RETRY}
            fresh -= self.counted
            self.counted |= fresh
            is_wait = self._waits(lines[0])
            paths = f'<path class="{"wait" if is_wait else "tree"}" d="{solid}"/>' if solid else ""
            paths += f'<path class="tail" d="{dotted}"/>' if dotted else ""
            title = self._title([line.position for line in lines]) if is_wait else ""
            yield f'<g data-n="{len(fresh)}">{title}{paths}</g>'
        for line in self.layout.lines:
            if line.is_open:
                x, y = self._x(line.end[0]), self._y(line.row, line.track, Slot.LINE)
                yield f'<path class="cut" d="M{x + 4:g} {y - 4:g}l5 4-5 4"/>'

    def _waits(self, line: Line) -> bool:
        return line.due > line.start[0] or line.is_open or self.layout.entries[line.position].kind is Kind.RETRY

    def _course(self, line: Line) -> tuple[str, str]:
        """Write the path of a wait, and that of the connection after it."""
        start, due, end = self._x(line.start[0]), self._x(line.due), self._x(line.end[0])
        y = self._y(line.row, line.track, Slot.LINE)
        from_y, to_y = (self._y(line.row, track, Slot.LINE) for track in (line.start[1], line.end[1]))
        down = f"M{start:g} {from_y:g}V{y:g}" if from_y != y else f"M{start:g} {y:g}"
        last = f"V{to_y:g}" if to_y != y else ""
        if not self._waits(line):
            return f"{down}H{end:g}{last}", ""
        if end > due:
            return f"{down}H{due:g}", f"M{due:g} {y:g}H{end:g}{last}"
        return f"{down}H{end:g}{last}", ""

    def _links(self) -> Iterator[str]:
        seen: set[str] = set()
        for link in self.layout.links:
            spot = self.layout.spots[link.cause]
            x, y = self._x(spot.x), self._y(spot.row, spot.track, spot.slot)
            if link.arrival >= 0:
                arrival = self.layout.arrivals[link.arrival]
                to_x, to_y = self._x(arrival.x), self._y(arrival.row, 0, Slot.STRIP)
            else:
                effect = self.layout.spots[link.effect]
                to_x, to_y = self._x(effect.x), self._y(effect.row, effect.track, effect.slot)
            gap = 8 if to_y > y else -8
            path = f"M{x:g} {y + gap:g}C{x:g} {(y + to_y) / 2:g} {to_x:g} {(y + to_y) / 2:g} {to_x:g} {to_y - gap:g}"
            if path not in seen and len(seen) < _MOST_LINKS:
                seen.add(path)
                yield f'<path class="link" d="{path}" marker-end="url(#arrow)"/>'

    def _bars(self) -> Iterator[str]:
        seen: set[str] = set()
        for entry, spot in zip(self.layout.entries, self.layout.spots, strict=True):
            wide = spot.x - spot.left
            if entry.is_attempt and wide >= 3:
                y = self._y(spot.row, spot.track, Slot.LINE) - 3.5
                bar = (
                    f'<rect class="bar {LOOKS[entry.kind].tone}" x="{self._x(spot.left):g}" y="{y:g}" '
                    f'width="{wide:.1f}" height="7" rx="2"/>'
                )
                if bar not in seen:
                    seen.add(bar)
                    yield bar

    def _clusters(self) -> list[Cluster]:
        places: dict[tuple[int, int, Slot], list[int]] = {}
        for position, spot in enumerate(self.layout.spots):
            if position not in self.counted:
                places.setdefault((spot.row, spot.track, spot.slot), []).append(position)
        clusters: list[Cluster] = []
        for (row, track, slot), positions in places.items():
            positions.sort(key=lambda position: (self.layout.spots[position].x, position))
            xs = [self.layout.spots[position].x for position in positions]
            groups = list(_near(positions, xs, _NEAR))
            if sum(len(group) > 1 for group in groups) > _MANY:
                groups = list(_near(positions, xs, _FAR))
            right = -_NEAR
            for near in groups:
                kind = heaviest(self.layout.entries[position].kind for position in near)
                shown = next(position for position in near if self.layout.entries[position].kind is kind)
                x = max(self.layout.spots[shown].x, right + _NEAR)
                right = x + (6 if kind in LOSSES else 0)  # the mark of a loss is larger
                clusters.append(Cluster(self._x(x), self._y(row, track, slot), slot, near, kind))
        return clusters

    def _marks(self) -> Iterator[str]:
        clusters = sorted(self._clusters(), key=lambda cluster: (cluster.y, cluster.x))
        for y, in_line in groupby(clusters, key=lambda cluster: cluster.y):
            line = list(in_line)
            taken = self.left
            for index, cluster in enumerate(line):
                after = line[index + 1].x if index + 1 < len(line) else self.width + 20
                label, taken = self._label(cluster, cluster.x - taken, after - cluster.x)
                yield self._mark(cluster, y, label)
        for arrival in self.layout.arrivals:
            x, y = self._x(arrival.x), self._y(arrival.row, 0, Slot.STRIP)
            title = self._title([arrival.position])
            ring = f'<circle class="hollow" cx="{x:g}" cy="{y:g}" r="4.5" stroke-width="1.8"/>'
            yield f'<g class="kept">{title}{ring}</g>'

    def _mark(self, cluster: Cluster, y: float, label: str) -> str:
        look, scale = LOOKS[cluster.kind], SCALES[cluster.kind]
        scaled = f" scale({scale:g})" if scale != 1 else ""
        use = f'<use href="#{name_of(cluster.kind)}" transform="translate({cluster.x:g} {y:g}){scaled}"/>'
        return (
            f'<g class="{look.tone}" data-n="{len(cluster.positions)}">{self._title(cluster.positions)}{use}{label}</g>'
        )

    def _label(self, cluster: Cluster, before: float, after: float) -> tuple[str, float]:
        """Write the label beside a mark, if there is room, and return the place up to which it takes the line."""
        entries = [self.layout.entries[position] for position in cluster.positions]
        same = [entry for entry in entries if entry.kind is cluster.kind]
        x, y = cluster.x, cluster.y
        if cluster.kind in LOSSES:
            label = cluster.kind.value if len(same) == 1 else f"{len(same):,}× {cluster.kind.value}"
            wide = 7.2 * len(label) + 26
            if after >= wide and x + wide <= self.width:
                return f'<text class="alarm halo" x="{x + 12:g}" y="{y + 4:g}">{label}</text>', x + wide - 8
            if before >= wide:
                return f'<text class="alarm halo" x="{x - 12:g}" y="{y + 4:g}" text-anchor="end">{label}</text>', x + 10
            return "", x + 10
        label = f"×{len(entries):,}" if len(entries) > 1 else ""
        if len(same) < len(entries):
            label = f"{len(same):,}/{len(entries):,}"
        if not label and entries[0].is_attempt and len(entries[0].events) > 1:
            label = f"{len(entries[0].events):,}"
        if cluster.slot is Slot.BELOW and len(same) < 2:
            label = ""
        end = x + 6 * len(label) + 8
        if not label or after < 6 * len(label) + 10 or end > self.width:
            return "", x + 8
        up = -4 if cluster.slot is Slot.STRIP else 5  # above the line that continues there
        return f'<text class="halo near" x="{x + 7:g}" y="{y - up:g}">{label}</text>', end

    def _title(self, positions: Sequence[int], most: int = 6) -> str:
        lines = [self._words(self.layout.entries[position]) for position in positions[:most]]
        if len(positions) > most:
            lines.append(f"and {count(len(positions) - most, 'more entry')}")
        return f"<title>{escape(chr(10).join(lines))}</title>"

    def _words(self, entry: Entry) -> str:
        said = f"{clock(entry.time)} {entry.kind.value}"
        said += f", attempt {entry.attempt}" if entry.is_attempt and entry.attempt else ""
        said += f", {self.ids.batch(entry.events)}" if entry.events else ""
        reason = why(entry)
        said += f": {one_line(reason, 160)}" if reason else ""
        event = self.timeline.events.get(entry.events[0]) if len(entry.events) == 1 else None
        return said if event is None else f"{said}\n  {one_line(event.preview, 100)}"

    def _legend(self, top: float) -> tuple[list[str], float]:
        x, y, parts = 14.0, top + 8, list[str]()

        def room(wide: float) -> None:
            nonlocal x, y
            if x + wide > self.width - 10:
                x, y = 14.0, y + 20

        for kind in self._kinds():
            look = LOOKS[kind]
            wide = 26 + 6.4 * len(look.words)
            room(wide)
            use = f'<use href="#{name_of(kind)}" transform="translate({x + 7:g} {y:g}) scale({SCALES[kind]:g})"/>'
            parts.append(f'<g class="{look.tone}">{use}</g><text x="{x + 19:g}" y="{y + 4:g}">{look.words}</text>')
            x += wide
        notes = ["×5: five marks in one place", "1/5: one of five marks there"]
        if any(entry.is_attempt and len(entry.events) > 1 for entry in self.layout.entries):
            notes.insert(0, "a number: how many events the batch has")
        if self.layout.axis.breaks:
            notes.append("zigzag: time cut short")
        if self.layout.axis.instants:
            notes.append("shaded: one instant, its steps side by side")
        if self.layout.arrivals:
            notes.append("ring: arrived here")
        x, y = 14.0, y + 22
        for note in notes if self.layout.entries else []:
            wide = 5.2 * len(note) + 20
            room(wide)
            parts.append(f'<text class="faint near" x="{x:g}" y="{y:g}">{note}</text>')
            x += wide
        if self.cut.lanes:
            left_out = f"Not drawn: {count(self.cut.lanes, 'more lane')} with {count(self.cut.entries, 'entry')}"
            left_out += f", {self.cut.losses:,} of them losses." if self.cut.losses else ", none of them a loss."
            y += 20
            parts.append(f'<text x="14" y="{y:g}" data-n="{self.cut.entries}">{left_out}</text>')
        return parts, round(y + 16)


def _near(positions: Sequence[int], xs: Iterable[float], distance: float) -> Iterator[list[int]]:
    """Group positions whose marks would touch."""
    near: list[int] = []
    first = 0.0
    for position, x in zip(positions, xs, strict=True):
        if near and x - first >= distance:
            yield near
            near = []
        if not near:
            first = x
        near.append(position)
    if near:
        yield near


def _zigzag(x: float, top: float, bottom: float) -> str:
    steps = max(2, int((bottom - top) / 8))
    return f"M{x:g} {top:g}" + "".join(
        f"l{3 if step % 2 == 0 else -3} {(bottom - top) / steps:.2f}" for step in range(steps)
    )


def _middle(text: str, most: int) -> str:
    """Cut the middle out of a text that is too long, because names differ at both ends."""
    if len(text) <= most:
        return text
    head = max(1, (most - 1) // 2)
    return f"{text[:head]}…{text[len(text) - (most - 1 - head) :]}"
