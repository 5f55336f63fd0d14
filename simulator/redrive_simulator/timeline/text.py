"""Writes a timeline as text, one line for each entry, for a terminal and for the output of a failed test."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from redrive_simulator.timeline.entries import ATTEMPTS, NOTHING, Entry, Kind
from redrive_simulator.timeline.history import History
from redrive_simulator.timeline.selection import most_important
from redrive_simulator.timeline.words import (
    Ids,
    clock,
    count,
    is_trouble,
    lane_name,
    losses_of,
    lost_words,
    one_line,
    why,
)

_MOST_IN_COLUMN = 44
_DEEPEST = 12


def text_of(timeline: History, *, most: int | None = 1000, width: int | None = 160) -> str:
    """Write a timeline, one line for each entry, sorted by start.

    Failed attempts are in capitals, and parts of a split batch are indented below it. Losses have `LOST` at the start
    of their line, and are listed again at the end.

    Args:
        timeline: History to write.
        most: Greatest number of entries, at least 1. If there are more, losses come first, then failures, then other
            entries of these events; lines say how many entries are left out. `None` for all entries.
        width: Greatest length of a line in characters, at least 60; longer lines are cut. `None` for no limit.

    Returns:
        The text, without a newline at its end. The same timeline gives the same text.

    Raises:
        ValueError: `most` is less than 1, or `width` less than 60.
    """
    if most is not None and most < 1:
        raise ValueError(f"most={most} leaves nothing to read: give 1 or more, or None for all")
    if width is not None and width < 60:
        raise ValueError(f"width={width} leaves no room beside the times: give 60 or more, or None")
    lines = _Lines(timeline, most).lines()
    return "\n".join(line.rstrip() if width is None else _cut(line.rstrip(), width) for line in lines)


class _Lines:
    """Writes the lines of one text."""

    def __init__(self, timeline: History, most: int | None) -> None:
        self.timeline = timeline
        self.entries: Sequence[Entry] = sorted(timeline.entries, key=lambda entry: (entry.time, entry.number))
        self.losses = losses_of(self.entries)
        self.lost = {entry.number for entry in self.losses}
        self.ids = Ids(id for entry in self.entries for id in entry.events)
        self.by_number = {entry.number: entry for entry in self.entries if entry.kind in ATTEMPTS}
        self.shown = self._shown(most)
        self.depths: dict[int, int] = {}

    def _shown(self, most: int | None) -> list[int]:
        """Select the indexes in `entries` of the entries to write."""
        if most is None or len(self.entries) <= most:
            return list(range(len(self.entries)))
        shown = {entry.number for entry in most_important(self.timeline, most).entries}
        return [place for place, entry in enumerate(self.entries) if entry.number in shown]

    def lines(self) -> Iterator[str]:
        yield self._head()
        if not self.entries:
            return
        entries = [self.entries[place] for place in self.shown]
        rows = [self._row(entry) for entry in entries]
        titles = ("", "time", "where", "try", "what", "events", "why")
        widths = [
            min(max([len(title), *(len(row[column]) for row in rows)]), _MOST_IN_COLUMN)
            for column, title in enumerate(titles[:-1])
        ]
        if not self.losses:
            widths[0] = 0
        yield _in_columns(titles, widths)
        before = -1
        for place, row in zip(self.shown, rows, strict=True):
            if place > before + 1:
                yield self._left_out(range(before + 1, place))
            yield _in_columns(row, widths)
            before = place
        if before + 1 < len(self.entries):
            yield self._left_out(range(before + 1, len(self.entries)))
        yield from self._lost()

    def _head(self) -> str:
        timeline = self.timeline
        if not self.entries:
            return f"{one_line(timeline.title)}: nothing happened"
        start = min(entry.time for entry in self.entries)
        ids = {id for entry in self.entries for id in entry.events}
        said = (
            f"{count(len(self.entries), 'entry')}, {count(len(ids), 'event')}, {clock(start)} to {clock(timeline.end)}"
        )
        return f"{one_line(timeline.title)}: {said}" + (f"; {lost_words(self.losses)}" if self.losses else "")

    def _row(self, entry: Entry) -> tuple[str, ...]:
        kind = entry.kind
        what = kind.value.upper() if is_trouble(kind) else kind.value
        depth = self._depth(entry)
        said = [why(entry, self.by_number.get(entry.parent))]
        if kind is Kind.SENT and len(entry.events) == 1 and entry.events[0] in self.timeline.events:
            event = self.timeline.events[entry.events[0]]
            said.append(one_line(event.preview))
            said += [f"group {one_line(event.group)}"] if event.group is not None else []
            said += [f"from {self.ids.short(event.cause)}"] if event.cause is not None else []
        return (
            "LOST" if entry.number in self.lost else "",
            clock(entry.time),
            one_line(lane_name(entry.source, entry.lane)),
            f"#{entry.attempt}" if entry.attempt else "",
            f"{'  ' * (depth - 1)}└ {what}" if depth else what,
            one_line(self.ids.batch(entry.events)),
            "; ".join(filter(None, said)),
        )

    def _depth(self, entry: Entry) -> int:
        """Count how often the batch of an attempt was split; consequences of an attempt have its depth."""
        numbers: list[int] = []
        number = entry.number if entry.is_attempt else entry.parent
        while number != NOTHING and number not in self.depths and number in self.by_number and number not in numbers:
            numbers.append(number)
            number = self.by_number[number].parent
        depth = self.depths.get(number, -1)
        for number in reversed(numbers):
            depth += 1
            self.depths[number] = depth
        return min(max(depth, 0), _DEEPEST)

    def _left_out(self, places: range) -> str:
        entries = [self.entries[place] for place in places]
        troubled = sum(is_trouble(entry.kind) for entry in entries)
        said = f", {troubled:,} of them trouble" if troubled else ""
        return f"  … {count(len(entries), 'entry')} until {clock(entries[-1].time)} left out{said} …"

    def _lost(self) -> Iterator[str]:
        most = 20
        for entry in self.losses[:most]:
            reason = f", {one_line(entry.reason)}" if entry.reason else ""
            ids = ", ".join(self.ids.short(id) for id in entry.events[:most])
            more = f" and {len(entry.events) - most:,} more" if len(entry.events) > most else ""
            yield f"LOST at {clock(entry.time)}: {ids}{more} ({entry.kind.value}{reason})"
        if len(self.losses) > most:
            yield f"LOST: {count(len(self.losses) - most, 'more entry')} like these"


def _in_columns(row: Sequence[str], widths: Sequence[int]) -> str:
    cells = [
        (_cut(cell, width).rjust(width) if column in (1, 3) else _cut(cell, width).ljust(width))
        for column, (cell, width) in enumerate(zip(row, widths, strict=False))
        if width
    ]
    return "  ".join((*cells, row[-1]))


def _cut(line: str, width: int) -> str:
    return line if len(line) <= width else f"{line[: width - 1]}…"
