"""Refuses events that AWS would not deliver, so that a test does not pass with one that never comes."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from redrive.aws.sqs_entries import LARGEST, MOST_ATTRIBUTES, NOT_XML
from redrive.sqs.message import MessageAttribute

_SQS = "https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html"
_KINESIS = "https://docs.aws.amazon.com/kinesis/latest/APIReference/API_PutRecord.html"
_WINDOWS = "https://docs.aws.amazon.com/lambda/latest/dg/services-kinesis-windows.html"
_QUEUE = re.compile(r"[\w-]{1,75}\.fifo|[\w-]{1,80}", re.ASCII)
_GROUP = re.compile(r"[!-~]{1,128}")
_LARGEST_DATA = 10_485_760
_LONGEST_KEY = 256
_LONGEST_WINDOW = 900


def check_queue(queue: str) -> None:
    """Raise `ValueError` for a name of a queue that SQS does not take."""
    if not _QUEUE.fullmatch(queue.rpartition(":")[2] if queue.startswith("arn:") else queue):
        raise ValueError(
            f"queue={queue!r}: a queue's name has 1 to 80 letters, digits, '-' and '_', and '.fifo' at its end if "
            "it is a FIFO queue; give a name or an ARN, instead of a URL"
        )


def check_receives(receive_count: object) -> None:
    """Raise `ValueError` for a receive count that SQS does not give."""
    if not isinstance(receive_count, int) or isinstance(receive_count, bool) or receive_count < 1:
        raise ValueError(f"receive_count={receive_count!r}: SQS counts from 1, the first delivery; give 1 or more")


def check_group(group_id: str | None) -> None:
    """Raise `ValueError` for a message group that SQS does not take."""
    if group_id is not None and not _GROUP.fullmatch(group_id):
        raise ValueError(
            f"group_id={group_id!r}: a message group has 1 to 128 ASCII characters, none of them blank ({_SQS}); leave "
            "it out for none"
        )


def check_attributes(attributes: Mapping[str, MessageAttribute]) -> None:
    """Raise `TypeError` or `ValueError` for attributes of a message that SQS does not take."""
    if len(attributes) > MOST_ATTRIBUTES:
        raise ValueError(f"{len(attributes)} message_attributes: SQS takes {MOST_ATTRIBUTES} ({_SQS}); give fewer")
    for name, value in attributes.items():
        if not isinstance(value, MessageAttribute):  # pyright: ignore[reportUnnecessaryIsInstance]
            raise TypeError(
                f"message_attributes has {value!r:.200} as {name!r}: give a MessageAttribute, such as "
                "MessageAttribute('String', 'high')"
            )
        if not value.value:
            raise ValueError(f"message_attributes has no value of {name!r}: SQS takes no empty one; leave it out")


def check_body(body: str) -> None:
    """Raise `ValueError` for a body that SQS does not take."""
    unfit = NOT_XML.search(body)
    if unfit is not None:
        raise ValueError(f"the body of a message has {unfit[0]!r}, which SQS does not take ({_SQS}); give it in base64")
    size = len(body.encode())
    if not 1 <= size <= LARGEST:
        raise ValueError(f"the body of a message has {size:,} bytes: SQS takes 1 to {LARGEST:,} ({_SQS}); give others")


def check_record(data: bytes, partition_key: str) -> None:
    """Raise `ValueError` for a record that Kinesis does not take."""
    if not 1 <= len(partition_key) <= _LONGEST_KEY:
        raise ValueError(
            f"partition_key={partition_key[:50]!r}: Kinesis takes 1 to {_LONGEST_KEY} characters ({_KINESIS}); give one"
        )
    if len(data) > _LARGEST_DATA:
        raise ValueError(f"a record of {len(data):,} bytes: Kinesis takes {_LARGEST_DATA:,} ({_KINESIS}); give less")


def check_window(records: Sequence[Mapping[str, Any]], start: datetime, end: datetime) -> None:
    """Raise `ValueError` for a tumbling window that Lambda does not have."""
    for record in records:
        if "kinesis" not in record and "dynamodb" not in record:
            raise ValueError(
                f"the record {record!r:.200} is none of a stream, and only streams have windows ({_WINDOWS}): give the "
                "event of kinesis_event or dynamodb_stream_event"
            )
    seconds = (end - start).total_seconds()
    if not 0 < seconds <= _LONGEST_WINDOW:
        raise ValueError(
            f"a window of {seconds:g} s: Lambda has windows of up to {_LONGEST_WINDOW} s ({_WINDOWS}); give an `end` "
            "after `start`"
        )
