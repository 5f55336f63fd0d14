"""Brings an event to its targets: tries again what fails for a while, and gives up what fails for good."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from redrive_simulator.engine.delivery import Delivery
from redrive_simulator.outcomes import LOST, Outcome
from redrive_simulator.timeline.entries import Kind

if TYPE_CHECKING:
    from redrive_simulator.engine.world import World

#: Returns the wait before the next retry from the number of retries and the age in seconds, or the condition under
#: which the service gives up.
Policy = Callable[[int, float], "float | str"]


class Way:
    """The way of an event to all of its targets.

    Args:
        event: Event id.
        source: Name of the bus, topic or bucket.
        outcome: Outcome once nothing is left to be tried: where the event is, or that it was handed on.
        place: Place of that outcome.
        reason: Reason of that outcome.
    """

    __slots__ = ("_ended", "_outcome", "_waiting", "event", "source", "world")

    def __init__(
        self, world: World, event: str, source: str, outcome: Outcome, place: str = "", reason: str = ""
    ) -> None:
        self.world = world
        self.event = event
        self.source = source
        self._outcome = (outcome, place, reason)
        self._waiting = 0
        self._ended: Outcome | None = None

    def begin_wait(self, reason: str) -> None:
        """Note that a target has to be tried again."""
        self._waiting += 1
        if self._ended is None:
            self.world.set_outcome(self.event, self.source, Outcome.WAITING, reason=reason)

    def end_wait(self) -> None:
        """Note that a target is tried again."""
        self._waiting -= 1
        is_waiting = self.world.outcomes.of(self.event).outcome is Outcome.WAITING  # an object may have been deleted
        if not self._waiting and self._ended is None and is_waiting:
            outcome, place, reason = self._outcome
            self.world.set_outcome(self.event, self.source, outcome, place, reason=reason)

    def end(self, outcome: Outcome, place: str, reason: str) -> None:
        """Note the outcome at a target that was given up; a loss at one target is a loss."""
        if self._ended not in LOST:
            self._ended = outcome
            self.world.set_outcome(self.event, self.source, outcome, place, reason=reason)


class Failed(NamedTuple):
    """A delivery that was given up.

    Attributes:
        delivery: Its last result.
        retries: Number of retries.
        condition: Condition under which the service gave up; empty if it does not try such an error again.
        number: Number of its entry in the history.
    """

    delivery: Delivery
    retries: int
    condition: str
    number: int


@dataclass(slots=True, eq=False)
class Journey:
    """The way of an event to one target.

    Attributes:
        way: The way to all targets.
        place: Name of the target.
        deliver: Delivers once. What it refuses is not tried again.
        policy: When to try again.
        give_up: Called at the end if nothing has arrived.
        by: Name of the rule or the like, for the history.
    """

    way: Way
    place: str
    deliver: Callable[[], Delivery]
    policy: Policy
    give_up: Callable[[Failed], None]
    by: str = ""
    retries: int = 0
    began: float = 0.0

    def start(self) -> None:
        """Deliver for the first time."""
        self.began = self.way.world.now
        self._try()

    def _again(self) -> None:
        self.retries += 1
        self._try()
        self.way.end_wait()

    def _try(self) -> None:
        way, world = self.way, self.way.world
        before, world.cause = world.cause, way.event
        fault = world.fault_of(self.place)
        delivery = self.deliver() if fault is None else Delivery(self.place, fault.reason)
        if delivery.refused is None:
            world.add_entry(Kind.NOTIFIED, way.source, events=(way.event,), place=delivery.place, reason=self.by)
        else:
            is_passing = fault is not None and fault.kind == "service_error"
            self._after(delivery, self.policy(self.retries, world.now - self.began) if is_passing else "")
        world.cause = before

    def _after(self, delivery: Delivery, step: float | str) -> None:
        way, world = self.way, self.way.world
        reason, events = delivery.refused or "", (way.event,)
        if not isinstance(step, str):
            due = world.now + step
            world.add_entry(Kind.RETRY, way.source, events=events, until=due, place=delivery.place, reason=reason)
            way.begin_wait(reason)
            world.at(due, self._again)
            return
        place = delivery.place
        number = world.add_entry(Kind.DESTINATION_FAILED, way.source, events=events, place=place, reason=reason)
        self.give_up(Failed(delivery, self.retries, step, number))


def lose(way: Way) -> Callable[[Failed], None]:
    """Return what notes a delivery that was given up as lost."""

    def give_up(failed: Failed) -> None:
        way.end(Outcome.UNDELIVERED, failed.delivery.place, failed.delivery.refused or "")

    return give_up
