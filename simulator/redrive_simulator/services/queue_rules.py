"""Decides what a queue does with a message, without side effects.

SQSDG in comments stands for https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/.
"""

from __future__ import annotations

from redrive_model.limits import VISIBILITY_TIMEOUT


def goes_to_dead_letters(receives: int, max_receive_count: int | None) -> bool:
    """Decide if a message is dead-lettered instead of received once more, after `receives` earlier receives."""
    # When the receive count would exceed `maxReceiveCount`: SQSDG/sqs-dead-letter-queues.html.
    return max_receive_count is not None and receives >= max_receive_count


def dead_letter_enqueued_at(fifo: bool, sent_at: float, now: float) -> float:
    """Return the time from which a dead-letter queue counts a message's retention."""
    # A standard queue counts from the first queue's enqueue time, a FIFO queue starts again:
    # SQSDG/sqs-dead-letter-queues.html.
    return now if fifo else sent_at


def visibility_is_too_long(first_received_at: float, now: float, timeout: float) -> bool:
    """Decide if a new visibility timeout would end later than 12 hours after the first receive."""
    # SQSDG/sqs-visibility-timeout.html
    return now + timeout - first_received_at > VISIBILITY_TIMEOUT.most


def concurrency_limit(initial: int, per_minute: float, most: int, busy_for: float) -> int:
    """Return how many batches of a queue Lambda handles concurrently.

    https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-scaling.html

    Args:
        initial: Initial limit.
        per_minute: Growth of the limit per minute.
        most: Maximum limit.
        busy_for: Seconds for which the initial limit has been in full use.
    """
    return min(most, initial + int(per_minute * busy_for / 60))
