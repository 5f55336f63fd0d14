"""The errors that clients of AWS raise. botocore is there wherever a helper calls AWS."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def client_error(code: str, message: str, operation: str, status: int = 400, **more: Any) -> Exception:
    """An error that AWS answers.

    Args:
        code: Its code, such as `ConditionalCheckFailedException`.
        message: What it says.
        operation: The name of the operation, such as `UpdateItem`.
        status: The HTTP status.
        **more: What else is in the response.
    """
    from botocore.exceptions import ClientError  # pyright: ignore

    response: Mapping[str, Any] = {
        "Error": {"Code": code, "Message": message},
        "ResponseMetadata": {"HTTPStatusCode": status, "RetryAttempts": 0},
        **more,
    }
    return ClientError(response, operation)  # pyright: ignore


def read_timeout() -> Exception:
    """An answer that did not come in time."""
    from botocore.exceptions import ReadTimeoutError  # pyright: ignore

    return ReadTimeoutError(endpoint_url="https://lambda.simulated")  # pyright: ignore


class Body:
    """The body of a response, to be read.

    Args:
        content: What is in it.
    """

    def __init__(self, content: bytes) -> None:
        self._content = content

    def read(self, amount: int | None = None) -> bytes:
        """Read it, or what is left of it.

        Args:
            amount: At most so many bytes.
        """
        size = len(self._content) if amount is None else amount
        found, self._content = self._content[:size], self._content[size:]
        return found

    def close(self) -> None:
        """Nothing is open."""
