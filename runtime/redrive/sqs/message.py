"""Reads SQS events and represents a message for the user's function."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from itertools import repeat
from operator import itemgetter
from types import MappingProxyType

from redrive.core import Permanent
from redrive.core.frozen import Frozen
from redrive.handlers.record import Delivered, EventSource, ToParse, Unparsed, made, read_json

TYPE_CHECKING = False
if TYPE_CHECKING:
    from datetime import datetime
    from typing import Any, TypeVar

    T_co = TypeVar("T_co", covariant=True)

_EVENT_SOURCE = "aws:sqs"
SQS = EventSource(
    name="SQS",
    event_source=_EVENT_SOURCE,
    origin="queue",
    id_path=("messageId",),
    without_id="without one its failure cannot be reported, so the whole batch fails and nothing is deleted",
)

#: The attributes of a message that the helper has dead-lettered and a person has replayed: its message id, and in a
#: FIFO queue its deduplication id, before it was first dead-lettered.
REPLAYED = "RedriveMessageId"
DEDUPLICATED = "RedriveDeduplicationId"
#: The attribute of a message that the helper has sent back to its queue as a new one: what it was before.
SENT_BACK = "RedriveSentBack"

_NOTHING: Mapping[str, Any] = MappingProxyType({})
_FIRST_RECEIVE = {"1"}
# `map` over these takes half the time of a comprehension, and a batch has up to 10,000 records.
_ID, _ATTRIBUTES, _RECEIVE_COUNT, _MESSAGE_ATTRIBUTES = map(
    itemgetter, ("messageId", "attributes", "ApproximateReceiveCount", "messageAttributes")
)


class MessageAttribute(Frozen):
    """An attribute that the sender gave a message.

    Attributes:
        data_type: `String`, `Number` or `Binary`, possibly with a custom label (`Number.int`).
        value: Text for strings and numbers, bytes for binary.
    """

    data_type: str
    value: str | bytes


class SqsMessage(Delivered["T_co"]):
    """One message of a batch, as Lambda delivers it; immutable.

    Tests can make one by hand: `SqsMessage(id="1", body='{"lines": []}', receive_count=3)`.

    Args:
        id: The message id, the same at every receive.
        body: The body, unparsed.
        receive_count: The number of receives so far, this one included. Default: 1.
        attributes: Further SQS system attributes. Default: none.
        message_attributes: The sender's attributes. Default: none.
        receipt_handle: The receipt handle of this receive. Default: empty.
        source_arn: The queue's ARN. Default: empty.
        max_receive_count: The queue's `maxReceiveCount`. Default: not known.
        parsed: The result of the handler's `parse`. Default: the body.
    """

    # A tuple of (record, max_receive_count, parsed).
    __slots__ = ()

    def __new__(
        cls,
        id: str,
        body: str,
        *,
        receive_count: int = 1,
        attributes: Mapping[str, str] = _NOTHING,
        message_attributes: Mapping[str, MessageAttribute] = _NOTHING,
        receipt_handle: str = "",
        source_arn: str = "",
        max_receive_count: int | None = None,
        parsed: Any = Unparsed,
    ) -> SqsMessage[T_co]:
        """Make a message by hand; see the class."""
        record = {
            "messageId": id,
            "receiptHandle": receipt_handle,
            "body": body,
            "attributes": {"ApproximateReceiveCount": str(receive_count), **attributes},
            "messageAttributes": {name: _encoded(value) for name, value in message_attributes.items()},
            "eventSource": "aws:sqs",
            "eventSourceARN": source_arn,
        }
        return made(cls, (record, max_receive_count, parsed))

    def __hash__(self) -> int:
        return hash(self.id)

    def __repr__(self) -> str:
        return f"SqsMessage(id={self.id!r}, receive_count={self.receive_count}, body={self.body!r})"

    @property
    def id(self) -> str:
        """The message id, the same at every receive."""
        return self[0]["messageId"]

    @property
    def delivery(self) -> str:
        """Identifies this delivery for idempotency: the message id, a new one once the message is brought back."""
        return self.id

    @property
    def original_id(self) -> str:
        """The message id at its first send.

        It differs from `id` if the helper has sent the message back to its queue, because there was no time for it at
        its last receive.
        """
        return said_when_sent_back(self).get("messageId", self.id)

    @property
    def body(self) -> str:
        """The body, unparsed."""
        return self[0].get("body") or ""

    @property
    def parsed(self) -> T_co:
        """The body as parsed by the handler's `parse`, or the body itself if there is no `parse`."""
        parsed: Any = self[2]
        if type(parsed) is ToParse:
            return parsed.value()
        return self.body if parsed is Unparsed else parsed  # pyright: ignore[reportReturnType]

    @property
    def receipt_handle(self) -> str:
        """The receipt handle of this receive, empty if the record has none."""
        return self[0].get("receiptHandle") or ""

    @property
    def source_arn(self) -> str:
        """The queue's ARN, empty if the record has none."""
        return self[0].get("eventSourceARN") or ""

    @property
    def attributes(self) -> Mapping[str, str]:
        """The SQS system attributes as strings, by their SQS names (`ApproximateReceiveCount`, …)."""
        return MappingProxyType(self[0].get("attributes") or {})

    @property
    def message_attributes(self) -> Mapping[str, MessageAttribute]:
        """The sender's attributes, by name."""
        sent: Mapping[str, Mapping[str, Any]] = self[0].get("messageAttributes") or {}
        return MappingProxyType({name: _decoded(value) for name, value in sent.items()})

    @property
    def max_receive_count(self) -> int | None:
        """The queue's `maxReceiveCount`, `None` if it is not known."""
        return self[1]

    def json(self) -> Any:
        """Return the body, decoded from JSON.

        Raises:
            Permanent: The body is not JSON, and will not be at the next receive either.
        """
        return read_json(self.body, "body")

    @property
    def receive_count(self) -> int:
        """The number of receives so far, this one included. SQS itself calls it approximate."""
        return int(self.attributes.get("ApproximateReceiveCount", "1"))

    @property
    def is_last_receive(self) -> bool | None:
        """True if a failure now is the last before the dead-letter queue; `None` if that is not known."""
        return None if self.max_receive_count is None else self.receive_count >= self.max_receive_count

    @property
    def sent_at(self) -> datetime | None:
        """The time (UTC) at which the message was sent to the queue, `None` if it is not known."""
        return self._time("SentTimestamp")

    @property
    def first_received_at(self) -> datetime | None:
        """The time (UTC) of the first receive, `None` if it is not known."""
        return self._time("ApproximateFirstReceiveTimestamp")

    @property
    def group_id(self) -> str | None:
        """The message group of a FIFO queue, or the tenant of a fair standard queue. `None` if there is none."""
        return self.attributes.get("MessageGroupId")

    @property
    def deduplication_id(self) -> str | None:
        """The deduplication id in a FIFO queue, else `None`."""
        return self.attributes.get("MessageDeduplicationId")

    @property
    def sequence_number(self) -> str | None:
        """The position that a FIFO queue gave the message, else `None`."""
        return self.attributes.get("SequenceNumber")

    def _time(self, name: str) -> datetime | None:
        milliseconds = self.attributes.get(name)
        if milliseconds is None:
            return None
        from datetime import UTC, datetime

        return datetime.fromtimestamp(int(milliseconds) / 1000, UTC)


def highest_receive_count(records: Sequence[Mapping[str, Any]]) -> int:
    """Return the highest receive count of the records, 1 if it cannot be read."""
    try:
        counts = set(map(_RECEIVE_COUNT, map(_ATTRIBUTES, records)))
        if counts == _FIRST_RECEIVE:  # nearly always, so it must be fast
            return 1
        return max(map(int, counts))
    except (KeyError, TypeError, ValueError):  # SQS writes no such records
        return 1


def was_sent_back(message: SqsMessage[Any]) -> bool:
    """Return True if the helper has sent a message back to its queue, or something else says so."""
    return SENT_BACK in (message[0].get("messageAttributes") or ())


def said_when_sent_back(message: SqsMessage[Any]) -> Mapping[str, Any]:
    """Return what the helper wrote when it sent a message back, empty if it did not."""
    attribute = (message[0].get("messageAttributes") or _NOTHING).get(SENT_BACK)
    if attribute is None:
        return _NOTHING
    try:
        found = read_json(attribute["stringValue"], SENT_BACK)
        return found if isinstance(found["messageId"], str) else _NOTHING
    except (Permanent, LookupError, TypeError):  # not written by the helper
        return _NOTHING


def have_attributes(records: Sequence[Mapping[str, Any]]) -> bool:
    """Return True if any sender gave attributes to its message, also if the records do not say."""
    try:
        return any(map(_MESSAGE_ATTRIBUTES, records))  # often none has, so it must be fast
    except KeyError:  # SQS writes no such records
        return True


def records_of(event: Any) -> list[Mapping[str, Any]]:
    """Return the records of an SQS event; raise `InvalidEvent` if a failure of one could not be reported."""
    try:
        records: list[Mapping[str, Any]] = event["Records"]
        ids = list(map(_ID, records))
        # Fast for up to 10,000 records: `join` checks that each id is a string. A faulty record is searched for only
        # when this check fails.
        if "".join(ids) and all(ids) and records[0].get("eventSource", _EVENT_SOURCE) == _EVENT_SOURCE:
            return records
        if records == []:
            return records
    except (KeyError, TypeError, AttributeError):
        pass
    from redrive.handlers.pipes import as_event

    from_pipe = as_event(event)
    if from_pipe is not None:
        return records_of(from_pipe)
    from redrive.handlers.invalid_events import invalid_event

    raise invalid_event(event, SQS)


def messages_of(records: Iterable[Mapping[str, Any]], max_receive_count: int | None) -> list[SqsMessage[Any]]:
    """Wrap records that have a `messageId` as messages."""
    make = partial(made, SqsMessage)
    return list(map(make, zip(records, repeat(max_receive_count), repeat(Unparsed), strict=False)))


def _encoded(attribute: MessageAttribute) -> dict[str, str]:
    if isinstance(attribute.value, bytes):
        from base64 import b64encode  # Lambda's JSON carries bytes in base64

        return {"dataType": attribute.data_type, "binaryValue": b64encode(attribute.value).decode()}
    return {"dataType": attribute.data_type, "stringValue": attribute.value}


def _decoded(value: Mapping[str, Any]) -> MessageAttribute:
    kind = value.get("dataType") or "String"
    if kind.startswith("Binary"):
        from base64 import b64decode

        return MessageAttribute(kind, b64decode(value.get("binaryValue") or ""))
    return MessageAttribute(kind, value.get("stringValue") or "")
