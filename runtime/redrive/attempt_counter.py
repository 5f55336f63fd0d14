"""What a counter of attempts is, which one a function uses, and what all of them share."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Protocol

    from redrive.settings import AsyncSettings
else:
    Protocol = object

# https://docs.aws.amazon.com/lambda/latest/api/API_PutFunctionEventInvokeConfig.html: six hours where nothing is set.
_LONGEST_AGE = 21_600
# https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
_LONGEST_TIMEOUT = 900
# Clocks of several machines, and a queue that is read late.
_MARGIN = 300

#: What the counters' calls are for, in the error of one that takes too long.
COUNTING = "counting the attempt"


class AttemptCounter(Protocol):
    """Counts how often an event was tried; the request id, which is the same at each attempt, tells events apart.

    `TmpCounter`, `DynamoDBCounter`, `S3Counter` and `LogsCounter` are four of them. Anything else with these methods
    can take their place.
    """

    def increment(self, request_id: str, seconds: float | None = None) -> int:
        """Note an attempt.

        Args:
            request_id: The event's.
            seconds: How long it may take. `None`: any time.

        Returns:
            How many attempts came before this one: 0 for the first.

        Raises:
            Exception: It is not known. Whether the attempt was noted is then not known either.
        """
        raise NotImplementedError

    def forget(self, request_id: str) -> None:
        """Drop what is known of an event that needs no more attempts.

        Args:
            request_id: The event's.
        """
        raise NotImplementedError


def expiry_for(max_event_age: float | None) -> float:
    """How long attempts are to be remembered: as long as Lambda may make another one, and some time more.

    Args:
        max_event_age: `MaximumEventAgeInSeconds`. `None`: Lambda's default of six hours.

    Returns:
        Seconds.
    """
    return (_LONGEST_AGE if max_event_age is None else max_event_age) + _LONGEST_TIMEOUT + _MARGIN


#: How long the counters remember an attempt by default: 22,800 s, which fits any `MaximumEventAgeInSeconds`.
DEFAULT_EXPIRY: float = expiry_for(None)


def checked_expiry(expiry: float) -> float:
    """An expiry in seconds, if it is one.

    Raises:
        ValueError: It is not above 0, or no number.
    """
    if not 0 < expiry < float("inf"):
        raise ValueError(
            f"expiry={expiry!r} s: attempts are remembered for a number of seconds above 0; leave it out for "
            f"{DEFAULT_EXPIRY:g} s, which fits any event"
        )
    return expiry


def counter_for(settings: AsyncSettings) -> AttemptCounter:
    """The counter that a function's settings name.

    Args:
        settings: Name its kind, and its table or bucket.

    Returns:
        The counter; a `TmpCounter` where none is named.
    """
    expiry = expiry_for(settings.max_event_age)
    if settings.counter == "dynamodb":
        from redrive.dynamodb_counter import DynamoDBCounter

        return DynamoDBCounter(settings.counter_table or "", expiry=expiry)
    if settings.counter == "s3":
        from redrive.s3_counter import S3Counter

        if settings.counter_prefix is None:
            return S3Counter(settings.counter_bucket or "", expiry=expiry)
        return S3Counter(settings.counter_bucket or "", settings.counter_prefix, expiry=expiry)
    if settings.counter == "logs":
        from redrive.logs_counter import LogsCounter

        return LogsCounter(settings.counter_log_group, expiry=expiry)
    from redrive.tmp_counter import TmpCounter

    return TmpCounter(expiry=expiry)
