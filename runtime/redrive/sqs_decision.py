"""What becomes of a message whose function failed: a pure function of message, error, policy and time."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

from redrive.backoff import Backoff
from redrive.classification import FailureClass, leaves, schedule
from redrive.diagnosis import explained
from redrive.errors import Retry
from redrive.settings import SqsSettings
from redrive.sqs_message import SqsMessage

# https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-visibility-timeout.html: 12 hours from
# the first receipt, and extending the visibility timeout does not restart them.
LONGEST_VISIBILITY = 43_200
# Between the decision and SQS's own look at the clock.
_ON_THE_WAY = 10
# A message that becomes visible in its last minute (of a short life: its last tenth) may well expire before it is
# received.
_EXPIRY_MARGIN = 60
_EXPIRY_SHARE = 10


class Decision(NamedTuple):
    """What becomes of a message that failed.

    Attributes:
        failure: What kind of failure it was.
        dead_letter: Send it to the dead-letter queue now, instead of returning it to its own.
        retry_after: The visibility timeout in whole seconds with which it is returned, also when it cannot be sent to
            the dead-letter queue. `None`: leave the visibility timeout as it is.
        reason: Why, for the attributes and the log.
        error_type: The name of the error's class.
    """

    failure: FailureClass
    dead_letter: bool
    retry_after: int | None
    reason: str
    error_type: str


def decide(
    message: SqsMessage[Any],
    error: BaseException,
    failure: FailureClass,
    settings: SqsSettings,
    *,
    now: float,
    random: float,
) -> Decision:
    """Decide what becomes of a message that failed.

    A permanent failure goes to the dead-letter queue. So does a message that would outlive the queue's retention while
    it waits for its next receive: SQS deletes it then without a trace. So does a message of a FIFO queue that fails at
    its last receive: SQS would move it next, and with it, untried, those that have been held behind it each time.
    Everything else is returned, with a visibility timeout from the backoff policy, or the one that `Retry(after=…)`
    asks for.

    Args:
        message: The message.
        error: What its function raised.
        failure: What kind of failure that is.
        settings: The backoff policy and the queue's retention.
        now: Seconds since the epoch.
        random: A number in [0, 1), for the jitter.

    Returns:
        The decision.
    """
    reason, error_type = explained(error)
    wait = _wait(message, error, failure, settings.backoff or Backoff(), random)
    retry_after = within_limit(message, wait, now)
    if failure is FailureClass.PERMANENT:
        return Decision(failure, True, retry_after, reason, error_type)
    if message.is_last_receive and message.source_arn.endswith(".fifo") and settings.dead_letter_queue_url is not None:
        reason = f"failed at receive {message.receive_count}, its last: {reason}"
        return Decision(failure, True, retry_after, reason, error_type)
    sent_at = message.sent_at
    if settings.retention_period is not None and sent_at is not None:
        left = sent_at.timestamp() + settings.retention_period - now
        seconds = math.ceil(wait) if retry_after is None else retry_after
        if seconds + min(_EXPIRY_MARGIN, settings.retention_period / _EXPIRY_SHARE) >= left:
            reason = f"expires in {max(0, int(left))} s, before a retry in {seconds} s: {reason}"
            return Decision(failure, True, 0, reason, error_type)
    return Decision(failure, False, retry_after, reason, error_type)


def _wait(
    message: SqsMessage[Any], error: BaseException, failure: FailureClass, backoff: Backoff, random: float
) -> float:
    asked_for = [part.after for part in leaves(error) if isinstance(part, Retry) and part.after is not None]
    if asked_for:
        return min(LONGEST_VISIBILITY, max(asked_for))
    wait = schedule(backoff, failure).wait(max(0, message.receive_count - 1), random)
    return min(LONGEST_VISIBILITY, wait)


def within_limit(message: SqsMessage[Any], wait: float, now: float) -> int | None:
    """The visibility timeout for a wait. SQS refuses one that goes beyond 12 hours from the first receipt.

    Args:
        message: The message.
        wait: Seconds until it is to be received again.
        now: Seconds since the epoch.

    Returns:
        Whole seconds. `None` where the 12 hours have passed, so that there is nothing left to set.
    """
    first = message.first_received_at
    longest = LONGEST_VISIBILITY
    if first is not None:
        longest = min(longest, int(first.timestamp() + LONGEST_VISIBILITY - _ON_THE_WAY - now))
    # Rounded up, since 0 would mean: again at once.
    return None if longest <= 0 else min(math.ceil(wait), longest)
