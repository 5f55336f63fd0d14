"""`AttemptCounter`: the interface of all attempt counters, and their common expiry."""

from __future__ import annotations

from redrive.core.frozen import Protocol

# https://docs.aws.amazon.com/lambda/latest/api/API_PutFunctionEventInvokeConfig.html: six hours by default.
_LONGEST_AGE = 21_600
# https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
_LONGEST_TIMEOUT = 900
# Covers clock differences between machines and a queue that Lambda reads late.
_MARGIN = 300


class AttemptCounter(Protocol):
    """Counts the attempts at an event by its request id, which is the same at each attempt.

    `TmpCounter`, `DynamoDBCounter`, `S3Counter` and `LogsCounter` are four implementations. Any object with these two
    methods can replace them.
    """

    def increment(self, request_id: str, seconds: float | None = None) -> int:
        """Count an attempt.

        Args:
            request_id: The request id of the event.
            seconds: The longest time the call may take, in seconds. Default: `None`, no limit.

        Returns:
            The number of attempts before this one: 0 for the first.

        Raises:
            Exception: The number is not known. The attempt may or may not have been counted.
        """
        raise NotImplementedError

    def forget(self, request_id: str) -> None:
        """Drop the count of an event that needs no more attempts.

        Args:
            request_id: The request id of the event.
        """
        raise NotImplementedError


def expiry_for(max_event_age: float | None) -> float:
    """Return how many seconds attempts must be kept: as long as Lambda may make another one, plus a margin.

    Args:
        max_event_age: `MaximumEventAgeInSeconds`. `None`: Lambda's default of six hours.
    """
    return (_LONGEST_AGE if max_event_age is None else max_event_age) + _LONGEST_TIMEOUT + _MARGIN


#: Seconds that the counters keep an attempt by default: 22,800, enough for any `MaximumEventAgeInSeconds`.
DEFAULT_EXPIRY: float = expiry_for(None)


def checked_expiry(expiry: float) -> float:
    """Return an expiry in seconds, or raise `ValueError` if it is not a finite number above 0."""
    if not 0 < expiry < float("inf"):
        raise ValueError(
            f"expiry={expiry!r} s: attempts are remembered for a number of seconds above 0; leave it out for "
            f"{DEFAULT_EXPIRY:g} s, which fits any event"
        )
    return expiry
