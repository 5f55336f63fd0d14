"""Tests read from a simulation: attributes of a message without any; errors that differ only by their request."""

from __future__ import annotations

from typing import Any

from redrive_simulator import Simulation
from tests.support.simulator.simulations import fails, sqs_stack


def hangs(event: Any, context: Any) -> None:
    simulations[-1].take(60)


def crashes(event: Any, context: Any) -> None:
    raise SystemExit(3)


simulations: list[Simulation] = []


def errors_of(handler: Any) -> list[str]:
    simulations.append(Simulation.from_template(sqs_stack(), handlers={"Function": handler}, echo=False))
    simulations[-1].send("Queue", "a")
    simulations[-1].run()
    return simulations[-1].errors


def test_a_message_without_attributes_has_none_of_them() -> None:
    simulation = Simulation.from_template(sqs_stack(), handlers={"Function": fails}, echo=False)
    simulation.send("Queue", "a")
    simulation.run()
    (message,) = simulation.queue("DeadLetters").messages
    assert message.attributes == {}
    simulation.send("Queue", message.body, attributes=message.attributes)


def test_timeouts_and_crashes_of_a_function_count_as_one_error() -> None:
    (timeout,) = errors_of(hangs)
    assert timeout.startswith("3× Function: Sandbox.Timedout: Error: Task timed out after ")
    (crash,) = errors_of(crashes)
    assert crash.startswith("3× Function: Runtime.ExitError: ")
