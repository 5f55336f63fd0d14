"""Keeps the history of a simulation, and selects parts of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Self

from redrive_simulator.timeline.entries import ATTEMPTS, Entry, Event
from redrive_simulator.timeline.storage import Events, Log


class History:
    """The entries and events of a simulation, or of a part of it; `Timeline` describes them."""

    __slots__ = ("entries", "events", "title")

    def __init__(
        self, entries: Iterable[Entry] = (), events: Mapping[str, Event] | None = None, title: str = "Simulation"
    ) -> None:
        # A whole simulation's are kept as they are: copies would take much memory.
        self.entries: Sequence[Entry] = entries if isinstance(entries, Log) else list(entries)
        self.events: Mapping[str, Event] = events if isinstance(events, Events) else dict(events or {})
        self.title = title

    def __len__(self) -> int:
        return len(self.entries)

    def __iter__(self) -> Iterator[Entry]:
        return iter(self.entries)

    def __getitem__(self, number: int) -> Entry:
        """Get an entry by its number. In a part of a timeline, entries keep their numbers of the whole timeline.

        Raises:
            IndexError: No entry has this number.
        """
        entries = self.entries
        if number < len(entries) and entries[number].number == number:
            return entries[number]
        for entry in entries:
            if entry.number == number:
                return entry
        raise IndexError(f"no entry has the number {number} in this timeline of {len(entries)} entries")

    def of_events(self, *ids: str) -> Self:
        """Select the entries of some events, and of the events that they caused: invocation records, messages sent on.

        Args:
            *ids: Ids of the events.

        Returns:
            A new timeline, whose entries keep their numbers.
        """
        wanted = set(ids)
        for event in self.events.values():  # causes come before what they cause
            if event.cause in wanted:
                wanted.add(event.id)
        return self.where(lambda entry: not wanted.isdisjoint(entry.events))

    def of_source(self, source: str, lane: str | None = None) -> Self:
        """Select the entries of one queue, stream or topic, or of the invocations of one function.

        Args:
            source: Name of the source, as in `Entry.source`.
            lane: Lane of the source. Default: all lanes.

        Returns:
            A new timeline, whose entries keep their numbers.
        """
        return self.where(lambda entry: entry.source == source and lane in (None, entry.lane))

    def of_function(self, function: str) -> Self:
        """Select the entries of one function, regardless of what invoked it.

        Args:
            function: Name of the function, as in `Entry.function`.

        Returns:
            A new timeline, whose entries keep their numbers.
        """
        return self.where(lambda entry: entry.function == function)

    def between(self, start: float, end: float) -> Self:
        """Select the entries between two times, including attempts that overlap a border.

        Args:
            start: Start, in seconds from the start of the simulation.
            end: End, in seconds from the start of the simulation.

        Returns:
            A new timeline, whose entries keep their numbers.
        """
        return self.where(lambda entry: entry.end >= start and entry.time <= end)

    def where(self, condition: Callable[[Entry], bool]) -> Self:
        """Select the entries that meet a condition.

        Args:
            condition: Called with each entry; returns true for those to keep.

        Returns:
            A new timeline, whose entries keep their numbers. It has all events.
        """
        return type(self)(filter(condition, self.entries), self.events, self.title)

    @property
    def attempts(self) -> list[Entry]:
        """Calls of functions, including those that Lambda refused."""
        return [entry for entry in self.entries if entry.kind in ATTEMPTS]

    @property
    def lanes(self) -> list[tuple[str, str]]:
        """All pairs of source and lane, in the order of their first entries."""
        return list(dict.fromkeys((entry.source, entry.lane) for entry in self.entries))

    @property
    def end(self) -> float:
        """Time at which all entries were over, in seconds from the start of the simulation; 0 for an empty timeline."""
        return max((entry.end for entry in self.entries), default=0.0)
