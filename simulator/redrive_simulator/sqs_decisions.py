"""What a queue does with a message: pure decisions.

SQSDG is https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/.
"""

from __future__ import annotations

#: From its first receipt on, a message cannot be kept invisible for longer, however often that is extended.
#: SQSDG/sqs-visibility-timeout.html.
LONGEST_INVISIBLE = 43_200.0
#: Bytes. SQSDG/quotas-messages.html.
LARGEST_MESSAGE = 1_048_576
#: SQSDG/quotas-messages.html.
LONGEST_DELAY = 900.0


def goes_to_dead_letters(receives: int, max_receive_count: int | None) -> bool:
    """Whether a message is moved to the dead-letter queue in place of being received once more.

    It is when its receive count would exceed `maxReceiveCount`. SQSDG/sqs-dead-letter-queues.html.

    Args:
        receives: How often it was received before.
        max_receive_count: Of the redrive policy, if there is one.
    """
    return max_receive_count is not None and receives >= max_receive_count


def dead_letter_enqueued_at(fifo: bool, sent_at: float, now: float) -> float:
    """From when on a dead-letter queue counts a message's retention.

    In a standard queue from when it was first sent; a FIFO queue begins anew. SQSDG/sqs-dead-letter-queues.html.

    Args:
        fifo: Whether the queues are FIFO.
        sent_at: When it came into the first queue.
        now: The time.
    """
    return now if fifo else sent_at


def visibility_is_too_long(first_received_at: float, now: float, timeout: float) -> bool:
    """Whether a new visibility timeout would end later than 12 hours after the first receipt.

    https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-visibility-timeout.html

    Args:
        first_received_at: When the message was received for the first time.
        now: The time, from which on the new timeout counts.
        timeout: Seconds.
    """
    return now + timeout - first_received_at > LONGEST_INVISIBLE


def concurrency_limit(initial: int, per_minute: float, most: int, busy_for: float) -> int:
    """How many batches of a queue Lambda handles at a time.

    https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-scaling.html

    Args:
        initial: At first.
        per_minute: By how much it grows in a minute.
        most: Where it ends.
        busy_for: Seconds since there have been more messages than that.
    """
    return min(most, initial + int(per_minute * busy_for / 60))
