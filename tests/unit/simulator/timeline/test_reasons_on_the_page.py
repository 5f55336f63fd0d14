"""The list "Why attempts failed" of the page has reasons only."""

from __future__ import annotations

import json
import re
from typing import Any

from redrive import kinesis_handler
from redrive_simulator import Simulation
from tests.support.simulator.simulations import stream_stack


def reasons_of(simulation: Simulation) -> list[list[Any]]:
    (found,) = re.findall(
        r'<script type="application/json" id="data">(.*?)</script>', simulation.timeline.html(), re.DOTALL
    )
    return json.loads(found)["reasons"]


def test_a_checkpoint_is_no_reason() -> None:
    @kinesis_handler
    def fails_at_two(record: Any) -> None:
        if record.json() == 2:
            raise ValueError("two")

    stack = stream_stack(partial=True, MaximumRetryAttempts=2)
    simulation = Simulation.from_template(stack, {"Function": fails_at_two}, echo=False)
    for number in range(4):
        simulation.put("Stream", number, partition_key="a")
    simulation.run()
    assert any(entry.reason.startswith("checkpoint 4959") for entry in simulation.timeline)
    assert not any("checkpoint" in reason for _, _, reason, _ in reasons_of(simulation))


def test_an_error_that_begins_with_the_word_is_one() -> None:
    def fails(event: Any, context: Any) -> None:
        raise ValueError("checkpoint 7 is gone")

    simulation = Simulation.from_template(stream_stack(MaximumRetryAttempts=1), {"Function": fails}, echo=False)
    simulation.put("Stream", 1, partition_key="a")
    simulation.run()
    assert reasons_of(simulation) == [["Function", "failed", "ValueError: checkpoint 7 is gone", 2]]
