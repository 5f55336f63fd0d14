"""Keeps the history of a simulation: every delivery, retry, split, checkpoint, move and expiry, with its time."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from enum import StrEnum
from pathlib import Path
from typing import Any, NamedTuple

#: `Entry.parent` of an entry without a parent.
NOTHING = -1
#: `Entry.until` of an entry after which nothing is due.
NEVER = math.inf


class Kind(StrEnum):
    """Kinds of entries. `ATTEMPTS` are the kinds that stand for a call of a function."""

    SENT = "sent"
    """An event entered a source: a message a queue, a record a stream, an invocation a function."""
    DEDUPLICATED = "deduplicated"
    """A FIFO queue treated a message as a duplicate of one that it had accepted less than five minutes before."""

    SUCCEEDED = "succeeded"
    """An attempt that processed all of its events."""
    PARTLY_FAILED = "partly failed"
    """An attempt that reported some of its events as failed."""
    FAILED = "failed"
    """An attempt that raised an error, or returned a response that failed all of its events."""
    TIMED_OUT = "timed out"
    """An attempt that Lambda ended at the function's timeout."""
    CRASHED = "crashed"
    """An attempt during which the process ended."""
    THROTTLED = "throttled"
    """An attempt that Lambda refused before the code ran, for lack of concurrency."""
    REFUSED = "refused"
    """An attempt that Lambda failed with a service error before the code ran."""

    RETRY = "retry"
    """Events wait to be retried, at `until` at the earliest."""
    RESET = "reset"
    """A message became visible again while its function still processed it, because its visibility timeout was over."""
    SPLIT = "split"
    """A batch was split in two, or at the record that a response named."""
    CHECKPOINT = "checkpoint"
    """A lane of a shard moved past these events: they were processed or given up."""
    VISIBILITY = "visibility"
    """A function changed the visibility timeout of a message that it had received, which now ends at `until`."""
    WINDOW = "window"
    """A tumbling window ended."""

    DELETED = "deleted"
    """Messages were deleted from their queue after they were processed."""
    FILTERED = "filtered"
    """Events matched no filter of the event source mapping and were skipped. Messages of a queue are deleted then."""
    DEAD_LETTERED = "dead-lettered"
    """Events moved to a dead-letter queue (`place`): that of a redrive policy, or that of a function."""
    DESTINATION = "destination"
    """An invocation record went to a destination (`place`)."""
    DESTINATION_FAILED = "destination failed"
    """A delivery to a destination or a dead-letter queue (`place`) failed."""
    NOTIFIED = "notified"
    """A topic delivered a notification to a subscriber (`place`)."""
    EXPIRED = "expired"
    """The retention period of a queue or a stream was over. The events are lost."""
    DROPPED = "dropped"
    """Lambda gave the events up, with no place to send them to. The events are lost."""
    STOPPED = "stopped"
    """Lambda stopped a chain of invocations as a recursive loop."""


#: Kinds of entries that stand for a call of a function.
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
    """An entry of a history. Times are virtual, in seconds from the start of the simulation.

    Attributes:
        number: Position in the timeline, from 0.
        time: Time of the entry; for an attempt, the time at which it started.
        kind: Kind of the entry.
        source: Name of the queue, stream or topic that has the events, or of the function that an asynchronous or
            synchronous invocation calls. Together with `lane` it identifies a lane of a drawing.
        lane: Part of the source that keeps order: `"shardId-000000000000"`, with parallelization
            `"shardId-000000000000/2"`. Empty for sources that have only one.
        function: Name of the function; empty for entries without a function.
        events: Ids of the events, in the order of the batch: message ids, request ids, or event ids of stream records.
            `Timeline.events` has the events.
        attempt: Number of the attempt, from 1, for an attempt and its consequences: for a queue the highest receive
            count of the batch, for a stream the number of tries of this batch, for an invocation the number of tries of
            the event. 0 for other entries.
        duration: Time that the function ran, in seconds, for an attempt. 0 for other entries.
        until: Time at which a wait ends; `NEVER` for entries without a wait.
        parent: Number of an attempt. For an attempt, it is the attempt whose batch included this one's batch, before a
            bisection or a partial response. For other entries, it is the attempt that caused them. `NOTHING` for
            entries without a parent.
        place: Name of the queue, destination or subscriber to which the events went, for entries that move events.
        reason: Short reason: the error, the condition of an invocation record, or the checkpoint.
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
        """True for a call of a function, and for the refusal of one."""
        return self.kind in ATTEMPTS

    @property
    def end(self) -> float:
        """Time at which it was over, in seconds from the start of the simulation."""
        return self.time + self.duration


class Event(NamedTuple):
    """A message, a stream record or an invocation that was sent.

    Attributes:
        id: Message id, request id, or event id of a stream record.
        source: Name of the queue or stream that it entered, or of the function that it invokes.
        time: Time at which it was sent, in seconds from the start of the simulation.
        payload: Body of a message, data of a record, or event of an invocation.
        group: Message group or partition key; `None` if it has none.
        cause: Id of the event that was handled when this one was sent, for example for an invocation record, or for a
            message that a function sent. `None` for an event from outside.
    """

    id: str
    source: str
    time: float
    payload: Any
    group: str | None = None
    cause: str | None = None

    @property
    def preview(self) -> str:
        """Payload as one short line."""
        return preview_of(self.payload)


class Timeline:
    """History of a simulation, in the order in which things happened. It can be iterated, indexed and printed.

    Attributes:
        entries: All entries. Their times ascend, except for attempts: an attempt is appended when it ends, with the
            time at which it started.
        events: All events by id.
        title: Title of the text, the drawing and the page.
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

    def __str__(self) -> str:
        return self.text()

    def of_events(self, *ids: str) -> Timeline:
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

    def of_source(self, source: str, lane: str | None = None) -> Timeline:
        """Select the entries of one queue, stream or topic, or of the invocations of one function.

        Args:
            source: Name of the source, as in `Entry.source`.
            lane: Lane of the source. Default: all lanes.

        Returns:
            A new timeline, whose entries keep their numbers.
        """
        return self.where(lambda entry: entry.source == source and lane in (None, entry.lane))

    def of_function(self, function: str) -> Timeline:
        """Select the entries of one function, regardless of what invoked it.

        Args:
            function: Name of the function, as in `Entry.function`.

        Returns:
            A new timeline, whose entries keep their numbers.
        """
        return self.where(lambda entry: entry.function == function)

    def between(self, start: float, end: float) -> Timeline:
        """Select the entries between two times, including attempts that overlap a border.

        Args:
            start: Start, in seconds from the start of the simulation.
            end: End, in seconds from the start of the simulation.

        Returns:
            A new timeline, whose entries keep their numbers.
        """
        return self.where(lambda entry: entry.end >= start and entry.time <= end)

    def where(self, condition: Callable[[Entry], bool]) -> Timeline:
        """Select the entries that meet a condition.

        Args:
            condition: Called with each entry; returns true for those to keep.

        Returns:
            A new timeline, whose entries keep their numbers. It has all events.
        """
        return Timeline(filter(condition, self.entries), self.events, self.title)

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

    def text(self, **options: Any) -> str:
        """Write the timeline as text, one line for each entry.

        Args:
            **options: See `redrive_simulator.timeline_text.text_of`.

        Returns:
            The text, without a newline at its end.

        Raises:
            ValueError: An option is too small.
        """
        from redrive_simulator.timeline.text import text_of

        return text_of(self, **options)

    def svg(self, **options: Any) -> str:
        """Draw the timeline: a lane for each source and shard, marks for attempts, lines for waits.

        Args:
            **options: See `redrive_simulator.timeline_svg.svg_of`.

        Returns:
            The text of an SVG file.

        Raises:
            ValueError: The width is too small.
        """
        from redrive_simulator.timeline.svg import svg_of

        return svg_of(self, **options)

    def html(self, **options: Any) -> str:
        """Make an interactive page of the timeline, in one file without external resources.

        Args:
            **options: See `redrive_simulator.timeline_html.html_of`.

        Returns:
            The text of an HTML file.

        Raises:
            ValueError: An option is negative.
        """
        from redrive_simulator.timeline.html import html_of

        return html_of(self, **options)

    def write_html(self, path: str | Path, **options: Any) -> Path:
        """Write the page of `html` to a file in UTF-8.

        Args:
            path: Path of the file. An existing file is replaced.
            **options: See `redrive_simulator.timeline_html.html_of`.

        Returns:
            The path of the file.

        Raises:
            ValueError: An option is negative.
        """
        file = Path(path)
        file.write_text(self.html(**options), encoding="utf-8")
        return file


def preview_of(payload: object, length: int = 80) -> str:
    """Write a payload (text, bytes or a JSON value) as one line of at most `length` characters."""
    if isinstance(payload, bytes):
        text = payload[: 4 * length].decode(errors="replace")
    elif isinstance(payload, str):
        text = payload
    else:
        import json

        text = json.dumps(payload, ensure_ascii=False, default=repr)
    line = " ".join(text[: 4 * length].split())
    return line if len(line) <= length and len(text) <= 4 * length else line[: length - 1] + "…"
