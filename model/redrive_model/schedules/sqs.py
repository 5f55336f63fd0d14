"""Says when SQS delivers a message again, and for how long.

SQSDG in comments stands for https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/.
"""

from __future__ import annotations

from redrive_model import limits
from redrive_model.facts.horizon import Horizon
from redrive_model.facts.sqs import SqsFacts
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


def longest_wait(facts: SqsFacts) -> float | None:
    """Return the longest time that a message stays hidden after a failure of the function or a retry by the helper."""
    if facts.visibility_timeout is None:
        return None
    return max(facts.visibility_timeout, facts.longest_backoff or 0)


def time_of_all_receives(facts: SqsFacts) -> float | None:
    """Return the longest time until a message is visible again after its last receive."""
    wait = longest_wait(facts)
    return None if wait is None or facts.max_receive_count is None else facts.max_receive_count * wait


def horizon_of(facts: SqsFacts) -> Horizon | None:
    """Return the retry horizon of a queue's messages: all receives, each with its longest wait.

    The retention is the upper limit, and the horizon if the maximum receive count is not known. Three waits are not
    included: the backlog of messages that are visible again (the consumer's age alarm covers it), the further receives
    of messages that the helper sends back because of a backlog (its metric `SentBack` counts them), and the time of
    `Retry(after=…)`.
    """
    # SQSDG/sqs-visibility-timeout.html and SQSDG/sqs-dead-letter-queues.html
    count, retention = facts.max_receive_count, facts.retention
    receives, wait = time_of_all_receives(facts), longest_wait(facts)
    if retention is not None and (count is None or (receives is not None and retention < receives)):
        return Horizon(retention, "the queue's retention", "shorten the retention")
    if count is None or wait is None or receives is None:
        return None
    waits_for = "the visibility timeout" if wait == facts.visibility_timeout else "the helper's longest backoff"
    return Horizon(
        receives, f"{count:,} receives × {waits_for} of {wait:,} s", f"lower max_receive_count or {waits_for}"
    )
