"""Gives a message that is sent back to its queue an identity, in one message attribute, and reads it again.

Such a message has a new id, a new time of sending and a receive count that starts again at 1.
"""

from __future__ import annotations

import json
from typing import Any, NamedTuple

from redrive.sqs.message import REPLAYED, SqsMessage, said_when_sent_back

# Seconds between the time at which the helper sends a message and the time that SQS gives it. If there are more,
# something else has moved the message since, such as a redrive, and it starts anew.
_ON_THE_WAY = 60


class Origin(NamedTuple):
    """The identity of a message at its first send.

    Attributes:
        message_id: Its id then.
        first_sent_at: The time of the first send, in seconds since the epoch. `None`: not known.
        times: How often it was sent back.
        replayed_id: The id under which it was dead-lettered before, if it was replayed.
    """

    message_id: str
    first_sent_at: float | None
    times: int
    replayed_id: str | None

    def written(self, now: float) -> str:
        """Return the value of the attribute for the next send, at `now` in seconds since the epoch."""
        first = now if self.first_sent_at is None else self.first_sent_at
        value: dict[str, object] = {
            "messageId": self.message_id,
            "firstSent": round(first * 1000),
            "sent": round(now * 1000),
            "times": self.times + 1,
        }
        if self.replayed_id is not None:
            value["replayed"] = self.replayed_id
        return json.dumps(value)


def is_fifo(message: SqsMessage[Any]) -> bool:
    """Return True if a message is in a FIFO queue."""
    return message.source_arn.endswith(".fifo")


def origin_of(message: SqsMessage[Any]) -> Origin:
    """Return what a message was at its first send; raise `ValueError` if SQS's times cannot be read."""
    time = message.sent_at
    sent_at = None if time is None else time.timestamp()
    attribute = message.message_attributes.get(REPLAYED)
    replayed = None if attribute is None else str(attribute.value)
    new = Origin(message.id, sent_at, 0, replayed)
    said = said_when_sent_back(message)
    try:
        first, sent, times = said["firstSent"] / 1000, said["sent"] / 1000, said["times"] + 0
    except (LookupError, TypeError):  # it was not sent back
        return new
    origin = Origin(message.original_id, first, times, replayed or said.get("replayed"))
    if sent_at is not None and sent_at - sent > _ON_THE_WAY:
        return origin._replace(first_sent_at=sent_at, times=0)
    return origin


def deliveries(message: SqsMessage[Any], origin: Origin | None = None) -> int:
    """Return the number of receives since the first send, 1 if it cannot be read.

    Each time that the message was sent back stands for the maximum receive count.
    """
    try:
        times = (origin or origin_of(message)).times
        return message.receive_count + times * (message.max_receive_count or 1)
    except Exception:  # SQS writes no such records, and one must not fail the batch
        return 1
