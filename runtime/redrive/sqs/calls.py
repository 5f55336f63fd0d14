"""Makes the calls to SQS, and the entries of dead letters. Each call may fail without losing a message."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from redrive.aws.clients import client
from redrive.core.invocation import Deadline
from redrive.core.log import described, shortened, warn
from redrive.core.parallel import run_all
from redrive.settings.sqs import SqsSettings
from redrive.sqs.message import (
    DEDUPLICATED,
    REPLAYED,
    SENT_BACK,
    MessageAttribute,
    SqsMessage,
    said_when_sent_back,
)

# https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_ChangeMessageVisibilityBatch.html
_MOST_ENTRIES = 10
_REGION = re.compile(r"[a-z]{2,}(?:-[a-z]+)+-\d+")


def send_dead_letters(
    entries: Mapping[str, dict[str, Any]], url: str | None, source_arn: str, deadline: Deadline
) -> set[str]:
    """Send entries (by message id) to the dead-letter queue and return the ids that SQS confirmed in time."""
    if url is None:
        warn(
            "redrive.sqs.no_dead_letter_queue",
            source_arn=source_arn,
            entries=len(entries),
            remedy="permanent failures are retried like any other: use the SqsConsumer construct, or pass "
            "settings=SqsSettings(dead_letter_queue_url=...)",
        )
        return set()
    if is_queue(url, source_arn):
        warn(
            "redrive.sqs.dead_letter_queue_is_source",
            source_arn=source_arn,
            entries=len(entries),
            remedy="permanent failures are retried like any other, because sent to their own queue they would come "
            "back as new messages without end: give another dead_letter_queue_url",
        )
        return set()
    return _send(lambda: url, entries, source_arn, deadline)


def send_back(
    entries: Mapping[str, dict[str, Any]], settings: SqsSettings, source_arn: str, deadline: Deadline
) -> set[str]:
    """Send entries (by message id) to their source queue and return the ids that SQS confirmed in time."""
    return _send(lambda: settings.queue_url or queue_url(source_arn), entries, source_arn, deadline)


def _send(
    url: Callable[[], str], entries: Mapping[str, dict[str, Any]], source_arn: str, deadline: Deadline
) -> set[str]:
    from redrive.aws.sqs_entries import batches  # a message that is retried needs none

    ids = list(entries)
    named = [{"Id": str(number), **entry} for number, entry in enumerate(entries.values())]
    sent: set[str] = set()

    def send(sqs: Any, batch: list[dict[str, Any]]) -> Mapping[str, Any]:
        reply: Mapping[str, Any] = sqs.send_message_batch(QueueUrl=url(), Entries=batch)
        sent.update(ids[int(entry["Id"])] for entry in reply.get("Successful") or ())
        return reply

    _run("SendMessageBatch", send, batches(named), source_arn, deadline)
    # A copy, because replies may still arrive after the deadline. If SQS took a message and the reply was lost, the
    # queue has it twice, which is better than not at all.
    return set(sent)


def change_visibility(
    waits: Sequence[tuple[SqsMessage[Any], int]], settings: SqsSettings, source_arn: str, deadline: Deadline
) -> int:
    """Set the visibility timeouts, in seconds, of returned messages and return the number of failures."""
    entries = [
        {"Id": str(number), "ReceiptHandle": message.receipt_handle, "VisibilityTimeout": seconds}
        for number, (message, seconds) in enumerate(waits)
    ]
    # A failed call changes no outcome: the message comes back at another time.
    tens = [entries[start : start + _MOST_ENTRIES] for start in range(0, len(entries), _MOST_ENTRIES)]

    def change(sqs: Any, batch: list[dict[str, Any]]) -> Mapping[str, Any]:
        url = settings.queue_url or queue_url(source_arn)
        reply: Mapping[str, Any] = sqs.change_message_visibility_batch(QueueUrl=url, Entries=batch)
        return reply

    return _run("ChangeMessageVisibilityBatch", change, tens, source_arn, deadline)


def _run(
    name: str,
    call: Callable[[Any, list[Any]], Mapping[str, Any]],
    batches: Sequence[list[Any]],
    source_arn: str,
    deadline: Deadline,
) -> int:
    """Make one call per batch, log what goes wrong and return the number of failed entries."""
    late = "no answer in the time that the invocation had left"
    errors = {number: [late] * len(batch) for number, batch in enumerate(batches)}  # one for each entry

    def guarded(number: int) -> None:
        batch = batches[number]
        try:
            reply = call(client("sqs", deadline.total), batch)
            refused: Sequence[Mapping[str, Any]] = reply.get("Failed") or ()
            missing = len(batch) - len(refused) - len(reply.get("Successful") or ())
            errors[number] = [f"{entry.get('Code')}: {entry.get('Message')}" for entry in refused]
            errors[number] += ["the reply does not mention the entry"] * missing
        except Exception as raised:
            errors[number] = [f"{type(raised).__name__}: {described(raised)}"] * len(batch)

    time = deadline.left_for_calls()
    if time is None or time > 0:
        run_all(guarded, range(len(batches)), time)
    failed = [error for each in list(errors.values()) for error in each]
    if failed:
        said = shortened("; ".join(dict.fromkeys(failed)))
        warn("redrive.sqs.call_failed", call=name, entries=len(failed), error=said, source_arn=source_arn)
    return len(failed)


def queue_url(arn: str) -> str:
    """Return the URL of a queue in the function's own Region.

    Its form:
    https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-queue-message-identifiers.html
    """
    _, partition, _, region, account, name = arn.split(":", 5)
    domain = "amazonaws.com.cn" if partition == "aws-cn" else "amazonaws.com"
    return f"https://sqs.{region}.{domain}/{account}/{name}"


def is_queue(url: str, arn: str) -> bool:
    """Return True if a queue's URL and ARN are those of the same queue."""
    _, _, _, region, account, name = (*arn.split(":", 5), *[""] * 6)[:6]
    host, _, path = url.rstrip("/").rpartition("://")[2].partition("/")
    # A host names a Region or none (`queue.amazonaws.com`, `localhost`), the path ends with account and name.
    regions = [label for label in host.split(".") if _REGION.fullmatch(label)]
    return path.split("/")[-2:] == [account, name] and regions in ([], [region])


class DeadLetterReason(NamedTuple):
    """The first ids of a message and the reason of its failure, as message attributes, most important first.

    Attributes:
        deduplication_id: Its deduplication id when it was first sent. Empty: it had none.
        message_id: Its id when it was first sent.
        request_id: The invocation that failed.
    """

    # The first ids stand before any reason: by them, idempotency knows the message once it is replayed. The
    # message id of a FIFO queue would be found without its attribute, as the deduplication id of the dead letter.
    deduplication_id: str
    message_id: str
    reason: str
    error_type: str
    request_id: str
    function: str


_ATTRIBUTE_NAMES = DeadLetterReason(
    DEDUPLICATED, REPLAYED, "RedriveReason", "RedriveErrorType", "RedriveRequestId", "RedriveFunction"
)
_IDS = (DEDUPLICATED, REPLAYED)


# Attributes that are written anew, and the one that keeps the first ids of a message that was sent back.
_OWN = frozenset((*_ATTRIBUTE_NAMES, SENT_BACK))


def first_id(message: SqsMessage[Any]) -> str:
    """Return the id of a message before it was first dead-lettered; its first one if it never was."""
    attribute = message.message_attributes.get(REPLAYED)
    replayed = said_when_sent_back(message).get("replayed") if attribute is None else attribute.value
    return str(replayed or message.original_id)


def first_deduplication_id(message: SqsMessage[Any]) -> str:
    """Return the deduplication id of a message before it was first dead-lettered; empty if it had none."""
    attribute = message.message_attributes.get(DEDUPLICATED)
    return str(attribute.value) if attribute is not None and attribute.value else message.deduplication_id or ""


def dead_letter_entry(message: SqsMessage[Any], reason: DeadLetterReason, *, fifo: bool) -> dict[str, Any]:
    """Return the `SendMessageBatch` entry, without `Id`: the message, plus the reason as attributes where they fit."""
    from redrive.aws.sqs_entries import with_texts

    texts = dict(zip(_ATTRIBUTE_NAMES, reason, strict=True))
    entry = _entry(message, with_texts(message.body, _senders_attributes(message), texts, whole=_IDS))
    if fifo:
        # Its own id: a send repeated after a lost reply makes one message, and two messages never count as one.
        entry["MessageDeduplicationId"] = message.id
    trace = message.attributes.get("AWSTraceHeader")
    if trace:
        entry["MessageSystemAttributes"] = _traced(trace)
    return entry


def sent_back_entry(message: SqsMessage[Any], origin: str, delay: int, new_trace: str) -> dict[str, Any] | None:
    """Return the `SendMessageBatch` entry, without `Id`, of a message to its own queue; `None` if it has no room.

    Args:
        message: The message, of a standard queue.
        origin: The value of the attribute that says what it was before.
        delay: Seconds until it can be received.
        new_trace: The trace header if the message has none.
    """
    from redrive.aws.sqs_entries import fits

    attributes = _senders_attributes(message)
    attributes[SENT_BACK] = {"DataType": "String", "StringValue": origin}
    if not fits(message.body, attributes):
        return None
    entry = _entry(message, attributes)
    entry["DelaySeconds"] = delay
    # With the trace header of this invocation, Lambda would count each time as a round of a recursive loop, and stop
    # after about 16: https://docs.aws.amazon.com/lambda/latest/dg/invocation-recursion.html. The retention ends it
    # here. The attribute overrides the header of the request:
    # https://docs.aws.amazon.com/xray/latest/devguide/xray-services-sqs.html
    entry["MessageSystemAttributes"] = _traced(message.attributes.get("AWSTraceHeader") or new_trace)
    return entry


def _entry(message: SqsMessage[Any], attributes: dict[str, Any]) -> dict[str, Any]:
    entry: dict[str, Any] = {"MessageBody": message.body, "MessageAttributes": attributes}
    if message.group_id is not None:
        entry["MessageGroupId"] = message.group_id
    return entry


def _senders_attributes(message: SqsMessage[Any]) -> dict[str, Any]:
    # A replayed message still has our attributes from its last failure.
    return {name: _sqs_attribute(value) for name, value in message.message_attributes.items() if name not in _OWN}


def _traced(trace: str) -> dict[str, Any]:
    return {"AWSTraceHeader": {"DataType": "String", "StringValue": trace}}


def _sqs_attribute(attribute: MessageAttribute) -> dict[str, Any]:
    field = "BinaryValue" if isinstance(attribute.value, bytes) else "StringValue"
    return {"DataType": attribute.data_type, field: attribute.value}
