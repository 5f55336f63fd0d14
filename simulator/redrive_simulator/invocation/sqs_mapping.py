"""Simulates the event source mapping between a queue and a function.

https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from redrive_model.filters.records import compiled
from redrive_model.limits import LARGEST_REQUEST
from redrive_model.resources.mapping import SqsMappingSpec
from redrive_simulator.invocation.sqs_batch import SqsBatch
from redrive_simulator.outcomes import Outcome
from redrive_simulator.services.queue_rules import concurrency_limit
from redrive_simulator.timeline.entries import Kind

if TYPE_CHECKING:
    from redrive_simulator.engine.scheduler import Timer
    from redrive_simulator.invocation.functions import Function
    from redrive_simulator.services.messages import Message
    from redrive_simulator.services.queues import Queue


class SqsMapping:
    """An event source mapping of a queue.

    Attributes:
        enabled: Whether it reads the queue.
        running: Number of current batches.
    """

    __slots__ = (
        "_busy_since",
        "_closing",
        "_is_polling",
        "_least",
        "_open",
        "_passes",
        "_room",
        "enabled",
        "function",
        "queue",
        "running",
        "spec",
        "world",
    )

    def __init__(self, spec: SqsMappingSpec, queue: Queue, function: Function) -> None:
        self.spec = spec
        self.queue = queue
        self.function = function
        self.world = queue.world
        self.enabled = spec.enabled
        self.running = 0
        self._passes = compiled(spec.filters, "body")
        self._is_polling = False
        self._open: list[Message] = []
        self._room = LARGEST_REQUEST  # left in the open batch, in bytes
        self._closing: Timer | None = None
        self._busy_since: float | None = None
        self._least = self._limit_after(0.0)

    def wake(self) -> None:
        """Schedule a poll, as there is a message to receive."""
        if self.enabled and not self._is_polling:
            self._is_polling = True
            scheduler = self.world.scheduler
            scheduler.at(scheduler.now, self._poll)

    def switch(self, enabled: bool) -> None:
        """Enable or disable the mapping; while disabled, messages stay in the queue and no run waits for them."""
        self.enabled = enabled
        self.queue.read_by(self.wake, enabled)
        if enabled and self.queue.has_ready:
            self.wake()
        self.world.on_switch()

    @property
    def is_missed(self) -> bool:
        """True if it is disabled, other than in the template, and messages wait for it."""
        return self.spec.enabled and not self.enabled and len(self.queue) > 0

    def _poll(self) -> None:
        self._is_polling = False
        queue = self.queue
        if not self.enabled or not queue.has_ready:
            return
        if self.running < self._least:
            self._busy_since = None
        elif self.running >= self._limit():
            return
        spec = self.spec
        if spec.window:
            self._gather()
            return
        messages = queue.receive(spec.batch_size, room=LARGEST_REQUEST)
        if queue.has_ready:
            self.wake()
        if self._passes is not None:
            messages = self._filtered(messages)
        if messages:
            self._start(messages)

    def _gather(self) -> None:
        """Receive messages into the open batch, and close it when it is full or its batching window is over."""
        world = self.world
        wanted = self.spec.batch_size - len(self._open)
        found = self.queue.receive(wanted, room=self._room)
        is_out_of_room = len(found) < wanted and self.queue.has_ready
        received = self._filtered(found)
        if received and not self._open:
            self._closing = world.at(world.scheduler.now + self.spec.window, self._close)
        self._open += received
        self._room -= sum([message.size_in_event for message in received])
        if len(self._open) >= self.spec.batch_size or is_out_of_room:
            world.scheduler.cancel(self._closing)
            self._close()
        if self.queue.has_ready:
            self.wake()

    def _close(self) -> None:
        # A message whose visibility timeout has ended no longer belongs to this batch.
        # One that was received again meanwhile is in it once.
        batch = [message for message in dict.fromkeys(self._open) if message.in_flight and not message.deleted]
        self._open = []
        self._room = LARGEST_REQUEST
        self._closing = None
        if batch:
            self.world.at(self.world.scheduler.now, self._start, batch)

    def _filtered(self, messages: list[Message]) -> list[Message]:
        """Delete messages that match no filter, and return the others."""
        if self._passes is None:
            return messages
        world, queue = self.world, self.queue
        passed: list[Message] = []
        for message in messages:
            if self._passes(queue.record(message)):
                passed.append(message)
                continue
            queue.delete(message, message.handle)
            world.add_entry(Kind.FILTERED, queue.name, "", self.function.name, (message.id,))
            world.set_outcome(message.id, queue.name, Outcome.FILTERED, function=self.function.name)
        return passed

    def _limit(self) -> int:
        parameters = self.world.parameters
        now = self.world.scheduler.now
        if self.running < parameters.sqs_initial_concurrency:
            self._busy_since = None
        elif self._busy_since is None:
            self._busy_since = now
        return self._limit_after(0.0 if self._busy_since is None else now - self._busy_since)

    def _limit_after(self, busy_for: float) -> int:
        most = self.spec.maximum_concurrency
        if most is not None:
            return most
        parameters = self.world.parameters
        return concurrency_limit(
            parameters.sqs_initial_concurrency,
            parameters.sqs_concurrency_per_minute,
            parameters.sqs_maximum_concurrency,
            busy_for,
        )

    def _start(self, messages: list[Message]) -> None:
        self.running += 1
        SqsBatch(messages, self.spec, self.queue, self.function, self._finish).attempt()

    def _finish(self) -> None:
        self.running -= 1
        if not self._is_polling and self.queue.has_ready:
            self.wake()
