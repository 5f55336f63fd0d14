"""Durations, each created once: every one takes a message to Node.js."""

from __future__ import annotations

from functools import cache

from aws_cdk import Duration


@cache
def of_seconds(seconds: float) -> Duration:
    """Return a duration of so many seconds."""
    return Duration.seconds(seconds)
