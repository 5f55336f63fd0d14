"""Setting a record aside: written to SQS or S3 in full, with the reason and its place in the stream."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any, NamedTuple

from redrive.clients import client
from redrive.deadline import Deadline
from redrive.log import described, warn
from redrive.parallel import run_all
from redrive.settings import StreamSettings
from redrive.sqs_entry import LARGEST, NOT_XML, size_of, with_note
from redrive.stream_record import StreamRecord

#: The version of the form in which records are set aside.
FORM = "redrive-1"


class SetAside(NamedTuple):
    """A record to be set aside, and why.

    Attributes:
        record: The record.
        shard_id: Its shard, empty where it is not known.
        copy: How many records with the same sequence number stand before it in the batch.
        reason: Why it will never succeed.
        error_type: The name of the error's class.
        request_id: The invocation in which it failed.
        function: The function's name.
        moment: When, in seconds since the epoch.
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
        arguments: Its arguments.
        place: Where the record will be, for people.
    """

    service: str
    method: str
    arguments: dict[str, Any]
    place: str


def body_of(aside: SetAside) -> str:
    """What is written of a record: one JSON object, the same for SQS and S3.

    Args:
        aside: The record and why.

    Returns:
        JSON without characters that SQS refuses.

    Raises:
        TypeError: The record holds what is no JSON, so it was changed since it came.
    """
    fields = {
        "version": FORM,
        "reason": aside.reason,
        "errorType": aside.error_type,
        "function": aside.function,
        "requestId": aside.request_id,
        "eventSourceARN": aside.record.source_arn,
        "shardId": aside.shard_id or None,
        "sequenceNumber": aside.record.sequence_number,
        "timestamp": _iso(aside.moment),
        "record": aside.record[0],
    }
    # Such characters can only stand within a text, where JSON has an escape for each.
    return NOT_XML.sub(lambda odd: f"\\u{ord(odd[0]):04x}", json.dumps(fields, ensure_ascii=False))


def request_for(aside: SetAside, settings: StreamSettings) -> Request | str:
    """Decide where a record goes: to the queue if there is one and it fits, else to the bucket.

    Args:
        aside: The record and why.
        settings: What is known of queue and bucket.

    Returns:
        The call to make, or what is missing for one.
    """
    body = body_of(aside)
    size = size_of(body, {})
    queue, bucket = settings.set_aside_queue_url, settings.set_aside_bucket
    if queue is not None and size <= LARGEST:
        note = {
            "RedriveReason": aside.reason,
            "RedriveSequenceNumber": aside.record.sequence_number,
            "RedriveErrorType": aside.error_type,
            "RedriveRequestId": aside.request_id,
            "RedriveFunction": aside.function,
        }
        message = {"QueueUrl": queue, "MessageBody": body, "MessageAttributes": with_note(body, {}, note)}
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
    """The key of the object in S3, the same at each delivery of a record, so that it is written once.

    Args:
        aside: The record.
        prefix: What the key begins with.

    Returns:
        `<prefix><shard>/YYYY/MM/DD/<sequence number>`, by the day on which the stream took the record in. Records that
        share a sequence number have `-1`, `-2`, … behind it, but for the first.
    """
    arrived = aside.record.arrived_at or datetime.fromtimestamp(aside.moment, UTC)
    copy = f"-{aside.copy}" if aside.copy else ""
    return f"{prefix}{aside.shard_id or 'shard'}/{arrived:%Y/%m/%d}/{aside.record.sequence_number}{copy}"


def set_aside(aside: SetAside, settings: StreamSettings, deadline: Deadline) -> str | None:
    """Set a record aside, and wait until that is confirmed.

    Args:
        aside: The record and why.
        settings: What is known of queue and bucket.
        deadline: The end of the invocation: nobody waits longer for an answer.

    Returns:
        Where the record is. `None` where it is not certain to be anywhere, which is logged: it is retried then. If it
        was written after all and the reply was lost, a queue will hold it twice, a bucket once.
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
    except Exception as broken:  # a record that the function has changed into something that is no JSON, say
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
    """Make a call in the time there is. Notes the place where it was confirmed; answers with what went wrong."""
    errors: list[str] = []

    def guarded(_: object) -> None:
        try:
            getattr(client(request.service, deadline.total), request.method)(**request.arguments)
            confirmed.append(request.place)
        except Exception as raised:
            errors.append(f"{type(raised).__name__}: {described(raised)}")

    time = deadline.left_for_calls()
    if time is None or time > 0:
        run_all(guarded, [None], time)
    return errors


def _iso(moment: float) -> str:
    return datetime.fromtimestamp(moment, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
