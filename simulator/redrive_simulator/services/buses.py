"""Simulates an EventBridge event bus."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from redrive_model.resources.bus import BusSpec
from redrive_simulator.outcomes import Outcome
from redrive_simulator.services.records import iso_time
from redrive_simulator.timeline.entries import Kind

if TYPE_CHECKING:
    from redrive_simulator.engine.world import World


class Bus:
    """An EventBridge event bus, which keeps events; its rules are not modelled.

    Attributes:
        name: Name in the history.
        events: Events on the bus, in EventBridge's format.
    """

    __slots__ = ("events", "spec", "world")

    def __init__(self, spec: BusSpec, world: World) -> None:
        self.spec = spec
        self.world = world
        self.events: list[dict[str, Any]] = []

    @property
    def name(self) -> str:
        """Name in the history."""
        return self.spec.name

    def put(self, source: str, detail_type: str, detail: Any, resources: list[str]) -> str:
        """Add an event to the bus, and return its id."""
        world = self.world
        id = world.new_id()
        self.events.append(
            {
                "version": "0",
                "id": id,
                "detail-type": detail_type,
                "source": source,
                "account": world.parameters.account,
                "time": iso_time(world.time),
                "region": world.parameters.region,
                "resources": resources,
                "detail": detail,
            }
        )
        world.add_event(id, self.name, detail)
        world.add_entry(Kind.SENT, self.name, events=(id,))
        world.set_outcome(id, self.name, Outcome.KEPT, self.name)
        return id


def send_away(world: World, name: str, detail: Any) -> str:
    """Record an event for a bus that is not in the template, and return its id."""
    id = world.new_id()
    world.add_event(id, name, detail)
    world.add_entry(Kind.SENT, name, events=(id,), place=name, reason="the event bus is not in the template")
    world.set_outcome(id, name, Outcome.SENT_AWAY, name, reason="the event bus is not in the template")
    return id
