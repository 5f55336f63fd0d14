"""Mappings that are disabled and enabled while messages wait: `run` waits for exactly those that something reads.

https://docs.aws.amazon.com/lambda/latest/api/API_UpdateEventSourceMapping.html
"""

from __future__ import annotations

import os
from typing import Any

import pytest

from redrive import client
from redrive_simulator import Simulation
from tests.support.simulator.simulations import bodies, function, sqs_stack

VISIBILITY = 30


def _simulation(handler: Any, **options: Any) -> Simulation:
    """`Queue` read by `Function`, and `Switch`, which disables or enables the mapping."""
    template = sqs_stack(queue={"VisibilityTimeout": VISIBILITY}, partial=False, **options)
    template["Resources"]["Switch"] = function(Environment={"Variables": {"MAPPING": {"Ref": "Mapping"}}})
    return Simulation.from_template(template, {"Function": handler, "Switch": _switch})


def _switch(event: bool, context: Any) -> None:
    client("lambda").update_event_source_mapping(UUID=os.environ["MAPPING"], Enabled=event)


@pytest.mark.parametrize("fifo", [False, True], ids=["standard", "fifo"])
@pytest.mark.parametrize("switches", [[False, True], [False, False, True], [False, True, False, True]])
def test_a_run_waits_for_a_delayed_message_of_a_mapping_that_is_enabled_again(fifo: bool, switches: list[bool]) -> None:
    handled: list[str] = []
    options: dict[str, Any] = {"group_id": "a", "deduplication_id": "a"} if fifo else {"delay": 60}
    simulation = _simulation(lambda event, context: handled.extend(bodies(event)), fifo=fifo)
    if fifo:  # SQS takes no delay for one message of a FIFO queue, so a failure makes it wait
        simulation.outage("Function", end=1)
    simulation.send("Queue", "order", **options)
    simulation.run_until(2)
    for enabled in switches:
        simulation.invoke("Switch", enabled)
    simulation.run()
    assert handled == ["order"]
    simulation.assert_ended()


def test_a_message_sent_while_the_mapping_is_disabled_is_handled_after_it_is_enabled() -> None:
    handled: list[str] = []
    simulation = _simulation(lambda event, context: handled.extend(bodies(event)))
    simulation.invoke("Switch", False)
    simulation.send("Queue", "order", delay=60)
    simulation.run()
    assert (simulation.now, handled) == (0, [])
    simulation.invoke("Switch", True)
    simulation.run()
    assert (simulation.now, handled) == (60, ["order"])


def test_no_run_waits_for_a_delayed_message_whose_mapping_was_disabled() -> None:
    simulation = _simulation(lambda event, context: None)
    simulation.send("Queue", "order", delay=60)
    simulation.invoke("Switch", False)
    simulation.run()
    assert simulation.now == 0
    assert len(simulation.queue("Queue")) == 1
