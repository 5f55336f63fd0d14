"""Simulates an SQS queue, standard or FIFO.

https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/
"""

from __future__ import annotations

import hashlib
import json
import math
from collections import deque
from collections.abc import Callable, Iterable
from heapq import heapify, heappop, heappush
from itertools import islice
from typing import TYPE_CHECKING, Any

from redrive_model.limits import DELIVERY_DELAY, LARGEST_MESSAGE
from redrive_model.resources.queue import QueueSpec
from redrive_simulator.outcomes import Outcome
from redrive_simulator.services.messages import Attributes, Message
from redrive_simulator.services.queue_rules import (
    dead_letter_enqueued_at,
    goes_to_dead_letters,
    visibility_is_too_long,
)
from redrive_simulator.timeline.history import NEVER, Kind

if TYPE_CHECKING:
    from redrive_simulator.engine.invocation import Chain
    from redrive_simulator.engine.scheduler import Timer
    from redrive_simulator.engine.world import World


_MOST_GONE = 256


class _Group:
    """The messages of one message group in a FIFO queue."""

    __slots__ = ("in_flight", "messages", "offered")

    def __init__(self) -> None:
        self.messages: deque[Message] = deque()
        self.in_flight = 0
        self.offered: Message | None = None


class Queue:
    """An SQS queue.

    Attributes:
        name: Name in the history.
        messages: The messages now in the queue, in order of arrival.
        bodies: Their bodies.
        reader: Called when a message can be received; `None` if nothing in the template reads the queue.
    """

    __slots__ = (
        "_by_id",
        "_dead_letters",
        "_deduplicated",
        "_expirations",
        "_expiry",
        "_groups",
        "_hidden",
        "_readers",
        "_ready",
        "_ready_groups",
        "_received",
        "_sequence",
        "_wake",
        "reader",
        "spec",
        "world",
    )

    def __init__(self, spec: QueueSpec, world: World) -> None:
        self.spec = spec
        self.world = world
        self.reader: Callable[[], None] | None = None
        self._readers: list[Callable[[], None]] = []
        self._by_id: dict[str, Message] = {}
        self._ready: deque[Message] = deque()
        self._groups: dict[str, _Group] = {}
        self._ready_groups: list[tuple[int, str]] = []
        # Invisible messages: delayed, or in flight. An entry is valid while its time is the message's `visible_at`.
        self._hidden: list[tuple[float, int, Message]] = []
        self._wake: Timer | None = None
        self._expirations: list[tuple[float, int, Message]] = []
        self._expiry: Timer | None = None
        self._deduplicated: dict[str, tuple[float, Message]] = {}
        self._dead_letters: Queue | None = None
        self._sequence = 0
        self._received = 0

    @property
    def name(self) -> str:
        """Name in the history."""
        return self.spec.name

    @property
    def messages(self) -> list[Message]:
        """The messages now in the queue, in order of arrival."""
        self._expire()
        return sorted(self._by_id.values(), key=lambda message: message.number)

    @property
    def bodies(self) -> list[Any]:
        """The bodies of the messages now in the queue: parsed if they are JSON, else text."""
        return [_json_or_text(message.body) for message in self.messages]

    def __len__(self) -> int:
        return len(self.messages)

    def find_dead_letters(self) -> None:
        """Look up the dead-letter queue; call it once all queues exist."""
        arn = self.spec.dead_letter_arn
        self._dead_letters = None if arn is None else self.world.queues.get(arn)

    def read_by(self, wake: Callable[[], None], reading: bool) -> None:
        """Start or stop to call `wake` when a message can be received; several readers compete for messages."""
        self._readers = [each for each in self._readers if each != wake] + [wake] * reading
        self.reader = None if not self._readers else self._readers[0] if len(self._readers) == 1 else self._wake_all

    def _wake_all(self) -> None:
        for wake in self._readers:
            wake()

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
            chain: Chain of requests that the message belongs to.
            trace: `AWSTraceHeader`.

        Returns:
            The message; for a duplicate in a FIFO queue the earlier message.

        Raises:
            ValueError: SQS would refuse the message.
        """
        spec, world = self.spec, self.world
        now = world.scheduler.now
        wait = self._checked_delay(delay)
        message = Message(id or world.new_id(), body, now, attributes, group_id, None)
        if message.size > LARGEST_MESSAGE:
            raise ValueError(f"a message of {message.size:,} bytes for {spec.name}: SQS takes up to 1 MiB")
        message.chain = chain
        message.trace = trace
        if spec.fifo:
            known = self._deduplicate(message, deduplication_id)
            if known is not None:
                world.sent(message.id, spec.name, body, group_id)
                world.note(Kind.DEDUPLICATED, spec.name, events=(message.id,), reason=f"the same as {known.id}")
                world.end(message.id, spec.name, Outcome.DEDUPLICATED, spec.name, reason=f"the same as {known.id}")
                return known
        world.sent(message.id, spec.name, body, group_id)
        world.note(Kind.SENT, spec.name, events=(message.id,), until=now + wait if wait else NEVER)
        world.end(message.id, spec.name, Outcome.WAITING if self.reader else Outcome.KEPT, spec.name)
        self._put(message, now + wait)
        return message

    def _checked_delay(self, delay: float | None) -> float:
        if delay is None:
            return self.spec.delay
        if not DELIVERY_DELAY.allows(delay):
            raise ValueError(f"delay={delay!r} s: SQS takes {DELIVERY_DELAY}")
        if self.spec.fifo and delay:
            raise ValueError(f"delay={delay!r} s for one message of {self.name}: a FIFO queue has one delay for all")
        return delay

    def _deduplicate(self, message: Message, deduplication_id: str | None) -> Message | None:
        spec, world = self.spec, self.world
        if message.group_id is None:
            raise ValueError(f"{spec.name} is a FIFO queue: give the message a group_id")
        if deduplication_id is None:
            if not spec.content_based_deduplication:
                raise ValueError(f"{spec.name} has no content-based deduplication: give the message a deduplication_id")
            deduplication_id = hashlib.sha256(message.body.encode()).hexdigest()
        message.deduplication_id = deduplication_id
        key = f"{message.group_id}\0{deduplication_id}" if spec.deduplication_by_group else deduplication_id
        known = self._deduplicated.get(key)
        now = world.scheduler.now
        if known is not None and now - known[0] < world.parameters.deduplication_interval:
            return known[1]
        self._deduplicated[key] = (now, message)
        self._sequence += 1
        message.sequence_number = str(18_850_000_000_000_000_000 + self._sequence)
        return None

    def _put(self, message: Message, visible_at: float) -> None:
        world = self.world
        self._received += 1
        message.number = self._received
        message.visible_at = visible_at
        self._by_id[message.id] = message
        heappush(self._expirations, (message.enqueued_at + self.spec.retention, message.number, message))
        if self._expiry is None or self._expirations[0][2] is message:
            self._plan_expiry()
        if self.spec.fifo:
            assert message.group_id is not None
            self._groups.setdefault(message.group_id, _Group()).messages.append(message)
        if visible_at > world.scheduler.now:
            heappush(self._hidden, (visible_at, message.number, message))
            self.plan_wake()
        else:
            self._show(message)

    def _show(self, message: Message) -> None:
        """Offer a message whose delay or visibility timeout is over to the readers."""
        if self.spec.fifo:
            assert message.group_id is not None
            self._offer(message.group_id)
        else:
            self._ready.append(message)
        if self.reader is not None:
            self.reader()

    def _offer(self, group_id: str) -> None:
        group = self._groups.get(group_id)
        if group is None or group.in_flight:
            return
        messages = group.messages
        while messages and messages[0].deleted:
            messages.popleft()
        if not messages:
            del self._groups[group_id]
        elif messages[0].visible_at <= self.world.scheduler.now and group.offered is not messages[0]:
            group.offered = messages[0]
            heappush(self._ready_groups, (messages[0].number, group_id))

    # Receiving and deleting.

    @property
    def has_ready(self) -> bool:
        """True if there is a message to receive."""
        if self.spec.fifo:
            return bool(self._ready_groups)
        ready = self._ready
        while ready and ready[0].deleted:
            ready.popleft()
        return bool(ready)

    def receive(self, most: int, visibility: float | None = None, room: float = math.inf) -> list[Message]:
        """Receive messages, and move those over the maximum receive count to the dead-letter queue instead.

        Args:
            most: Maximum number of messages.
            visibility: Visibility timeout in seconds. Default: that of the queue.
            room: Maximum total size in a Lambda event, in bytes.
        """
        self._expire()
        timeout = self.spec.visibility_timeout if visibility is None else visibility
        received: list[Message] = []
        if self.spec.fifo:
            self._receive_groups(most, timeout, room, received)
        else:
            ready = self._ready
            while ready and len(received) < most:
                message = ready.popleft()
                if message.deleted:
                    continue
                if message.size_in_event > room:
                    ready.appendleft(message)
                    break
                if not self._is_moved(message):
                    self._take(message, timeout, received)
                    room -= message.size_in_event
        if received:
            self.plan_wake()
        return received

    def _receive_groups(self, most: int, timeout: float, room: float, received: list[Message]) -> None:
        # As many as possible of one group, then of the next:
        # https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/FIFO-queues-understanding-logic.html
        now = self.world.scheduler.now
        is_full = False
        while self._ready_groups and len(received) < most and not is_full:
            _, group_id = heappop(self._ready_groups)
            group = self._groups.get(group_id)
            if group is None:
                continue
            group.offered = None
            if group.in_flight:
                continue
            for message in list(islice(group.messages, most - len(received))):
                if message.deleted:
                    continue
                if message.visible_at > now:
                    break
                is_full = message.size_in_event > room
                if is_full:
                    break
                if not self._is_moved(message):
                    self._take(message, timeout, received)
                    room -= message.size_in_event
                    group.in_flight += 1
            self._offer(group_id)

    def _is_moved(self, message: Message) -> bool:
        spec, target = self.spec, self._dead_letters
        if not goes_to_dead_letters(message.receives, spec.max_receive_count):
            return False
        world = self.world
        # A dead-letter queue in another stack cannot be seen from here, but its messages are not lost.
        place = spec.dead_letter_arn or "" if target is None else target.name
        now = world.scheduler.now
        self._remove(message)
        world.note(
            Kind.DEAD_LETTERED,
            spec.name,
            events=(message.id,),
            attempt=message.receives,
            place=place,
            reason=f"received {message.receives} times",
        )
        world.end(
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
        moved = Message(
            message.id, message.body, message.sent_at, message.attributes, message.group_id, message.deduplication_id
        )
        moved.enqueued_at = enqueued_at
        moved.source_arn = source_arn
        moved.chain, moved.trace = message.chain, message.trace
        if self.spec.fifo:
            self._sequence += 1
            moved.sequence_number = str(18_850_000_000_000_000_000 + self._sequence)
        self._put(moved, self.world.scheduler.now)

    def _take(self, message: Message, timeout: float, received: list[Message]) -> None:
        now = self.world.scheduler.now
        message.receives += 1
        if message.first_received_at is None:
            message.first_received_at = now
        message.received_at = now
        message.handle = f"{message.id}#{message.receives}"
        message.visible_at = now + timeout
        message.in_flight = True
        heappush(self._hidden, (message.visible_at, message.number, message))
        received.append(message)

    def delete(self, message: Message, handle: str) -> bool:
        """Delete a message by the receipt `handle`, and return whether the message is gone because of that.

        https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_DeleteMessage.html
        """
        if message.deleted:  # also if it was dead-lettered meanwhile: it stays in the dead-letter queue
            return False
        # It stays if it was received again since, in a FIFO queue also if it is visible again.
        if message.handle != handle or (self.spec.fifo and not message.in_flight):
            return False
        self._remove(message)
        return True

    def change_visibility(self, message: Message, handle: str, timeout: float) -> str | None:
        """Make a message in flight visible in `timeout` seconds; return SQS's error code, or `None` on success."""
        world = self.world
        now = world.scheduler.now
        if message.deleted or not message.in_flight or message.handle != handle:
            return "MessageNotInflight"
        first = message.received_at if message.first_received_at is None else message.first_received_at
        if visibility_is_too_long(first, now, timeout):
            return "InvalidParameterValue"
        message.visible_at = now + timeout
        heappush(self._hidden, (message.visible_at, message.number, message))
        self.plan_wake()
        return None

    def find(self, handle: str) -> Message | None:
        """Return the message of a receipt handle if it is still in this queue."""
        return self._by_id.get(handle.partition("#")[0])

    def _remove(self, message: Message) -> None:
        message.deleted = True
        self._by_id.pop(message.id, None)
        if self.spec.fifo:
            assert message.group_id is not None
            group = self._groups.get(message.group_id)
            if group is not None:
                if message.in_flight:
                    group.in_flight -= 1
                message.in_flight = False
                self._offer(message.group_id)
                if self.reader is not None and self._ready_groups:
                    self.reader()
        else:
            message.in_flight = False
        if self._hidden and self._hidden[0][2] is message:
            self.plan_wake()

    # Time.

    def plan_wake(self) -> None:
        """Schedule the moment at which the next message becomes visible."""
        hidden = self._hidden
        while hidden and (hidden[0][2].deleted or hidden[0][0] != hidden[0][2].visible_at):
            heappop(hidden)
        world = self.world
        wake = self._wake
        if not hidden:
            world.scheduler.cancel(wake)
            self._wake = None
            return
        due = hidden[0][0]
        if wake is None or wake.action is None or wake.time != due:
            world.scheduler.cancel(wake)
            # Nothing waits for a queue without a reader, so that a run may end before this.
            self._wake = world.at(due, self._woken, background=self.reader is None)

    def _woken(self) -> None:
        self._wake = None
        self._expire()
        now = self.world.scheduler.now
        hidden = self._hidden
        while hidden and hidden[0][0] <= now:
            due, _, message = heappop(hidden)
            if message.deleted or due != message.visible_at:
                continue
            if message.in_flight:
                message.in_flight = False
                if self.spec.fifo:
                    assert message.group_id is not None
                    self._groups[message.group_id].in_flight -= 1
                if message.handled_in is not None:
                    reason = "its visibility timeout was over before its function was done"
                    self.world.note(Kind.RESET, self.name, "", "", (message.id,), message.receives, reason=reason)
            self._show(message)
        self.plan_wake()

    def _plan_expiry(self) -> None:
        expirations = self._expirations
        if len(expirations) > _MOST_GONE and len(expirations) > 2 * len(self._by_id):
            expirations[:] = [each for each in expirations if not each[2].deleted]
            heapify(expirations)
        while expirations and expirations[0][2].deleted:
            heappop(expirations)
        world = self.world
        world.scheduler.cancel(self._expiry)
        self._expiry = world.at(expirations[0][0], self._expired, background=True) if expirations else None

    def _expired(self) -> None:
        self._expiry = None
        self._expire()
        self._plan_expiry()

    def _expire(self) -> None:
        expirations = self._expirations
        world = self.world
        now = world.scheduler.now
        while expirations and (expirations[0][0] <= now or expirations[0][2].deleted):
            _, _, message = heappop(expirations)
            if message.deleted:
                continue
            self._remove(message)
            reason = f"older than {self.spec.retention:g} s"
            world.note(Kind.EXPIRED, self.name, events=(message.id,), attempt=message.receives, reason=reason)
            world.end(message.id, self.name, Outcome.EXPIRED, reason=reason)


def message_group(messages: Iterable[Message]) -> tuple[str, ...]:
    """Return the ids of messages in their order."""
    return tuple([message.id for message in messages])


def _json_or_text(body: str) -> Any:
    try:
        return json.loads(body)
    except ValueError:
        return body
