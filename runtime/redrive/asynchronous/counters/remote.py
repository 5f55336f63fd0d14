"""`RemoteCounter`: the base of the counters that ask AWS."""

from __future__ import annotations

from redrive.asynchronous.counters.base import checked_expiry
from redrive.core.parallel import within
from redrive.core.system import new_token


class RemoteCounter:
    """Counts each attempt under a token of its own, within the time that the call may take."""

    def __init__(self, expiry: float) -> None:
        self._expiry = checked_expiry(expiry)

    def increment(self, request_id: str, seconds: float | None = None) -> int:
        """Count an attempt.

        Args:
            request_id: The request id of the event.
            seconds: The longest time the call may take, in seconds. Default: `None`, no limit.

        Returns:
            The number of attempts before this one.

        Raises:
            TimeoutError: The time is up, or the count changed too often in between.
            botocore.exceptions.BotoCoreError: A call did not reach AWS, or its reply was lost.
            botocore.exceptions.ClientError: AWS refused a call.
        """
        token = new_token()
        return within(seconds, lambda: self._increment(request_id, token, seconds), "counting the attempt")

    def forget(self, request_id: str) -> None:
        """Do nothing: what was counted expires at no cost.

        Args:
            request_id: The request id of the event.
        """

    def _increment(self, request_id: str, token: str, seconds: float | None) -> int:
        raise NotImplementedError
