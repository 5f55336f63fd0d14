"""Retry horizons: for how long an event may come again, counted from when the function first had it.

Whatever is done must be remembered for that long, or a late retry does it a second time.
"""

from __future__ import annotations

from math import inf
from typing import NamedTuple

from redrive.settings import RETRY_WAITS
from redrive_cdk.async_checks import AsyncFacts
from redrive_cdk.async_invocation import AsyncInvocation
from redrive_cdk.sqs_checks import SqsFacts, longest_wait, time_of_all_receives
from redrive_cdk.sqs_consumer import SqsConsumer
from redrive_cdk.stream_consumer import StreamConsumer
from redrive_cdk.stream_facts import StreamFacts

#: What retries the events of a function, and how long it does is known of.
Retrying = SqsConsumer | StreamConsumer | AsyncInvocation


class Horizon(NamedTuple):
    """A retry horizon.

    Attributes:
        seconds: How long it is.
        made_of: What it is made of, for people.
        remedy: What makes it shorter.
    """

    seconds: float
    made_of: str
    remedy: str


def horizon_of(retrying: Retrying) -> Horizon | None:
    """The retry horizon of what retries a function's events.

    Args:
        retrying: A consumer, or a configuration of asynchronous invocation.

    Returns:
        The horizon; `None` where it is not known.

    Raises:
        ValueError: It is none of these.
    """
    match retrying:
        case SqsConsumer():
            return of_queue(retrying.facts)
        case StreamConsumer():
            return of_stream(retrying.facts)
        case AsyncInvocation():
            return of_async(retrying.facts)
    raise ValueError(
        f"{retrying!r} has no retry horizon: give an SqsConsumer, KinesisConsumer, DynamoDBStreamConsumer or "
        "AsyncInvocation, or grant the function alone"
    )


def of_queue(facts: SqsFacts) -> Horizon | None:
    """The retry horizon of a queue's messages: all receives, each as long as it may hide a message.

    At most the queue's retention, which is also the horizon where it is not known after how many receives SQS moves a
    message. Not in it are a backlog, in which a message that is visible again waits for its turn (the consumer's age
    alarm tells of it), and what the function asks for by `Retry(after=…)`.
    https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-visibility-timeout.html and
    https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-dead-letter-queues.html

    Args:
        facts: What is known of the queue and its consumer.

    Returns:
        The horizon; `None` where it is not known.
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
    """The retry horizon of a stream's records: the age at which Lambda gives them up, or the stream's retention.

    Not the number of retries: Lambda does not count those after it was throttled.
    https://docs.aws.amazon.com/lambda/latest/dg/kinesis-on-failure-destination.html

    Args:
        facts: What is known of the stream and its consumer.

    Returns:
        The horizon; `None` where it is not known.
    """
    age, kept = facts.max_record_age, facts.retention
    if age is None:
        return None
    if kept is not None and kept < age:
        return Horizon(kept, "the stream's retention", "give the consumer a shorter max_record_age")
    return None if age == inf else Horizon(age, "max_record_age", "shorten max_record_age")


def of_async(facts: AsyncFacts) -> Horizon | None:
    """The retry horizon of asynchronous events: their maximum age, and what a last retry may add to it.

    Also without retries and without errors Lambda may deliver an event more than once while it keeps it. AWS does not
    say whether it looks at the age before a wait or after it, so that the waits and the runs that fail before them are
    counted, too, as far as they are known.
    https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html

    Args:
        facts: What is known of the configuration.

    Returns:
        The horizon; `None` where it is not known.
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
