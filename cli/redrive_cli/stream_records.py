"""Reads the records of stream failures from their streams, with the clients of the command line."""

from __future__ import annotations

from redrive.aws.clients import clients
from redrive.destinations.stream_failure import StreamFailure
from redrive.destinations.stream_range import StreamRecords
from redrive_cli.aws import Aws

#: Seconds for reading one batch again.
TIME_LIMIT = 120.0


def read_records(aws: Aws, failure: StreamFailure) -> StreamRecords:
    """Return the records of a failure, from the report if they were kept, else from the stream; see `records`."""
    region = failure.stream_arn.split(":")[3]
    with clients.replaced(lambda service, limits: aws.client(service, region)):
        return failure.records(TIME_LIMIT)
