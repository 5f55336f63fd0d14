"""Writes a timeline as an interactive HTML page that needs no network and no other file.

Text of a simulation is data only: it is JSON that cannot end a script, the page shows it as text, and the content
security policy of the page allows no script but its own.
"""

from __future__ import annotations

import json
from base64 import b64encode
from collections import Counter
from hashlib import sha256
from html import escape
from importlib.resources import files

from redrive_simulator.timeline.entries import Entry, Kind
from redrive_simulator.timeline.history import History
from redrive_simulator.timeline.looks import styles, symbols
from redrive_simulator.timeline.page_data import data_of
from redrive_simulator.timeline.selection import counted, most_important
from redrive_simulator.timeline.svg import style_of_drawing, svg_of
from redrive_simulator.timeline.words import clock, count, losses_of, lost_words, one_line

_PAGE = "page"  # the names of the page's files, which are beside this module, start with it
# The parts of the page's script, in the order in which they are joined. While a part loads it uses only the parts above
# it; the functions of all parts may call each other, because `start` comes last.
_SCRIPT = (
    "words", "elements", "history", "view", "selection", "address", "filters", "chart", "axis", "ink", "clusters",
    "labels", "marks", "lines", "tip", "panel", "input", "start",
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
    shown = most_important(timeline, most)
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
        "picture": svg_of(shown, most_lanes=30),
        "data": _as_data(data_of(timeline, shown, rest, losses, most_tracks)),
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
    words = ", ".join(f"{number:,} {kind.value}" for kind, number in kinds.items())
    return f'<p class="alarm" role="alert">{lost_words(losses)}: {escape(words)}</p>\n'


def _notice(timeline: History, shown: History) -> str:
    left = len(timeline) - len(shown)
    if not left:
        return ""
    return (
        f'<p class="notice"><b>{count(len(timeline), "entry")} are too many to draw one by one.</b> '
        f"{len(shown):,} are: losses and failures first, then the events that had any. The other {left:,} are counted, "
        "and drawn as hatched bars at the foot of their lanes.</p>\n"
    )
