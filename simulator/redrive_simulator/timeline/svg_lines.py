"""Draws lines: waits, connections between attempts, arrows from causes to effects, and lines of losses."""

from __future__ import annotations

from collections.abc import Iterator

from redrive_simulator.timeline.entries import Kind
from redrive_simulator.timeline.layout import Line
from redrive_simulator.timeline.looks import LOOKS
from redrive_simulator.timeline.sizes import MOST_LINKS
from redrive_simulator.timeline.svg_frame import Frame
from redrive_simulator.timeline.threads import Slot


def lines(frame: Frame, counted: set[int]) -> Iterator[str]:
    """Draw waits and connections; add the positions of the waits that are drawn to `counted`."""
    # Lines with the same course are drawn once.
    courses: dict[tuple[str, str], list[Line]] = {}
    for line in frame.layout.lines:
        courses.setdefault(_course(frame, line), []).append(line)
    for (solid, dotted), alike in courses.items():
        fresh = {line.position for line in alike if frame.layout.entries[line.position].kind is Kind.RETRY}
        fresh -= counted
        counted |= fresh
        is_wait = _waits(frame, alike[0])
        paths = f'<path class="{"wait" if is_wait else "tree"}" d="{solid}"/>' if solid else ""
        paths += f'<path class="tail" d="{dotted}"/>' if dotted else ""
        title = frame.title([line.position for line in alike]) if is_wait else ""
        yield f'<g data-n="{len(fresh)}">{title}{paths}</g>'
    for line in frame.layout.lines:
        if line.is_open:
            x, y = frame.x(line.end[0]), frame.y(line.row, line.track, Slot.LINE)
            yield f'<path class="cut" d="M{x + 4:g} {y - 4:g}l5 4-5 4"/>'


def _waits(frame: Frame, line: Line) -> bool:
    return line.due > line.start[0] or line.is_open or frame.layout.entries[line.position].kind is Kind.RETRY


def _course(frame: Frame, line: Line) -> tuple[str, str]:
    """Write the path of a wait, and that of the connection after it."""
    start, due, end = frame.x(line.start[0]), frame.x(line.due), frame.x(line.end[0])
    y = frame.y(line.row, line.track, Slot.LINE)
    from_y, to_y = (frame.y(line.row, track, Slot.LINE) for track in (line.start[1], line.end[1]))
    down = f"M{start:g} {from_y:g}V{y:g}" if from_y != y else f"M{start:g} {y:g}"
    last = f"V{to_y:g}" if to_y != y else ""
    if not _waits(frame, line):
        return f"{down}H{end:g}{last}", ""
    if end > due:
        return f"{down}H{due:g}", f"M{due:g} {y:g}H{end:g}{last}"
    return f"{down}H{end:g}{last}", ""


def links(frame: Frame) -> Iterator[str]:
    """Draw arrows from causes to effects in other rows."""
    seen: set[str] = set()
    for link in frame.layout.links:
        spot = frame.layout.spots[link.cause]
        x, y = frame.x(spot.x), frame.y(spot.row, spot.track, spot.slot)
        if link.arrival >= 0:
            arrival = frame.layout.arrivals[link.arrival]
            to_x, to_y = frame.x(arrival.x), frame.y(arrival.row, 0, Slot.STRIP)
        else:
            effect = frame.layout.spots[link.effect]
            to_x, to_y = frame.x(effect.x), frame.y(effect.row, effect.track, effect.slot)
        gap = 8 if to_y > y else -8
        path = f"M{x:g} {y + gap:g}C{x:g} {(y + to_y) / 2:g} {to_x:g} {(y + to_y) / 2:g} {to_x:g} {to_y - gap:g}"
        if path not in seen and len(seen) < MOST_LINKS:
            seen.add(path)
            yield f'<path class="link" d="{path}" marker-end="url(#arrow)"/>'


def bars(frame: Frame) -> Iterator[str]:
    """Draw bars of attempts that took time."""
    seen: set[str] = set()
    for entry, spot in zip(frame.layout.entries, frame.layout.spots, strict=True):
        wide = spot.x - spot.left
        if entry.is_attempt and wide >= 3:
            y = frame.y(spot.row, spot.track, Slot.LINE) - 3.5
            bar = (
                f'<rect class="bar {LOOKS[entry.kind].tone}" x="{frame.x(spot.left):g}" y="{y:g}" '
                f'width="{wide:.1f}" height="7" rx="2"/>'
            )
            if bar not in seen:
                seen.add(bar)
                yield bar


def loss_lines(frame: Frame) -> Iterator[str]:
    """Draw a line through the row of each loss."""
    seen: set[tuple[int, float]] = set()
    for entry in frame.losses:
        position = frame.layout.positions.get(entry.number)
        if position is None:
            continue
        spot = frame.layout.spots[position]
        x = frame.x(spot.x)
        if (spot.row, x) not in seen:
            seen.add((spot.row, x))
            top = frame.tops[spot.row]
            yield f'<path class="lossline" d="M{x:g} {top:g}v{frame.heights[spot.row]:g}"/>'
