"""Any ways between services: an event is at each target once, or is given up, where it can be seen or is lost."""

from __future__ import annotations

import pytest

from tests.support.profiles import examples
from tests.support.simulator.way_scripts import check, run

SCRIPTS = examples(10)
PARTS = 2


@pytest.mark.random
@pytest.mark.parametrize("part", range(PARTS))
def test_ways_of_every_number(part: int) -> None:
    for number in range(part, SCRIPTS, PARTS):
        script = run(number)
        try:
            check(script)
        except AssertionError as error:
            raise AssertionError(f"script {number}: {error}") from error


@pytest.mark.parametrize("number", range(2))
def test_the_same_seed_makes_the_same_history(number: int) -> None:
    one, other = run(number).simulation, run(number).simulation
    assert one.timeline.entries == other.timeline.entries
    assert one.timeline.events == other.timeline.events
    assert one.ended == other.ended
