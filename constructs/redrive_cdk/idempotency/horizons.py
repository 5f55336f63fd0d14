"""Horizons."""

from __future__ import annotations

from redrive_cdk.asynchronous.invocation import AsyncInvocation
from redrive_cdk.sqs.consumer import SqsConsumer
from redrive_cdk.streams.consumer import StreamConsumer
from redrive_model.schedules.horizons import Horizon, of_async, of_queue, of_stream

#: The constructs that retry a function's events and have a retry horizon.
Retrying = SqsConsumer | StreamConsumer | AsyncInvocation


def horizon_of(retrying: Retrying) -> Horizon | None:
    """Return the retry horizon of a consumer or an `AsyncInvocation`; `None` if it is not known.

    Raises:
        ValueError: The construct is of another type.
    """
    match retrying:
        case SqsConsumer():
            return of_queue(retrying.facts)
        case StreamConsumer():
            return of_stream(retrying.facts)
        case AsyncInvocation():
            return of_async(retrying.facts)
    raise ValueError(
        f"{retrying!r} has no retry horizon: give an SqsConsumer, KinesisConsumer, DynamoDBStreamConsumer or "
        "AsyncInvocation, or grant the function alone"
    )
