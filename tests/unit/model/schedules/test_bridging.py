"""Waits between receives that bridge an outage, whatever jitter draws, and what is refused."""

from __future__ import annotations

from math import ceil, inf

import pytest
from hypothesis import given
from hypothesis import strategies as st

from redrive.settings import SQS_WAITS, Backoff
from redrive_model.facts.sqs import SqsFacts
from redrive_model.schedules import asynchronous, streams
from redrive_model.schedules.bridging import (
    LONGEST,
    SHORTEST,
    bridged,
    longest_time,
    receives_for,
    shortest_time,
    waits_for,
)
from redrive_model.schedules.sqs import bridged_by
from redrive_model.schedules.sqs_plan import Asked, Plan, plan, refusal

HOUR = 3_600
LENGTHS = st.floats(SHORTEST, LONGEST)
DRAWS = st.lists(st.floats(0, 1, exclude_max=True), min_size=40, max_size=40)
TIMEOUTS = st.integers(1, 900)


def planned(asked: Asked) -> Plan:
    assert refusal(asked) is None
    return plan(asked)


def drawn(backoff: Backoff, receives: int, draws: list[float]) -> list[int]:
    """The waits of a message that fails at each receive, in whole seconds, as the helper sets them."""
    return [ceil(backoff.wait(number, draws[number % len(draws)])) for number in range(receives - 1)]


@given(LENGTHS, st.booleans(), TIMEOUTS, DRAWS)
def test_whatever_jitter_draws_the_waits_last_as_long_as_the_outage(
    length: float, fifo: bool, timeout: int, draws: list[float]
) -> None:
    receives, visibility, backoff = planned(Asked(bridges=length, fifo=fifo, function_timeout=timeout))
    assert receives is not None
    assert visibility is not None
    assert visibility >= 6 * timeout
    assert (receives - 1) * visibility >= length  # the function times out each time
    for schedule in (backoff, backoff.longer()):
        waits = drawn(schedule, receives, draws)
        assert sum(waits) >= length
        assert waits[0] <= 10
        assert max(waits) <= length / 4


@given(LENGTHS)
def test_one_receive_less_would_not_do(length: float) -> None:
    receives = plan(Asked(bridges=length, function_timeout=3)).receives
    assert receives is not None
    assert shortest_time(waits_for(length), receives - 2) < length


@given(st.booleans(), TIMEOUTS, st.none() | st.integers(60, 1_209_600))
def test_the_defaults_bridge_no_less_than_the_queue_alone(fifo: bool, timeout: int, retention: int | None) -> None:
    """With the same receives and visibility timeout, as far as retries within a day and the retention go."""
    found = planned(Asked(fifo=fifo, function_timeout=timeout, retention=retention))
    assert found.receives is not None
    assert found.visibility_timeout is not None
    usual = 900 if fifo else HOUR
    length = shortest_time(found.backoff, found.receives - 1)
    assert length >= min(usual, inf if retention is None else retention / 2)
    alone = (found.receives - 1) * found.visibility_timeout
    if retention is None and timeout <= 150:
        assert length >= alone
    if retention is None:
        assert longest_time(found.backoff, found.receives, found.visibility_timeout) <= 24 * HOUR


def test_the_defaults() -> None:
    assert planned(Asked(function_timeout=10)) == Plan(16, 240, SQS_WAITS)
    assert planned(Asked(function_timeout=10, fifo=True)) == Plan(14, 70, waits_for(900))
    assert planned(Asked(function_timeout=60)).receives == 17


@given(st.integers(2, 1_000), st.integers(1, 43_200), st.booleans(), DRAWS)
def test_with_given_receives_and_visibility_timeout_the_waits_bridge_no_less_than_the_queue_alone(
    receives: int, visibility: int, fifo: bool, draws: list[float]
) -> None:
    asked = Asked(
        receives=receives,
        has_receives=True,
        visibility_timeout=visibility,
        has_visibility_timeout=True,
        fifo=fifo,
        function_timeout=1,
    )
    found = planned(asked)
    assert (found.receives, found.visibility_timeout) == (receives, visibility)
    waits = drawn(found.backoff, receives, draws)
    assert sum(waits) >= min((receives - 1) * visibility, LONGEST)
    if receives > 2:
        assert waits[0] <= 10
    if receives >= 10:
        assert sum(waits) >= (900 if fifo else HOUR)


@given(st.integers(10, 1_000), LENGTHS)
def test_with_enough_receives_a_given_length_is_bridged(receives: int, length: float) -> None:
    asked = Asked(bridges=length, receives=receives, has_receives=True, function_timeout=3)
    if refusal(asked) is not None:  # short outages have short waits, in whole seconds, and need more
        assert receives < 13
        return
    backoff = plan(asked).backoff
    assert shortest_time(backoff, receives - 1) >= length
    assert backoff.longer().cap <= length / 4


@given(st.floats(60, HOUR), st.integers(2, 43_200))
def test_with_a_given_visibility_timeout_there_are_as_many_receives_as_it_needs(length: float, visibility: int) -> None:
    asked = Asked(bridges=length, visibility_timeout=visibility, has_visibility_timeout=True, function_timeout=1)
    if refusal(asked) is not None:
        assert 999 * visibility < length
        return
    found = plan(asked)
    assert found.receives is not None
    assert (found.receives - 1) * visibility >= length
    assert shortest_time(found.backoff, found.receives - 1) >= length


REFUSED: dict[str, tuple[Asked, tuple[str, ...]]] = {
    "too short": (Asked(bridges=9), ("bridges 9 s", "10 s")),
    "12 hours": (Asked(bridges=43_200), ("bridges 43,200 s", "43,140 s or less", "CircuitBreaker")),
    "retention": (
        Asked(bridges=HOUR, retention=HOUR),
        ("bridges 3,600 s", "retention of 3,600 s", "2,832 s or less"),
    ),
    "unknown receives": (Asked(bridges=HOUR, has_receives=True), ("bridges 3,600 s", "pass max_receive_count")),
    "few receives": (
        Asked(bridges=HOUR, receives=5, has_receives=True),
        ("bridges 3,600 s needs 10 receives", "900 s", "max_receive_count is 5", "leave one of them unset"),
    ),
    "full jitter": (
        Asked(bridges=HOUR, backoff=Backoff(30, cap=900)),
        ("bridges 3,600 s", "bridge 0 s", "jitter='equal'"),
    ),
    "short waits": (
        Asked(bridges=HOUR, backoff=Backoff(30, cap=60, jitter="none"), receives=5, has_receives=True),
        ("bridges 3,600 s", "max_receive_count 5", "bridges 210 s"),
    ),
    "short visibility timeout": (
        Asked(bridges=HOUR, visibility_timeout=3, has_visibility_timeout=True),
        ("bridges 3,600 s", "visibility timeout of 3 s", "2,997 s"),
    ),
    "short visibility timeout and given receives": (
        Asked(bridges=HOUR, visibility_timeout=60, has_visibility_timeout=True, receives=20, has_receives=True),
        ("bridges 3,600 s", "max_receive_count 20", "visibility timeout of 60 s", "1,140 s"),
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_bridged_is_refused_with_both_numbers(name: str) -> None:
    asked, says = REFUSED[name]
    sentence = refusal(asked)
    assert sentence is not None
    for part in says:
        assert part in sentence


@given(LENGTHS, st.integers(60, 1_209_600))
def test_what_fits_into_the_retention_never_expires_in_its_last_wait(length: float, retention: int) -> None:
    asked = Asked(bridges=length, retention=retention, function_timeout=3)
    if refusal(asked) is not None:
        return
    receives, visibility, backoff = plan(asked)
    facts = SqsFacts(max_receive_count=receives, visibility_timeout=visibility, backoff=backoff, retention=retention)
    found = bridged_by(facts)
    assert found is not None
    assert found >= length or found == pytest.approx(length)


@given(st.none() | st.integers(0, 100), st.none() | st.integers(0, 10_000))
def test_without_a_helper_the_visibility_timeout_bridges(receives: int | None, visibility: int | None) -> None:
    if receives is None or visibility is None:
        assert bridged(receives, None, visibility) is None
    else:
        assert bridged(receives, None, visibility) == max(0, receives - 1) * visibility


def test_a_backoff_that_never_waits_for_sure_bridges_nothing() -> None:
    assert bridged(1_000, Backoff(30, cap=900), 60) == 0
    assert receives_for(1, Backoff(30, cap=900)) is None


@given(st.floats(1, 290_000))
def test_the_retries_of_a_stream_last_as_long_as_the_outage(length: float) -> None:
    retries = streams.retries_for(length)
    shortest = [streams.retry_wait(number, 0.5, 1.5, 30) for number in range(int(retries))]
    assert sum(shortest) >= length or sum(shortest) == pytest.approx(length)
    assert sum(shortest[:-1]) < length
    assert streams.bridged_by(retries, inf, None) == pytest.approx(sum(shortest))


def test_the_estimate_fits_what_was_observed() -> None:
    """8 attempts in a minute, recorded on AWS by LocalStack: the shortest waits are half of these."""
    waits = [streams.retry_wait(number) for number in range(9)]
    assert sum(waits[:7]) < 60 < sum(waits)
    assert streams.bridged_by(8, None, None) == pytest.approx(sum(waits[:8]) / 2)


def test_more_retries_than_lambda_has_are_unlimited() -> None:
    assert streams.retries_for(301_000) == inf
    assert streams.bridged_by(inf, 600, 86_400) == 600
    assert streams.bridged_by(inf, inf, None) is None


@pytest.mark.parametrize(("attempts", "seconds"), [(None, None), (0, 0), (1, 60), (2, 180)])
def test_asynchronous_retries_bridge_three_minutes_at_most(attempts: int | None, seconds: float | None) -> None:
    assert asynchronous.bridged_by(attempts) == seconds
