"""Changes of a circuit's state: `decide` alone, without a store or a clock."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from redrive import Backoff, CircuitPolicy, CircuitState
from redrive.circuit.decision import STRETCHES, CallsFailed, ProbeEnded, ProbeStarted, decide
from redrive.circuit.state import CLOSED

if TYPE_CHECKING:
    from redrive.circuit.decision import Happening

NOW = 1_700_000_000.0
POLICY = CircuitPolicy()


def after(state: CircuitState, event: Happening, now: float = NOW, policy: CircuitPolicy = POLICY) -> CircuitState:
    return decide(state, event, now, policy, random=0.5)


def opened(policy: CircuitPolicy = POLICY, now: float = NOW) -> CircuitState:
    failures = tuple(now - 0.1 * number for number in range(policy.failure_threshold))
    state = after(CLOSED, CallsFailed(failures), now, policy)
    assert state.status(now) == "open"
    return state


def test_failures_open_it_at_the_threshold_and_not_before() -> None:
    state = CLOSED
    for number in range(4):
        state = after(state, CallsFailed((NOW + number,)), NOW + number)
        assert state.status(NOW + number) == "closed"
    state = after(state, CallsFailed((NOW + 4,)), NOW + 4)
    assert state == CircuitState(open_until=NOW + 34, opened_at=NOW + 4, openings=1)


def test_failures_outside_of_the_window_do_not_count() -> None:
    state = after(CLOSED, CallsFailed((NOW - 60, NOW - 59, NOW, NOW, NOW)))
    assert state == CircuitState(failures=(NOW - 59, NOW, NOW, NOW))


def test_failures_before_a_success_do_not_count_where_they_have_to_be_consecutive() -> None:
    event = CallsFailed((NOW - 3, NOW - 2, NOW - 1, NOW), last_success=NOW - 2)
    before = CircuitState(failures=(NOW - 4,))
    assert after(before, event).failures == (NOW - 2, NOW - 1, NOW)
    assert after(before, event, policy=CircuitPolicy(consecutive=False)).status(NOW) == "open"


RATE = CircuitPolicy(failure_rate=0.5, minimum_calls=10, window=100)
STRETCH = int(NOW // 10)


@pytest.mark.parametrize(
    ("stretches", "status"),
    [
        (((STRETCH, 9, 9),), "closed"),  # too few calls
        (((STRETCH, 10, 5),), "open"),
        (((STRETCH, 11, 5),), "closed"),  # too few of them failed
        (((STRETCH - 9, 5, 5), (STRETCH, 5, 0)), "open"),
        (((STRETCH - STRETCHES, 90, 0), (STRETCH, 10, 10)), "open"),  # the first are outside of the window
    ],
)
def test_a_rate_opens_it_when_there_are_enough_calls(stretches: tuple[tuple[int, int, int], ...], status: str) -> None:
    assert after(CLOSED, CallsFailed(stretches=stretches), policy=RATE).status(NOW) == status


def test_the_calls_of_several_members_make_one_rate() -> None:
    state = after(CLOSED, CallsFailed(stretches=((STRETCH, 6, 1),)), policy=RATE)
    assert state.stretches == ((STRETCH, 6, 1),)
    state = after(state, CallsFailed(stretches=((STRETCH, 4, 3),)), policy=RATE)
    assert state.stretches == ((STRETCH, 10, 4),)
    assert after(state, CallsFailed(stretches=((STRETCH, 2, 2),)), policy=RATE).status(NOW) == "open"


def test_a_probe_starts_when_the_open_time_is_over_and_only_one() -> None:
    state = opened()
    assert after(state, ProbeStarted("a"), NOW + 29.9) is state
    probing = after(state, ProbeStarted("a"), NOW + 30)
    assert (probing.probe, probing.open_until, probing.status(NOW + 30)) == ("a", NOW + 60, "half_open")
    assert after(probing, ProbeStarted("b"), NOW + 59.9) is probing
    assert after(probing, ProbeStarted("b"), NOW + 60).probe == "b"


def test_it_closes_after_enough_probes_in_a_row_whoever_runs_them() -> None:
    state = opened()
    for number in range(3):
        moment = NOW + 30 + number
        assert state.status(moment) == "half_open"
        token = f"member {number}"
        state = after(after(state, ProbeStarted(token), moment), ProbeEnded(token, "succeeded"), moment)
    assert state == CLOSED


def test_a_probe_that_fails_opens_it_for_longer_each_time_up_to_the_cap() -> None:
    policy = CircuitPolicy(open_time=Backoff(10, 2, 60, jitter="none"))
    state, moment, waits = opened(policy), NOW, list[float]()
    for number in range(5):
        assert state.open_until is not None
        waits.append(state.open_until - moment)
        moment = state.open_until
        probing = after(state, ProbeStarted(str(number)), moment, policy)
        state = after(probing, ProbeEnded(str(number), "failed"), moment + 1, policy)
        moment += 1
    assert waits == [10, 20, 40, 60, 60]
    assert state.opened_at == NOW
    assert state.openings == 6


def test_a_probe_that_fails_makes_those_before_count_for_nothing() -> None:
    state = after(after(opened(), ProbeStarted("a"), NOW + 30), ProbeEnded("a", "succeeded"), NOW + 30)
    assert state.successes == 1
    state = after(after(state, ProbeStarted("b"), NOW + 31), ProbeEnded("b", "failed"), NOW + 31)
    assert (state.successes, state.status(NOW + 32)) == (0, "open")


def test_a_probe_whose_owner_is_gone_counts_as_failed_when_the_next_one_starts() -> None:
    state = after(after(opened(), ProbeStarted("a"), NOW + 30), ProbeEnded("a", "succeeded"), NOW + 30)
    gone = after(state, ProbeStarted("b"), NOW + 31)
    assert gone.successes == 1
    assert after(gone, ProbeStarted("c"), NOW + 61).successes == 0


def test_a_late_probe_counts_unless_its_place_was_taken() -> None:
    probing = after(opened(), ProbeStarted("a"), NOW + 30)
    assert after(probing, ProbeEnded("a", "succeeded"), NOW + 100).successes == 1
    taken = after(probing, ProbeStarted("b"), NOW + 100)
    for result in ("succeeded", "failed", "abandoned"):
        assert after(taken, ProbeEnded("a", result), NOW + 101) is taken


def test_a_probe_that_says_nothing_gives_its_place_to_another() -> None:
    probing = after(opened(), ProbeStarted("a"), NOW + 30)
    state = after(probing, ProbeEnded("a", "abandoned"), NOW + 31)
    assert (state.status(NOW + 31), state.openings) == ("half_open", 1)
    assert after(state, ProbeStarted("b"), NOW + 31).probe == "b"


def test_an_open_circuit_takes_no_notice_of_calls_let_through_before() -> None:
    state = opened()
    assert after(state, CallsFailed((NOW,) * 9)) is state


@given(random=st.floats(0, 1, exclude_max=True))
def test_jitter_comes_from_the_number_that_is_drawn(random: float) -> None:
    policy = CircuitPolicy(open_time=Backoff(30, jitter="equal"), failure_threshold=1)
    state = decide(CLOSED, CallsFailed((NOW,)), NOW, policy, random=random)
    assert state.open_until == NOW + 15 + 15 * random


events = st.one_of(
    st.builds(
        CallsFailed,
        st.lists(st.floats(NOW - 90, NOW), max_size=4).map(tuple),
        st.none() | st.floats(NOW - 90, NOW),
        st.just(()) | st.tuples(st.tuples(st.integers(STRETCH - 12, STRETCH), st.just(9), st.integers(0, 9))),
    ),
    st.builds(ProbeStarted, st.sampled_from("abc")),
    st.builds(ProbeEnded, st.sampled_from("abc"), st.sampled_from(["succeeded", "failed", "abandoned"])),
)
policies = st.sampled_from([POLICY, RATE, CircuitPolicy(consecutive=False, success_threshold=1, failure_threshold=2)])


@given(policy=policies, steps=st.lists(st.tuples(events, st.floats(0, 40)), max_size=30))
def test_whatever_happens_the_state_makes_sense(policy: CircuitPolicy, steps: list[tuple[Happening, float]]) -> None:
    state, moment = CLOSED, NOW
    for event, seconds in steps:
        moment += seconds
        state = after(state, event, moment, policy)
        if state.open_until is None:
            assert state.probe is None
            assert state.opened_at is None
            assert state.openings == state.successes == 0
            assert len(state.failures) < policy.failure_threshold
        else:
            assert not state.failures
            assert not state.stretches
            assert state.openings >= 1
            assert state.successes < policy.success_threshold
            # Nothing can put the next probe off for longer than this.
            assert state.open_until - moment <= max(policy.open_time.cap, policy.lease)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"failure_threshold": 0}, "failure_threshold 0: give a whole number of 1 or more"),
        ({"success_threshold": 1.5}, "success_threshold 1.5"),
        ({"minimum_calls": float("nan")}, "minimum_calls nan"),
        ({"failure_rate": 0}, "failure_rate 0: the share of calls"),
        ({"failure_rate": 50}, "failure_rate 50: the share of calls"),
        ({"window": 0}, "window 0 s"),
        ({"lease": float("inf")}, "lease inf s"),
        ({"open_time": Backoff(30)}, "with full jitter the circuit may be open for no time at all"),
    ],
)
def test_a_policy_that_makes_no_sense_is_refused(arguments: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        CircuitPolicy(**arguments)  # pyright: ignore[reportArgumentType]
