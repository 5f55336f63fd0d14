"""Writes times, ids and entries as text, and makes text from outside harmless."""

from __future__ import annotations

from collections.abc import Iterable

from redrive_simulator.timeline.entries import ATTEMPTS, Entry, Kind, payload_as_text

#: Kinds with which events are lost.
LOSSES = frozenset({Kind.DROPPED, Kind.EXPIRED, Kind.DESTINATION_FAILED})
#: Kinds of normal operation: they are left out first if there is no room for all.
ROUTINE = frozenset({Kind.SENT, Kind.SUCCEEDED, Kind.CHECKPOINT, Kind.DELETED, Kind.NOTIFIED, Kind.WINDOW})

_MINUTE, _HOUR, _DAY = 60, 3600, 86_400
_UNITS = ((_DAY, "d", _HOUR, "h"), (_HOUR, "h", _MINUTE, "min"), (_MINUTE, "min", 1, "s"))


def _harmless(code: int) -> str:
    return chr(0x2400 + code) if code < 0x20 else "\u2421" if code == 0x7F else "\ufffd"


#: Replacements for control characters (among them those that move the cursor of a terminal or change the direction of
#: writing), for surrogates, and for characters that XML does not allow. Line feeds and tabs are kept.
_HARMLESS = {
    code: _harmless(code)
    for code in (
        *(code for code in range(0x20) if code not in (0x09, 0x0A)),
        *range(0x7F, 0xA0),
        *range(0x202A, 0x202F),
        *range(0x2066, 0x206A),
        *(0x200E, 0x200F, 0x061C, 0xFEFF, 0xFFFE, 0xFFFF, 0x2028, 0x2029),
        *range(0xD800, 0xE000),
    )
}


def clean(text: str) -> str:
    """Replace control characters by visible ones, so that text is safe in a terminal, in XML and on a page."""
    return text.translate(_HARMLESS)


def one_line(text: str, most: int | None = None) -> str:
    """Make text harmless and write it in one line, of at most `most` characters if given."""
    if most is not None and len(text) > 8 * most:
        text = text[: 8 * most]
    line = clean(" ".join(text.split()))
    return line if most is None or len(line) <= most else line[: max(0, most - 1)] + "…"


def payload_text(payload: object, most: int) -> str:
    """Write a payload (text, bytes or a JSON value) as harmless text of at most `most` characters, with its lines."""
    text = payload_as_text(payload, most)
    return clean(text if len(text) <= most else f"{text[: most - 1]}…")


def clock(seconds: float, *, whole: bool = False) -> str:
    """Write a virtual time such as `0:01:03.250` or `2d 01:00:00.000`; with `whole`, without milliseconds of zero."""
    sign = "-" if seconds < 0 else ""
    milliseconds = round(abs(seconds) * 1000)
    rest, milliseconds = divmod(milliseconds, 1000)
    days, rest = divmod(rest, _DAY)
    hours, rest = divmod(rest, _HOUR)
    minutes, rest = divmod(rest, _MINUTE)
    parts = f"{days}d {hours:02}" if days else f"{hours}"
    fraction = "" if whole and not milliseconds else f".{milliseconds:03}"
    return f"{sign}{parts}:{minutes:02}:{rest:02}{fraction}"


def span(seconds: float) -> str:
    """Write a duration in its one or two largest units: `350 ms`, `59.8 s`, `2 min`, `11 h 58 min`."""
    if seconds <= 0:
        return "0 s"
    milliseconds = seconds * 1000
    if milliseconds < 0.95:
        return "<1 ms"
    if milliseconds < 999.5:
        return f"{milliseconds:.0f} ms"
    if round(seconds, 1) < _MINUTE:
        return f"{seconds:.1f}".removesuffix(".0") + " s"
    for unit, name, smaller, smaller_name in _UNITS:
        whole = round(seconds / smaller) * smaller
        if whole >= unit:
            rest = whole % unit // smaller
            return f"{whole // unit} {name}" + (f" {rest} {smaller_name}" if rest else "")
    raise AssertionError(seconds)


def count(number: int, what: str) -> str:
    """Write a number of things: `1 event`, `1,204 events`, `2 entries`."""
    plural = f"{what[:-1]}ies" if what.endswith("y") else f"{what}s"
    return f"{number:,} {what if number == 1 else plural}"


class Ids:
    """Short names for ids, each of which still belongs to only one id."""

    __slots__ = ("_length", "_tail")

    def __init__(self, ids: Iterable[str]) -> None:
        known = set(ids)
        self._length, self._tail = 0, False
        if any(len(id) > 16 for id in known):  # message and request ids differ at the start, ids of records at the end
            for length in (8, 12, 16):
                for tail in (False, True):
                    if len({id[-length:] if tail else id[:length] for id in known}) == len(known):
                        self._length, self._tail = length, tail
                        return

    @property
    def rule(self) -> tuple[int, bool]:
        """Number of characters of a short name (0: all), and whether they are the last ones."""
        return self._length, self._tail

    def short(self, id: str) -> str:
        """Write the short name of an id."""
        length = self._length
        if not length or len(id) <= length + 2:
            return clean(id)
        return clean(f"…{id[-length:]}" if self._tail else f"{id[:length]}…")

    def batch(self, ids: tuple[str, ...]) -> str:
        """Write the short names of a batch: of up to two ids all, of more the first and the last."""
        if len(ids) <= 2:
            return ", ".join(map(self.short, ids))
        return f"{len(ids):,}: {self.short(ids[0])} … {self.short(ids[-1])}"


def lane_name(source: str, lane: str) -> str:
    """Join the names of a source and a lane."""
    return clean(f"{source} {lane}" if lane else source)


def is_trouble(kind: Kind) -> bool:
    """Check for failed attempts, losses and stopped chains."""
    return kind in LOSSES or kind is Kind.STOPPED or (kind in ATTEMPTS and kind is not Kind.SUCCEEDED)


def why(entry: Entry, parent: Entry | None = None) -> str:
    """Write the details of an entry in one line; a retry does not repeat the reason of its parent."""
    said: list[str] = []
    if entry.is_attempt:
        said += [clean(entry.function)] if entry.function and entry.function != entry.source else []
        said += [span(entry.duration)] if entry.duration else []
    if entry.place:
        said.append(f"→ {clean(entry.place)}")
    if entry.until < float("inf"):
        said.append(f"in {span(entry.until - entry.time)}, at {clock(entry.until)}")
    if entry.reason and (parent is None or entry.kind is not Kind.RETRY or parent.reason != entry.reason):
        said.append(one_line(entry.reason))
    return "; ".join(said)


def losses_of(entries: Iterable[Entry]) -> list[Entry]:
    """Select losses, in order, except a failed delivery whose events went to another place at the same time."""
    entries = list(entries)
    kept = {
        (entry.time, id)
        for entry in entries
        if entry.kind in (Kind.DEAD_LETTERED, Kind.DESTINATION, Kind.SET_ASIDE)
        for id in entry.events
    }
    return [
        entry
        for entry in entries
        if entry.kind in LOSSES
        and not (entry.kind is Kind.DESTINATION_FAILED and all((entry.time, id) in kept for id in entry.events))
    ]


def lost_words(losses: Iterable[Entry]) -> str:
    """Write how many events are lost: `3 events LOST`."""
    return f"{count(len({(entry.source, id) for entry in losses for id in entry.events}), 'event')} LOST"
