"""Claims of idempotency are renewed in virtual time, by the invocations that hold them."""

from __future__ import annotations

import time
from typing import Any

from redrive import InProgress, idempotent
from redrive.settings.idempotency import IdempotencySettings
from redrive_simulator import Simulation
from tests.support.simulator.simulations import function, template

SETTINGS = IdempotencySettings(table="done")


def test_a_handler_that_takes_minutes_keeps_its_claim() -> None:
    ran: list[float] = []
    refused: list[float] = []

    @idempotent(key="order", settings=SETTINGS)
    def charge(event: Any, context: Any) -> str:
        ran.append(simulation.now)
        time.sleep(200)
        return "charged"

    def handler(event: Any, context: Any) -> str:
        try:
            return charge(event, context)
        except InProgress:
            refused.append(simulation.now)
            return "in progress"

    simulation = Simulation.from_template(template(Function=function(Timeout=300)), {"Function": handler})
    for moment in (0, 5, 30, 45, 100, 199, 250):
        simulation.invoke("Function", {"order": 7}, asynchronous=True, at=moment)
    simulation.run()
    assert ran == [0]
    assert refused == [5, 30, 45, 100, 199]
