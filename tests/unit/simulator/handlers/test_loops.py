"""A handler that waits in a loop, without a sleep, comes to an end: at the time it waits for, or at its timeout."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import Future, as_completed
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest

from redrive_simulator import Simulation
from redrive_simulator.handlers import looks
from tests.support.simulator.simulations import function, template
from tests.support.simulator.usual_stack import REGION

STACK = template(Function=function(Timeout=30))
Loop = Callable[[Any], object]


def reads_time(context: Any) -> None:
    end = time.time() + 5
    while time.time() < end:
        pass


def reads_dates(context: Any) -> None:
    end = datetime.now(UTC) + timedelta(seconds=5)
    while datetime.now(UTC) < end:
        pass


def counts(context: Any, clock: Callable[[], float] = time.perf_counter) -> None:
    end = clock() + 5
    while clock() < end:
        time.sleep(0)


def looks_at_the_time_left(context: Any) -> None:
    while context.get_remaining_time_in_millis() > 25_000:
        pass


def calls_aws(context: Any) -> None:
    lambda_ = boto3.client("sts", **REGION)
    end = time.monotonic() + 5
    while time.monotonic() < end:
        lambda_.get_caller_identity()


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    """Takes fewer looks for a loop, to save time."""
    monkeypatch.setattr(looks, "_MOST", 20_000)


@pytest.mark.usefixtures("few")
@pytest.mark.parametrize("loop", [reads_time, reads_dates, counts, looks_at_the_time_left])
def test_a_loop_ends_soon_after_the_time_that_it_waits_for(loop: Loop) -> None:
    simulation = Simulation.from_template(STACK, {"Function": lambda event, context: loop(context)})
    assert simulation.invoke("Function").function_error is None
    assert simulation.timeline.attempts[0].duration == pytest.approx(5, rel=0.1)


@pytest.mark.usefixtures("few")
def test_a_loop_of_calls_ends_too() -> None:
    simulation = Simulation.from_template(STACK, {"Function": lambda event, context: calls_aws(context)})
    simulation.answer("sts", "GetCallerIdentity", lambda: {"Account": "1"})
    assert simulation.invoke("Function").function_error is None
    assert simulation.timeline.attempts[0].duration == pytest.approx(5, rel=0.1)


def forever(context: Any) -> None:
    while context.get_remaining_time_in_millis() > -1:
        pass


@pytest.mark.usefixtures("few")
def test_a_loop_without_an_end_lasts_until_the_timeout() -> None:
    simulation = Simulation.from_template(STACK, {"Function": lambda event, context: forever(context)})
    simulation.invoke("Function")
    assert [(str(each.kind), each.duration) for each in simulation.timeline.attempts] == [("timed out", 30)]


def test_a_hundred_thousand_looks_at_the_clock_take_no_time() -> None:
    def work(event: Any, context: Any) -> None:
        for _ in range(50_000):
            time.monotonic()
            context.get_remaining_time_in_millis()

    simulation = Simulation.from_template(STACK, {"Function": work})
    simulation.invoke("Function")
    assert simulation.timeline.attempts[0].duration == 0


def test_a_loop_that_waits_for_nothing_until_less_than_nothing_is_left_takes_next_to_no_time() -> None:
    def work(event: Any, context: Any) -> str:
        try:
            next(as_completed([Future[None]()], timeout=3))
        except TimeoutError:
            return "late"
        return "never"

    simulation = Simulation.from_template(STACK, {"Function": work})
    assert simulation.invoke("Function").payload == "late"
    assert simulation.timeline.attempts[0].duration == pytest.approx(3, abs=0.001)
