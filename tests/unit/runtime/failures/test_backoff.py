"""The waiting schedule."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from redrive import Backoff

numbers = st.floats(0, 1, exclude_max=True)
retries = st.integers(0, 10**6)
backoffs = st.builds(
    lambda base, factor, above, jitter: Backoff(base, factor, base + above, jitter),
    st.floats(1e-6, 1e9),
    st.floats(1, 1e6),
    st.floats(0, 1e9),
    st.sampled_from(["full", "equal", "none"]),
)


def test_the_default_is_1_2_4_up_to_30_seconds() -> None:
    assert [Backoff().plain(retry) for retry in range(7)] == [1, 2, 4, 8, 16, 30, 30]
    assert Backoff() == Backoff(base=1, factor=2, cap=30, jitter="full")


@given(backoffs, retries, numbers)
def test_no_wait_is_below_nothing_or_above_the_cap(backoff: Backoff, retry: int, number: float) -> None:
    assert 0 <= backoff.wait(retry, number) <= backoff.cap


@given(backoffs, retries)
def test_plain_waits_never_shrink(backoff: Backoff, retry: int) -> None:
    assert backoff.base <= backoff.plain(retry) <= backoff.plain(retry + 1)


@given(backoffs, retries, numbers)
def test_jitter_takes_its_share(backoff: Backoff, retry: int, number: float) -> None:
    plain, wait = backoff.plain(retry), backoff.wait(retry, number)
    match backoff.jitter:
        case "full":
            assert wait == pytest.approx(plain * number)
        case "equal":
            assert plain / 2 <= wait <= plain
        case "none":
            assert wait == plain


@given(backoffs, retries, numbers)
def test_the_longer_schedule_waits_twice_as_long_up_to_the_same_cap(
    backoff: Backoff, retry: int, number: float
) -> None:
    longer = backoff.longer()
    assert longer.plain(retry) == pytest.approx(min(backoff.cap, 2 * backoff.plain(retry)))
    assert backoff.wait(retry, number) <= longer.wait(retry, number) <= backoff.cap


@pytest.mark.parametrize(
    ("values", "complaint"),
    [
        ({"base": 0}, "base 0"),
        ({"base": -1}, "base -1"),
        ({"base": float("nan")}, "base nan"),
        ({"base": float("inf")}, "base inf"),
        ({"factor": 0.9}, "factor 0.9"),
        ({"factor": float("nan")}, "factor nan"),
        ({"cap": 0.5}, "cap 0.5"),
        ({"base": 60}, "cap 30.0 s is below the base of 60"),
        ({"cap": float("inf")}, "cap inf"),
        ({"jitter": "some"}, "jitter 'some'"),
    ],
)
def test_a_value_outside_of_its_range_is_refused(values: dict[str, Any], complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        Backoff(**values)
