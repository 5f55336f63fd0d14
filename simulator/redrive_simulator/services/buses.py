"""Simulates an EventBridge event bus."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from redrive_model.resources.bus import BusSpec
from redrive_simulator.outcomes import Outcome
from redrive_simulator.services.records import whole_seconds
from redrive_simulator.services.representations import represented
from redrive_simulator.timeline.entries import Kind

if TYPE_CHECKING:
    from redrive_simulator.engine.world import World


class Bus:
    """An EventBridge event bus, which keeps events.

    Attributes:
        name: Name in the history.
        events: Events on the bus, in EventBridge's format.
        on_event: Called with each event; `None`: no rule of the template reads the bus.
    """

    __slots__ = ("events", "on_event", "spec", "world")

    def __init__(self, spec: BusSpec, world: World) -> None:
        self.spec = spec
        self.world = world
        self.events: list[dict[str, Any]] = []
        self.on_event: Callable[[dict[str, Any]], None] | None = None

    @property
    def name(self) -> str:
        """Name in the history."""
        return self.spec.name

    def __repr__(self) -> str:
        contents = ({each["detail-type"]: each["detail"]} for each in self.events)
        return represented("Bus", self.name, len(self.events), "event", contents)

    def put(
        self, source: str, detail_type: str, detail: Any, resources: list[str], time: datetime | None = None
    ) -> str:
        """Add an event to the bus, and return its id; its time is now if the sender gives none."""
        world = self.world
        return self._add(
            {
                "version": "0",
                "id": world.new_id(),
                "detail-type": detail_type,
                "source": source,
                "account": world.parameters.account,
                # https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-events-structure.html
                "time": whole_seconds(world.time if time is None else time.timestamp()),
                "region": world.parameters.region,
                "resources": resources,
                "detail": detail,
            }
        )

    def forward(self, event: Mapping[str, Any]) -> str:
        """Add an event that a rule of another bus sends on, and return its new id."""
        return self._add({**event, "id": self.world.new_id()})

    def _add(self, event: dict[str, Any]) -> str:
        world, id = self.world, event["id"]
        self.events.append(event)
        world.add_event(id, self.name, event["detail"])
        world.add_entry(Kind.SENT, self.name, events=(id,))
        world.set_outcome(id, self.name, Outcome.KEPT, self.name)
        if self.on_event is not None:
            self.on_event(event)
        return id


def send_away(world: World, name: str, detail: Any) -> str:
    """Record an event for a bus that is not in the template, and return its id."""
    id = world.new_id()
    world.add_event(id, name, detail)
    world.add_entry(Kind.SENT, name, events=(id,), place=name, reason="the event bus is not in the template")
    world.set_outcome(id, name, Outcome.SENT_AWAY, name, reason="the event bus is not in the template")
    return id
