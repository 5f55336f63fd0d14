"""Reads a failure of any kind from what a queue or a bucket has."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, cast

from redrive.destinations.dead_letter import MOVED_FROM, DeadLetter, message_in
from redrive.destinations.failure import Failure
from redrive.destinations.form import InvalidRecord, as_received
from redrive.destinations.invocation_record import InvocationRecord
from redrive.destinations.invocation_rules import DEAD_LETTER_ATTRIBUTES
from redrive.destinations.messages import message_in as message_in_envelope
from redrive.destinations.stream_failure import StreamFailure
from redrive.destinations.stream_rules import batch_infos, is_set_aside
from redrive.sqs.message import REPLAYED, SqsMessage

_SET_ASIDE = "RedriveSequenceNumber"
_REASON = "RedriveReason"


def read_failure(received: object) -> Failure:
    """Read a failure of any kind.

    What SQS moved counts as a dead letter of its queue whatever is in it, since that queue is where it came from.

    Args:
        received: A message of SQS: an `SqsMessage`, a record of a Lambda event, or a message of boto3's
            `receive_message` with all attributes. Or the content of an object of S3: text, bytes or a JSON object.
            Also a message of a queue or an object of a bucket of the simulator.

    Returns:
        A `DeadLetter`, an `InvocationRecord` or a `StreamFailure`.

    Raises:
        InvalidRecord: It is no failure that AWS or a helper writes. The message says why.
    """
    received = as_received(received)
    try:
        message = message_in(received)
    except InvalidRecord:
        return _read_record(received)
    names = message.message_attributes.keys()
    if MOVED_FROM in message.attributes:
        return DeadLetter.parse(message)
    if _SET_ASIDE in names:
        return StreamFailure.parse(message)
    if REPLAYED in names or _REASON in names:
        return DeadLetter.parse(message)
    if not names.isdisjoint(DEAD_LETTER_ATTRIBUTES):
        return InvocationRecord.parse(message)
    return _read_record(message)


def _read_record(received: object) -> Failure:
    body = cast("SqsMessage[Any]", received).body if isinstance(received, SqsMessage) else received
    received = cast("object", received)
    if _is_of_stream(_innermost(body)):
        return StreamFailure.parse(received)
    record = InvocationRecord.parse(received)
    if record.condition == "Success":
        raise InvalidRecord(
            f"the record of request {record.request_id} reports a success (condition 'Success'): only failures are "
            "brought back; give the on-success destination a queue of its own"
        )
    return record


def _is_of_stream(value: object) -> bool:
    if not isinstance(value, Mapping):
        return False
    record = cast("Mapping[str, Any]", value)
    return bool(batch_infos(record)) or is_set_aside(record)


def _innermost(value: object) -> object:
    """Return what a text or a notification of SNS has in it, as far as it is JSON."""
    if isinstance(value, (str, bytes, bytearray)):
        try:
            value = json.loads(value)
        except (ValueError, RecursionError):
            return value
    if not isinstance(value, Mapping):
        return value
    envelope = message_in_envelope(cast("Mapping[str, Any]", value), "")
    return cast("object", value) if envelope is None else _innermost(envelope.body)
