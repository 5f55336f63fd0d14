"""Writes the words of a drawing: its title and summary, and the legend."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape

from redrive_simulator.timeline.entries import Entry, Kind
from redrive_simulator.timeline.history import History
from redrive_simulator.timeline.looks import LOOKS, SCALES, name_of
from redrive_simulator.timeline.selection import LaneCut
from redrive_simulator.timeline.svg_frame import Frame
from redrive_simulator.timeline.words import clock, count, losses_of, lost_words, one_line


class Summary:
    """The summary of a timeline, for the head of a drawing.

    Attributes:
        text: The whole summary.
        lines: The lines below the title, as SVG: one if it fits.
    """

    def __init__(self, timeline: History, width: int) -> None:
        self._title = one_line(timeline.title, int((width - 40) / 9))
        alarm = _loss_words(losses_of(timeline.entries))
        about = _about(timeline)
        self.text = f"{about}. {alarm or 'Nothing was lost'}."
        self.lines = _lines(alarm, about, width)

    def head(self) -> Iterator[str]:
        """Draw the title and the lines below it."""
        yield f'<text class="title" x="14" y="26">{escape(self._title)}</text>'
        for number, line in enumerate(self.lines):
            yield f'<text class="faint" x="14" y="{45 + 17 * number}">{line}</text>'


def _about(timeline: History) -> str:
    words = f"{count(len(timeline), 'entry')} in {count(len(timeline.lanes), 'lane')}"
    if timeline.entries:
        words += f", from {clock(min(entry.time for entry in timeline.entries))} to {clock(timeline.end)}"
    return words


def _loss_words(losses: list[Entry]) -> str:
    if not losses:
        return ""
    return f"{lost_words(losses)} ({', '.join(sorted({entry.kind.value for entry in losses}))})"


def _lines(alarm: str, about: str, width: int) -> list[str]:
    if not alarm:
        return [escape(about)]
    in_red = f'<tspan class="alarm">{escape(one_line(alarm, int((width - 28) / 7)))}</tspan>'
    fits = 6.6 * len(alarm) + 6 * len(about) + 40 <= width
    return [f"{in_red} · {escape(about)}"] if fits else [in_red, escape(about)]


def kinds_of(frame: Frame) -> list[Kind]:
    """List the kinds of entries that are drawn, the heaviest first."""
    present = {entry.kind for entry in frame.layout.entries}
    return [kind for kind in LOOKS if kind in present]


def legend(frame: Frame, cut: LaneCut, top: float) -> tuple[list[str], float]:
    """Draw the legend from a top, and return its elements and its bottom."""
    x, y, parts = 14.0, top + 8, list[str]()

    def room(wide: float) -> None:
        nonlocal x, y
        if x + wide > frame.width - 10:
            x, y = 14.0, y + 20

    for kind in kinds_of(frame):
        look = LOOKS[kind]
        wide = 26 + 6.4 * len(look.words)
        room(wide)
        use = f'<use href="#{name_of(kind)}" transform="translate({x + 7:g} {y:g}) scale({SCALES[kind]:g})"/>'
        parts.append(f'<g class="{look.tone}">{use}</g><text x="{x + 19:g}" y="{y + 4:g}">{look.words}</text>')
        x += wide
    remarks = ["×5: five marks in one place", "1/5: one of five marks there"]
    if any(entry.is_attempt and len(entry.events) > 1 for entry in frame.layout.entries):
        remarks.insert(0, "a number: how many events the batch has")
    if frame.layout.axis.breaks:
        remarks.append("zigzag: time cut short")
    if frame.layout.axis.instants:
        remarks.append("shaded: one instant, its steps side by side")
    if frame.layout.arrivals:
        remarks.append("ring: arrived here")
    x, y = 14.0, y + 22
    for remark in remarks if frame.layout.entries else []:
        wide = 5.2 * len(remark) + 20
        room(wide)
        parts.append(f'<text class="faint near" x="{x:g}" y="{y:g}">{remark}</text>')
        x += wide
    if cut.lanes:
        left_out = f"Not drawn: {count(cut.lanes, 'more lane')} with {count(cut.entries, 'entry')}"
        left_out += f", {cut.losses:,} of them losses." if cut.losses else ", none of them a loss."
        y += 20
        parts.append(f'<text x="14" y="{y:g}" data-n="{cut.entries}">{left_out}</text>')
    return parts, round(y + 16)
