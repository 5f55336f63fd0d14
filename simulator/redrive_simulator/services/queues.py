"""Simulates an SQS queue: sending, receiving and deleting, as standard and FIFO queues share it.

https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/
"""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Any

from redrive_model.limits import DELIVERY_DELAY, LARGEST_MESSAGE, MOST_MESSAGE_ATTRIBUTES
from redrive_model.resources.queue import QueueSpec
from redrive_simulator.outcomes import Outcome
from redrive_simulator.services.messages import Attributes, Message
from redrive_simulator.services.queue_contents import QueueContents
from redrive_simulator.services.queue_rules import (
    dead_letter_enqueued_at,
    goes_to_dead_letters,
    visibility_is_too_long,
)
from redrive_simulator.timeline.entries import NEVER, Kind

if TYPE_CHECKING:
    from redrive_simulator.engine.invocation import Chain
    from redrive_simulator.engine.world import World


# To look a member up takes Python 3.11 as long as a call.
_SENT, _WAITING = Kind.SENT, Outcome.WAITING


class Queue(QueueContents):
    """An SQS queue.

    Attributes:
        messages: The messages now in the queue, in order of arrival.
        bodies: Their bodies.
        reader: Called when a message can be received; `None` if nothing in the template reads the queue.
    """

    __slots__ = ("_dead_letters", "_region")

    def __init__(self, spec: QueueSpec, world: World) -> None:
        super().__init__(spec, world)
        self._region = spec.arn.split(":")[3]
        self._dead_letters: Queue | None = None

    def record(self, message: Message) -> dict[str, Any]:
        """Return a message as a function gets it."""
        return message.record(self.world.epoch, self.spec.arn, self._region)

    @property
    def attributes(self) -> dict[str, str]:
        """Attributes as `GetQueueAttributes` gives them, without those of permissions and encryption."""
        spec, messages = self.spec, self.messages
        now, created = self.world.scheduler.now, str(int(self.world.epoch))
        in_flight = sum(message.in_flight for message in messages)
        delayed = sum(message.visible_at > now and not message.in_flight for message in messages)
        found = {
            "QueueArn": spec.arn,
            "ApproximateNumberOfMessages": str(len(messages) - in_flight - delayed),
            "ApproximateNumberOfMessagesNotVisible": str(in_flight),
            "ApproximateNumberOfMessagesDelayed": str(delayed),
            "VisibilityTimeout": f"{spec.visibility_timeout:g}",
            "DelaySeconds": f"{spec.delay:g}",
            "MessageRetentionPeriod": f"{spec.retention:g}",
            "MaximumMessageSize": str(spec.largest_message),
            "ReceiveMessageWaitTimeSeconds": f"{spec.wait:g}",
            "CreatedTimestamp": created,
            "LastModifiedTimestamp": created,
        }
        if spec.redrive_allow:
            found["RedriveAllowPolicy"] = json.dumps(dict(spec.redrive_allow))
        if spec.dead_letter_arn is not None:
            policy = {"deadLetterTargetArn": spec.dead_letter_arn, "maxReceiveCount": spec.max_receive_count}
            found["RedrivePolicy"] = json.dumps(policy)
        if spec.fifo:
            found["FifoQueue"] = "true"
            found["ContentBasedDeduplication"] = str(spec.content_based_deduplication).lower()
            found["DeduplicationScope"] = "messageGroup" if spec.deduplication_by_group else "queue"
        return found

    def move_failed_to(self, dead_letters: Queue | None) -> None:
        """Set the dead-letter queue; `None`: there is none, or it is in another stack."""
        self._dead_letters = dead_letters

    @property
    def dead_letter_place(self) -> str:
        """Name of the dead-letter queue, its ARN if it is in another stack, or nothing."""
        return self.spec.dead_letter_arn or "" if self._dead_letters is None else self._dead_letters.name

    # Sending.

    def send(
        self,
        body: str,
        *,
        attributes: Attributes | None = None,
        group_id: str | None = None,
        deduplication_id: str | None = None,
        delay: float | None = None,
        id: str | None = None,
        chain: Chain = None,
        trace: str | None = None,
    ) -> Message:
        """Add a message.

        Args:
            body: Body as text.
            attributes: Message attributes in Lambda's format.
            group_id: Message group.
            deduplication_id: Deduplication id, for a FIFO queue.
            delay: Seconds until the message can be received. Default: the delay of the queue.
            id: Message id. Default: a new one.
            chain: Chain of requests that the message belongs to, unless it has a trace header of its own.
            trace: `AWSTraceHeader`.

        Returns:
            The message; for a duplicate in a FIFO queue the earlier message.

        Raises:
            ValueError: SQS would refuse the message.
        """
        spec, world = self.spec, self.world
        now = world.scheduler.now
        wait = spec.delay if delay is None else self._checked_delay(delay)
        message = Message(id or world.new_id(), body, now, attributes, group_id, None)
        if message.size > spec.largest_message:
            most = "1 MiB" if spec.largest_message == LARGEST_MESSAGE else f"{spec.largest_message:,} bytes"
            raise ValueError(f"a message of {message.size:,} bytes for {spec.name}: SQS takes up to {most}")
        if attributes is not None and len(attributes) > MOST_MESSAGE_ATTRIBUTES:
            raise ValueError(f"{len(attributes)} attributes for {spec.name}: SQS takes up to {MOST_MESSAGE_ATTRIBUTES}")
        if chain is not None or trace is not None:
            message.chain, message.trace = world.traced(chain, trace)
        known = self._earlier(message, deduplication_id)
        if known is not None:
            reason = f"the same as {known.id}"
            world.add_event(message.id, spec.name, body, group_id)
            world.add_entry(Kind.DEDUPLICATED, spec.name, events=(message.id,), reason=reason)
            world.set_outcome(message.id, spec.name, Outcome.DEDUPLICATED, spec.name, reason=reason)
            return known
        name, id = self.name, message.id
        world.add_event(id, name, body, group_id)
        world.add_entry(_SENT, name, events=(id,), until=now + wait if wait else NEVER)
        world.set_outcome(id, name, _WAITING if self.reader else Outcome.KEPT, name)
        self._put(message, now + wait)
        return message

    def _checked_delay(self, delay: float) -> float:
        if not DELIVERY_DELAY.allows(delay):
            raise ValueError(f"delay={delay!r} s: SQS takes {DELIVERY_DELAY}")
        return delay

    # Receiving and deleting.

    def receive(self, most: int, visibility: float | None = None, room: float = math.inf) -> list[Message]:
        """Receive messages, and move those over the maximum receive count to the dead-letter queue instead.

        Args:
            most: Maximum number of messages.
            visibility: Visibility timeout in seconds. Default: that of the queue.
            room: Maximum total size in a Lambda event, in bytes.
        """
        if self._expirations.are_due:
            self._expire()
        timeout = self.spec.visibility_timeout if visibility is None else visibility
        received: list[Message] = []
        self._receive_ready(most, timeout, room, received)
        if received:
            self.plan_wake()
        return received

    def _is_moved(self, message: Message) -> bool:
        spec, target = self.spec, self._dead_letters
        if not goes_to_dead_letters(message.receives, spec.max_receive_count):
            return False
        world = self.world
        # A dead-letter queue in another stack cannot be seen from here, but its messages are not lost.
        place = self.dead_letter_place
        now = world.scheduler.now
        self._remove(message)
        world.add_entry(
            Kind.DEAD_LETTERED,
            spec.name,
            events=(message.id,),
            attempt=message.receives,
            place=place,
            reason=f"received {message.receives} times",
        )
        world.set_outcome(
            message.id,
            spec.name,
            Outcome.WAITING if target is not None and target.reader else Outcome.DEAD_LETTERED,
            place,
            reason=f"received {message.receives} times",
        )
        if target is not None:
            target._arrive(message, spec.arn, dead_letter_enqueued_at(target.spec.fifo, message.enqueued_at, now))
        return True

    def _arrive(self, message: Message, source_arn: str, enqueued_at: float) -> None:
        """Add a message that SQS has moved from another queue; its receive count starts at 0 again."""
        # The deduplication id is replaced by the message's id:
        # https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-configure-dead-letter-queue-redrive.html
        deduplication_id = message.id if self.spec.fifo else None
        moved = Message(
            message.id, message.body, message.sent_at, message.attributes, message.group_id, deduplication_id
        )
        moved.enqueued_at = enqueued_at
        moved.source_arn = source_arn
        moved.chain, moved.trace = message.chain, message.trace
        self._put(moved, self.world.scheduler.now)

    def take_out(self, message: Message) -> None:
        """Remove a message that is moved to another queue."""
        self._remove(message)

    def bring_back(self, message: Message) -> None:
        """Add the message of a dead-letter queue as a new one: with a new id, retention and receive count."""
        world, now = self.world, self.world.scheduler.now
        made = Message(
            world.new_id(), message.body, now, message.attributes, message.group_id, message.deduplication_id
        )
        made.chain, made.trace = message.chain, message.trace
        world.add_event(made.id, self.name, made.body, made.group_id)
        world.add_entry(Kind.SENT, self.name, events=(made.id,))
        world.set_outcome(made.id, self.name, Outcome.WAITING if self.reader else Outcome.KEPT, self.name)
        self._put(made, now)

    def _take(self, message: Message, timeout: float, received: list[Message]) -> None:
        now = self.world.scheduler.now
        message.receives += 1
        if message.first_received_at is None:
            message.first_received_at = now
        message.received_at = now
        message.handle = f"{message.id}#{message.receives}#{self.name}"
        message.visible_at = now + timeout
        message.in_flight = True
        self._appearances.add(message.visible_at, message)
        received.append(message)

    def delete(self, message: Message, handle: str) -> bool:
        """Delete a message by the receipt `handle`, and return whether the message is gone because of that.

        https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_DeleteMessage.html
        """
        if message.deleted:  # also if it was dead-lettered meanwhile: it stays in the dead-letter queue
            return False
        if not self._is_receipt(message, handle):
            return False
        self._remove(message)
        return True

    def change_visibility(self, message: Message, handle: str, timeout: float) -> str | None:
        """Make a message in flight visible in `timeout` seconds.

        Of a standard queue, the handle of an earlier receive does so, too, and a message that is visible again stays
        so: both as recorded on AWS, by `test_terminate_visibility_timeout_after_receive` and
        `test_change_message_visibility_after_visibility_timeout_expiration` of
        https://github.com/localstack/localstack/blob/main/tests/aws/services/sqs/test_sqs.py.

        Returns:
            Why SQS refuses it: `gone`, `expired` or `too long`. `None` on success.
        """
        if message.deleted:
            return "gone"
        if not self._can_be_changed(message, handle):
            return "expired"
        if not message.in_flight:
            return None
        now = self.world.scheduler.now
        first = message.received_at if message.first_received_at is None else message.first_received_at
        if visibility_is_too_long(first, now, timeout):
            return "too long"
        message.visible_at = now + timeout
        self._appearances.add(message.visible_at, message)
        self.plan_wake()
        return None

    def find(self, handle: str) -> Message | None:
        """Return the message of a receipt handle if it is still in this queue."""
        return self._by_id.get(handle.partition("#")[0])

    # Differences between standard and FIFO queues.

    def _earlier(self, message: Message, deduplication_id: str | None) -> Message | None:
        """Return the earlier message that a new one is a duplicate of, or `None`."""
        raise NotImplementedError

    def _receive_ready(self, most: int, timeout: float, room: float, received: list[Message]) -> None:
        """Take ready messages, and add them to `received`."""
        raise NotImplementedError

    def _is_receipt(self, message: Message, handle: str) -> bool:
        """Decide if a receipt handle still deletes a message."""
        raise NotImplementedError

    def _can_be_changed(self, message: Message, handle: str) -> bool:
        """Decide if a receipt handle of a message still changes its visibility."""
        raise NotImplementedError
