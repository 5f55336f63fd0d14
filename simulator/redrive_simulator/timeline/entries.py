"""Defines the entries and events of a history: every delivery, retry, split, checkpoint, move and expiry."""

from __future__ import annotations

import math
from enum import StrEnum
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
    """Events moved to a dead-letter queue (`place`): by a redrive policy, for a function, or by a helper."""
    SET_ASIDE = "set aside"
    """A helper set a record of a stream aside (`place`)."""
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


def preview_of(payload: object, length: int = 80) -> str:
    """Write a payload (text, bytes or a JSON value) as one line of at most `length` characters."""
    text = payload_as_text(payload, length)
    line = " ".join(text[: 4 * length].split())
    return line if len(line) <= length and len(text) <= 4 * length else line[: length - 1] + "…"


def payload_as_text(payload: object, most: int) -> str:
    """Write a payload as text; of bytes only as many as `most` characters may need."""
    if isinstance(payload, bytes):
        return payload[: 4 * most].decode(errors="replace")
    if isinstance(payload, str):
        return payload
    import json

    return json.dumps(payload, ensure_ascii=False, default=repr)
