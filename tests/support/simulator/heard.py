"""A handler that keeps what it gets, and a rule that invokes it."""

from __future__ import annotations

from typing import Any

from redrive_simulator import Simulation
from tests.support.simulator.simulations import arn, resource


class Heard:
    """A handler that keeps its events, with the virtual times."""

    def __init__(self) -> None:
        self.events: list[Any] = []
        self.times: list[float] = []
        self.simulation: Simulation | None = None

    def __call__(self, event: Any, context: Any) -> None:
        self.events.append(event)
        assert self.simulation is not None
        self.times.append(self.simulation.now)


def simulated(heard: Heard, stack: dict[str, Any], **options: Any) -> Simulation:
    simulation = Simulation.from_template(stack, {"Function": heard}, **options)
    heard.simulation = simulation
    return simulation


def rule(target: dict[str, Any] | None = None, **properties: Any) -> dict[str, Any]:
    return resource("AWS::Events::Rule", Targets=[{"Id": "1", "Arn": arn("Function"), **(target or {})}], **properties)
