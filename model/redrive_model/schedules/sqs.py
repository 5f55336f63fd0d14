"""Says when SQS delivers a message again, and for how long.

SQSDG in comments stands for https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/.
"""

from __future__ import annotations

from redrive_model import limits
from redrive_model.facts.horizon import Horizon
from redrive_model.facts.sqs import SqsFacts
from redrive_model.schedules import bridging
from redrive_model.schedules.waits import growing_wait

#: Waits before Lambda retries a throttled batch: the first and the longest. AWS does not publish them.
THROTTLE_BASE = 1.0
THROTTLE_CAP = 60.0
#: Concurrent batches of a queue: at first, their growth per minute, and at most.
#: https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-scaling.html
INITIAL_CONCURRENCY = limits.FIRST_CONCURRENT_BATCHES
CONCURRENCY_PER_MINUTE = 300.0
MAXIMUM_CONCURRENCY = 1250


def throttle_wait(throttles: int, base: float = THROTTLE_BASE, cap: float = THROTTLE_CAP) -> float:
    """Return the wait before Lambda retries a batch that was throttled, after `throttles` earlier ones; it doubles."""
    return growing_wait(base, 2, cap, throttles)


def longest_time(facts: SqsFacts, receives: float) -> float | None:
    """Return the longest time until a message is visible again after a number of receives."""
    visibility = facts.visibility_timeout
    return None if visibility is None else bridging.longest_time(facts.backoff, receives, visibility)


def time_of_all_receives(facts: SqsFacts) -> float | None:
    """Return the longest time until a message is visible again after its last receive."""
    return None if facts.max_receive_count is None else longest_time(facts, facts.max_receive_count)


def bridged_by(facts: SqsFacts) -> float | None:
    """Return the length of the outage that receives and retention bridge; `None` if it is not known."""
    length = bridging.bridged(facts.max_receive_count, facts.backoff, facts.visibility_timeout)
    if length is None or facts.retention is None:
        return length
    last = (facts.visibility_timeout or 0) if facts.backoff is None else facts.backoff.cap
    return max(0.0, min(length, facts.retention - bridging.expiry_margin(facts.retention) - last))


def horizon_of(facts: SqsFacts) -> Horizon | None:
    """Return the retry horizon of a queue's messages: all receives, each with its longest wait.

    The retention is the upper limit, and the horizon if the maximum receive count is not known. Three waits are not
    included: the backlog of messages that are visible again (the consumer's age alarm covers it), the further receives
    of messages that the helper sends back because of a backlog (its metric `SentBack` counts them), and the time of
    `Retry(after=…)`.
    """
    # SQSDG/sqs-visibility-timeout.html and SQSDG/sqs-dead-letter-queues.html
    count, retention, visibility = facts.max_receive_count, facts.retention, facts.visibility_timeout
    receives = time_of_all_receives(facts)
    if retention is not None and (count is None or (receives is not None and retention < receives)):
        return Horizon(retention, "the queue's retention", "shorten the retention")
    if count is None or visibility is None or receives is None:
        return None
    if facts.backoff is None or facts.backoff.cap <= visibility:
        made_of = f"{count:,} receives × the visibility timeout of {visibility:,} s"
        return Horizon(receives, made_of, "lower max_receive_count or the visibility timeout")
    made_of = (
        f"{count:,} receives, each with the visibility timeout of {visibility:,} s or the helper's wait of up to "
        f"{facts.backoff.cap:,g} s"
    )
    return Horizon(receives, made_of, "give the consumer a shorter bridges, or lower max_receive_count")
