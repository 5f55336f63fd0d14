"""Simulates a standard SQS queue."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

from redrive_model.resources.queue import QueueSpec
from redrive_simulator.services.messages import Message
from redrive_simulator.services.queues import Queue

if TYPE_CHECKING:
    from redrive_simulator.engine.world import World


class StandardQueue(Queue):
    """A standard queue."""

    __slots__ = ("_ready",)

    def __init__(self, spec: QueueSpec, world: World) -> None:
        super().__init__(spec, world)
        self._ready: deque[Message] = deque()

    @property
    def has_ready(self) -> bool:
        """True if there is a message to receive."""
        ready = self._ready
        while ready and ready[0].deleted:
            ready.popleft()
        return bool(ready)

    def _earlier(self, message: Message, deduplication_id: str | None) -> Message | None:
        return None

    def _enter(self, message: Message) -> None:
        pass

    def _offer(self, message: Message) -> None:
        self._ready.append(message)

    def _receive_ready(self, most: int, timeout: float, room: float, received: list[Message]) -> None:
        ready = self._ready
        while ready and len(received) < most:
            message = ready.popleft()
            if message.deleted:
                continue
            if message.size_in_event > room:
                ready.appendleft(message)
                break
            if not message.receives or not self._is_moved(message):
                self._take(message, timeout, received)
                room -= message.size_in_event

    def _return(self, message: Message) -> None:
        message.in_flight = False

    def _is_receipt(self, message: Message, handle: str) -> bool:
        return message.handle == handle  # not if it was received again since

    def _can_be_changed(self, message: Message, handle: str) -> bool:
        return True

    def _leave(self, message: Message) -> None:
        message.in_flight = False
