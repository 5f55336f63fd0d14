"""Draws a timeline as SVG: a lane for each source and shard, marks for attempts, lines for waits.

The drawing needs no other file and suits light and dark backgrounds. Marks that would touch are drawn as one, with
their number: each entry is counted in the `data-n` of a mark or line.
"""

from __future__ import annotations

from collections.abc import Iterator
from html import escape

from redrive_simulator.timeline.history import History
from redrive_simulator.timeline.looks import styles, symbols
from redrive_simulator.timeline.selection import LaneCut, main_lanes
from redrive_simulator.timeline.sizes import LETTER
from redrive_simulator.timeline.svg_frame import Frame
from redrive_simulator.timeline.svg_legend import Summary, kinds_of, legend
from redrive_simulator.timeline.svg_lines import bars, lines, links, loss_lines
from redrive_simulator.timeline.svg_marks import marks
from redrive_simulator.timeline.words import clean, clock, lane_name, one_line, span

_HEAD, _AXIS = 54, 34
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
    summary = Summary(timeline, width)
    top = _HEAD + 17 * (len(summary.lines) - 1) + _AXIS
    return _text(Frame(timeline, part, width, most_tracks, top), summary, cut)


def style_of_drawing() -> str:
    """Write the style sheet of a drawing."""
    return f"{styles()}{_STYLE}"


def _text(frame: Frame, summary: Summary, cut: LaneCut) -> str:
    words, height = legend(frame, cut, frame.bottom + 14)
    counted: set[int] = set()
    body = "\n".join(
        (
            *_rows(frame), *_axis(frame), *loss_lines(frame), *lines(frame, counted), *links(frame), *bars(frame),
            *marks(frame, counted), *summary.head(), *words,
        )
    )  # fmt: skip
    title, desc = escape(one_line(frame.timeline.title)), escape(summary.text)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{frame.width}" height="{height:g}" '
        f'viewBox="0 0 {frame.width} {height:g}" role="graphics-document" aria-labelledby="t d">\n'
        f'<title id="t">{title}</title>\n<desc id="d">{desc}</desc>\n'
        f"<style>{style_of_drawing()}</style>\n"
        f'<clipPath id="names"><rect width="{frame.left:g}" height="{height:g}"/></clipPath>'
        '<defs><marker id="arrow" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="6" markerHeight="6" '
        'orient="auto">'
        f'<path class="arrowhead" d="M0 0 8 4 0 8z"/></marker>{symbols(kinds_of(frame))}</defs>\n'
        f'<rect class="ground" width="{frame.width}" height="{height:g}"/>\n{body}\n</svg>\n'
    )


def _rows(frame: Frame) -> Iterator[str]:
    room = int((frame.left - 18) / LETTER)
    for index, row in enumerate(frame.layout.rows):
        top, height = frame.tops[index], frame.heights[index]
        if index % 2 == 0:
            yield f'<rect class="band" x="0" y="{top:g}" width="{frame.width}" height="{height:g}"/>'
        source, lane = _middle(clean(row.source), room), _middle(clean(row.lane), room)
        name = escape(lane_name(row.source, row.lane))
        y = top + (15 if lane else height / 2 + 4)
        second = f'<text class="faint" x="14" y="{top + 29:g}">{escape(lane)}</text>' if lane else ""
        yield (
            f'<g clip-path="url(#names)"><title>{name}</title>'
            f'<text x="14" y="{y:g}" font-weight="600">{escape(source)}</text>{second}</g>'
        )


def _axis(frame: Frame) -> Iterator[str]:
    top, axis = frame.top, frame.layout.axis
    for part in axis.instants:
        left, wide = frame.x(part.left) - 4, part.right - part.left + 8
        yield (
            f"<g><title>{clock(part.start)}: all of this at one instant, one after the other</title>"
            f'<rect class="instant" x="{left:g}" y="{top - 4}" width="{wide:.1f}" '
            f'height="{frame.bottom - top + 4:g}"/></g>'
        )
    for tick in axis.ticks():
        x = frame.x(tick.x)
        yield f'<path class="grid" d="M{x:g} {top - 6}V{frame.bottom:g}"/>'
        if tick.label:
            x = min(x, frame.width - 4 - 3.1 * len(tick.label))
            yield f'<text class="faint" x="{x:g}" y="{top - 11}" text-anchor="middle">{tick.label}</text>'
    yield f'<path class="grid" d="M{frame.x(0):g} {top}H{frame.x(axis.segments[-1].right):g}"/>'
    for part in axis.breaks:
        x = frame.x((part.left + part.right) / 2)
        yield (
            f"<g><title>{span(part.end - part.start)} cut short</title>"
            f'<rect class="ground" x="{x - 4:g}" y="{top - 5}" width="8" height="{frame.bottom - top + 5:g}"/>'
            f'<path class="cut" d="{_zigzag(x - 4, top - 5, frame.bottom)}{_zigzag(x + 4, top - 5, frame.bottom)}"/>'
            f'<text class="faint near" x="{x:g}" y="{top - 24}" text-anchor="middle">'
            f"{span(part.end - part.start)}</text></g>"
        )


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
