"""Durations, each created and read once: every one takes a message to Node.js."""

from __future__ import annotations

from functools import cache

from aws_cdk import Duration

from redrive_cdk.core import known


@cache
def of_seconds(seconds: float) -> Duration:
    """Return a duration of so many seconds."""
    return Duration.seconds(seconds)


def length_of(path: str, name: str, given: Duration | None) -> float | None:
    """Return an option's seconds, from which other settings are derived; raise ValueError if they are not known."""
    seconds = known.seconds(given)
    if given is not None and seconds is None:
        raise ValueError(
            f"{path}: {name} is only known at deployment, and receives, waits and retries are derived from it now: "
            "give a Duration with a number"
        )
    return seconds
