"""Defines the outcomes of events."""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple


class Outcome(StrEnum):
    """The place of an event, or its final state."""

    WAITING = "waiting"
    """Not ended: to be delivered, being handled, or to be retried."""
    PROCESSED = "processed"
    """A function processed it."""
    RETURNED = "returned"
    """Its error was returned to the caller of a synchronous invocation."""
    KEPT = "kept"
    """It is in a queue, stream, bucket, topic or event bus (`place`) that nothing in the template reads."""
    DEAD_LETTERED = "dead-lettered"
    """It is in a dead-letter queue (`place`): SQS or Lambda moved it there, or a helper sent it."""
    SET_ASIDE = "set aside"
    """A helper set the record aside (`place`)."""
    DESTINATION = "at its destination"
    """Lambda gave it up and sent a record of it to an on-failure destination (`place`)."""
    SENT_AWAY = "sent away"
    """It was sent to an event bus (`place`) that the template does not have."""
    REPLAYED = "replayed"
    """A task moved it out of a dead-letter queue, as a new message of another queue (`place`)."""
    FILTERED = "filtered"
    """It matched none of the filters of the event source mapping."""
    DEDUPLICATED = "deduplicated"
    """A FIFO queue dropped it as a duplicate of an earlier message."""
    SKIPPED = "skipped"
    """It was written before the starting position of the event source mapping."""
    EXPIRED = "expired"
    """Lost: it was older than the retention period of its queue or stream."""
    DROPPED = "dropped"
    """Lost: Lambda gave it up, and there is no destination and no dead-letter queue; or the function reported it as
    failed to an event source mapping that does not read that, so that Lambda took it for processed."""
    UNDELIVERED = "undelivered"
    """Lost: Lambda gave it up, and its destination refused it."""


#: Outcomes that leave nothing that can be seen or replayed.
LOST = frozenset({Outcome.EXPIRED, Outcome.DROPPED, Outcome.UNDELIVERED})


class Ended(NamedTuple):
    """The outcome of one event. A record of a stream has one for each function that reads the stream.

    Attributes:
        event: Event id.
        source: Queue, stream or function that the event was sent to.
        outcome: The outcome.
        time: Time of the outcome, in seconds from the simulation's start.
        place: Place of the event or its record; empty if there is none. Default: empty.
        function: The function involved; empty if there is none. Default: empty.
        reason: Short reason. Default: empty.
    """

    event: str
    source: str
    outcome: Outcome
    time: float
    place: str = ""
    function: str = ""
    reason: str = ""

    @property
    def is_lost(self) -> bool:
        """True if the event is lost: nothing is left of it that can be seen or replayed."""
        return self.outcome in LOST
