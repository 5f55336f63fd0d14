"""Defines the response to an SQS event."""

from __future__ import annotations

from typing import TypedDict


class BatchItemFailure(TypedDict):
    """One entry of the response: a message to be received again.

    Attributes:
        itemIdentifier: The message id.
    """

    itemIdentifier: str


class BatchResponse(TypedDict):
    """A partial batch response: https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html.

    Attributes:
        batchItemFailures: The messages to be received again.
    """

    batchItemFailures: list[BatchItemFailure]
