"""An option that takes one of several names refuses all others: a misspelled fault would be no fault."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import pytest

from redrive_simulator import Parameters, Simulation
from tests.support.simulator.simulations import fails, sqs_stack

UNKNOWN: Any = "begin"
REFUSED: dict[str, tuple[Callable[[Simulation], object], str]] = {
    "kind": (lambda made: made.fail_by_chance("Function", 0.5, kind=UNKNOWN), "kind='begin'.*'timeout'"),
    "point": (lambda made: made.crash_once("Function", at_call=1, point=UNKNOWN), "point='begin'.*'start'"),
    "point of a timeout": (lambda made: made.time_out_once("Function", at_call=1, point=UNKNOWN), "point='begin'"),
    "start": (lambda made: made.outage("Function", start=math.nan), "start=nan"),
    "end": (lambda made: made.throttle("Function", end=math.nan), "end=nan"),
    "records": (lambda _: Parameters(large_sns_records=UNKNOWN), "large_sns_records='begin'.*'refused'"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_another_value_is_refused_with_the_possible_ones(name: str) -> None:
    simulation = Simulation.from_template(sqs_stack(), handlers={"Function": fails}, echo=False)
    call, says = REFUSED[name]
    with pytest.raises(ValueError, match=says):
        call(simulation)


@pytest.mark.parametrize("kind", ["error", "timeout", "crash", "throttle", "service_error"])
def test_each_kind_of_fault_happens(kind: Any) -> None:
    simulation = Simulation.from_template(sqs_stack(), handlers={"Function": lambda event, context: None}, echo=False)
    simulation.fail_by_chance("Function", 1, kind=kind)
    simulation.send("Queue", "a")
    simulation.run()
    assert len(simulation.queue("DeadLetters")) == 1
