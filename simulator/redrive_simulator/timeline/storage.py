"""Keeps a long history in little memory: numbers in arrays, each text once, and an object only while someone looks.

An entry, an event and an outcome as objects would take three times as much, and make Python's garbage collector slow.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Mapping, Sequence
from struct import Struct
from typing import Any, Protocol, cast, overload

from redrive_simulator.timeline.entries import NEVER, NOTHING, Entry, Event, Kind

_KINDS = tuple(Kind)
_NUMBERS = {kind: number for number, kind in enumerate(_KINDS)}
# Time, duration and end of a wait; events; parent, attempt; then source, lane, function, place, reason; kind.
_ROW = Struct("=dddIiIIIIIIB")
_SIZE = _ROW.size
_WORDS = Struct("=IIIIIB")
_NUMBERS_AND_WORDS = Struct(f"=dddIiI{_WORDS.size}s")
_Words = tuple[str, str, str, str, str, Kind]
_Row = tuple[float, float, float, int, int, int, int, int, int, int, int, int]
# Marks the number of a batch of events, in place of that of one event.
_BATCH = 1 << 31
_new = cast("Any", tuple).__new__


class Texts:
    """Texts by number, each kept once.

    Attributes:
        numbers: The numbers by text.
        texts: The texts by number.
    """

    __slots__ = ("numbers", "texts")

    def __init__(self, *texts: str) -> None:
        self.texts: list[str] = list(texts)
        self.numbers: dict[str, int] = {text: number for number, text in enumerate(texts)}

    def number(self, text: str) -> int:
        """Return the number of a text, a new one if it is new."""
        texts = self.texts
        new = len(texts)
        number = self.numbers.setdefault(text, new)
        if number == new:
            texts.append(text)
        return number


class Clock(Protocol):
    """Knows the virtual time."""

    now: float


class Log(Sequence[Entry]):
    """The entries of a simulation.

    Args:
        ids: The ids of events.
        texts: Names and reasons.
        clock: Gives the time of entries.
    """

    __slots__ = ("_batches", "_clock", "_ids", "_packed", "_rows", "_texts")

    def __init__(self, ids: Texts, texts: Texts, clock: Clock) -> None:
        self._clock = clock
        self._ids = ids
        self._texts = texts
        self._rows = bytearray()
        # Many entries have the same words.
        self._packed: dict[_Words, bytes] = {}
        self._batches: list[tuple[str, ...]] = []

    def add(
        self,
        kind: Kind,
        source: str,
        lane: str = "",
        function: str = "",
        events: tuple[str, ...] = (),
        attempt: int = 0,
        *,
        time: float | None = None,
        duration: float = 0.0,
        until: float = NEVER,
        parent: int = NOTHING,
        place: str = "",
        reason: str = "",
    ) -> int:
        """Add an entry, by default with the present time, and return its number; see `Entry` for the arguments."""
        if time is None:
            time = self._clock.now
        if len(events) == 1:
            several = self._ids.numbers.get(events[0])
            if several is None:
                several = self._ids.number(events[0])
        else:
            several = _BATCH | len(self._batches)
            self._batches.append(events)
        words = (source, lane, function, place, reason, kind)
        packed = self._packed.get(words)
        if packed is None:
            packed = self._pack(words)
        rows = self._rows
        rows += _NUMBERS_AND_WORDS.pack(time, duration, until, several, parent, attempt, packed)
        return len(rows) // _SIZE - 1

    def _pack(self, words: _Words) -> bytes:
        *texts, kind = words
        is_known = words[4] in self._texts.numbers  # a reason may be of one entry only
        packed = _WORDS.pack(*map(self._texts.number, texts), _NUMBERS[kind])
        if is_known:
            self._packed[words] = packed
        return packed

    def __len__(self) -> int:
        return len(self._rows) // _SIZE

    @overload
    def __getitem__(self, index: int) -> Entry: ...
    @overload
    def __getitem__(self, index: slice) -> list[Entry]: ...
    def __getitem__(self, index: int | slice) -> Entry | list[Entry]:
        if isinstance(index, slice):
            return [self._entry(each) for each in range(len(self))[index]]
        return self._entry(range(len(self))[index])

    def __iter__(self) -> Iterator[Entry]:
        number = 0
        while number < len(self):  # the simulation may add more meanwhile
            yield self._entry(number)
            number += 1

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sequence) and list(self) == list(cast("Sequence[Any]", other))

    __hash__ = None  # pyright: ignore[reportAssignmentType]

    def _entry(self, number: int) -> Entry:
        row = cast("_Row", _ROW.unpack_from(self._rows, number * _SIZE))
        time, duration, until, several, parent, attempt, source, lane, function, place, reason, kind = row
        texts = self._texts.texts
        events = self._batches[several ^ _BATCH] if several & _BATCH else (self._ids.texts[several],)
        names = (texts[source], texts[lane], texts[function])
        rest = (events, attempt, duration, until, parent, texts[place], texts[reason])
        return _new(Entry, (number, time, _KINDS[kind], *names, *rest))


class NoLog(Log):
    """Keeps no entry of a simulation, which is too long for that."""

    __slots__ = ()

    def add(self, kind: Kind, source: str, *_: Any, **__: Any) -> int:
        """Forget an entry."""
        return NOTHING


class Events(Mapping[str, Event]):
    """The events of a simulation by id.

    Args:
        ids: The ids of events.
        texts: Names.
    """

    __slots__ = ("_causes", "_count", "_groups", "_ids", "_payloads", "_sources", "_texts", "_times")

    def __init__(self, ids: Texts, texts: Texts) -> None:
        self._ids = ids
        self._texts = texts
        self._count = 0
        # By the number of the id; a source of 0 stands for an id without an event.
        self._sources = array("I")
        self._times = array("d")
        self._causes = array("i")
        self._payloads: list[Any] = []
        self._groups: dict[int, str] = {}

    def add(self, id: str, source: str, time: float, payload: Any, group: str | None, cause: str | None) -> None:
        """Add an event; see `Event` for the arguments."""
        number, count = self._ids.number(id), len(self._payloads)
        cause_number = -1 if cause is None else self._ids.number(cause)
        source_number = self._texts.numbers.get(source) or self._texts.number(source)
        if number == count:
            self._count += 1
            self._sources.append(source_number)
            self._times.append(time)
            self._causes.append(cause_number)
            self._payloads.append(payload)
            if group is not None:
                self._groups[number] = group
            return
        if number > count:
            more = number + 1 - count
            self._sources.extend([0] * more)
            self._times.extend([0.0] * more)
            self._causes.extend([-1] * more)
            self._payloads.extend([None] * more)
        if not self._sources[number]:
            self._count += 1
        self._sources[number] = source_number
        self._times[number] = time
        self._causes[number] = cause_number
        self._payloads[number] = payload
        if group is not None:
            self._groups[number] = group
        elif self._groups:
            self._groups.pop(number, None)

    def __getitem__(self, id: str) -> Event:
        number = self._ids.numbers[id]
        if number >= len(self._payloads) or not self._sources[number]:
            raise KeyError(id)
        return self._event(number)

    def __iter__(self) -> Iterator[str]:
        texts = self._ids.texts
        return (texts[number] for number, source in enumerate(self._sources) if source)

    def __len__(self) -> int:
        return self._count

    def _event(self, number: int) -> Event:
        texts, cause = self._ids.texts, self._causes[number]
        source, group = self._texts.texts[self._sources[number]], self._groups.get(number)
        first = (texts[number], source, self._times[number], self._payloads[number])
        return _new(Event, (*first, group, None if cause < 0 else texts[cause]))
