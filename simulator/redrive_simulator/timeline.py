"""`Timeline`: the history of a simulation, every delivery, retry, split, checkpoint, move and expiry with its time."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from enum import StrEnum
from pathlib import Path
from typing import Any, NamedTuple

#: No attempt, for `Entry.parent`.
NOTHING = -1
#: No time, for `Entry.until`.
NEVER = math.inf


class Kind(StrEnum):
    """What happened. `ATTEMPTS` are the kinds that stand for a call of a function."""

    SENT = "sent"
    """An event came into a source: a message into a queue, a record into a stream, an invocation to a function."""
    DEDUPLICATED = "deduplicated"
    """A FIFO queue took a message for one that it had got less than five minutes before."""

    SUCCEEDED = "succeeded"
    """An attempt, all of whose events are done."""
    PARTLY_FAILED = "partly failed"
    """An attempt that reported some of its events as failed."""
    FAILED = "failed"
    """An attempt that raised an error, or gave a response by which all of its events failed."""
    TIMED_OUT = "timed out"
    """An attempt that Lambda ended at the function's timeout."""
    CRASHED = "crashed"
    """An attempt whose process ended."""
    THROTTLED = "throttled"
    """An attempt that Lambda refused before the code ran, for want of concurrency."""
    REFUSED = "refused"
    """An attempt that Lambda failed with a service error before the code ran."""

    RETRY = "retry"
    """Events are to be tried again, at `until` at the earliest."""
    RESET = "reset"
    """A message became visible again while its function was still at it, since its visibility timeout was over."""
    SPLIT = "split"
    """A batch was cut in two, or at the record that a response named."""
    CHECKPOINT = "checkpoint"
    """A shard's lane moved on: the events are behind it, processed or given up."""
    VISIBILITY = "visibility"
    """A function changed the time at which a message that it holds is visible again, to `until`."""
    WINDOW = "window"
    """A tumbling window ended."""

    DELETED = "deleted"
    """Messages were deleted from their queue, being done."""
    FILTERED = "filtered"
    """Events matched none of the mapping's filters and were left out. Messages of a queue are deleted then."""
    DEAD_LETTERED = "dead-lettered"
    """Moved to the dead-letter queue (`place`), by a redrive policy or of a function."""
    DESTINATION = "destination"
    """An invocation record went to a destination (`place`)."""
    DESTINATION_FAILED = "destination failed"
    """What was to go to a destination or a dead-letter queue (`place`) did not get there."""
    NOTIFIED = "notified"
    """A topic handed a notification on to a subscriber (`place`)."""
    EXPIRED = "expired"
    """Too old: retention of a queue or a stream was over. The events are lost."""
    DROPPED = "dropped"
    """Given up by Lambda with no place to go to. The events are lost."""
    STOPPED = "stopped"
    """Lambda stopped a chain of invocations as a recursive loop."""


#: The kinds that stand for a call of a function.
ATTEMPTS = frozenset(
    {
        Kind.SUCCEEDED,
        Kind.PARTLY_FAILED,
        Kind.FAILED,
        Kind.TIMED_OUT,
        Kind.CRASHED,
        Kind.THROTTLED,
        Kind.REFUSED,
    }
)


class Entry(NamedTuple):
    """One thing that happened. Times are virtual, in seconds from the simulation's start.

    Attributes:
        number: Its place in the timeline, from 0.
        time: When it happened; of an attempt: when it started.
        kind: What happened.
        source: What the events are in: the name of a queue, a stream, a topic, or the function of an asynchronous or
            synchronous invocation. With `lane` it names the line of a drawing.
        lane: The part of the source that keeps order: `"shardId-000000000000"`, with parallelization
            `"shardId-000000000000/2"`; empty for sources that have but one.
        function: The function concerned; empty where there is none.
        events: The ids of the events concerned, in the order of the batch: message ids, request ids, event ids of
            stream records. `Timeline.events` tells more of each.
        attempt: Of an attempt and of what follows from it: which one it is, from 1. For a queue the highest receive
            count of the batch, for a stream the tries of this batch, for an invocation the tries of the event. 0
            elsewhere.
        duration: Of an attempt: how long the function ran.
        until: When what is waited for is due, `NEVER` where nothing is.
        parent: Of an attempt: the number of the attempt whose batch this one is a part of, after a bisection or a
            partial response; of all else, the number of the attempt that it follows from. `NOTHING` where there is
            none.
        place: Where the events went, for what moves them.
        reason: Why, in a few words: the error, the condition of an invocation record, the checkpoint.
    """

    number: int
    time: float
    kind: Kind
    source: str
    lane: str = ""
    function: str = ""
    events: tuple[str, ...] = ()
    attempt: int = 0
    duration: float = 0.0
    until: float = NEVER
    parent: int = NOTHING
    place: str = ""
    reason: str = ""

    @property
    def is_attempt(self) -> bool:
        """Whether it is a call of a function, or the refusal of one."""
        return self.kind in ATTEMPTS

    @property
    def end(self) -> float:
        """When it was over."""
        return self.time + self.duration


class Event(NamedTuple):
    """Something that was sent, and has to end somewhere.

    Attributes:
        id: Message id, request id, or event id of a stream's record.
        source: The queue or stream that it came into, or the function that it is for.
        time: When, in seconds from the simulation's start.
        payload: What was sent: the body of a message, the data of a record, the event of an invocation.
        group: Message group or partition key, `None` where there is none.
        cause: The id of the event from whose handling this one came: that of an invocation record, of a message that a
            function has sent. `None`: it came from outside.
    """

    id: str
    source: str
    time: float
    payload: Any
    group: str | None = None
    cause: str | None = None

    @property
    def preview(self) -> str:
        """The payload in one short line."""
        return preview_of(self.payload)


class Timeline:
    """What happened, in the order in which it did.

    Attributes:
        entries: All entries. Times do not go down, but those of attempts: they are entered when they end, with the
            time at which they started.
        events: All events by id.
    """

    __slots__ = ("entries", "events", "title")

    def __init__(
        self, entries: Iterable[Entry] = (), events: Mapping[str, Event] | None = None, title: str = "Simulation"
    ) -> None:
        self.entries: list[Entry] = list(entries)
        self.events: dict[str, Event] = dict(events or {})
        self.title = title

    def __len__(self) -> int:
        return len(self.entries)

    def __iter__(self) -> Iterator[Entry]:
        return iter(self.entries)

    def __getitem__(self, number: int) -> Entry:
        """An entry by its number. Of a part of a timeline, that is its number in the whole."""
        entries = self.entries
        if number < len(entries) and entries[number].number == number:
            return entries[number]
        for entry in entries:
            if entry.number == number:
                return entry
        raise IndexError(f"no entry has the number {number} in this timeline of {len(entries)} entries")

    def __str__(self) -> str:
        return self.text()

    def of_events(self, *ids: str) -> Timeline:
        """The part that concerns some events, and those that came from them: records, messages sent on.

        Args:
            *ids: Their ids.
        """
        wanted = set(ids)
        for event in self.events.values():  # causes come before what they cause
            if event.cause in wanted:
                wanted.add(event.id)
        return self.where(lambda entry: not wanted.isdisjoint(entry.events))

    def of_source(self, source: str, lane: str | None = None) -> Timeline:
        """The part that took place in one queue or stream, or in one function's invocations.

        Args:
            source: Its name, as in `Entry.source`.
            lane: One lane of it. Default: all of them.
        """
        return self.where(lambda entry: entry.source == source and lane in (None, entry.lane))

    def of_function(self, function: str) -> Timeline:
        """The part that concerns one function, whatever invoked it."""
        return self.where(lambda entry: entry.function == function)

    def between(self, start: float, end: float) -> Timeline:
        """The part from one time to another; what spans a border belongs to it.

        Args:
            start: Seconds from the simulation's start.
            end: Seconds from the simulation's start.
        """
        return self.where(lambda entry: entry.end >= start and entry.time <= end)

    def where(self, condition: Callable[[Entry], bool]) -> Timeline:
        """The part whose entries meet a condition.

        Args:
            condition: Called with each entry.

        Returns:
            A timeline of its own, whose entries keep their numbers.
        """
        return Timeline(filter(condition, self.entries), self.events, self.title)

    @property
    def attempts(self) -> list[Entry]:
        """The calls of functions, refused ones included."""
        return [entry for entry in self.entries if entry.kind in ATTEMPTS]

    @property
    def lanes(self) -> list[tuple[str, str]]:
        """Every pair of source and lane, in the order of their first entry."""
        return list(dict.fromkeys((entry.source, entry.lane) for entry in self.entries))

    @property
    def end(self) -> float:
        """When the last thing in it was over, in seconds from the simulation's start; 0 where nothing happened."""
        return max((entry.end for entry in self.entries), default=0.0)

    def text(self, **options: Any) -> str:
        """The timeline as text, a line an entry.

        Args:
            **options: See `redrive_simulator.timeline_text.text_of`.
        """
        from redrive_simulator.timeline_text import text_of

        return text_of(self, **options)

    def svg(self, **options: Any) -> str:
        """The timeline as a drawing: a lane for each source and shard, attempts as marks, waiting as lines.

        Args:
            **options: See `redrive_simulator.timeline_svg.svg_of`.
        """
        from redrive_simulator.timeline_svg import svg_of

        return svg_of(self, **options)

    def html(self, **options: Any) -> str:
        """The timeline as a page that needs nothing else.

        Args:
            **options: See `redrive_simulator.timeline_html.html_of`.
        """
        from redrive_simulator.timeline_html import html_of

        return html_of(self, **options)

    def write_html(self, path: str | Path, **options: Any) -> Path:
        """Write the page to a file.

        Args:
            path: The file.
            **options: See `redrive_simulator.timeline_html.html_of`.

        Returns:
            The file's path.
        """
        file = Path(path)
        file.write_text(self.html(**options), encoding="utf-8")
        return file


def preview_of(payload: object, length: int = 80) -> str:
    """A payload in one short line.

    Args:
        payload: Text, bytes or a JSON value.
        length: The most characters.
    """
    if isinstance(payload, bytes):
        text = payload[: 4 * length].decode(errors="replace")
    elif isinstance(payload, str):
        text = payload
    else:
        import json

        text = json.dumps(payload, ensure_ascii=False, default=repr)
    line = " ".join(text[: 4 * length].split())
    return line if len(line) <= length and len(text) <= 4 * length else line[: length - 1] + "…"
