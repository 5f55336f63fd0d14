"""Errors of DynamoDB, and when it raises them."""

from __future__ import annotations

from typing import Any

from botocore.exceptions import ReadTimeoutError

from tests.support.runtime.aws.fake_dynamodb import FakeDynamoDB, client_error

LOST = ReadTimeoutError(endpoint_url="https://dynamodb.eu-west-1.amazonaws.com/")
THROTTLED = client_error("ProvisionedThroughputExceededException")
BROKEN = client_error("InternalServerError", 500)
DENIED = client_error("AccessDeniedException")


def in_turn(outcomes: list[Exception | None]) -> Any:
    """Raises them one after the other, and then nothing more."""
    left = list(outcomes)

    def next_one(name: str) -> None:
        error = left.pop(0) if left else None
        if error is not None:
            raise error

    return next_one


def methods(dynamodb: FakeDynamoDB) -> list[str]:
    return [name for name, _ in dynamodb.requests]
