"""What a function raises to say how its failure is to be handled, and what a helper raises itself."""

from __future__ import annotations


class Permanent(Exception):
    """This event will never succeed: set it aside now, with the reason, and do not try again.

    Raised by a user's function. An SQS message goes to the dead-letter queue at once instead of being received
    until its redrive policy moves it there.

    Args:
        reason: What is wrong with the event, in a sentence that helps whoever finds it in the dead-letter queue.
    """

    def __init__(self, reason: str = "") -> None:
        super().__init__(reason)
        self.reason = reason


class Retry(Exception):
    """Try this event again later.

    Raised by a user's function that knows when another try makes sense. Any other error means the same with the
    waiting time left to the backoff policy.

    Args:
        after: Seconds until the next try. Default: what the backoff policy says.
        reason: What the log line says. Default: nothing.

    Raises:
        ValueError: `after` is negative or not a finite number.
    """

    def __init__(self, after: float | None = None, reason: str = "") -> None:
        if after is not None and not 0 <= after < float("inf"):
            raise ValueError(
                f"Retry(after={after!r}): the wait is a number of seconds, 0 or more; "
                "leave it out to let the backoff policy decide"
            )
        super().__init__(reason or (f"retry after {after:g} s" if after is not None else "retry"))
        self.after = after


class InvalidEvent(ValueError):
    """The event cannot be answered record by record, so the whole invocation fails and nothing is deleted."""


class SettingsError(ValueError):
    """A setting that a construct wrote, or that was passed by hand, cannot be read."""


class InvalidRecord(ValueError):
    """What was given is no record of an asynchronous invocation, or not one as AWS documents it."""
