"""Simulates what Lambda does with a batch of messages: calls the function, deletes messages, leaves others to retry."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from redrive_model.resources.mapping import SqsMappingSpec
from redrive_model.schedules.sqs import throttle_wait
from redrive_simulator.invocation.responses import NONE, UNREAD, WholeBatch, reported, unread_failures
from redrive_simulator.outcomes import Outcome
from redrive_simulator.timeline.entries import NOTHING, Kind

if TYPE_CHECKING:
    from redrive_simulator.engine.invocation import Chain, Report
    from redrive_simulator.invocation.functions import Function
    from redrive_simulator.invocation.result import Result
    from redrive_simulator.services.messages import Message
    from redrive_simulator.services.queues import Queue

_NONE: Mapping[str, Report] = {}
# To look a member up takes Python 3.11 as long as a call.
_DELETED, _SUCCEEDED, _PROCESSED = Kind.DELETED, Kind.SUCCEEDED, Outcome.PROCESSED


class SqsBatch:
    """Messages delivered to a function together.

    Args:
        messages: The messages.
        spec: Settings of the event source mapping.
        queue: Queue of the messages.
        function: Function that handles them.
        finish: Called when the mapping is free for another batch.
    """

    __slots__ = (
        "_chain",
        "_finish",
        "_function",
        "_ids",
        "_messages",
        "_queue",
        "_spec",
        "_throttles",
        "_visible_at",
        "_world",
    )

    def __init__(
        self,
        messages: list[Message],
        spec: SqsMappingSpec,
        queue: Queue,
        function: Function,
        finish: Callable[[], None],
    ) -> None:
        self._spec = spec
        self._queue = queue
        self._function = function
        self._finish = finish
        self._world = queue.world
        self._throttles = 0
        chain: Chain = None
        visible_at = math.inf
        kept: list[tuple[Message, str]] = []
        ids: list[str] = []
        for message in messages:
            kept.append((message, message.handle))
            ids.append(message.id)
            if message.visible_at < visible_at:
                visible_at = message.visible_at
            if message.chain is not None:
                chain = _longer(chain, message.chain)
        self._messages = kept
        self._ids = tuple(ids)
        self._visible_at = visible_at
        self._chain = chain

    def attempt(self) -> None:
        """Call the function once, and carry out what follows."""
        world, queue, function = self._world, self._queue, self._function
        messages, ids, chain = self._messages, self._ids, self._chain
        if chain is not None and function.is_looping(chain):
            reason = f"a recursive loop of {world.parameters.recursion_limit} invocations"
            world.add_entry(Kind.STOPPED, queue.name, "", function.name, ids, reason=reason)
            self._leave_for_retry([message for message, _ in messages], NOTHING, reason)
            self._finish()
            return
        records: list[dict[str, Any]] = []
        receives = 0
        for message, _ in messages:
            records.append(queue.record(message))
            if message.receives > receives:
                receives = message.receives
            message.handled_in = self
        result = function.call({"Records": records}, ids, self._spec.function, world.new_id(), chain)
        for message, _ in messages:
            if message.handled_in is self:  # not received again meanwhile, in another batch
                message.handled_in = None
        if not result.ran:
            self._after_throttle(result, receives)
            return
        failed, kind, reason = self._outcome(result)
        number = world.add_entry(
            kind,
            queue.name,
            "",
            function.name,
            ids,
            receives,
            time=result.started,
            duration=world.scheduler.now - result.started,
            reason=reason,
        )
        self._delete_processed(failed, number, reason, result.reports)
        if result.response is not None and not self._spec.partial_responses:
            self._note_unread(unread_failures(result.response, ids), number)
        self._finish()

    def _outcome(self, result: Result) -> tuple[frozenset[str], Kind, str]:
        """Return the failed messages, the kind of entry and the reason."""
        if result.kind is not _SUCCEEDED:
            return frozenset(self._ids), result.kind, result.reason
        if not self._spec.partial_responses or result.response is None:
            return NONE, _SUCCEEDED, ""
        failed = reported(result.response, self._ids)
        if isinstance(failed, WholeBatch):
            return frozenset(self._ids), Kind.FAILED, failed.reason
        if not failed:
            return failed, _SUCCEEDED, ""
        return failed, Kind.PARTLY_FAILED, f"{len(failed)} of {len(self._ids)} failed"

    def _delete_processed(
        self, failed: frozenset[str], number: int, reason: str, reports: Mapping[str, Report]
    ) -> None:
        """Delete the processed messages, and leave the failed ones for a retry."""
        world, queue, function = self._world, self._queue, self._function
        done: list[str] = []
        again: list[Message] = []
        for message, handle in self._messages:
            if message.id in failed:
                if not message.deleted:
                    again.append(message)
            elif queue.delete(message, handle):
                report = reports.get(message.id) if reports else None
                if report is not None and report.outcome == "dead_lettered":
                    self._note_dead_letter(message, report.reason, number)
                    continue
                done.append(message.id)
                world.set_outcome(message.id, queue.name, _PROCESSED, "", function.name)
            elif message.deleted and world.outcomes.of(message.id).outcome is Outcome.EXPIRED:
                # Expired in the queue while the function handled it: it counts as processed.
                world.set_outcome(message.id, queue.name, Outcome.PROCESSED, function=function.name)
        if done:
            world.add_entry(_DELETED, queue.name, "", function.name, tuple(done), parent=number)
        if again:
            self._leave_for_retry(again, number, reason, reports)

    def _note_unread(self, failed: frozenset[str], number: int) -> None:
        """Record that messages are lost which the function reported as failed, and which Lambda has deleted."""
        world, queue, function = self._world, self._queue, self._function.name
        lost = tuple([id for id in self._ids if id in failed])
        if lost:
            world.add_entry(Kind.DROPPED, queue.name, "", function, lost, parent=number, reason=UNREAD)
        for id in lost:
            world.set_outcome(id, queue.name, Outcome.DROPPED, "", function, UNREAD)

    def _note_dead_letter(self, message: Message, reason: str, number: int) -> None:
        """Record that a helper has sent a message to the dead-letter queue."""
        world, queue, function = self._world, self._queue, self._function.name
        place = queue.dead_letter_place
        world.add_entry(
            *(Kind.DEAD_LETTERED, queue.name, "", function, (message.id,), message.receives),
            parent=number,
            place=place,
            reason=reason,
        )
        world.set_outcome(message.id, queue.name, Outcome.DEAD_LETTERED, place, function, reason)

    def _leave_for_retry(
        self, messages: list[Message], number: int, reason: str, reports: Mapping[str, Report] = _NONE
    ) -> None:
        """Record when and why failed messages become visible again, which the function may have changed per message."""
        world, queue = self._world, self._queue
        times: dict[tuple[float, str], list[Message]] = {}
        for message in messages:
            report = reports.get(message.id)
            times.setdefault((message.visible_at, reason if report is None else report.reason), []).append(message)
        for (due, why), same in times.items():
            world.add_entry(
                Kind.RETRY,
                queue.name,
                "",
                self._function.name,
                tuple([message.id for message in same]),
                max([message.receives for message in same]),
                until=max(due, world.scheduler.now),
                parent=number,
                reason=why,
            )

    def _after_throttle(self, result: Result, receives: int) -> None:
        """Retry a throttled batch until its first message becomes visible again, then release the batch."""
        world, queue, function = self._world, self._queue, self._function
        parameters = world.parameters
        now = world.scheduler.now
        number = world.add_entry(
            result.kind, queue.name, "", function.name, self._ids, receives, time=result.started, reason=result.reason
        )
        wait = throttle_wait(self._throttles, parameters.sqs_throttle_base, parameters.sqs_throttle_cap)
        self._throttles += 1
        if now + wait >= self._visible_at:
            self._leave_for_retry(
                [message for message, _ in self._messages if not message.deleted], number, result.reason
            )
            world.at(self._visible_at, self._finish)
            return
        world.add_entry(
            Kind.RETRY,
            queue.name,
            "",
            function.name,
            self._ids,
            receives,
            until=now + wait,
            parent=number,
            reason=result.reason,
        )
        world.at(now + wait, self._attempt_again)

    def _attempt_again(self) -> None:
        # Messages may have expired during the wait.
        self._messages = [(message, handle) for message, handle in self._messages if not message.deleted]
        self._ids = tuple([message.id for message, _ in self._messages])
        if self._messages:
            self.attempt()
        else:
            self._finish()


def _longer(one: Chain, other: Chain) -> Chain:
    """Return the chain in which a function was invoked more often."""
    if one is None or other is None:
        return one or other
    return one if max(one.values(), default=0) >= max(other.values(), default=0) else other
