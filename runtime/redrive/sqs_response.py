"""The answer to an SQS event."""

from __future__ import annotations

from typing import TypedDict


class BatchItemFailure(TypedDict):
    """One entry of the answer: a message to be received again."""

    itemIdentifier: str


class BatchResponse(TypedDict):
    """A partial batch response: https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html."""

    batchItemFailures: list[BatchItemFailure]
