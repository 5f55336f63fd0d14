"""Sets a record aside: writes it to SQS or S3 in full, with the reason and its position in the stream."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, NamedTuple

from redrive.aws.clients import client
from redrive.aws.sqs_entries import LARGEST, NOT_XML, size_of, with_texts
from redrive.core.invocation import Deadline
from redrive.core.log import described, warn
from redrive.core.parallel import run_all
from redrive.settings.streams import StreamSettings
from redrive.streams import StreamRecord
from redrive.streams.replay import marked

#: Version of the format of records that are set aside.
VERSION = "redrive-1"
# The member of the reply that confirms a write.
_CONFIRMED_BY = {"send_message": "MessageId", "put_object": "ETag"}


class SetAside(NamedTuple):
    """A record to set aside, with the circumstances of its failure.

    Attributes:
        shard_id: Empty if unknown.
        copy: The number of records with the same sequence number before it in the batch.
        moment: The time of the failure, in seconds since the epoch.
    """

    record: StreamRecord[Any]
    shard_id: str
    copy: int
    reason: str
    error_type: str
    request_id: str
    function: str
    moment: float


class Request(NamedTuple):
    """The call that sets a record aside.

    Attributes:
        service: boto3's name of the service.
        method: The name of the client's method.
        place: The record's destination, for people: the queue's URL or the object's `s3://` address.
    """

    service: str
    method: str
    arguments: dict[str, Any]
    place: str


def body_of(aside: SetAside) -> str:
    """Return the JSON object to write, the same for SQS and S3.

    Raises:
        TypeError: The function changed the record to something that is not JSON.
    """
    fields = {
        "version": VERSION,
        "reason": aside.reason,
        "errorType": aside.error_type,
        "function": aside.function,
        "requestId": aside.request_id,
        "eventSourceARN": aside.record.source_arn,
        "shardId": aside.shard_id or None,
        "sequenceNumber": aside.record.sequence_number,
        "timestamp": _iso(aside.moment),
        "record": marked(aside.record[0], was_set_aside=True, function=aside.function),
    }
    # SQS rejects these characters. They occur only inside JSON strings, where each of them has an escape.
    return NOT_XML.sub(lambda odd: f"\\u{ord(odd[0]):04x}", json.dumps(fields, ensure_ascii=False))


def request_for(aside: SetAside, settings: StreamSettings) -> Request | str:
    """Choose the queue if there is one and the record fits, else the bucket.

    Returns:
        The call to make, or a text that says what is missing for one.
    """
    body = body_of(aside)
    size = size_of(body, {})
    queue, bucket = settings.set_aside_queue_url, settings.set_aside_bucket
    if queue is not None and size <= LARGEST:
        texts = {
            "RedriveReason": aside.reason,
            "RedriveSequenceNumber": aside.record.sequence_number,
            "RedriveErrorType": aside.error_type,
            "RedriveRequestId": aside.request_id,
            "RedriveFunction": aside.function,
        }
        message = {"QueueUrl": queue, "MessageBody": body, "MessageAttributes": with_texts(body, {}, texts)}
        return Request("sqs", "send_message", message, queue)
    if bucket is not None:
        key = key_of(aside, settings.set_aside_prefix or "")
        written = {"Bucket": bucket, "Key": key, "Body": body.encode(), "ContentType": "application/json"}
        return Request("s3", "put_object", written, f"s3://{bucket}/{key}")
    if queue is not None:
        return (
            f"the record is {size:,} bytes as it would be set aside, and SQS takes {LARGEST:,}: give a bucket for "
            "large ones, settings=StreamSettings(set_aside_bucket=...)"
        )
    return (
        "no queue or bucket is known, so permanent failures are retried like any other: use the KinesisConsumer or "
        "DynamoDBStreamConsumer construct, or pass settings=StreamSettings(set_aside_queue_url=...)"
    )


def key_of(aside: SetAside, prefix: str) -> str:
    """Return the object's key, the same at each delivery, so that a record is written once.

    Returns:
        `<prefix><shard>/YYYY/MM/DD/<sequence number>`, with the day on which the stream received the record. Of the
        records that share a sequence number, all but the first have `-1`, `-2`, … after it.
    """
    arrived = aside.record.arrived_at or datetime.fromtimestamp(aside.moment, UTC)
    copy = f"-{aside.copy}" if aside.copy else ""
    return f"{prefix}{aside.shard_id or 'shard'}/{arrived:%Y/%m/%d}/{aside.record.sequence_number}{copy}"


def set_aside(aside: SetAside, settings: StreamSettings, deadline: Deadline) -> str | None:
    """Set a record aside and wait for the confirmation, at most until the deadline.

    Returns:
        The record's destination. `None`, with a log line, if the write is not confirmed: the record is retried then. If
        only the reply was lost, a queue receives the record twice, a bucket once.
    """
    error = "no answer in the time that the invocation had left"
    place: str | None = None
    confirmed: list[str] = []
    try:
        request = request_for(aside, settings)
        if isinstance(request, str):
            error = request
        else:
            place = request.place
            raised = _call(request, deadline, confirmed)
            error = raised[0] if raised else error
    except Exception as broken:  # for example if the function changed the record to something that is not JSON
        error = f"{type(broken).__name__}: {described(broken)}"
    if confirmed:
        return confirmed[0]
    warn(
        "redrive.stream.not_set_aside",
        sequence_number=aside.record.sequence_number,
        shard_id=aside.shard_id or None,
        source_arn=aside.record.source_arn,
        place=place,
        error=error,
        request_id=aside.request_id,
    )
    return None


def _call(request: Request, deadline: Deadline, confirmed: list[str]) -> list[str]:
    """Make a call in the time left, append its place to `confirmed` if it succeeds, and return the errors."""
    errors: list[str] = []

    def guarded(_: object) -> None:
        try:
            reply: Mapping[str, Any] = getattr(client(request.service, deadline.total), request.method)(
                **request.arguments
            )
            if _CONFIRMED_BY[request.method] not in reply:
                raise LookupError(f"the reply to {request.method} has no {_CONFIRMED_BY[request.method]}")
            confirmed.append(request.place)
        except Exception as raised:
            errors.append(f"{type(raised).__name__}: {described(raised)}")

    time = deadline.left_for_calls()
    if time is None or time > 0:
        run_all(guarded, [None], time)
    return errors


def _iso(moment: float) -> str:
    return datetime.fromtimestamp(moment, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
