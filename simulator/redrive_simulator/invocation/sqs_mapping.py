"""Simulates the event source mapping between a queue and a function.

https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from redrive_model.limits import LARGEST_REQUEST
from redrive_model.resources.mapping import SqsMappingSpec
from redrive_model.schedules.sqs import throttle_wait
from redrive_simulator.invocation.filters import compiled
from redrive_simulator.invocation.responses import WholeBatch, reported
from redrive_simulator.outcomes import Outcome
from redrive_simulator.services.queue_rules import concurrency_limit
from redrive_simulator.timeline.history import NOTHING, Kind

if TYPE_CHECKING:
    from redrive_simulator.engine.invocation import Chain
    from redrive_simulator.engine.scheduler import Timer
    from redrive_simulator.invocation.functions import Function
    from redrive_simulator.invocation.result import Result
    from redrive_simulator.services.messages import Message
    from redrive_simulator.services.queues import Queue


class _Batch:
    """Messages delivered to a function together.

    Attributes:
        messages: Messages, each with its receipt handle.
        visible_at: Time at which the first of them can be received again.
        throttles: Number of throttled tries.
    """

    __slots__ = ("chain", "ids", "messages", "throttles", "visible_at")

    def __init__(self, messages: list[Message]) -> None:
        self.messages = [(message, message.handle) for message in messages]
        self.ids = tuple([message.id for message in messages])
        self.visible_at = min([message.visible_at for message in messages])
        self.chain: Chain = None
        for message in messages:
            if message.chain is not None:
                self.chain = _longer(self.chain, message.chain)
        self.throttles = 0


class SqsMapping:
    """An event source mapping of a queue.

    Attributes:
        enabled: Whether it reads the queue.
        running: Number of current batches.
    """

    __slots__ = (
        "_arn",
        "_busy_since",
        "_closing",
        "_is_polling",
        "_open",
        "_passes",
        "_region",
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
        self._arn = queue.spec.arn
        self._region = self._arn.split(":")[3]
        self._passes = compiled(spec.filters, "body")
        self._is_polling = False
        self._open: list[Message] = []
        self._closing: Timer | None = None
        self._busy_since: float | None = None

    def wake(self) -> None:
        """Schedule a poll, as there is a message to receive."""
        if self.enabled and not self._is_polling:
            self._is_polling = True
            self.world.at(self.world.scheduler.now, self._poll)

    def switch(self, enabled: bool) -> None:
        """Enable or disable the mapping; while disabled, messages stay in the queue and no run waits for them."""
        self.enabled = enabled
        self.queue.read_by(self.wake, enabled)
        self.queue.plan_wake()
        if enabled and self.queue.has_ready:
            self.wake()

    def _poll(self) -> None:
        self._is_polling = False
        queue = self.queue
        if not self.enabled or not queue.has_ready:
            return
        if self.running >= self._limit():
            return
        spec = self.spec
        if spec.window:
            self._gather()
            return
        messages = queue.receive(spec.batch_size, room=LARGEST_REQUEST)
        if queue.has_ready:
            self.wake()
        messages = self._filtered(messages)
        if messages:
            self._start(messages)

    def _gather(self) -> None:
        """Receive messages into the open batch, and close it when it is full or its batching window is over."""
        world = self.world
        wanted = self.spec.batch_size - len(self._open)
        room = LARGEST_REQUEST - sum([message.size_in_event for message in self._open])
        found = self.queue.receive(wanted, room=room)
        is_out_of_room = len(found) < wanted and self.queue.has_ready
        received = self._filtered(found)
        if received and not self._open:
            self._closing = world.at(world.scheduler.now + self.spec.window, self._close)
        self._open += received
        if len(self._open) >= self.spec.batch_size or is_out_of_room:
            world.scheduler.cancel(self._closing)
            self._close()
        if self.queue.has_ready:
            self.wake()

    def _close(self) -> None:
        # A message whose visibility timeout has ended no longer belongs to this batch.
        batch = [message for message in self._open if message.in_flight and not message.deleted]
        self._open = []
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
            if self._passes(message.record(world.epoch, self._arn, self._region)):
                passed.append(message)
                continue
            queue.delete(message, message.handle)
            world.note(Kind.FILTERED, queue.name, "", self.function.name, (message.id,))
            world.end(message.id, queue.name, Outcome.FILTERED, function=self.function.name)
        return passed

    def _limit(self) -> int:
        most = self.spec.maximum_concurrency
        if most is not None:
            return most
        parameters = self.world.parameters
        now = self.world.scheduler.now
        if self.running < parameters.sqs_initial_concurrency:
            self._busy_since = None
        elif self._busy_since is None:
            self._busy_since = now
        return concurrency_limit(
            parameters.sqs_initial_concurrency,
            parameters.sqs_concurrency_per_minute,
            parameters.sqs_maximum_concurrency,
            0.0 if self._busy_since is None else now - self._busy_since,
        )

    def _start(self, messages: list[Message]) -> None:
        self.running += 1
        self._attempt(_Batch(messages))

    def _finish(self) -> None:
        self.running -= 1
        if self.queue.has_ready:
            self.wake()

    def _attempt(self, batch: _Batch) -> None:
        world, queue, function = self.world, self.queue, self.function
        if function.is_looping(batch.chain):
            reason = f"a recursive loop of {world.parameters.recursion_limit} invocations"
            world.note(Kind.STOPPED, queue.name, "", function.name, batch.ids, reason=reason)
            self._again(batch, [message for message, _ in batch.messages], NOTHING, reason)
            self._finish()
            return
        epoch, arn, region = world.epoch, self._arn, self._region
        event = {"Records": [message.record(epoch, arn, region) for message, _ in batch.messages]}
        receives = max([message.receives for message, _ in batch.messages])
        for message, _ in batch.messages:
            message.handled_in = batch
        result = function.call(event, batch.ids, self.spec.function, world.new_id(), batch.chain)
        for message, _ in batch.messages:
            if message.handled_in is batch:  # not received again meanwhile, in another batch
                message.handled_in = None
        if not result.ran:
            self._throttled(batch, result, receives)
            return
        failed, kind, reason = self._outcome(batch, result)
        number = world.note(
            kind,
            queue.name,
            "",
            function.name,
            batch.ids,
            receives,
            time=result.started,
            duration=world.scheduler.now - result.started,
            reason=reason,
        )
        self._settle(batch, failed, number, reason)
        self._finish()

    def _outcome(self, batch: _Batch, result: Result) -> tuple[frozenset[str], Kind, str]:
        """Return the failed messages, the kind of entry and the reason."""
        if result.kind is not Kind.SUCCEEDED:
            return frozenset(batch.ids), result.kind, result.reason
        if not self.spec.partial_responses or result.response is None:
            return frozenset(), Kind.SUCCEEDED, ""
        failed = reported(result.response, batch.ids)
        if isinstance(failed, WholeBatch):
            return frozenset(batch.ids), Kind.FAILED, failed.reason
        if not failed:
            return failed, Kind.SUCCEEDED, ""
        return failed, Kind.PARTLY_FAILED, f"{len(failed)} of {len(batch.ids)} failed"

    def _settle(self, batch: _Batch, failed: frozenset[str], number: int, reason: str) -> None:
        world, queue, function = self.world, self.queue, self.function
        done: list[str] = []
        again: list[Message] = []
        for message, handle in batch.messages:
            if message.id in failed:
                if not message.deleted:
                    again.append(message)
            elif queue.delete(message, handle):
                done.append(message.id)
                world.end(message.id, queue.name, Outcome.PROCESSED, function=function.name)
            elif message.deleted and world.endings[message.id, ""].outcome is Outcome.EXPIRED:
                # Expired in the queue while the function handled it: it counts as processed.
                world.end(message.id, queue.name, Outcome.PROCESSED, function=function.name)
        if done:
            world.note(Kind.DELETED, queue.name, "", function.name, tuple(done), parent=number)
        if again:
            self._again(batch, again, number, reason)

    def _again(self, batch: _Batch, messages: list[Message], number: int, reason: str) -> None:
        """Record when failed messages become visible again, which the function may have changed per message."""
        world, queue = self.world, self.queue
        times: dict[float, list[Message]] = {}
        for message in messages:
            times.setdefault(message.visible_at, []).append(message)
        for due, same in times.items():
            world.note(
                Kind.RETRY,
                queue.name,
                "",
                self.function.name,
                tuple([message.id for message in same]),
                max([message.receives for message in same]),
                until=max(due, world.scheduler.now),
                parent=number,
                reason=reason,
            )

    def _throttled(self, batch: _Batch, result: Result, receives: int) -> None:
        """Retry a throttled batch until its first message becomes visible again, then release the batch."""
        world, queue, function = self.world, self.queue, self.function
        parameters = world.parameters
        now = world.scheduler.now
        number = world.note(
            result.kind, queue.name, "", function.name, batch.ids, receives, time=result.started, reason=result.reason
        )
        wait = throttle_wait(batch.throttles, parameters.sqs_throttle_base, parameters.sqs_throttle_cap)
        batch.throttles += 1
        if now + wait >= batch.visible_at:
            self._again(batch, [message for message, _ in batch.messages if not message.deleted], number, result.reason)
            world.at(batch.visible_at, self._finish)
            return
        world.note(
            Kind.RETRY,
            queue.name,
            "",
            function.name,
            batch.ids,
            receives,
            until=now + wait,
            parent=number,
            reason=result.reason,
        )
        world.at(now + wait, self._attempt_again, batch)

    def _attempt_again(self, batch: _Batch) -> None:
        # Messages may have expired during the wait.
        batch.messages = [(message, handle) for message, handle in batch.messages if not message.deleted]
        batch.ids = tuple([message.id for message, _ in batch.messages])
        if batch.messages:
            self._attempt(batch)
        else:
            self._finish()


def _longer(one: Chain, other: Chain) -> Chain:
    """Return the chain in which a function was invoked more often."""
    if one is None or other is None:
        return one or other
    return one if max(one.values(), default=0) >= max(other.values(), default=0) else other
