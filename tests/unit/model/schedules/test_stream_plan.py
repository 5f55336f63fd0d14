"""Retries and record age of a stream's consumer that bridge an outage, and what is refused."""

from __future__ import annotations

from math import inf

import pytest
from hypothesis import given
from hypothesis import strategies as st

from redrive_model.schedules.stream_plan import StreamAsked, plan, refusal
from redrive_model.schedules.streams import bridged_by

HOUR, DAY = 3_600, 86_400


def test_the_defaults_bridge_an_hour_and_leave_half_of_the_retention() -> None:
    assert plan(StreamAsked(retention=DAY)) == (129, DAY / 2)
    assert plan(StreamAsked(retention=365 * DAY)) == (129, 3 * DAY)
    assert plan(StreamAsked()) == (129, DAY / 2)


@given(st.floats(10, 8 * DAY), st.none() | st.integers(DAY, 365 * DAY))
def test_what_is_not_refused_is_bridged_and_a_record_may_have_waited_before(
    length: float, retention: int | None
) -> None:
    asked = StreamAsked(bridges=length, retention=retention)
    if refusal(asked) is not None:
        assert length >= min(7 * DAY, retention or inf)
        return
    retries, age = plan(asked)
    found = bridged_by(retries, age, retention)
    assert found is not None
    assert found >= int(length)
    assert age is not None
    assert 60 <= age <= 7 * DAY


@given(st.integers(0, 10_000), st.integers(60, 7 * DAY))
def test_what_somebody_has_chosen_stays(retries: int, age: int) -> None:
    assert plan(StreamAsked(retries=retries, has_retries=True, age=age, has_age=True)) == (retries, age)


REFUSED: dict[str, tuple[StreamAsked, tuple[str, ...]]] = {
    "too short": (StreamAsked(bridges=9), ("bridges 9 s", "10 s")),
    "retention": (StreamAsked(bridges=DAY, retention=DAY), ("bridges 86,400 s", "retention of 86,400 s")),
    "record age": (
        StreamAsked(bridges=HOUR, age=600, has_age=True),
        ("bridges 3,600 s", "max_record_age 600 s", "leave max_record_age unset"),
    ),
    "the longest record age": (
        StreamAsked(bridges=7 * DAY, retention=365 * DAY),
        ("bridges 604,800 s", "604,800 s", "infinite"),
    ),
    "retries": (
        StreamAsked(bridges=HOUR, retries=10, has_retries=True),
        ("bridges 3,600 s needs 129 retries", "retry_attempts 10", "56.67 s"),
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_bridged_is_refused_with_both_numbers(name: str) -> None:
    asked, says = REFUSED[name]
    sentence = refusal(asked)
    assert sentence is not None
    for part in says:
        assert part in sentence
