"""What idempotency raises instead of running a function, or after it has run."""

from __future__ import annotations

from redrive.errors import Permanent, Retry

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


class InProgress(Retry):
    """Another call with the same key is under way, or has died and its claim has not expired yet. Nothing was run.

    It is a `Retry`: raised in a function for SQS messages, the message is received again when the claim has expired.

    Attributes:
        key: The key in the store.
        after: Seconds until the claim expires: by then the call has ended, or may be taken over.
    """

    def __init__(self, key: str, after: float) -> None:
        super().__init__(
            max(0.0, after), f"{key} is in progress elsewhere; its claim expires in {max(0.0, after):.1f} s"
        )
        self.key = key


class NotRecorded(Retry):
    """The function has run, and that could not be recorded. Whether it will run again is not known.

    Until the claim expires, another call with the same key is told `InProgress`; after that it runs again, unless the
    write took effect after all.

    Attributes:
        key: The key in the store.
        result: What the function returned.
        after: Seconds until the claim expires.
    """

    def __init__(self, key: str, after: float, cause: BaseException, result: Any = None) -> None:
        super().__init__(max(0.0, after), f"{key} was done, but could not be recorded as done")
        self.key = key
        self.result = result
        self.__cause__ = cause


class LateCompletion(Exception):
    """The function has run, but its claim had expired before, and another call has taken it over.

    What that call has stored, or will, stays as it is. The effect of the function may have come about twice: give the
    claim more time (`lease`), or the function a timeout that holds.

    Attributes:
        key: The key in the store.
        result: What the function returned.
    """

    def __init__(self, key: str, result: Any = None) -> None:
        super().__init__(
            f"{key} was done too late: its claim had expired, and is another's or gone; nothing was overwritten"
        )
        self.key = key
        self.result = result


class MissingKey(Permanent):
    """The payload has nothing where the key should be, so that nothing tells this call from another."""


class PayloadMismatch(Permanent):
    """The key was used before, with another payload. Nothing was run."""


class FailedBefore(Permanent):
    """The same call has failed for good before, and is not run again.

    Attributes:
        error_type: The name of the class of the error it failed with.
    """

    def __init__(self, reason: str, error_type: str) -> None:
        super().__init__(reason)
        self.error_type = error_type


class ResultNotKept(Exception):
    """The call was done before, but its result is not stored: it was too large for the store, or no JSON.

    Give `when_not_kept=` to say what is returned then.
    """
