"""All clocks show virtual time inside of a run, and the machine's outside."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import Any

import pytest

from redrive_simulator import Simulation
from tests.support.simulator.simulations import function, template
from tests.support.simulator.usual_stack import invoked

STACK = template(Function=function())


@pytest.mark.parametrize("clock", [time.ctime, time.asctime])
def test_the_clocks_that_write_texts_show_virtual_time(clock: Any) -> None:
    assert "2026" in invoked(clock)[0]
    assert invoked(lambda: [time.ctime(0)[-4:], time.asctime(time.gmtime(0))[-4:]])[0] == ["1970", "1970"]


def test_a_handler_cannot_run_the_simulation_and_the_machines_time_comes_back() -> None:
    simulation: Simulation

    def handler(event: Any, context: Any) -> str:
        for run in (simulation.run, lambda: simulation.run_until(60), lambda: simulation.invoke("Function")):
            with pytest.raises(RuntimeError, match="a handler cannot run it"):
                run()
        return time.ctime()

    before = datetime.now(UTC)
    simulation = Simulation.from_template(STACK, {"Function": handler})
    assert "2026" in simulation.invoke("Function").payload
    assert 0 <= (datetime.now(UTC) - before).total_seconds() < 60
