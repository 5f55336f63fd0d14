"""Computes retry horizons: the time in which an event may come again, counted from its first receipt.

An idempotency table must remember completed work for that long, or a late retry repeats the work.
"""

from __future__ import annotations

from math import inf
from typing import NamedTuple

from redrive.settings.asynchronous import RETRY_WAITS
from redrive_model.rules.asynchronous import AsyncFacts
from redrive_model.rules.sqs import SqsFacts, longest_wait, time_of_all_receives
from redrive_model.rules.stream_values import StreamFacts


class Horizon(NamedTuple):
    """A retry horizon.

    Attributes:
        seconds: Its length.
        made_of: Its parts, for a message.
        remedy: The change that shortens it, for a message.
    """

    seconds: float
    made_of: str
    remedy: str


def of_queue(facts: SqsFacts) -> Horizon | None:
    """Return the retry horizon of a queue's messages: all receives, each with its longest wait.

    The retention is the upper limit, and the horizon if the maximum receive count is not known. Two waits are not
    included: the backlog of messages that are visible again (the consumer's age alarm covers it), and the time of
    `Retry(after=…)`.
    https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-visibility-timeout.html and
    https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-dead-letter-queues.html
    """
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


def of_stream(facts: StreamFacts) -> Horizon | None:
    """Return the retry horizon of a stream's records: their maximum age or the stream's retention.

    The number of retries sets no limit, because Lambda does not count retries after it was throttled.
    https://docs.aws.amazon.com/lambda/latest/dg/kinesis-on-failure-destination.html
    """
    age, kept = facts.max_record_age, facts.retention
    if age is None:
        return None
    if kept is not None and kept < age:
        return Horizon(kept, "the stream's retention", "give the consumer a shorter max_record_age")
    return None if age == inf else Horizon(age, "max_record_age", "shorten max_record_age")


def of_async(facts: AsyncFacts) -> Horizon | None:
    """Return the retry horizon of asynchronous events: their maximum age plus the time of the retries.

    Lambda may deliver an event more than once while it keeps the event, even without retries and errors. AWS does not
    say whether Lambda checks the age before or after a wait. The horizon therefore adds the waits and, if known, the
    failed runs before them.
    https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html
    """
    age = facts.max_event_age
    if age is None:
        return None
    retries = 0 if facts.retry_attempts is None else int(facts.retry_attempts)
    waits, runs = RETRY_WAITS[:retries], retries * (facts.function_timeout or 0)
    parts = [f"max_event_age of {age:,} s"]
    if waits:
        parts.append(f"waits of {' + '.join(map(str, waits))} s")
    if runs:
        parts.append(f"runs of {runs:,} s")
    return Horizon(age + sum(waits) + runs, " + ".join(parts), "shorten max_event_age")
