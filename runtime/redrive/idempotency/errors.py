"""Defines the errors that idempotency raises before a function runs, or after it."""

from __future__ import annotations

from redrive.core import Permanent, Retry
from redrive.core.log import described, type_name

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


class InProgress(Retry):
    """Another call with the same key is in progress, or it died and its claim has not expired yet. Nothing was run.

    This is a `Retry`: if it is raised in a function for SQS messages, the message is received again when the claim has
    expired.

    Attributes:
        key: The key in the store.
        after: Seconds until the claim expires. By then the call has ended, its claim may be taken over, or its owner
            has renewed it.
    """

    def __init__(self, key: str, after: float) -> None:
        super().__init__(
            max(0.0, after), f"{key} is in progress elsewhere; its claim expires in {max(0.0, after):.1f} s"
        )
        self.key = key


class NotClaimed(Exception):
    """The store could not claim a record of a batch, so the record did not run. `__cause__` is the store's error.

    It is classified as its cause: after throttling, the record is retried later than after other errors.
    """

    def __init__(self, store: object, cause: BaseException) -> None:
        super().__init__(
            f"nothing ran, because {store!r:.200} could not claim the record: {type_name(cause)}: {described(cause)}"
        )
        self.__cause__ = cause


class OwnerLost(Retry):
    """A record of a batch did not run, because another owner may have taken its claim over.

    The process of the batch was frozen or starved, or could not reach the table, for longer than its claims live
    without a renewal. The record is retried.

    Attributes:
        key: The key in the store.
    """

    def __init__(self, key: str) -> None:
        super().__init__(
            reason=f"nothing ran for {key}: its claim could not be renewed in time, and another owner may have it"
        )
        self.key = key


class NotRecorded(Retry):
    """The function has run, but its completion could not be recorded. It is unknown whether it will run again.

    Until the claim expires, another call with the same key raises `InProgress`. After that, the call runs again, unless
    the write took effect after all.

    Attributes:
        key: The key in the store.
        result: The function's return value.
        after: Seconds until the claim expires.
    """

    def __init__(self, key: str, after: float, cause: BaseException, result: Any = None) -> None:
        super().__init__(
            max(0.0, after),
            f"{key} was done, but could not be recorded as done: {type_name(cause)}: {described(cause)}",
        )
        self.key = key
        self.result = result
        self.__cause__ = cause


class LateCompletion(Exception):
    """The function has run, but its claim had expired before, and another call has taken it over.

    The record of that call stays as it is. The function may have had its effect twice: make the claim last longer
    (`lease`), or give the function a timeout that is long enough.

    Attributes:
        key: The key in the store.
        result: The function's return value.
    """

    def __init__(self, key: str, result: Any = None) -> None:
        super().__init__(
            f"{key} was done too late: its claim had expired, and is another's or gone; nothing was overwritten"
        )
        self.key = key
        self.result = result


class MissingKey(Permanent):
    """The payload has no value for the key, so nothing distinguishes this call from others."""


class PayloadMismatch(Permanent):
    """The key was used before, with another payload. Nothing was run."""


class FailedBefore(Permanent):
    """The same call has failed permanently before, and is not run again.

    Attributes:
        error_type: The class name of the earlier error.
    """

    def __init__(self, reason: str, error_type: str) -> None:
        super().__init__(reason)
        self.error_type = error_type


class ResultNotKept(Exception):
    """The call was completed before, but its result is not stored: it was too large for the store, or not JSON.

    Give `when_not_kept=` to return another value instead.
    """
