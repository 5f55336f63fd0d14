"""Defines the error with which a simulated service refuses a request."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_NOTHING: Mapping[str, str] = {}


class Refused(ValueError):
    """A service refuses a request; a caller sees it as an error of botocore.

    Attributes:
        code: Error code, such as `ConditionalCheckFailedException`.
        message: Error message.
        status: HTTP status.
        details: Other members of `Error` in the response.
        more: Other members of the response.
    """

    def __init__(
        self, code: str, message: str, status: int = 400, details: Mapping[str, str] = _NOTHING, **more: Any
    ) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
        self.status = status
        self.details = details
        self.more = more


def invalid(message: str) -> Refused:
    """Return the error of DynamoDB for a request that it cannot carry out as it is."""
    return Refused("ValidationException", message)
