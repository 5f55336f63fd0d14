"""Decisions about an event source mapping, by the circuit's state and its own."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from redrive.circuit.state import CLOSED, CircuitState
from redrive.circuit.switch.decision import (
    MOST_TIMERS,
    TIMER_WITHIN,
    MappingState,
    SwitchStep,
    again_in,
    decide,
    due_in,
)

STATES = ("Creating", "Enabling", "Enabled", "Disabling", "Disabled", "Updating", "Deleting")
NOW = 1_795_305_600.0


@pytest.mark.parametrize(
    ("state", "is_paused", "when_open", "when_not"),
    [
        ("Enabled", False, "pause", "nothing"),
        ("Enabled", True, "pause", "forget"),  # a deployment has enabled it, or the switch ended in between
        ("Disabled", True, "nothing", "resume"),
        ("Disabled", False, "nothing", "nothing"),  # somebody else did that
        ("Disabling", True, "nothing", "later"),
        ("Disabling", False, "nothing", "nothing"),
        ("Enabling", True, "later", "later"),
        ("Enabling", False, "later", "nothing"),
        ("Creating", False, "later", "nothing"),
        ("Updating", True, "later", "later"),
        ("Updating", False, "later", "nothing"),
        ("Deleting", True, "nothing", "nothing"),
        ("Deleting", False, "nothing", "nothing"),
    ],
)
def test_each_state_of_a_mapping_has_its_step(
    state: str, is_paused: bool, when_open: SwitchStep, when_not: SwitchStep
) -> None:
    mapping = MappingState(state, is_paused)
    assert decide("open", mapping) == when_open
    assert decide("half_open", mapping) == decide("closed", mapping) == when_not


@given(st.sampled_from(STATES), st.booleans())
def test_what_is_not_known_pauses_nothing_and_resumes_what_was_paused(state: str, is_paused: bool) -> None:
    mapping = MappingState(state, is_paused)
    assert decide(None, mapping) == decide("closed", mapping) != "pause"


@given(st.sampled_from(["open", "half_open", "closed", None]), st.sampled_from(STATES))
def test_what_somebody_else_has_disabled_is_never_enabled(status: str | None, state: str) -> None:
    assert decide(status, MappingState(state, is_paused=False)) not in ("resume", "forget")  # pyright: ignore


@given(st.floats(min_value=0.001, max_value=10_000))
def test_the_timer_is_due_when_the_open_time_is_over_and_within_a_second(left: float) -> None:
    seconds = due_in(CircuitState(open_until=NOW + left, openings=1), NOW)
    if left > TIMER_WITHIN:
        assert seconds is None
    else:
        assert seconds is not None
        # Seconds since the epoch have about a quarter of a microsecond left for fractions.
        assert left - 1e-6 <= seconds <= max(1, left + 1)


@pytest.mark.parametrize(
    "state",
    [
        CLOSED,
        CircuitState(failures=(NOW,)),
        CircuitState(open_until=NOW, openings=1),
        CircuitState(open_until=NOW + 30, openings=1, probe="somebody's"),
    ],
    ids=["closed", "failing", "half-open", "probed"],
)
def test_there_is_no_timer_for_what_is_not_open(state: CircuitState) -> None:
    assert due_in(state, NOW) is None


def test_timers_that_follow_from_each_other_have_an_end_before_lambda_takes_them_for_a_loop() -> None:
    waits = [again_in(timers) for timers in range(20)]
    assert waits[:MOST_TIMERS] == [2, 4, 8, 16, 32, 64]
    assert set(waits[MOST_TIMERS:]) == {None}
