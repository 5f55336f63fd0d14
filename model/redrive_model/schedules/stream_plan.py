"""Plans how a stream's consumer bridges an outage: its retries and its maximum record age."""

from __future__ import annotations

from typing import NamedTuple

from redrive_model import limits
from redrive_model.schedules.bridging import refusal_below_shortest
from redrive_model.schedules.streams import USUAL_BRIDGE, bridged_by, retries_for

# Keeps a bad record from blocking its shard for a week in a stream with a long retention.
_LONGEST_DEFAULT_AGE = 3 * limits.DAY


class StreamAsked(NamedTuple):
    """Requirements of a stream's consumer, and values that are chosen. Times are in seconds; `None`: not known.

    Attributes:
        bridges: The length of the outage to bridge; `None` if nobody has said.
        retries: The retries that somebody has chosen; `math.inf` for unlimited.
        has_retries: Whether somebody has, also if they are not known.
        age: The maximum record age that somebody has chosen; `math.inf` for unlimited.
        has_age: Whether somebody has.
        retention: The stream's retention.
    """

    bridges: float | None = None
    retries: float | None = None
    has_retries: bool = False
    age: float | None = None
    has_age: bool = False
    retention: float | None = None


class StreamPlan(NamedTuple):
    """Settings with which a stream's consumer bridges an outage; `None`: somebody has chosen an unknown value.

    Attributes:
        retries: The retries; `math.inf` for unlimited.
        age: The maximum record age in seconds; `math.inf` for unlimited.
    """

    retries: float | None
    age: float | None


def plan(asked: StreamAsked) -> StreamPlan:
    """Plan for what is asked, without a length for an hour; first see if `refusal` has something to say."""
    retries = asked.retries if asked.has_retries else retries_for(asked.bridges or USUAL_BRIDGE)
    return StreamPlan(retries, asked.age if asked.has_age else _default_age(asked))


def _default_age(asked: StreamAsked) -> int:
    """Return half of the retention, or of the shortest possible one, at most 3 days; more if an outage takes it."""
    retention = asked.retention or limits.DAY
    usual, length = min(retention / 2, _LONGEST_DEFAULT_AGE), asked.bridges or 0
    if 2 * length > usual:  # the age counts from a record's arrival, and a record may have waited before the outage
        usual = 2 * length if asked.retention is None else (length + retention) / 2
    return int(min(usual, limits.RECORD_AGE.most))


def refusal(asked: StreamAsked) -> str | None:
    """Return a sentence that refuses a length that cannot be bridged, with both numbers; `None` if it can."""
    length = asked.bridges
    if length is None:
        return None
    if too_short := refusal_below_shortest(length):
        return too_short
    shown = f"bridges {length:,g} s"
    if asked.retention is not None and length >= asked.retention:
        return (
            f"{shown} is not below the stream's retention of {asked.retention:,g} s, when it deletes its records: give "
            "less, or lengthen the retention"
        )
    if asked.age is not None and length >= asked.age:
        return (
            f"{shown} is not below max_record_age {asked.age:,g} s, at which Lambda gives records up: leave "
            "max_record_age unset, or give more"
        )
    if asked.age is None and length >= limits.RECORD_AGE.most:
        return (
            f"{shown} is not below the longest record age of {limits.RECORD_AGE.most:,} s: give less, or "
            'max_record_age="infinite"'
        )
    reached = bridged_by(asked.retries, None, None)
    if reached is not None and reached < length:
        return (
            f"{shown} needs {retries_for(length):,} retries by the estimate of Lambda's waits, and retry_attempts "
            f"{asked.retries:,} bridge {reached:,.4g} s: leave one of them unset"
        )
    return None
