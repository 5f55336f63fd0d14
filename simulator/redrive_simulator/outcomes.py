"""How events end."""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple


class Outcome(StrEnum):
    """Where an event is, or what became of it."""

    WAITING = "waiting"
    """It is on its way: to be delivered, being handled, or to be tried again."""
    PROCESSED = "processed"
    """A function has processed it."""
    RETURNED = "returned"
    """Its error was returned to whoever invoked the function and waited for it."""
    KEPT = "kept"
    """It lies in a queue, bucket or topic (`place`) that nothing in the template reads."""
    DEAD_LETTERED = "dead-lettered"
    """It was moved to a dead-letter queue (`place`)."""
    DESTINATION = "at its destination"
    """It was given up, and what is known of it went to an on-failure destination (`place`)."""
    FILTERED = "filtered"
    """It matched none of the mapping's filters."""
    DEDUPLICATED = "deduplicated"
    """A FIFO queue has taken it for one that it had already."""
    SKIPPED = "skipped"
    """It came before the position at which the mapping starts to read."""
    EXPIRED = "expired"
    """Lost: it was too old for its queue or stream."""
    DROPPED = "dropped"
    """Lost: it was given up, and there was no place for it to go to."""
    UNDELIVERED = "undelivered"
    """Lost: it was given up, and its destination did not take it."""


#: The outcomes of which nothing is left that anyone could see or replay.
LOST = frozenset({Outcome.EXPIRED, Outcome.DROPPED, Outcome.UNDELIVERED})


class Ended(NamedTuple):
    """How an event ended. A stream's record has one for each function that reads the stream.

    Attributes:
        event: Its id.
        source: The queue, stream or function that it was sent to.
        outcome: What became of it.
        time: When, in seconds from the simulation's start.
        place: Where it is, where it is anywhere.
        function: The function concerned; empty where there is none.
        reason: Why, in a few words.
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
        """Whether nothing is left of it that anyone could see or replay."""
        return self.outcome in LOST
