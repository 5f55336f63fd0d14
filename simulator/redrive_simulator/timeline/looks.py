"""Defines the look of each kind of entry: a color, which several kinds share, and a shape, which only one kind has."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from redrive_simulator.timeline.entries import Kind

#: Colors by meaning, for a light and a dark background. The contrast to the background is at least 4.5.
TONES = {
    "ok": ("#0b7a54", "#46c999"),
    "part": ("#8f5a00", "#f2bd4b"),
    "fail": ("#b4440a", "#ff9a5c"),
    "blocked": ("#5646c4", "#ada4ff"),
    "kept": ("#0a62ad", "#6cb6ff"),
    "lost": ("#c4001d", "#ff5a6e"),
    "quiet": ("#586573", "#9eabb8"),
}
#: Colors of everything else, for a light and a dark background.
GROUND = {
    "ground": ("#ffffff", "#12161b"),
    "ink": ("#18212b", "#e8edf2"),
    "faint": ("#586573", "#9eabb8"),
    "grid": ("#dfe5eb", "#2a333d"),
    "band": ("#f4f7fa", "#181e25"),
}


class Look(NamedTuple):
    """Look of a kind.

    Attributes:
        tone: Name of a color in `TONES`.
        shape: Shape in a box from -8 to 8, as SVG. Elements with `class="in"` have the color of the background.
        weight: Priority of the kind: of several marks in one place, the heaviest is shown.
        words: Label in the legend.
    """

    tone: str
    shape: str
    weight: int
    words: str


def _stroke(path: str, width: float = 1.8) -> str:
    return f'<path class="st" d="{path}" stroke-width="{width}"/>'


def _hollow(path: str, width: float = 1.8) -> str:
    return f'<path class="hollow" d="{path}" stroke-width="{width}"/>'


def _inner(path: str, width: float = 1.8) -> str:
    return f'<path class="in" d="{path}" stroke-width="{width}"/>'


_RING = '<circle class="hollow" r="5.4" stroke-width="1.8"/>'
_OCTAGON = '<path d="M-3.2-7.6h6.4l4.4 4.4v6.4l-4.4 4.4h-6.4l-4.4-4.4v-6.4z"/>'
_PENTAGON = '<path d="M-6-5H2L7 0 2 5H-6z"/>'

_SHAPES = {
    Kind.DROPPED: _OCTAGON + _inner("M-3-3 3 3M3-3-3 3", 2.4),
    Kind.EXPIRED: _OCTAGON + _inner("M0-4.5V.5L3.2 3", 2.2),
    Kind.DESTINATION_FAILED: _PENTAGON + _inner("M-4-2.6 1 2.6M1-2.6-4 2.6", 1.8),
    Kind.STOPPED: '<path d="M-4-7h8l4 7-4 7h-8l-4-7z"/>' + _inner("M-4 0h8", 2.4),
    Kind.DEAD_LETTERED: '<path d="M-6-6h12L0 2z"/>' + _stroke("M-6.5 5.5h13", 2.4),
    Kind.SET_ASIDE: '<path d="M-7-4H2V4H-7z"/>' + _stroke("M5.5-5.5V5.5", 2.4),
    Kind.DESTINATION: _PENTAGON,
    Kind.CRASHED: '<path d="M0-8 2-3 7-5 4 0 8 3 3 3 2 8-1 4-5 7-5 2-8 0-4-3-5-7-1-4z"/>',
    Kind.TIMED_OUT: '<path d="M-6-7H6L1 0 6 7H-6L-1 0z"/>',
    Kind.FAILED: '<path d="M0-7.5 7.5 0 0 7.5-7.5 0z"/>' + _inner("M-2.3-2.3 2.3 2.3M2.3-2.3-2.3 2.3", 1.6),
    Kind.PARTLY_FAILED: _RING + '<path d="M0-6A6 6 0 0 0 0 6z"/>',
    Kind.THROTTLED: _RING + _stroke("M-3.6 3.6 3.6-3.6"),
    Kind.REFUSED: _hollow("M-5-5H5V5H-5z") + _stroke("M-5 5 5-5"),
    Kind.SPLIT: _stroke("M0-6V-1M-5 5V2.5L0-1 5 2.5V5", 2),
    Kind.RESET: _stroke("M4.6 2.6A5.2 5.2 0 1 1 4.4-3M5-7V-2.6H.8"),
    Kind.FILTERED: '<path d="M-6-5H6L1.4 1V6L-1.4 4V1z"/>',
    Kind.DEDUPLICATED: _hollow("M-6-6H2V2H-6z", 1.6) + '<path d="M-2-2H6V6H-2z"/>',
    Kind.VISIBILITY: _hollow("M-7 0Q0-7 7 0 0 7-7 0z", 1.5) + '<circle r="2.2"/>',
    Kind.RETRY: _stroke("M-8 0h4M-2 0H2M4 0H8"),
    Kind.WINDOW: _stroke("M-3-6H3V6H-3", 2),
    Kind.NOTIFIED: _stroke("M-6 0H5M1-4 5 0 1 4"),
    Kind.SUCCEEDED: '<circle r="6"/>',
    Kind.DELETED: _stroke("M-5 0-1.5 3.6 5-4", 2.2),
    Kind.CHECKPOINT: _stroke("M-1-5V6M-1-5 5-2.5-1 0"),
    Kind.SENT: '<path d="M-4.5-4h9L0 4z"/>',
}

#: Look of each kind, the heaviest first.
LOOKS: dict[Kind, Look] = {
    kind: Look(tone, _SHAPES[kind], weight, words)
    for kind, tone, weight, words in (
        (Kind.DROPPED, "lost", 99, "dropped: lost"),
        (Kind.EXPIRED, "lost", 98, "expired: lost"),
        (Kind.DESTINATION_FAILED, "lost", 97, "not delivered"),
        (Kind.STOPPED, "blocked", 90, "loop stopped"),
        (Kind.DEAD_LETTERED, "kept", 80, "dead-lettered"),
        (Kind.DESTINATION, "kept", 79, "to a destination"),
        (Kind.SET_ASIDE, "kept", 78, "set aside"),
        (Kind.CRASHED, "fail", 70, "crashed"),
        (Kind.TIMED_OUT, "fail", 69, "timed out"),
        (Kind.FAILED, "fail", 68, "failed"),
        (Kind.PARTLY_FAILED, "part", 60, "partly failed"),
        (Kind.THROTTLED, "blocked", 50, "throttled"),
        (Kind.REFUSED, "blocked", 49, "refused by Lambda"),
        (Kind.SPLIT, "part", 40, "split"),
        (Kind.RESET, "quiet", 39, "visible again"),
        (Kind.FILTERED, "quiet", 30, "filtered out"),
        (Kind.DEDUPLICATED, "quiet", 29, "deduplicated"),
        (Kind.VISIBILITY, "quiet", 25, "visibility changed"),
        (Kind.RETRY, "quiet", 20, "waiting"),
        (Kind.WINDOW, "quiet", 15, "window ended"),
        (Kind.NOTIFIED, "quiet", 14, "notified"),
        (Kind.SUCCEEDED, "ok", 10, "succeeded"),
        (Kind.DELETED, "ok", 5, "deleted: done"),
        (Kind.CHECKPOINT, "ok", 4, "checkpoint"),
        (Kind.SENT, "quiet", 1, "sent"),
    )
}

#: Sizes of marks: consequences of an attempt are smaller than the attempt, losses are larger.
SCALES: dict[Kind, float] = {
    **dict.fromkeys(Kind, 1.0),
    **dict.fromkeys((Kind.DROPPED, Kind.EXPIRED, Kind.DESTINATION_FAILED), 1.25),
    **dict.fromkeys((Kind.DELETED, Kind.CHECKPOINT, Kind.SPLIT, Kind.SENT, Kind.VISIBILITY), 0.8),
    **dict.fromkeys((Kind.WINDOW, Kind.NOTIFIED), 0.8),
}


def heaviest(kinds: Iterable[Kind]) -> Kind:
    """Choose the kind that is shown for several marks in one place."""
    return max(kinds, key=lambda kind: LOOKS[kind].weight)


def name_of(kind: Kind) -> str:
    """Return the element id of the shape of a kind."""
    return f"k-{kind.value.replace(' ', '-')}"


def symbols(kinds: Iterable[Kind] | None = None) -> str:
    """Write the shapes of some kinds (default: all) as SVG groups for `<use>`."""
    wanted = set(LOOKS if kinds is None else kinds)
    return "".join(f'<g id="{name_of(kind)}">{look.shape}</g>' for kind, look in LOOKS.items() if kind in wanted)


def styles() -> str:
    """Write the style sheet of shapes and colors, for a light and a dark background."""
    light = "".join(f"--{name}:{colors[0]};" for name, colors in (TONES | GROUND).items())
    dark = "".join(f"--{name}:{colors[1]};" for name, colors in (TONES | GROUND).items())
    tones = "".join(f".{name}{{color:var(--{name})}}" for name in TONES)
    return (
        f":root{{color-scheme:light dark;{light}}}@media(prefers-color-scheme:dark){{:root{{{dark}}}}}{tones}"
        "use,.glyph{fill:currentColor}"
        ".st,.hollow,.in{stroke-linecap:round;stroke-linejoin:round}"
        ".st{fill:none;stroke:currentColor}.hollow{fill:var(--ground);stroke:currentColor}"
        ".in{fill:none;stroke:var(--ground)}"
    )
