"""Ranges of the values that Lambda accepts in an event source mapping of a stream.

https://docs.aws.amazon.com/lambda/latest/dg/services-kinesis-parameters.html and
https://docs.aws.amazon.com/lambda/latest/dg/services-ddb-params.html
"""

from __future__ import annotations

from math import inf

from redrive_cdk.stream_facts import StreamFacts

HOUR = 3_600
DAY = 24 * HOUR
MOST_RETRIES = 10_000
LONGEST_AGE = 7 * DAY
MOST_FILTERS = 10
LONGEST_PATTERN = 4_096


def retention_in_range(facts: StreamFacts) -> str | None:
    """Kinesis keeps records for 24 to 8,760 hours.

    https://docs.aws.amazon.com/streams/latest/dev/kinesis-extended-retention.html
    """
    kept = facts.retention
    if kept is None or facts.kind != "Kinesis" or (DAY <= kept <= 365 * DAY and kept % HOUR == 0):
        return None
    return (
        f"retention_period {kept:,} s: Kinesis keeps records for whole hours, from 24 to 8,760; give a duration within"
    )


def batch_size_in_range(facts: StreamFacts) -> str | None:
    """A batch has 1 to 10,000 records."""
    return _whole("batch_size", facts.batch_size, 1, 10_000)


def window_in_range(facts: StreamFacts) -> str | None:
    """The batching window is at most 300 s."""
    return _seconds("max_batching_window", facts.batching_window, 300)


def parallelization_in_range(facts: StreamFacts) -> str | None:
    """Lambda processes 1 to 10 batches of a shard at the same time."""
    return _whole("parallelization_factor", facts.parallelization_factor, 1, 10)


def tumbling_window_in_range(facts: StreamFacts) -> str | None:
    """The tumbling window is at most 900 s."""
    return _seconds("tumbling_window", facts.tumbling_window, 900)


def retries_in_range(facts: StreamFacts) -> str | None:
    """Lambda retries up to 10,000 times, or without limit."""
    if facts.retry_attempts == inf:
        return None
    complaint = _whole("retry_attempts", facts.retry_attempts, 0, MOST_RETRIES)
    return None if complaint is None else f'{complaint}, or "infinite"'


def age_in_range(facts: StreamFacts) -> str | None:
    """The maximum record age is 60 s to 7 days, or unlimited."""
    age = facts.max_record_age
    if age is None or age == inf or 60 <= age <= LONGEST_AGE:
        return None
    return f'max_record_age {age:,} s is outside of 60–{LONGEST_AGE:,} s (7 days): give one within, or "infinite"'


def filters_fit(facts: StreamFacts) -> str | None:
    """A mapping has at most 10 filters, and a pattern at most 4,096 characters.

    https://docs.aws.amazon.com/lambda/latest/dg/invocation-eventfiltering.html
    """
    if facts.filters > MOST_FILTERS:
        return f"{facts.filters:,} filters: a mapping has at most {MOST_FILTERS}; give fewer, with more in each"
    if facts.longest_pattern > LONGEST_PATTERN:
        return (
            f"a filter's pattern has {facts.longest_pattern:,} characters: Lambda takes {LONGEST_PATTERN:,}; give a "
            "shorter one"
        )
    return None


def _whole(name: str, value: float | None, least: int, most: int) -> str | None:
    if value is None or (least <= value <= most and value == int(value)):
        return None
    return f"{name} {value:,}: Lambda takes whole numbers from {least:,} to {most:,}; give one within"


def _seconds(name: str, value: float | None, most: int) -> str | None:
    if value is None or 0 <= value <= most:
        return None
    return f"{name} {value:,} s is outside of 0–{most} s: give a shorter one"
