"""Collects what a page shows of a timeline, in a short form for the page's script."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from typing import Any

from redrive_simulator.timeline.axis import TICKS
from redrive_simulator.timeline.entries import ATTEMPTS, NEVER, Entry, Kind
from redrive_simulator.timeline.history import History
from redrive_simulator.timeline.layout import Layout
from redrive_simulator.timeline.looks import LOOKS, SCALES, name_of
from redrive_simulator.timeline.selection import Counted
from redrive_simulator.timeline.sizes import FOR_THE_PAGE
from redrive_simulator.timeline.threads import Slot
from redrive_simulator.timeline.words import LOSSES, Ids, clean, is_trouble, one_line, payload_text

_PAYLOADS = 2_000_000  # characters, for all events together
_LONGEST_PAYLOAD, _SHORTEST_PAYLOAD = 4_000, 80
_MOST_REASONS = 12
# Says where a batch begins again, and not why; each batch has another one.
_CHECKPOINT = re.compile(r"checkpoint \S+")
_OF_RECORDS = frozenset({Kind.RETRY, Kind.DEAD_LETTERED, Kind.SET_ASIDE})


class _Table:
    """Values that are written once, and referred to by number."""

    def __init__(self) -> None:
        self.numbers: dict[str, int] = {}

    def number(self, value: str) -> int:
        return self.numbers.setdefault(value, len(self.numbers))

    @property
    def values(self) -> list[str]:
        return [clean(value) for value in self.numbers]


def data_of(
    timeline: History, shown: History, rest: list[Counted], losses: list[Entry], most_tracks: int
) -> dict[str, Any]:
    """Collect the data of a page, as lists whose places the script knows."""
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
             int(is_trouble(kind)), int(kind in LOSSES), int(kind in ATTEMPTS), int(kind is Kind.RETRY)]
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
        "sizes": FOR_THE_PAGE,
        "slots": list(Slot),
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
    """Count the reasons of failed attempts, the most frequent first; those of single records instead where known."""
    attempts = {entry.number: entry for entry in timeline.entries if entry.is_attempt}
    reasons: Counter[tuple[str, str, str]] = Counter()
    told: set[int] = set()
    for entry in timeline.entries:
        attempt = attempts.get(entry.parent)
        # What a helper says of single records follows an attempt that was no failure as a whole.
        if attempt is None or attempt.kind not in (Kind.SUCCEEDED, Kind.PARTLY_FAILED) or entry.is_attempt:
            continue
        if entry.kind in _OF_RECORDS and entry.reason != attempt.reason:
            told.add(attempt.number)
            reasons[entry.function, entry.kind.value, entry.reason] += len(entry.events)
    reasons.update(
        (entry.function, entry.kind.value, entry.reason)
        for entry in attempts.values()
        if is_trouble(entry.kind) and entry.number not in told and not _CHECKPOINT.fullmatch(entry.reason)
    )
    most = sorted(reasons.items(), key=lambda item: (-item[1], item[0]))[:_MOST_REASONS]
    return [[clean(function), kind, one_line(reason, 200), number] for (function, kind, reason), number in most]
