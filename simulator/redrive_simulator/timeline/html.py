"""Writes a timeline as an interactive HTML page that needs no network and no other file.

Text of a simulation is data only: it is JSON that cannot end a script, the page shows it as text, and the content
security policy of the page allows no script but its own.
"""

from __future__ import annotations

import json
from base64 import b64encode
from collections import Counter
from collections.abc import Iterable
from hashlib import sha256
from html import escape
from importlib.resources import files
from typing import Any

from redrive_simulator.timeline.axis import TICKS
from redrive_simulator.timeline.entries import NEVER, Entry, Kind
from redrive_simulator.timeline.history import History
from redrive_simulator.timeline.layout import Layout
from redrive_simulator.timeline.looks import LOOKS, SCALES, name_of, styles, symbols
from redrive_simulator.timeline.selection import Counted, counted, most_telling
from redrive_simulator.timeline.svg import style_of_drawing, svg_of
from redrive_simulator.timeline.words import (
    LOSSES,
    Ids,
    clean,
    clock,
    count,
    is_trouble,
    losses_of,
    one_line,
    payload_text,
)

_PAYLOADS = 2_000_000  # characters, for all events together
_LONGEST_PAYLOAD, _SHORTEST_PAYLOAD = 4_000, 80
_MOST_REASONS = 12
_PAGE = "page"  # the names of the page's files, which are beside this module, start with it
# The parts of the page's script, in the order in which they are joined. While a part loads it uses only the parts above
# it; the functions of all parts may call each other, because `start` comes last.
_SCRIPT = (
    "words", "elements", "history", "view", "selection", "filters", "chart", "axis", "marks", "lines", "tip", "panel",
    "input", "start",
)  # fmt: skip
_EDGE = ":root{--edge:#b6c0ca}@media(prefers-color-scheme:dark){:root{--edge:#46525f}}"


def html_of(timeline: History, *, most: int = 20_000, most_tracks: int = 12) -> str:
    """Make a page of a timeline.

    The page can be zoomed, searched and filtered, and shows the history of each event. If there are more entries than
    `most`, losses are drawn one by one first, then failures, then other entries of these events. The rest is only
    counted, for each lane; the page says so.

    Args:
        timeline: History to show.
        most: Greatest number of entries that are drawn one by one. A browser can draw some tens of thousands.
        most_tracks: Greatest number of things that are drawn side by side in a lane; further ones overlap.

    Returns:
        Text of an HTML file. The same timeline gives the same text.

    Raises:
        ValueError: `most` is negative.
    """
    if most < 0:
        raise ValueError(f"most={most} entries cannot be drawn: give 0 or more")
    shown = most_telling(timeline, most)
    rest = counted(timeline, shown)
    style = f"{styles()}{_EDGE}{_file('.css')}"
    script = _script()
    losses = losses_of(timeline.entries)
    parts = {
        "policy": "default-src 'none'; base-uri 'none'; form-action 'none'; "
        f"script-src {_hash(script)}; style-src {_hash(style)} {_hash(style_of_drawing())}",
        "title": escape(one_line(timeline.title)),
        "style": style,
        "symbols": symbols(),
        "about": escape(_about(timeline)),
        "alarm": _alarm(losses),
        "notice": _notice(timeline, shown),
        "picture": svg_of(timeline, most_lanes=30),
        "data": _as_data(_data(timeline, shown, rest, losses, most_tracks)),
        "script": script,
    }
    page = _file(".html").split("{{")
    return page[0] + "".join(parts[name] + text for name, text in (piece.split("}}", 1) for piece in page[1:]))


def _file(ending: str) -> str:
    """Read a file of the page, such as `.css`."""
    return files(__name__.rpartition(".")[0]).joinpath(f"{_PAGE}{ending}").read_text(encoding="utf-8")


def _script() -> str:
    """Join the parts of the script in one function, so that their names do not clash with the browser's."""
    parts = "\n".join(_file(f"_{part}.js") for part in _SCRIPT)
    return f'"use strict";\n(() => {{\n{parts}}})();\n'


def _hash(text: str) -> str:
    return f"'sha256-{b64encode(sha256(text.encode()).digest()).decode()}'"


def _as_data(data: object) -> str:
    """Write JSON that contains no end of a script and no comment of HTML."""
    text = json.dumps(data, separators=(",", ":"), allow_nan=False)
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def _about(timeline: History) -> str:
    if not timeline.entries:
        return "Nothing happened."
    start = min(entry.time for entry in timeline.entries)
    ids = {id for entry in timeline.entries for id in entry.events}
    return (
        f"{count(len(timeline), 'entry')} of {count(len(ids), 'event')} in {count(len(timeline.lanes), 'lane')}, "
        f"from {clock(start)} to {clock(timeline.end)} of virtual time"
    )


def _alarm(losses: list[Entry]) -> str:
    if not losses:
        return ""
    kinds = Counter[Kind]()
    for entry in losses:
        kinds[entry.kind] += max(len(entry.events), 1)
    said = ", ".join(f"{number:,} {kind.value}" for kind, number in kinds.items())
    lost = {(entry.source, id) for entry in losses for id in entry.events}
    return f'<p class="alarm" role="alert">{count(len(lost), "event")} LOST: {escape(said)}</p>\n'


def _notice(timeline: History, shown: History) -> str:
    left = len(timeline) - len(shown)
    if not left:
        return ""
    return (
        f'<p class="notice"><b>{count(len(timeline), "entry")} are too many to draw one by one.</b> '
        f"{len(shown):,} are: losses and failures first, then the events that had any. The other {left:,} are counted, "
        "and drawn as hatched bars at the foot of their lanes.</p>\n"
    )


class _Table:
    """Values that are written once, and referred to by number."""

    def __init__(self) -> None:
        self.numbers: dict[str, int] = {}

    def number(self, value: str) -> int:
        return self.numbers.setdefault(value, len(self.numbers))

    @property
    def values(self) -> list[str]:
        return [clean(value) for value in self.numbers]


def _data(
    timeline: History, shown: History, rest: list[Counted], losses: list[Entry], most_tracks: int
) -> dict[str, Any]:
    lanes = dict.fromkeys((each.source, each.lane) for each in rest)
    layout = Layout(
        shown,
        most_tracks=most_tracks,
        lanes=lanes,
        times=[time for each in rest for time in (each.start, each.end)],
    )
    kinds = {kind: number for number, kind in enumerate(LOOKS)}
    strings, ids = _Table(), _Table()
    strings.number("")
    lost = {entry.number for entry in losses}
    entries = [
        [
            entry.number,
            entry.time,
            kinds[entry.kind],
            *spot[:3],
            *_rounded(spot.left, spot.x),
            strings.number(entry.function),
            _runs([ids.number(id) for id in entry.events]),
            entry.attempt,
            entry.duration,
            entry.until if entry.until < NEVER else None,
            layout.positions.get(entry.parent, -1),
            strings.number(entry.place),
            strings.number(entry.reason),
            int(entry.number in lost),
        ]
        for entry, spot in zip(layout.entries, layout.spots, strict=True)
    ]
    rows = {(row.source, row.lane): number for number, row in enumerate(layout.rows)}
    numbers = Counter(entry.kind for entry in timeline.entries)
    return {
        "kinds": [
            [kind.value, look.tone, look.weight, look.words, SCALES[kind], name_of(kind), numbers[kind],
             int(is_trouble(kind)), int(kind in LOSSES)]
            for kind, look in LOOKS.items()
        ],
        "rows": [[clean(row.source), clean(row.lane), row.tracks, int(row.has_strip)] for row in layout.rows],
        "entries": entries,
        "events": _events(timeline, ids, strings),
        "ids": ids.values,
        "short": Ids(ids.numbers).rule,
        "strings": strings.values,
        "lines": [
            [line.position, line.row, *_rounded(line.start[0]), line.start[1], line.track, *_rounded(line.end[0]),
             line.end[1], *_rounded(line.due), line.events, int(line.is_open)]
            for line in layout.lines
        ],
        "arrivals": [[arrival.position, arrival.row, *_rounded(arrival.x)] for arrival in layout.arrivals],
        "links": [list(link) for link in layout.links],
        "axis": [[*segment[:2], *_rounded(*segment[2:4]), int(segment.broken)] for segment in layout.axis.segments],
        "ticks": TICKS,
        "counted": [
            [rows[each.source, each.lane], kinds[each.kind],
             *_rounded(layout.axis.at(each.start), layout.axis.at(each.end)), each.start, each.end, each.number]
            for each in rest
        ],
        "reasons": _reasons(timeline),
        "end": timeline.end,
    }  # fmt: skip


def _rounded(*places: float) -> list[float]:
    return [round(place, 4) for place in places]


def _runs(numbers: Iterable[int]) -> list[int]:
    """Write numbers as runs of start and length, because the events of a batch are mostly consecutive."""
    runs: list[int] = []
    for number in numbers:
        if runs and runs[-2] + runs[-1] == number:
            runs[-1] += 1
        else:
            runs += (number, 1)
    return runs


def _events(timeline: History, ids: _Table, strings: _Table) -> list[list[Any] | None]:
    """Write the events that are shown, and their causes; events in trouble get room for their payloads first."""
    for id in list(ids.numbers):
        event = timeline.events.get(id)
        while event is not None and event.cause is not None and event.cause not in ids.numbers:
            ids.number(event.cause)
            event = timeline.events.get(event.cause)
    troubled = {id for entry in timeline.entries if is_trouble(entry.kind) for id in entry.events}
    most = max(_SHORTEST_PAYLOAD, min(_LONGEST_PAYLOAD, _PAYLOADS // max(len(ids.numbers), 1)))
    room = _PAYLOADS
    payloads: dict[str, str] = {}
    for id in sorted(ids.numbers, key=lambda id: id not in troubled):
        event = timeline.events.get(id)
        if event is not None and room > 0:
            is_first = id in troubled and room > _PAYLOADS / 2
            payloads[id] = payload_text(event.payload, _LONGEST_PAYLOAD if is_first else most)
            room -= len(payloads[id])
    events: list[list[Any] | None] = []
    for id in ids.numbers:
        event = timeline.events.get(id)
        if event is None:
            events.append(None)
            continue
        group = None if event.group is None else clean(event.group)
        cause = -1 if event.cause is None else ids.numbers[event.cause]
        events.append([strings.number(event.source), event.time, payloads.get(id), group, cause])
    return events


def _reasons(timeline: History) -> list[list[Any]]:
    """Count the reasons of failed attempts, the most frequent first."""
    reasons = Counter(
        (entry.function, entry.kind.value, entry.reason)
        for entry in timeline.entries
        if entry.is_attempt and is_trouble(entry.kind)
    )
    most = sorted(reasons.items(), key=lambda item: (-item[1], item[0]))[:_MOST_REASONS]
    return [[clean(function), kind, one_line(reason, 200), number] for (function, kind, reason), number in most]
