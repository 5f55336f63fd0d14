"""`DeadLetter`: a message in the dead-letter queue of an SQS queue, moved by SQS or sent by `@sqs_handler`."""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, cast

from redrive.destinations.failure import ReplayRequest
from redrive.destinations.form import InvalidRecord, as_received, shown
from redrive.destinations.history import HISTORY, NOTE, History, history_of, with_history
from redrive.sqs.calls import queue_url
from redrive.sqs.message import DEDUPLICATED, REPLAYED, SENT_BACK, MessageAttribute, SqsMessage

#: The system attribute that SQS gives to a message that it moves, and to no other:
#: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_ReceiveMessage.html
MOVED_FROM = "DeadLetterQueueSourceArn"
_TRACE = "AWSTraceHeader"
_REASON, _TYPE, _REQUEST, _FUNCTION = "RedriveReason", "RedriveErrorType", "RedriveRequestId", "RedriveFunction"
_WHY = frozenset({_REASON, _TYPE, _REQUEST, _FUNCTION})
_WRITTEN_ANEW = _WHY | {REPLAYED, DEDUPLICATED, SENT_BACK, HISTORY, NOTE}


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadLetter:
    """A message in the dead-letter queue of an SQS queue.

    https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-dead-letter-queues.html

    Attributes:
        kind: `"moved_by_sqs"` if it was received too often, `"sent_by_helper"` if `@sqs_handler` gave it up.
        message_id: Its id in the dead-letter queue. SQS keeps the id of a message that it moves.
        original_message_id: Its id before it was first dead-lettered.
        body: The body, unchanged.
        source_arn: The ARN of the queue from which SQS moved it. `None` if the helper sent it.
        reason: Why it failed. `None` if SQS moved it.
        error_type: The name of the error's class. `None` if SQS moved it.
        request_id: The id of the invocation that failed. `None` if SQS moved it.
        function: The name of the function that failed. `None` if SQS moved it.
        group_id: Its message group, or the tenant in a fair queue. `None` if it has none.
        deduplication_id: Its deduplication id when it was first sent, if that is known.
        receive_count: How often it was received, SQS's approximate count. Receives to look at it count, too.
        sent_at: The time in UTC at which it was sent. If the helper sent it, this is the time of the failure. If SQS
            moved it, it is the time of the first send, and in a FIFO queue the time of the move.
        history: How often it was brought back.
        message_attributes: The sender's attributes.
        trace_header: Its X-Ray trace header. `None` if it has none.
    """

    kind: Literal["moved_by_sqs", "sent_by_helper"]
    message_id: str
    original_message_id: str
    body: str
    source_arn: str | None = None
    reason: str | None = None
    error_type: str | None = None
    request_id: str | None = None
    function: str | None = None
    group_id: str | None = None
    deduplication_id: str | None = None
    receive_count: int = 1
    sent_at: datetime | None = None
    history: History = field(default_factory=History)
    message_attributes: Mapping[str, MessageAttribute] = field(default_factory=dict[str, MessageAttribute])
    trace_header: str | None = field(default=None, repr=False)

    @classmethod
    def parse(cls, received: object) -> DeadLetter:
        """Read a message of a dead-letter queue.

        Args:
            received: An `SqsMessage`, a record of a Lambda event, or a message of boto3's `receive_message`, received
                with `MessageAttributeNames=["All"]` and `MessageSystemAttributeNames=["All"]`; also a message of a
                queue of the simulator.

        Returns:
            The message.

        Raises:
            InvalidRecord: The input is no message, or neither SQS nor the helper has put it into a dead-letter queue.
        """
        message = message_in(received)
        texts = {name: str(each.value) for name, each in message.message_attributes.items()}
        source = message.attributes.get(MOVED_FROM)
        if source is None and not (REPLAYED in texts or _REASON in texts):
            raise InvalidRecord(
                f"message {message.id} is no dead letter: it has neither the system attribute {MOVED_FROM}, which SQS "
                f"gives to what it moves, nor {_REASON}, which the helper writes; receive it with "
                "MessageAttributeNames=['All'] and MessageSystemAttributeNames=['All']"
            )
        # A message that SQS moved may have been brought back before, with the reason of an earlier failure.
        why = texts if source is None else {}
        return cls(
            kind="sent_by_helper" if source is None else "moved_by_sqs",
            message_id=message.id,
            original_message_id=texts.get(REPLAYED) or message.original_id,
            body=message.body,
            source_arn=source,
            reason=why.get(_REASON),
            error_type=why.get(_TYPE),
            request_id=why.get(_REQUEST),
            function=why.get(_FUNCTION),
            group_id=message.group_id,
            deduplication_id=texts.get(DEDUPLICATED),
            receive_count=message.receive_count,
            sent_at=message.sent_at,
            history=history_of(message.message_attributes),
            message_attributes={
                name: each for name, each in message.message_attributes.items() if name not in _WRITTEN_ANEW
            },
            trace_header=message.attributes.get(_TRACE),
        )

    @property
    def came_from(self) -> str | None:
        """The ARN of the queue from which SQS moved it; `None` if the helper sent it, which does not name the queue."""
        return self.source_arn

    @property
    def failed_function(self) -> str | None:
        """The name of the function that failed; `None` if it is not known."""
        return self.function

    @property
    def failed_at(self) -> datetime | None:
        """The same as `sent_at`."""
        return self.sent_at

    @property
    def cause(self) -> str | None:
        """The same as `reason`."""
        return self.reason

    @property
    def event(self) -> Any:
        """The body as a JSON value, or the text itself if it is not JSON."""
        try:
            return json.loads(self.body)
        except (ValueError, RecursionError):
            return self.body

    def entry(self, *, fifo: bool, history: History | None = None, body: str | None = None) -> dict[str, Any]:
        """Return the arguments of `SendMessage` but the queue, which are also those of an entry of a batch.

        All attributes of the sender are kept, and the ids by which idempotency knows the message. In a FIFO queue the
        id of the dead letter is the deduplication id: SQS drops a message without an error if it has seen its
        deduplication id within five minutes, as it may have the original one.

        Args:
            fifo: Whether the queue is a FIFO queue.
            history: The replays, this one included. Default: those of the message.
            body: Another body. Default: the message's.
        """
        text = self.body if body is None else body
        ids = {DEDUPLICATED: self.deduplication_id or "", REPLAYED: self.original_message_id}
        attributes = {name: _attribute(each) for name, each in self.message_attributes.items()}
        entry: dict[str, Any] = {
            "MessageBody": text,
            "MessageAttributes": with_history(text, attributes, ids, self.history if history is None else history),
        }
        if self.group_id is not None:
            entry["MessageGroupId"] = self.group_id
        if fifo:
            entry.setdefault("MessageGroupId", self.message_id)
            entry["MessageDeduplicationId"] = self.message_id
        trace = _without_lineage(self.trace_header or "")
        if trace:
            entry["MessageSystemAttributes"] = {_TRACE: {"DataType": "String", "StringValue": trace}}
        return entry

    def replay_request(self, to: str | None = None) -> ReplayRequest:
        """Return the call that sends the message to the queue that it came from.

        Args:
            to: The URL of a queue. Default: the queue from which SQS moved the message.

        Raises:
            ValueError: The queue is not known, since the helper sent the message.
        """
        if to is None and self.source_arn is None:
            raise ValueError(
                f"message {self.message_id} was sent to the dead-letter queue by the helper, which does not say from "
                "which queue: give replay_request(to=…) the URL of the queue that has this dead-letter queue"
            )
        url = to or queue_url(cast("str", self.source_arn))
        arguments = {"QueueUrl": url, **self.entry(fifo=url.endswith(".fifo"))}
        return ReplayRequest(service="sqs", method="send_message", arguments=arguments)


def message_in(received: object) -> SqsMessage[Any]:
    """Convert a message to the form of Lambda's events.

    Raises:
        InvalidRecord: The input is no message of SQS.
    """
    received = as_received(received)
    if isinstance(received, SqsMessage):
        return cast("SqsMessage[Any]", received)
    if isinstance(received, Mapping):
        value = cast("Mapping[str, Any]", received)
        if "messageId" in value and "body" in value:
            return _made(value["messageId"], value["body"], value)
        if "MessageId" in value and "Body" in value:
            return _made(value["MessageId"], value["Body"], _as_record(value))
    raise InvalidRecord(
        f"{shown(cast('object', received))} is no message of SQS: give an SqsMessage, a record of a Lambda event, or a "
        "message of boto3's receive_message"
    )


def _made(id: str, body: str, record: Mapping[str, Any]) -> SqsMessage[Any]:
    from redrive.sqs.message import messages_of

    (message,) = messages_of([{**record, "messageId": id, "body": body}], None)
    return message


def _as_record(message: Mapping[str, Any]) -> dict[str, Any]:
    attributes: Mapping[str, Mapping[str, Any]] = message.get("MessageAttributes") or {}
    return {
        "receiptHandle": message.get("ReceiptHandle") or "",
        "attributes": message.get("Attributes") or {},
        "messageAttributes": {name: _of_event(each) for name, each in attributes.items()},
    }


def _of_event(attribute: Mapping[str, Any]) -> dict[str, str]:
    binary = attribute.get("BinaryValue")
    if binary is not None:
        return {"dataType": attribute["DataType"], "binaryValue": b64encode(binary).decode()}
    return {"dataType": attribute["DataType"], "stringValue": attribute.get("StringValue", "")}


def _attribute(attribute: MessageAttribute) -> dict[str, Any]:
    member = "BinaryValue" if isinstance(attribute.value, bytes) else "StringValue"
    return {"DataType": attribute.data_type, member: attribute.value}


def _without_lineage(trace: str) -> str:
    # Lambda counts rounds of a recursive loop in this part, and stops after about 16:
    # https://docs.aws.amazon.com/lambda/latest/dg/invocation-recursion.html. A replay is no round of a loop.
    return ";".join(part for part in trace.split(";") if not part.strip().startswith("Lineage="))
