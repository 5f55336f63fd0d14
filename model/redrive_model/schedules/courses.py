"""Says what becomes of an event of a queue, of a stream, or of asynchronous invocation, for each way to fail.

LAMBDA in comments stands for https://docs.aws.amazon.com/lambda/latest/dg/.
"""

from __future__ import annotations

from dataclasses import replace
from math import ceil, inf

from redrive_model import limits
from redrive_model.facts.asynchronous import AsyncFacts
from redrive_model.facts.sqs import SqsFacts
from redrive_model.facts.streams import StreamFacts
from redrive_model.schedules import asynchronous, streams
from redrive_model.schedules.course import Course, End, Policy, Span, Waits, course, longest_outage

#: A mapping of a quiet queue with a batching window may wait so long for more: LAMBDA/with-sqs.html
_QUIET = 20.0


def gathers_too_long(facts: SqsFacts) -> bool:
    """Return whether a message may become visible again while its batch is gathered or run."""
    visibility, window = facts.visibility_timeout, facts.batching_window
    return visibility is not None and bool(window) and visibility <= (window or 0) + (facts.function_timeout or 0)


def queue_courses(facts: SqsFacts, outage: float | None = None) -> list[Course]:
    """Return the courses of a queue's message; none if the visibility timeout or the receives are not known.

    None, either, if the batching window and a run outlast the visibility timeout: what is run is then chance.

    Args:
        facts: What is known of the mapping and its queue.
        outage: Length of an outage of what the function calls.
    """
    error, without_code = queue_policy(facts, with_helper=True), queue_policy(facts, with_helper=False)
    if error is None or without_code is None or gathers_too_long(facts):
        return []
    found = [
        course("error", error),
        course("crash", without_code),
        course("throttling", without_code, runs=False),
    ]
    if outage is not None:
        found.append(course("outage", error, until=outage))
    if facts.backoff is not None:
        only = replace(error, most=1, exhausted=("dead-lettered", "by the helper, with its reason"), settles=(0.0, 0.0))
        found.append(course("permanent", only))
    return found


def queue_policy(facts: SqsFacts, *, with_helper: bool) -> Policy | None:
    """Return how long a message is received; `None` if that is not known.

    Args:
        facts: What is known of the mapping and its queue.
        with_helper: Whether the helper may set the waits; it cannot after a crash, nor when its function is throttled.
    """
    visibility, receives = facts.visibility_timeout, facts.max_receive_count
    if visibility is None or (receives is None and facts.has_dead_letter_queue is not False):
        return None
    retention = float(facts.retention or limits.RETENTION.most)
    window = facts.batching_window or 0.0
    gather = max(window, _QUIET) if window else 0.0
    delay = facts.delivery_delay or 0.0
    if facts.backoff is not None and with_helper:
        waits, run = _waits_of_helper(facts, gather), (0.0, facts.function_timeout or 0.0)
    else:
        # The visibility timeout counts from the receipt, and covers the run.
        waits, run = _always(visibility, visibility + gather), (0.0, 0.0)
    count = inf if receives is None else max(1.0, receives)
    last = waits(1) if count == inf else waits(int(count))
    return Policy(
        first=(delay, delay + gather),
        run=run,
        waits=waits,
        most=count,
        exhausted=("dead-lettered", "SQS moves it, when it would be received once more"),
        settles=last,
        limit=retention,
        expired=("lost", "the queue's retention ends"),
    )


def _waits_of_helper(facts: SqsFacts, gather: float) -> Waits:
    assert facts.backoff is not None
    shortest, longest = facts.backoff, facts.backoff.longer()

    def waits(number: int) -> Span:
        # SQS takes whole seconds, and the helper rounds up. A throttled call doubles the first wait.
        return float(ceil(shortest.wait(number - 1, 0))), float(ceil(longest.plain(number - 1))) + gather

    return waits


def _always(shortest: float, longest: float) -> Waits:
    return lambda number: (shortest, longest)


def stream_courses(facts: StreamFacts, outage: float | None = None) -> list[Course]:
    """Return the courses of a stream's record; none if retries, record age or retention are not known.

    They are those of a batch of one record. A larger batch that bisects is first split, which takes no retries.

    Args:
        facts: What is known of the mapping and its stream.
        outage: Length of an outage of what the function calls.
    """
    error, throttled = stream_policy(facts, counts=True), stream_policy(facts, counts=False)
    if error is None or throttled is None:
        return []
    if facts.reserved_concurrency == 0:
        return [course("throttling", throttled, runs=False)]
    found = [course("error", error), course("crash", error), course("throttling", throttled, runs=False)]
    if outage is not None:
        found.append(course("outage", error, until=outage))
    if facts.has_helper and facts.set_aside is not None:
        only = replace(error, most=1, exhausted=("set aside", "by the helper, with its payload and reason"))
        found.append(course("permanent", only))
    return found


def stream_policy(facts: StreamFacts, *, counts: bool) -> Policy | None:
    """Return how long a record is retried; `None` if that is not known.

    Args:
        facts: What is known of the mapping and its stream.
        counts: Whether attempts count, as function errors do and throttles do not.
    """
    retries, age, kept = facts.retry_attempts, facts.max_record_age, facts.retention
    if retries is None or age is None or kept is None:
        return None
    poll = streams.KINESIS_POLL_INTERVAL if facts.kind == "Kinesis" else streams.DYNAMODB_POLL_INTERVAL
    end: End = "lost" if facts.on_failure is None else "given up"
    old: tuple[End, str] = ("lost", "the stream's retention ends") if kept <= age else (end, "RecordAgeExceeded")
    return Policy(
        first=(0.0, poll + (facts.batching_window or 0.0)),
        run=(0.0, (facts.function_timeout or 0.0) if counts else 0.0),
        waits=_waits_of_streams,
        most=1.0 + retries if counts else inf,
        exhausted=(end, "RetryAttemptsExhausted"),
        limit=min(age, kept),
        expired=old,
        lags=True,
    )


def _waits_of_streams(number: int) -> Span:
    shortest = streams.retry_wait(number - 1, streams.SHORTEST_BASE, streams.RETRY_FACTOR, streams.SHORTEST_CAP)
    return shortest, streams.retry_wait(number - 1)


def async_courses(facts: AsyncFacts, outage: float | None = None) -> list[Course]:
    """Return the courses of an asynchronous event; none if retries or age are not known.

    Args:
        facts: What is known of the configuration.
        outage: Length of an outage of what the function calls.
    """
    error, throttled = async_policy(facts, counts=True), async_policy(facts, counts=False)
    if error is None or throttled is None:
        return []
    if facts.reserved_concurrency == 0:
        none = replace(error, most=0, exhausted=(error.exhausted[0], "ZeroReservedConcurrency"))
        return [course("throttling", none, runs=False)]
    found = [course("error", error), course("crash", error), course("throttling", throttled, runs=False)]
    if outage is not None:
        found.append(course("outage", error, until=outage))
    return found


def async_policy(facts: AsyncFacts, *, counts: bool) -> Policy | None:
    """Return how long an event is retried; `None` if that is not known.

    Args:
        facts: What is known of the configuration.
        counts: Whether attempts count, as function errors do and throttles do not.
    """
    retries, age = facts.retry_attempts, facts.max_event_age
    if retries is None or age is None or not limits.ASYNC_RETRIES.allows(retries):
        return None
    end: End = "dead-lettered" if facts.dead_letter_queue else "given up" if facts.on_failure else "lost"
    return Policy(
        first=(0.0, 0.0),
        run=(0.0, (facts.function_timeout or 0.0) if counts else 0.0),
        waits=_waits_after_errors if counts else _waits_after_throttles,
        most=1.0 + retries if counts else inf,
        exhausted=(end, "RetriesExhausted"),
        limit=age,
        expired=(end, "EventAgeExceeded"),
        looks_ahead=counts,
    )


def _waits_after_errors(number: int) -> Span:
    wait = asynchronous.error_wait(min(number, len(asynchronous.ERROR_WAITS)))
    return wait, wait


def _waits_after_throttles(number: int) -> Span:
    wait = asynchronous.throttle_wait(number)
    return wait, wait


def bridged_when_throttled(policy: Policy | None) -> float | None:
    """Return for how long a function may be throttled without an event being given up; `None` if it is not known."""
    return None if policy is None else longest_outage(policy)
