"""Rules for the ranges of the settings of a stream and its event source mapping."""

from __future__ import annotations

from math import inf

from redrive_model import limits
from redrive_model.facts.streams import StreamFacts
from redrive_model.rules.wording import either, named

_OR_INFINITE = "give one within, or " + either('"infinite" (-1 in a template)', "-1 for no limit")


def retention_in_range(facts: StreamFacts) -> str | None:
    """Kinesis keeps records for 24 to 8,760 hours.

    https://docs.aws.amazon.com/streams/latest/dev/kinesis-extended-retention.html
    """
    kept = facts.retention
    if kept is None or facts.kind != "Kinesis":
        return None
    if limits.KINESIS_RETENTION.allows(kept) and kept % limits.HOUR == 0:
        return None
    retention = either(f"retention_period {kept:,} s", f"RetentionPeriodHours {kept / limits.HOUR:g}")
    duration = either("a duration", "one")
    return f"{retention}: Kinesis keeps records for whole hours, from 24 to 8,760; give {duration} within"


def batch_size_in_range(facts: StreamFacts) -> str | None:
    """A batch has 1 to 10,000 records."""
    return limits.BATCH_SIZE.refuse(named("batch_size"), facts.batch_size)


def window_in_range(facts: StreamFacts) -> str | None:
    """The batching window is at most 300 s."""
    return limits.BATCHING_WINDOW.refuse(named("max_batching_window"), facts.batching_window)


def parallelization_in_range(facts: StreamFacts) -> str | None:
    """Lambda processes 1 to 10 batches of a shard at the same time."""
    return limits.PARALLELIZATION_FACTOR.refuse(named("parallelization_factor"), facts.parallelization_factor)


def tumbling_window_in_range(facts: StreamFacts) -> str | None:
    """The tumbling window is at most 900 s."""
    return limits.TUMBLING_WINDOW.refuse(named("tumbling_window"), facts.tumbling_window)


def retries_in_range(facts: StreamFacts) -> str | None:
    """Lambda retries up to 10,000 times, or without limit."""
    if facts.retry_attempts == inf:
        return None
    return limits.STREAM_RETRIES.refuse(named("retry_attempts"), facts.retry_attempts, _OR_INFINITE)


def age_in_range(facts: StreamFacts) -> str | None:
    """The maximum record age is 60 s to 7 days, or unlimited."""
    if facts.max_record_age == inf:
        return None
    return limits.RECORD_AGE.refuse(named("max_record_age"), facts.max_record_age, _OR_INFINITE)
