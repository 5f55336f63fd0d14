"""The answer to a stream's event."""

from __future__ import annotations

from typing import Any, NotRequired

from redrive.sqs_response import BatchResponse


class StreamResponse(BatchResponse):
    """A partial batch response, with the state of a tumbling window where there is one.

    https://docs.aws.amazon.com/lambda/latest/dg/services-kinesis-batchfailurereporting.html. The one failure in it, if
    any, is the checkpoint: the record from which on the batch is delivered again.
    """

    state: NotRequired[dict[str, Any]]
