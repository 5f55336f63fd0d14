"""When Lambda invokes a function again with an asynchronous event, and for how long."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from redrive_model.facts.asynchronous import AsyncFacts
from redrive_model.schedules.asynchronous import error_wait, horizon_of, is_too_old, last_attempt, throttle_wait


def test_where_nothing_is_known_there_is_no_horizon() -> None:
    assert horizon_of(AsyncFacts()) is None


def test_errors_wait_for_one_and_two_minutes() -> None:
    """F2."""
    assert [error_wait(number) for number in (1, 2)] == [60, 120]


def test_throttles_wait_from_one_second_to_five_minutes() -> None:
    """F2: exponential, 1 s to 5 min."""
    assert [throttle_wait(number) for number in range(1, 12)] == [1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300]


def test_an_event_as_old_as_its_maximum_is_too_old() -> None:
    """F2: recorded in test_maxeventage; a real event's age is a little above the sum of its waits."""
    assert [is_too_old(age, 60) for age in (59.9, 60, 60.2)] == [False, True, True]


@pytest.mark.parametrize(
    ("retries", "max_age", "last"),
    [(2, None, 2), (2, 21_600, 2), (2, 181, 2), (2, 180, 1), (1, 60, 0), (0, 60, 0), (None, 60, None), (3, 60, None)],
)
def test_the_last_attempt_is_the_last_that_retries_and_age_allow(
    retries: int | None, max_age: float | None, last: int | None
) -> None:
    assert last_attempt(retries, max_age) == last


@given(
    st.none() | st.integers(0, 2),
    st.none() | st.integers(60, 21_600),
    st.none() | st.integers(1, 900),
)
def test_an_asynchronous_horizon_is_the_age_the_waits_and_the_runs(
    retries: int | None, age: int | None, timeout: int | None
) -> None:
    horizon = horizon_of(AsyncFacts(retry_attempts=retries, max_event_age=age, function_timeout=timeout))
    if age is None:
        assert horizon is None
        return
    waits = {None: 0, 0: 0, 1: 60, 2: 180}[retries]
    assert horizon is not None
    assert horizon.seconds == age + waits + (retries or 0) * (timeout or 0)
