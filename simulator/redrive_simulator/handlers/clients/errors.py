"""Makes the errors and response bodies of AWS clients; botocore is installed wherever a helper calls AWS."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def client_error(code: str, message: str, operation: str, status: int = 400, **more: Any) -> Exception:
    """Return a botocore `ClientError`.

    Args:
        code: Error code, such as `ConditionalCheckFailedException`.
        message: Error message.
        operation: Operation name, such as `UpdateItem`.
        status: HTTP status.
        **more: Other members of the response.
    """
    from botocore.exceptions import ClientError  # pyright: ignore

    response: Mapping[str, Any] = {
        "Error": {"Code": code, "Message": message},
        "ResponseMetadata": {"HTTPStatusCode": status, "RetryAttempts": 0},
        **more,
    }
    return ClientError(response, operation)  # pyright: ignore


def read_timeout() -> Exception:
    """Return the botocore error for an answer that did not arrive in time."""
    from botocore.exceptions import ReadTimeoutError  # pyright: ignore

    return ReadTimeoutError(endpoint_url="https://lambda.simulated")  # pyright: ignore


class Body:
    """A response body that can be read like a stream."""

    def __init__(self, content: bytes) -> None:
        self._content = content

    def read(self, amount: int | None = None) -> bytes:
        """Read up to `amount` bytes. Default: all that are left."""
        size = len(self._content) if amount is None else amount
        found, self._content = self._content[:size], self._content[size:]
        return found

    def close(self) -> None:
        """Do nothing, as nothing is open."""
