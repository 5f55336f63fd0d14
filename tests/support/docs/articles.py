"""The blocks of docs/migration/from-articles.md, and a shop that runs its handlers of a queue."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from redrive_simulator import Simulation
from tests.support.simulator.simulations import sqs_stack
from tests.unit.docs.test_docs import blocks, run

(
    INVOKE,
    INVOKER,
    DELAYS,
    WAITS,
    MARKS,
    CLAIMS,
    COUNTS,
    COUNTED,
    GLOBALS,
    CIRCUIT,
    TMP,
    TABLE_STACK,
    TABLE,
) = blocks("docs/migration/from-articles.md")


SQS_SETTINGS = '{"dead_letter_queue_url": "${DeadLetters}", "queue_url": "${Queue}", "max_receive_count": 16}'


def shop(handler: Callable[..., Any], receives: int = 16) -> Simulation:
    """A queue with a dead-letter queue, and what a construct writes for the helper."""
    variables = {
        "QUEUE_URL": {"Ref": "Queue"},
        "REDRIVE_METRICS_1": '{"enabled": false}',
        "REDRIVE_SQS_1": {"Fn::Sub": SQS_SETTINGS.replace("16", str(receives))},
    }
    stack = sqs_stack(receives=receives, function_={"Environment": {"Variables": variables}})
    return Simulation.from_template(stack, handlers={"Function": handler}, seed=1, echo=False)


class Bank:
    """A dependency that is down at first.

    Attributes:
        simulation: The simulation, for the time.
        outage: Seconds until it is up.
        calls: The orders that it was asked to charge.
        charged: Those that it has charged.
    """

    def __init__(self, outage: float) -> None:
        self.outage = outage
        self.calls: list[int] = []
        self.charged: list[int] = []
        self.simulation: Simulation | None = None

    def charge(self, order: dict[str, Any]) -> None:
        self.calls.append(order["id"])
        assert self.simulation is not None
        if self.simulation.now < self.outage:
            raise ConnectionError("down")
        self.charged.append(order["id"])

    def simulated(self, code: str, orders: int = 1, receives: int = 16) -> Simulation:
        """Send orders through a block's handler."""
        simulation = self.simulation = shop(run(code, process=self.charge, charge=self.charge)["handler"], receives)
        for number in range(orders):
            simulation.send("Queue", {"id": number}, attributes={"tenant": "a"})
        simulation.run()
        return simulation
