"""Defines the response to a stream's event."""

from __future__ import annotations

from typing import Any, NotRequired

from redrive.sqs_response import BatchResponse


class StreamResponse(BatchResponse):
    """A partial batch response, with the state of the tumbling window if the event has one.

    It contains at most one batch item failure, the checkpoint: the record from which Lambda delivers the batch again.
    See https://docs.aws.amazon.com/lambda/latest/dg/services-kinesis-batchfailurereporting.html.

    Attributes:
        state: The window's state as a JSON object. Absent if the event has no tumbling window.
    """

    state: NotRequired[dict[str, Any]]
