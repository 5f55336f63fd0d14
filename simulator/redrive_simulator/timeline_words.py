"""How a timeline's times and ids are written, and text from outside made harmless."""

from __future__ import annotations

import json
from collections.abc import Iterable

from redrive_simulator.timeline import ATTEMPTS, Entry, Kind

#: What was to be kept is not kept anywhere.
LOSSES = frozenset({Kind.DROPPED, Kind.EXPIRED, Kind.DESTINATION_FAILED})
#: What is as it should be, and therefore comes last when there is no room for all.
ROUTINE = frozenset({Kind.SENT, Kind.SUCCEEDED, Kind.CHECKPOINT, Kind.DELETED, Kind.NOTIFIED, Kind.WINDOW})

_MINUTE, _HOUR, _DAY = 60, 3600, 86_400
_UNITS = ((_DAY, "d", _HOUR, "h"), (_HOUR, "h", _MINUTE, "min"), (_MINUTE, "min", 1, "s"))


def _harmless(code: int) -> str:
    return chr(0x2400 + code) if code < 0x20 else "\u2421" if code == 0x7F else "\ufffd"


#: Controls, among them those that move a terminal's cursor or turn the direction of writing; halves of characters; what
#: XML does not allow. Lines and tabs are left alone.
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
    """Text that can be written to a terminal, to XML and to a page: control characters are made visible.

    Args:
        text: Any text, of whatever origin.
    """
    return text.translate(_HARMLESS)


def one_line(text: str, most: int | None = None) -> str:
    """Harmless text in one line.

    Args:
        text: Any text.
        most: Its greatest length. Default: any.
    """
    if most is not None and len(text) > 8 * most:
        text = text[: 8 * most]
    line = clean(" ".join(text.split()))
    return line if most is None or len(line) <= most else line[: max(0, most - 1)] + "…"


def payload_text(payload: object, most: int) -> str:
    """A payload as text, its lines kept.

    Args:
        payload: Text, bytes or a JSON value.
        most: The most characters.
    """
    if isinstance(payload, bytes):
        text = payload[: 4 * most].decode(errors="replace")
    elif isinstance(payload, str):
        text = payload
    else:
        text = json.dumps(payload, ensure_ascii=False, default=repr)
    return clean(text if len(text) <= most else f"{text[: most - 1]}…")


def clock(seconds: float, *, whole: bool = False) -> str:
    """A virtual time, such as `0:01:03.250`; from a day on `2d 01:00:00.000`.

    Args:
        seconds: From the start.
        whole: Leave out the milliseconds where there are none.
    """
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
    """How long something takes, in the one or two largest units: `350 ms`, `59.8 s`, `2 min`, `11 h 58 min`.

    Args:
        seconds: How long.
    """
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
    """A number of things: `1 event`, `1,204 events`, `2 entries`."""
    plural = f"{what[:-1]}ies" if what.endswith("y") else f"{what}s"
    return f"{number:,} {what if number == 1 else plural}"


class Ids:
    """Short names for ids, each of which still names one of them.

    Args:
        ids: All ids.
    """

    __slots__ = ("_length", "_tail")

    def __init__(self, ids: Iterable[str]) -> None:
        known = set(ids)
        self._length, self._tail = 0, False
        if any(len(id) > 16 for id in known):  # message and request ids differ at once, those of records at the end
            for length in (8, 12, 16):
                for tail in (False, True):
                    if len({id[-length:] if tail else id[:length] for id in known}) == len(known):
                        self._length, self._tail = length, tail
                        return

    @property
    def rule(self) -> tuple[int, bool]:
        """How many characters make a short name, 0 for all, and whether they are the last."""
        return self._length, self._tail

    def short(self, id: str) -> str:
        """A short name."""
        length = self._length
        if not length or len(id) <= length + 2:
            return clean(id)
        return clean(f"…{id[-length:]}" if self._tail else f"{id[:length]}…")

    def batch(self, ids: tuple[str, ...]) -> str:
        """The names of a batch: of two, both; of more, the first and the last."""
        if len(ids) <= 2:
            return ", ".join(map(self.short, ids))
        return f"{len(ids):,}: {self.short(ids[0])} … {self.short(ids[-1])}"


def lane_name(source: str, lane: str) -> str:
    """Source and lane in one."""
    return clean(f"{source} {lane}" if lane else source)


def is_trouble(kind: Kind) -> bool:
    """Whether an attempt failed, or something was lost or stopped."""
    return kind in LOSSES or kind is Kind.STOPPED or (kind in ATTEMPTS and kind is not Kind.SUCCEEDED)


def why(entry: Entry, parent: Entry | None = None) -> str:
    """What there is to say of an entry besides what, when and where, in one line.

    Args:
        entry: The entry.
        parent: The attempt from which it follows, whose reason need not be said again.
    """
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
    """What was lost, in order.

    What did not get to a destination is not lost if the same events went to another place at the same time.
    """
    entries = list(entries)
    kept = {
        (entry.time, id)
        for entry in entries
        if entry.kind in (Kind.DEAD_LETTERED, Kind.DESTINATION)
        for id in entry.events
    }
    return [
        entry
        for entry in entries
        if entry.kind in LOSSES
        and not (entry.kind is Kind.DESTINATION_FAILED and all((entry.time, id) in kept for id in entry.events))
    ]
