"""Simulates an SQS FIFO queue: message groups and deduplication.

https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-fifo-queues.html
"""

from __future__ import annotations

import hashlib
from collections import deque
from heapq import heappop, heappush
from itertools import islice
from typing import TYPE_CHECKING

from redrive_model.resources.queue import QueueSpec
from redrive_simulator.services.messages import Message
from redrive_simulator.services.queues import Queue

if TYPE_CHECKING:
    from redrive_simulator.engine.world import World


_FIRST_SEQUENCE_NUMBER = 18_850_000_000_000_000_000


class _Group:
    """The messages of one message group, in order.

    Attributes:
        in_flight: Number of messages in flight; while there are any, no other one can be received.
        offered: First message, if the group is among those that are ready.
    """

    __slots__ = ("in_flight", "messages", "offered")

    def __init__(self) -> None:
        self.messages: deque[Message] = deque()
        self.in_flight = 0
        self.offered: Message | None = None


class FifoQueue(Queue):
    """A FIFO queue."""

    __slots__ = ("_deduplicated", "_deduplicated_in_order", "_groups", "_ready_groups", "_sequence")

    def __init__(self, spec: QueueSpec, world: World) -> None:
        super().__init__(spec, world)
        self._groups: dict[str, _Group] = {}
        self._ready_groups: list[tuple[int, str]] = []
        # Those of the deduplication interval only, with their keys from the oldest.
        self._deduplicated: dict[str, Message] = {}
        self._deduplicated_in_order: deque[str] = deque()
        self._sequence = 0

    @property
    def has_ready(self) -> bool:
        """True if there is a message to receive."""
        return bool(self._ready_groups)

    def _checked_delay(self, delay: float) -> float:
        checked = super()._checked_delay(delay)
        if delay:
            raise ValueError(f"delay={delay!r} s for one message of {self.name}: a FIFO queue has one delay for all")
        return checked

    def _earlier(self, message: Message, deduplication_id: str | None) -> Message | None:
        spec, world = self.spec, self.world
        if message.group_id is None:
            raise ValueError(f"{spec.name} is a FIFO queue: give the message a group_id")
        if deduplication_id is None:
            if not spec.content_based_deduplication:
                raise ValueError(f"{spec.name} has no content-based deduplication: give the message a deduplication_id")
            deduplication_id = hashlib.sha256(message.body.encode()).hexdigest()
        message.deduplication_id = deduplication_id
        key = f"{message.group_id}\0{deduplication_id}" if spec.deduplication_by_group else deduplication_id
        seen, in_order = self._deduplicated, self._deduplicated_in_order
        now, interval = world.scheduler.now, world.parameters.deduplication_interval
        while in_order and now - seen[in_order[0]].sent_at >= interval:
            del seen[in_order.popleft()]
        known = seen.get(key)
        if known is None:
            seen[key] = message
            in_order.append(key)
        return known

    def _enter(self, message: Message) -> None:
        assert message.group_id is not None
        self._sequence += 1
        message.sequence_number = str(_FIRST_SEQUENCE_NUMBER + self._sequence)
        self._groups.setdefault(message.group_id, _Group()).messages.append(message)

    def _offer(self, message: Message) -> None:
        assert message.group_id is not None
        self._offer_group(message.group_id)

    def _offer_group(self, group_id: str) -> None:
        """Make a group ready if its first message can be received."""
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

    def _receive_ready(self, most: int, timeout: float, room: float, received: list[Message]) -> None:
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
            self._offer_group(group_id)

    def _return(self, message: Message) -> None:
        assert message.group_id is not None
        message.in_flight = False
        self._groups[message.group_id].in_flight -= 1

    def _is_receipt(self, message: Message, handle: str) -> bool:
        return message.handle == handle and message.in_flight  # not if it is visible again

    def _can_be_changed(self, message: Message, handle: str) -> bool:
        return self._is_receipt(message, handle)

    def _leave(self, message: Message) -> None:
        assert message.group_id is not None
        group = self._groups.get(message.group_id)
        if group is None:
            return
        if message.in_flight:
            group.in_flight -= 1
        message.in_flight = False
        self._offer_group(message.group_id)
        if self.reader is not None and self._ready_groups:
            self.reader()
