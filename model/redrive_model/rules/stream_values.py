"""Known facts about an event source mapping of a Kinesis or DynamoDB stream."""

from __future__ import annotations

from dataclasses import dataclass
from math import inf
from typing import Literal

from redrive_model.rules.rule import Kind

StreamKind = Literal["Kinesis", "DynamoDB"]


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamFacts:
    """Known facts about a mapping and its stream. Times are in seconds; `None` is unknown or unset.

    Attributes:
        kind: Service of the stream.
        retention: Retention of the stream.
        batch_size: Maximum number of records in a batch.
        batching_window: Maximum time to gather a batch.
        parallelization_factor: Number of concurrent batches of a shard.
        tumbling_window: Length of a tumbling window, 0 for none.
        starting_position: Starting position, as Lambda's API names it.
        has_timestamp: Whether there is a time to start from.
        retry_attempts: Maximum number of retries after a function error; `math.inf` for unlimited.
        max_record_age: Maximum record age; `math.inf` for unlimited.
        bisects: Whether Lambda splits a failed batch.
        filters: Number of filter patterns.
        longest_pattern: Length of the longest pattern in characters.
        on_failure: Kind of the on-failure destination.
        set_aside: Kind of the place for records set aside.
        fifo: Role and path of each FIFO queue or topic among these two.
        function_timeout: Timeout of the function.
        reserved_concurrency: Reserved concurrency of the function.
        region: Region of the mapping.
        source_region: Region of the stream.
    """

    kind: StreamKind = "Kinesis"
    retention: float | None = None
    batch_size: float | None = None
    batching_window: float | None = None
    parallelization_factor: float | None = None
    tumbling_window: float | None = None
    starting_position: str | None = None
    has_timestamp: bool = False
    retry_attempts: float | None = None
    max_record_age: float | None = None
    bisects: bool = True
    filters: int = 0
    longest_pattern: int = 0
    on_failure: Kind | None = None
    set_aside: Kind | None = None
    fifo: tuple[tuple[str, str], ...] = ()
    function_timeout: float | None = None
    reserved_concurrency: float | None = None
    region: str | None = None
    source_region: str | None = None


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


# MERGED-DOC redrive_cdk.stream_ranges: Ranges of the values that Lambda accepts in an event source mapping of a stream.
