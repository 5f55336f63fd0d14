"""Defines the responses to events of SQS and of streams."""

from __future__ import annotations

from typing import Any, NotRequired, TypedDict


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


class StreamResponse(BatchResponse):
    """A partial batch response, with the state of the tumbling window if the event has one.

    It contains at most one batch item failure, the checkpoint: the record from which Lambda delivers the batch again.
    See https://docs.aws.amazon.com/lambda/latest/dg/services-kinesis-batchfailurereporting.html.

    Attributes:
        state: The window's state as a JSON object. Absent if the event has no tumbling window.
    """

    state: NotRequired[dict[str, Any]]
