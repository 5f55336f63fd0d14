"""A circuit that is open pauses the consumers behind it, so that an outage spends no receives: the real constructs."""

from __future__ import annotations

from pathlib import Path

from aws_cdk import Stack

from redrive import CircuitBreaker as Breaker
from redrive import SqsMessage, sqs_handler
from redrive_cdk import CircuitBreaker, SqsConsumer
from redrive_simulator import Simulation, minutes
from tests.support.constructs.cdk import new_app, python_function

OUTAGE = minutes(8)


def after_an_outage(folder: Path, *, pauses: bool) -> Simulation:
    """Twenty orders in the first two hundred seconds of an outage of eight minutes, and all that follows from it."""
    payments = Breaker("Payments")

    @payments
    def charge() -> None:
        if simulation.now < OUTAGE:
            raise ConnectionError("payments are down")

    @sqs_handler
    def handler(message: SqsMessage) -> None:
        charge()

    app = new_app(outdir=str(folder))
    stack = Stack(app, "Shop")
    function = python_function(stack, "OrdersFunction")
    orders = SqsConsumer(stack, "Orders", function=function, max_receive_count=5)
    breaker = CircuitBreaker(stack, "Payments", pauses=[orders] if pauses else [])
    if not pauses:
        breaker.grant(function)
    app.synth()
    simulation = Simulation.from_assembly(folder, handlers={"OrdersFunction": handler}, seed=1, echo=False)
    for number in range(20):
        simulation.send("OrdersQueue", str(number), at=number * 10)
    simulation.run_until(minutes(30))
    return simulation


def receives(simulation: Simulation) -> int:
    return sum(len(entry.events) for entry in simulation.timeline.attempts if entry.source == "OrdersQueue")


def test_a_paused_consumer_spends_fewer_receives_in_an_outage(tmp_path: Path) -> None:
    paused = after_an_outage(tmp_path / "paused", pauses=True)
    others = after_an_outage(tmp_path / "others", pauses=False)
    assert receives(paused) < receives(others)
    assert len(paused.queue("OrdersDeadLetterQueue")) < len(others.queue("OrdersDeadLetterQueue"))
    for simulation in (paused, others):
        simulation.assert_nothing_lost()
    assert paused.function("PaymentsSwitchFunction").calls > 1
