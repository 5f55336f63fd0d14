"""Decides the outcome of a failed message: a pure function of message, error, policy and time."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

from redrive.failures.backoff import SQS_WAITS, Backoff
from redrive.failures.classification import FailureClass, schedule
from redrive.failures.diagnosis import Diagnosis
from redrive.settings.sqs import SqsSettings
from redrive.sqs.message import SqsMessage

# https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-visibility-timeout.html: 12 hours from
# the first receive, and extending the visibility timeout does not restart them.
LONGEST_VISIBILITY = 43_200
# Seconds between the decision and the time at which SQS checks the limit.
_ON_THE_WAY = 10
# A message that becomes visible in the last minute of its retention (in the last tenth, if that is short) may expire
# before it is received.
_EXPIRY_MARGIN = 60
_EXPIRY_SHARE = 10


class Decision(NamedTuple):
    """The outcome of a failed message.

    Attributes:
        dead_letter: Send it to the dead-letter queue now instead of returning it to its queue.
        retry_after: The visibility timeout in whole seconds if it is returned, also because dead-lettering failed.
            `None`: leave the visibility timeout unchanged.
        reason: For the message attributes and the log.
    """

    failure: FailureClass
    dead_letter: bool
    retry_after: int | None
    reason: str
    error_type: str


class FailedMessage(NamedTuple):
    """A failed message, its error and the decision."""

    message: SqsMessage[Any]
    error: BaseException
    decision: Decision


def decide(
    message: SqsMessage[Any],
    diagnosis: Diagnosis,
    settings: SqsSettings,
    *,
    now: float,
    random: float,
) -> Decision:
    """Decide the outcome of a failed message, with `now` in epoch seconds and `random` in [0, 1) for the jitter."""
    _, _, failure, reason, error_type = diagnosis
    wait = _wait(message, diagnosis, settings.backoff or SQS_WAITS, random)
    retry_after = within_limit(message, wait, now)
    if failure is FailureClass.PERMANENT:
        return Decision(failure, True, retry_after, reason, error_type)
    # SQS would dead-letter this message next, and later, untried, the messages that wait behind it each time.
    if message.is_last_receive and message.source_arn.endswith(".fifo") and settings.dead_letter_queue_url is not None:
        reason = f"failed at receive {message.receive_count}, its last: {reason}"
        return Decision(failure, True, retry_after, reason, error_type)
    # SQS deletes a message without a trace when its retention ends while it waits.
    sent_at = message.sent_at
    if settings.retention_period is not None and sent_at is not None:
        left = sent_at.timestamp() + settings.retention_period - now
        seconds = math.ceil(wait) if retry_after is None else retry_after
        if seconds + expiry_margin(settings.retention_period) >= left:
            reason = f"expires in {max(0, int(left))} s, before a retry in {seconds} s: {reason}"
            return Decision(failure, True, 0, reason, error_type)
    return Decision(failure, False, retry_after, reason, error_type)


def _wait(message: SqsMessage[Any], diagnosis: Diagnosis, backoff: Backoff, random: float) -> float:
    wait = schedule(backoff, diagnosis.failure).wait(max(0, message.receive_count - 1), random)
    asked = diagnosis.retry_after
    if asked is not None:
        from redrive.circuit.errors import is_circuit_open

        # A circuit is open for as long as an outage lasts, which must not spend receives faster than other failures.
        wait = max(asked, wait) if is_circuit_open(diagnosis) else asked
    return min(LONGEST_VISIBILITY, wait)


def expiry_margin(retention: float) -> float:
    """Return the seconds before the end of a retention within which a message may expire before it is received."""
    return min(_EXPIRY_MARGIN, retention / _EXPIRY_SHARE)


def within_limit(message: SqsMessage[Any], wait: float, now: float) -> int | None:
    """Return the visibility timeout for a wait, `None` once the 12 hours from the first receive have passed."""
    first = message.first_received_at
    longest = LONGEST_VISIBILITY
    if first is not None:
        longest = min(longest, int(first.timestamp() + LONGEST_VISIBILITY - _ON_THE_WAY - now))
    # Rounded up, because 0 would make it visible at once.
    return None if longest <= 0 else min(math.ceil(wait), longest)
