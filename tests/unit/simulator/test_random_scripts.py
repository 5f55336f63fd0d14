"""Rules for any failures: nothing is lost, order is kept, idempotent work is done once, and a run can be repeated."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from functools import cache

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.profiles import examples
from tests.support.simulator.scripts import SOURCES, Script, check, run

SCRIPTS = examples(500)
PARTS = 10
REPEATED = 200


@cache
def first(number: int) -> Script:
    """Run a script that is also run again, or looked at, by another test."""
    return run(number)


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    """The helpers log each failure, and there are some hundred thousand."""
    logger = logging.getLogger("redrive")
    logger.disabled = True
    yield
    logger.disabled = False


@pytest.mark.random
@pytest.mark.parametrize("part", range(PARTS))
def test_scripts_of_every_number(part: int) -> None:
    for number in range(part, SCRIPTS, PARTS):
        script = first(number) if number < REPEATED else run(number)
        try:
            check(script)
        except AssertionError as error:
            raise AssertionError(f"script {number}, of a {script.source}: {error}") from error


@given(st.integers(min_value=SCRIPTS))
def test_scripts_of_any_number(number: int) -> None:
    check(run(number))


@pytest.mark.parametrize("number", range(REPEATED))
def test_the_same_seed_makes_the_same_history(number: int) -> None:
    one, other = first(number), run(number)
    assert one.simulation.timeline.entries == other.simulation.timeline.entries
    assert one.simulation.timeline.events == other.simulation.timeline.events
    assert one.simulation.ended == other.simulation.ended


def test_the_scripts_are_of_every_kind() -> None:
    assert {first(number).source for number in range(50)} == set(SOURCES)
