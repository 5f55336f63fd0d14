"""Says when Lambda reads a stream's records again, and for how long."""

from __future__ import annotations

from bisect import bisect_left
from functools import lru_cache
from math import inf

from redrive_model import limits
from redrive_model.facts.horizon import Horizon
from redrive_model.facts.streams import StreamFacts
from redrive_model.schedules.waits import growing_wait

#: Waits before the retries of a batch: the first, its growth, and the longest. AWS does not publish the curve; these
#: values give the 8 or 9 attempts in 60 s that were observed.
RETRY_BASE = 1.0
RETRY_FACTOR = 1.5
RETRY_CAP = 60.0
#: The shortest waits that fit the same observation: each half as long, as with jitter.
SHORTEST_BASE = RETRY_BASE / 2
SHORTEST_CAP = RETRY_CAP / 2
# Waits from this one on are the longest.
_GROWING = 20
#: The length of an outage for which nobody has said anything.
USUAL_BRIDGE = 3_600.0
#: Intervals at which Lambda reads a shard: https://docs.aws.amazon.com/lambda/latest/dg/with-kinesis.html and
#: https://docs.aws.amazon.com/lambda/latest/dg/with-ddb.html
KINESIS_POLL_INTERVAL = 1.0
DYNAMODB_POLL_INTERVAL = 0.25


def retry_wait(retries: int, base: float = RETRY_BASE, factor: float = RETRY_FACTOR, cap: float = RETRY_CAP) -> float:
    """Return the wait before the next retry of a batch, after `retries` earlier ones."""
    return growing_wait(base, factor, cap, retries)


def retry_time(facts: StreamFacts) -> float | None:
    """Return an estimate of the time from a record's first failure to its last attempt; `None` for no limit."""
    retries, age = facts.retry_attempts, facts.max_record_age
    if retries is None or age is None:
        return None
    if retries == inf or not limits.STREAM_RETRIES.allows(retries):
        return None if age == inf else age
    return min(age, sum(retry_wait(each) for each in range(int(retries))))


def bridged_by(retries: float | None, max_record_age: float | None, retention: float | None) -> float | None:
    """Return the length of the outage that retries, record age and retention bridge; `None` if nothing is known.

    Args:
        retries: Retries after function errors; `math.inf` for unlimited.
        max_record_age: Maximum record age in seconds; `math.inf` for unlimited.
        retention: Retention of the stream in seconds.
    """
    if retries is None:
        return None
    ends = [_shortest_time(retries), *(end for end in (max_record_age, retention) if end is not None)]
    return None if min(ends) == inf else min(ends)


def retries_for(bridges: float) -> float:
    """Return how many retries bridge an outage of so many seconds; `math.inf` if Lambda has not as many."""
    counts = range(limits.STREAM_RETRIES.most + 1)
    found = bisect_left(counts, bridges, key=_shortest_time)
    return found if found < len(counts) else inf


@lru_cache(maxsize=1_000)  # the consumers of an app ask for the same ones
def _shortest_time(retries: float) -> float:
    growing = int(min(retries, _GROWING))
    waits = sum(retry_wait(each, SHORTEST_BASE, RETRY_FACTOR, SHORTEST_CAP) for each in range(growing))
    return waits + (retries - growing) * SHORTEST_CAP


def horizon_of(facts: StreamFacts) -> Horizon | None:
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
