"""`StreamFailure`: records of a stream that a function has not processed, as a destination or a queue is told."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from redrive.stream_failure_records import StreamRecords
from redrive.stream_failure_rules import Condition, Source, fields_of
from redrive.stream_failure_sources import unwrapped


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamFailure:
    """Records of a Kinesis or DynamoDB stream that a function has not processed.

    Either a batch that Lambda has given up and reported to the on-failure destination of the event source mapping
    (https://docs.aws.amazon.com/lambda/latest/dg/kinesis-on-failure-destination.html,
    https://docs.aws.amazon.com/lambda/latest/dg/services-dynamodb-errors.html), or one record that a handler of
    Redrive's has set aside because the function raised `Permanent`. Of the latter `reason` is known and `condition` is
    `None`.

    Attributes:
        source: What kind of stream it is.
        stream_arn: The stream's ARN, as Lambda tells it.
        shard_id: The shard. `None` where a record was set aside whose shard was not known.
        start_sequence_number: The position of the first record in the shard.
        end_sequence_number: The position of the last one.
        batch_size: How many records there were.
        timestamp: When this was reported, in UTC.
        version: The version of the report's form.
        request_id: The id of the last request; empty where a record was set aside outside of Lambda.
        function: The function's ARN. Of a record that was set aside, its name.
        first_arrived_at: When the first record was written to the stream, about, in UTC. `None` where a record was set
            aside that does not say so.
        last_arrived_at: The same of the last one.
        condition: Why Lambda gave the batch up.
        approximate_invoke_count: How often the function was called.
        status_code: The HTTP status of the last call, 200 also where the function failed.
        executed_version: The version of the function that ran.
        function_error: Set where the function raised or ended, `Unhandled` as a rule; `None` where it returned what
            had failed, and where it was not called.
        reason: What was wrong with a record that was set aside.
        error_type: The name of the error, of a record that was set aside.
        payload: The function's event, if it was kept: S3 gets it, SQS and SNS do not. Of a record that was set aside,
            an event with this one record.
    """

    source: Source
    stream_arn: str
    shard_id: str | None
    start_sequence_number: str
    end_sequence_number: str
    batch_size: int
    timestamp: datetime
    version: str
    request_id: str
    function: str
    first_arrived_at: datetime | None = None
    last_arrived_at: datetime | None = None
    condition: Condition | None = None
    approximate_invoke_count: int | None = None
    status_code: int | None = None
    executed_version: str | None = None
    function_error: str | None = None
    reason: str | None = None
    error_type: str | None = None
    payload: Mapping[str, Any] | None = None

    @classmethod
    def parse(cls, received: object) -> StreamFailure:
        """Read one report, in any form in which it arrives.

        That is: the report itself, as JSON or as an object (the content of an S3 object, the body of a message); a
        message of SQS (an `SqsMessage`, a record of a Lambda event, a message of boto3's `receive_message`); a
        notification of SNS (a record of a Lambda event, or the JSON that it delivers to queues and over HTTP); and a
        notification inside a message.

        Args:
            received: What arrived.

        Returns:
            The report.

        Raises:
            InvalidRecord: It is something else, or not as AWS documents it. Says where, what was found and the rule.
        """
        return cls(**fields_of(unwrapped(received)))

    @property
    def function_arn(self) -> str | None:
        """The function's ARN; `None` where only its name is known."""
        return self.function if self.function.startswith("arn:") else None

    def records(self, time_limit: float = 60.0) -> StreamRecords:
        """The records themselves, as in the event of a Lambda function.

        `handler({"Records": failure.records().records}, context)` runs a handler on them again. They come from
        `payload` where it was kept. Otherwise they are read from the stream, which has them until its retention ends
        (Kinesis: 24 hours or more, DynamoDB: 24 hours), also from a shard that was closed by a split or a merge.

        What is read is all that the shard has between the first and the last position. With a parallelization factor
        above 1, or with filters, that includes records that were not in the batch: `len(records)` is then above
        `batch_size`, and a handler must not mind records that it has processed before.

        Permissions: `kinesis:GetShardIterator`, `kinesis:GetRecords` and `kinesis:DescribeStreamSummary` on the stream,
        or `dynamodb:GetShardIterator`, `dynamodb:GetRecords` and `dynamodb:DescribeStream`; `kms:Decrypt` for a stream
        with a key of one's own. Reading shares the shard's throughput with the functions that read it.

        Args:
            time_limit: Seconds that reading may take, waiting for a throttled stream included; a call under way may
                take a little longer.

        Returns:
            The records, and which of them the stream does not have any more.

        Raises:
            ValueError: `time_limit` is not above 0.
            TimeoutError: The time is up. Nothing is lost: try again with more of it.
            StreamReadError: The stream cannot be read, or has not what was to be read. Says why.
        """
        if not 0 < time_limit < float("inf"):
            raise ValueError(f"time_limit={time_limit!r} s: reading takes some time; give a number of seconds above 0")
        if self.payload is not None:
            return StreamRecords(records=[*self.payload["Records"]], kept=True, batch_size=self.batch_size)
        from redrive.stream_failure_reading import read  # what was kept needs no calls

        return read(self, time_limit)
