"""A queue with its dead-letter queue, whose messages are moved, dead-lettered by the helper, and redriven."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from tests.support.runtime.sqs.queue import FIFO, STANDARD, Context, FakeSqs, VirtualTime, event, record, returned

MOST_RECEIVES = 3


@dataclass
class Sent:
    """A message in a queue.

    Attributes:
        id: Its message id.
        body: Its body.
        deduplication_id: Its deduplication id, in a FIFO queue.
        attributes: Its message attributes, as Lambda delivers them.
        receives: How often it was received.
    """

    id: str
    body: str
    deduplication_id: str | None
    attributes: dict[str, Any]
    receives: int = 0


@dataclass
class Queues:
    """A queue and its dead-letter queue.

    Attributes:
        fifo: Whether they are FIFO queues; each message is in a group of its own.
        sqs: What the helper calls.
        time: The clock in force.
        waiting: The messages in the queue.
        dead: The messages in the dead-letter queue.
    """

    fifo: bool
    sqs: FakeSqs
    time: VirtualTime
    waiting: list[Sent] = field(default_factory=list)
    dead: list[Sent] = field(default_factory=list)
    _made: int = 0
    _read: int = 0

    def send(self, body: str, deduplication_id: str | None = None, attributes: int = 0) -> Sent:
        """Send a message with a number of attributes."""
        texts = {f"a{number}": {"dataType": "String", "stringValue": "x"} for number in range(attributes)}
        sent = Sent(self._new_id(), body, deduplication_id, texts)
        self.waiting.append(sent)
        return sent

    def deliver(self, handler: Callable[[Any, Any], Any], *, is_lost: bool = False) -> None:
        """Deliver all messages at once.

        SQS first moves those that were received often enough. The answer may be lost: then all become visible again.
        """
        for sent in [each for each in self.waiting if each.receives >= MOST_RECEIVES]:
            self.waiting.remove(sent)
            sent.receives = 0
            sent.deduplication_id = sent.id if self.fifo else None
            self.dead.append(sent)
        if not self.waiting:
            return
        for sent in self.waiting:
            sent.receives += 1
        answer = handler(event(*map(self._delivered, self.waiting)), Context(self.time, 60))
        self._take_dead_letters()
        if not is_lost:
            left = returned(answer)
            self.waiting = [each for each in self.waiting if each.id in left]

    def redrive(self) -> None:
        """Bring all dead letters back, as new messages with the deduplication ids that they have now."""
        for dead in self.dead:
            self.waiting.append(Sent(self._new_id(), dead.body, dead.deduplication_id, dead.attributes))
        self.dead = []

    def _new_id(self) -> str:
        self._made += 1
        return str(UUID(int=self._made))

    def _delivered(self, sent: Sent) -> dict[str, Any]:
        more = {"MessageDeduplicationId": sent.deduplication_id} if sent.deduplication_id else {}
        return record(
            sent.id,
            sent.body,
            arn=FIFO if self.fifo else STANDARD,
            group=sent.body[:1] if self.fifo else None,
            receive_count=sent.receives,
            sent_at=self.time.now,
            first_received_at=self.time.now,
            message_attributes=sent.attributes,
            **more,
        )

    def _take_dead_letters(self) -> None:
        for entry in self.sqs.sent[self._read :]:
            attributes = {name: _delivered_attribute(each) for name, each in entry["MessageAttributes"].items()}
            self.dead.append(
                Sent(self._new_id(), entry["MessageBody"], entry.get("MessageDeduplicationId"), attributes)
            )
        self._read = len(self.sqs.sent)


def _delivered_attribute(sent: Mapping[str, Any]) -> dict[str, Any]:
    if "BinaryValue" in sent:
        return {"dataType": sent["DataType"], "binaryValue": b64encode(sent["BinaryValue"]).decode()}
    return {"dataType": sent["DataType"], "stringValue": sent["StringValue"]}
