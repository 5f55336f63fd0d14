"""Keeps the messages of a queue: when each becomes visible, and when it expires."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from redrive_model.limits import MOST_IN_FLIGHT
from redrive_model.resources.queue import QueueSpec
from redrive_simulator.outcomes import Outcome
from redrive_simulator.services.messages import Message, json_or_text
from redrive_simulator.services.representations import represented
from redrive_simulator.services.timetable import Appearances, Timetable
from redrive_simulator.timeline.entries import Kind

if TYPE_CHECKING:
    from redrive_simulator.engine.world import World


class QueueContents:
    """The messages of a queue. Subclasses keep their order.

    Attributes:
        name: Name in the history.
        reader: Called when a message can be received; `None` if nothing in the template reads the queue.
    """

    __slots__ = ("_appearances", "_by_id", "_expirations", "_readers", "_received", "name", "reader", "spec", "world")

    def __init__(self, spec: QueueSpec, world: World) -> None:
        self.spec = spec
        self.name = spec.name
        self.world = world
        self.reader: Callable[[], None] | None = None
        self._readers: list[Callable[[], None]] = []
        self._by_id: dict[str, Message] = {}
        self._appearances = Appearances(world, self._by_id, self._show_due)
        self._expirations = Timetable(world, self._by_id, self._expire_due)
        self._received = 0

    @property
    def messages(self) -> list[Message]:
        """The messages now in the queue, in order of arrival."""
        self._expire()
        return sorted(self._by_id.values(), key=lambda message: message.number)

    @property
    def bodies(self) -> list[Any]:
        """The bodies of the messages now in the queue: parsed if they are JSON, else text."""
        return [json_or_text(message.body) for message in self.messages]

    def __repr__(self) -> str:
        return represented("Queue", self.name, len(self), "message", self.bodies)

    def __len__(self) -> int:
        self._expire()
        return len(self._by_id)

    def read_by(self, wake: Callable[[], None], reading: bool) -> None:
        """Start or stop to call `wake` when a message can be received; several readers compete for messages."""
        self._readers = [each for each in self._readers if each != wake] + [wake] * reading
        self.reader = None if not self._readers else self._readers[0] if len(self._readers) == 1 else self._wake_all
        self.plan_wake()

    def _wake_all(self) -> None:
        for wake in self._readers:
            wake()

    @property
    def is_full(self) -> bool:
        """True if so many messages are in flight that SQS gives out no more."""
        return sum(message.in_flight for message in self._by_id.values()) >= MOST_IN_FLIGHT

    def catch_up(self) -> None:
        """Show what becomes visible at this instant, even if its timer has not rung yet."""
        if self._appearances.are_due:
            self._show_due()

    @property
    def has_ready(self) -> bool:
        """True if there is a message to receive."""
        raise NotImplementedError

    def _enter(self, message: Message) -> None:
        """Give a new message its place in the queue's order."""
        raise NotImplementedError

    def _offer(self, message: Message) -> None:
        """Make a visible message ready to be received."""
        raise NotImplementedError

    def _return(self, message: Message) -> None:
        """End the flight of a message whose visibility timeout is over."""
        raise NotImplementedError

    def _leave(self, message: Message) -> None:
        """Take a removed message out of the queue's order."""
        raise NotImplementedError

    def _put(self, message: Message, visible_at: float) -> None:
        world, expirations = self.world, self._expirations
        self._received += 1
        message.number = self._received
        message.epoch = world.epoch
        message.visible_at = visible_at
        self._by_id[message.id] = message
        expirations.add(message.enqueued_at + self.spec.retention, message)
        if expirations.is_first(message):
            # A message may expire as it arrives, in a dead-letter queue with a shorter retention: no run ends before.
            expirations.plan(background=not expirations.are_due)
        self._enter(message)
        if visible_at > world.scheduler.now:
            self._appearances.add(visible_at, message)
            self.plan_wake()
        else:
            self._show(message)

    def _show(self, message: Message) -> None:
        """Offer a message whose delay or visibility timeout is over to the readers."""
        self._offer(message)
        if self.reader is not None:
            self.reader()

    def _remove(self, message: Message) -> None:
        message.deleted = True
        self._by_id.pop(message.id, None)
        self._leave(message)
        self._expirations.forget(message)
        if self._appearances.forget(message):
            self.plan_wake()

    def plan_wake(self) -> None:
        """Schedule the moment at which the next message becomes visible."""
        # Nothing waits for a queue without a reader, so that a run may end before this.
        self._appearances.plan(background=self.reader is None)

    def _show_due(self) -> None:
        self._expire()
        for message in self._appearances.due():
            if message.in_flight:
                self._return(message)
                if message.handled_in is not None:
                    reason = "its visibility timeout was over before its function was done"
                    self.world.add_entry(Kind.RESET, self.name, "", "", (message.id,), message.receives, reason=reason)
            self._show(message)
        self.plan_wake()

    def _expire_due(self) -> None:
        self._expire()
        self._expirations.plan(background=True)

    def _expire(self) -> None:
        world = self.world
        for message in self._expirations.due():
            self._remove(message)
            reason = f"older than {self.spec.retention:g} s"
            world.add_entry(Kind.EXPIRED, self.name, events=(message.id,), attempt=message.receives, reason=reason)
            world.set_outcome(message.id, self.name, Outcome.EXPIRED, reason=reason)
