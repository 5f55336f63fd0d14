"""Decides the outcome of messages that were not started: pure functions of messages, settings, time and chance."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from redrive.failures.backoff import Backoff
from redrive.sqs.decision import expiry_margin
from redrive.sqs.origin import Origin, deliveries, is_fifo, origin_of

if TYPE_CHECKING:
    from redrive.settings.sqs import SqsSettings
    from redrive.sqs.batch import NotTried
    from redrive.sqs.message import SqsMessage

# https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html: 15 minutes. Longer waits
# would not help: what comes within them is less than one function instance can process in them.
_LONGEST_DELAY = 900
# Doubles with each delivery, so that a backlog of any size is soon spread over the time that it needs. At least half of
# it, because a message that comes back at once spends a receive for nothing.
_WAITS = Backoff(base=1.0, factor=2.0, cap=_LONGEST_DELAY, jitter="equal")
# SQS's default: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SetQueueAttributes.html
_USUAL_RETENTION = 345_600
_BECAUSE = {"deferred": "no time left in the invocation", "circuit_open": "a circuit is open"}


class NotStarted(Exception):
    """Stands for the error of a message that was dead-lettered without having been started."""


class Untried(NamedTuple):
    """The outcome of a message that was not started.

    Attributes:
        outcome: `returned` to its queue, `sent_back` to it as a new message, or `dead_lettered`.
        wait: Seconds until it is received again, also if sending it fails. `None`: the queue's visibility timeout.
        reason: Why it was not started, if it is not only returned.
        origin: What it was at its first send.
    """

    outcome: Literal["returned", "sent_back", "dead_lettered"]
    wait: int | None
    reason: str
    origin: Origin


def deferral_wait(deliveries: int, random: float) -> int:
    """Return the seconds that a deferred message waits after a number of deliveries: 1 after the first."""
    return math.ceil(_WAITS.wait(deliveries - 1, random))


def decide(
    messages: Sequence[SqsMessage[Any]],
    why: NotTried,
    wait: int | None,
    settings: SqsSettings,
    *,
    now: float,
    random: float,
) -> list[Untried]:
    """Decide the outcomes of messages that wait together: a message group in order, or one message.

    Args:
        messages: The messages.
        why: Why they were not started.
        wait: The seconds that they wait at least. `None` if deferred: as long as their deliveries say.
        settings: The queue's settings.
        now: Seconds since the epoch.
        random: A random number in [0, 1), for the jitter.
    """
    origins = [origin_of(message) for message in messages]
    if why == "deferred" and wait is None:
        most = max(map(deliveries, messages, origins))
        wait = deferral_wait(most, random)
    if wait and settings.backoff is not None:
        # It spends a receive like a failure does, so it must not spend them faster: an outage may come next.
        received = max(message.receive_count for message in messages)
        wait = max(wait, math.ceil(settings.backoff.wait(max(0, received - 1), random)))
    decided: list[Untried] = []
    for message, origin in zip(messages, origins, strict=True):
        untried = _decide(message, origin, why, wait, settings, now)
        if decided and decided[-1].outcome == "returned":  # a group stays in order, and comes back together
            untried = decided[-1]._replace(origin=origin)
        decided.append(untried)
    return decided


def _decide(
    message: SqsMessage[Any], origin: Origin, why: NotTried, wait: int | None, settings: SqsSettings, now: float
) -> Untried:
    if message.is_last_receive:
        return _at_last_receive(message, origin, why, wait, settings, now)
    sent_at = message.sent_at
    left = _left(None if sent_at is None else sent_at.timestamp(), settings.retention_period, now)
    if left is None or wait is None or wait < left:
        return Untried("returned", wait, "", origin)
    # SQS deletes a message without a trace when its retention ends.
    if left >= 1 and not is_fifo(message):
        return Untried("returned", int(left), "", origin)
    return _given_up(origin, 0, f"not started and about to expire: {_BECAUSE[why]}", settings)


def _at_last_receive(
    message: SqsMessage[Any], origin: Origin, why: NotTried, wait: int | None, settings: SqsSettings, now: float
) -> Untried:
    reason = f"not started at receive {deliveries(message, origin)}, its last: {_BECAUSE[why]}"
    if is_fifo(message):  # a new message would come after those behind it
        return _given_up(origin, wait, reason, settings)
    left = _left(origin.first_sent_at, settings.retention_period or _USUAL_RETENTION, now)
    if left is not None and left < 1:
        reason += "; it was first sent as long ago as its queue keeps messages"
        return _given_up(origin, wait, reason, settings)
    delay = deferral_wait(deliveries(message, origin), 0) if wait is None else min(_LONGEST_DELAY, wait)
    return Untried("sent_back", delay if left is None else min(delay, int(left)), reason, origin)


def _given_up(origin: Origin, wait: int | None, reason: str, settings: SqsSettings) -> Untried:
    # Without a known dead-letter queue, SQS moves or deletes it.
    outcome = "returned" if settings.dead_letter_queue_url is None else "dead_lettered"
    return Untried(outcome, wait, reason, origin)


def _left(sent_at: float | None, retention: float | None, now: float) -> float | None:
    """Return the seconds for which a message can safely wait; `None`: any number."""
    if sent_at is None or retention is None:
        return None
    return sent_at + retention - expiry_margin(retention) - now
