"""Parses reports of stream records that a function did not process, and fetches the records."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Literal

from redrive.destinations.failure import ReplayRequest
from redrive.destinations.stream_range import FailedRange, StreamReadError, StreamRecords, range_of
from redrive.destinations.stream_rules import Condition, fields_of, unwrapped
from redrive.streams.replay import marked


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamFailure(FailedRange):
    """Records of a Kinesis or DynamoDB stream that a function did not process.

    This is one of three kinds:

    - A batch that Lambda gave up and reported to the on-failure destination of the event source mapping. `condition`
      says why. See https://docs.aws.amazon.com/lambda/latest/dg/kinesis-on-failure-destination.html and
      https://docs.aws.amazon.com/lambda/latest/dg/services-dynamodb-errors.html.
    - The same from a pipe of EventBridge that gave a batch up, in the pipe's dead-letter queue. `pipe_arn` says which.
    - One record that a Redrive handler set aside because its failure was permanent, such as a raised `Permanent`.
      `reason` says why, and `condition` is `None`.

    Attributes:
        source: The kind of stream: `"kinesis"` or `"dynamodb"`.
        stream_arn: The stream's ARN, as Lambda reports it. With enhanced fan-out it may be the consumer's ARN.
        shard_id: The shard's ID. `None` if the record was set aside and its shard was unknown.
        start_sequence_number: The sequence number of the first record.
        end_sequence_number: The sequence number of the last record.
        batch_size: The number of records in the batch; 1 for a record that was set aside.
        timestamp: The time of the report, in UTC.
        version: The version of the report's format.
        request_id: The ID of the last request. Empty if the record was set aside outside of Lambda, and for a pipe.
        function: The function's ARN. For a record that was set aside, the function's name. Empty for a pipe.
        pipe_arn: The ARN of the pipe that gave the batch up. `None` if it was no pipe.
        first_arrived_at: The approximate time at which the first record was written to the stream, in UTC. `None` if
            a record that was set aside does not contain it.
        last_arrived_at: The same for the last record.
        condition: The reason why Lambda gave the batch up. `"RetryAttemptsExhausted"`: the function failed at every
            attempt. `"RecordAgeExceeded"`: the records were too old for another attempt. A condition that is not known
            here is kept as it is.
        approximate_invoke_count: The approximate number of times that Lambda called the function with the batch.
        status_code: The HTTP status of the last call. It is 200 even if the function failed.
        executed_version: The version of the function that ran.
        function_error: Set if the function raised an error or its process ended, usually to `"Unhandled"`. `None` if
            the function returned batch item failures, and if it was not called.
        reason: The reason why the record was set aside.
        error_type: The name of the error's class, for a record that was set aside.
        payload: The function's event, if it was kept: an S3 destination receives it, SQS and SNS do not. For a record
            that was set aside, an event with this one record.
    """

    timestamp: datetime
    version: str
    request_id: str
    function: str
    first_arrived_at: datetime | None = None
    last_arrived_at: datetime | None = None
    condition: Condition | str | None = None
    approximate_invoke_count: int | None = None
    status_code: int | None = None
    executed_version: str | None = None
    function_error: str | None = None
    reason: str | None = None
    error_type: str | None = None
    payload: Mapping[str, Any] | None = None
    pipe_arn: str | None = None

    @classmethod
    def parse(cls, received: object) -> StreamFailure:
        """Parse one report, in any form in which it can arrive.

        These forms are accepted:

        - the report itself, as JSON or as an object: the content of an S3 object or the body of a message
        - an SQS message: an `SqsMessage`, a record of a Lambda event or a message from boto3's `receive_message`
        - an SNS notification: a record of a Lambda event or the JSON that SNS delivers to queues and over HTTP
        - an SNS notification inside an SQS message
        - a message of a queue or an object of a bucket of the simulator

        Args:
            received: The report, message or notification.

        Returns:
            The report.

        Raises:
            InvalidRecord: `received` is something else, or differs from what AWS documents. The message names the
                place, the value found there and the rule.
        """
        return cls(**fields_of(unwrapped(received)))

    @property
    def function_arn(self) -> str | None:
        """The function's ARN; `None` if only its name is known."""
        return self.function if self.function.startswith("arn:") else None

    @property
    def kind(self) -> Literal["stream_batch", "stream_payload", "record_set_aside"]:
        """The kind of this failure among all kinds."""
        if self.condition is None:
            return "record_set_aside"
        return "stream_batch" if self.payload is None else "stream_payload"

    @property
    def came_from(self) -> str | None:
        """The ARN of the stream, also if a registered consumer read it."""
        return self.stream_arn.partition("/consumer/")[0]

    @property
    def failed_function(self) -> str | None:
        """The name or ARN of the function; `None` if it is not known."""
        return self.function or None

    @property
    def failed_at(self) -> datetime | None:
        """The same as `timestamp`."""
        return self.timestamp

    @property
    def cause(self) -> str | None:
        """The reason why a record was set aside, else the condition."""
        return self.reason or self.condition

    @property
    def event(self) -> Any:
        """The same as `payload`."""
        return self.payload

    def replay_request(self, to: str | None = None, time_limit: float = 60.0) -> ReplayRequest:
        """Return the call that runs the function with the records, and waits for its answer.

        The answer may be an error or name batch item failures: then the records from the lowest of them on have failed
        again, and the failure must be kept. Records that were not kept are read from the stream first, see `records`.

        Args:
            to: Name or ARN of the function. Default: the function that failed.
            time_limit: The maximum time for reading, in seconds.

        Raises:
            ValueError: The function is not known.
            TimeoutError: The time limit is reached.
            StreamReadError: The stream cannot be read, or no longer has any of the records.
        """
        function = to or self.failed_function
        if function is None:
            raise ValueError("a pipe's failure names no function: give replay_request(to=…) one")
        records = self.records(time_limit).records
        if not records:
            raise StreamReadError(f"{range_of(self)}: the stream no longer has any of these records")
        arguments = {
            "FunctionName": function.removesuffix(":$LATEST"),
            "InvocationType": "RequestResponse",
            "Payload": json.dumps({"Records": records}).encode(),
        }
        return ReplayRequest(service="lambda", method="invoke", arguments=arguments)

    def records(self, time_limit: float = 60.0) -> StreamRecords:
        """Get the records in the format of a Lambda event, from `payload` if it was kept, else from the stream.

        `handler({"Records": failure.records().records}, context)` runs a handler on them again. The member
        `redriveReplay` in each record marks it as brought back: under idempotency, a record that failed runs again, and
        a record that is done does not. Each call of this method brings the records back anew.

        A stream has the records until its retention ends (Kinesis: 24 hours or more, DynamoDB: 24 hours). This also
        applies to a shard that a split or a merge closed.

        Reading returns every record of the shard between the first and the last sequence number. With a
        parallelization factor above 1, or with filters, these include records that were not in the batch. The number
        of records is then above `batch_size`, and the handler must tolerate records that it processed before.

        Permissions: `kinesis:GetShardIterator`, `kinesis:GetRecords` and `kinesis:DescribeStreamSummary` on the
        stream, or `dynamodb:GetShardIterator`, `dynamodb:GetRecords` and `dynamodb:DescribeStream`. A stream with a
        customer managed key also needs `kms:Decrypt`. Reading uses throughput of the shard, which other readers share.

        Args:
            time_limit: The maximum time for reading, in seconds, including waits for a throttled stream. A call that
                is already running may exceed it a little.

        Returns:
            The records, and which records the stream no longer has.

        Raises:
            ValueError: `time_limit` is not above 0, or is not finite.
            TimeoutError: The time limit is reached. Nothing is lost: try again with a higher limit.
            StreamReadError: The stream cannot be read, or does not have the expected records. The message says why.
        """
        if not 0 < time_limit < float("inf"):
            raise ValueError(f"time_limit={time_limit!r} s: reading takes some time; give a number of seconds above 0")
        if self.payload is not None:
            found = StreamRecords(records=[*self.payload["Records"]], kept=True, batch_size=self.batch_size)
        else:
            from redrive.destinations.stream_reading import (
                read,
            )  # imported late: a payload that was kept needs no calls

            found = read(self, time_limit)
        was_set_aside = self.condition is None
        # arn:<partition>:lambda:<Region>:<account>:function:<name>, or the name alone
        name = self.function.split(":")[6] if self.function_arn else self.function
        marks = [marked(record, was_set_aside=was_set_aside, function=name) for record in found.records]
        return replace(found, records=marks)
