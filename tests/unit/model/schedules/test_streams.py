"""When Lambda reads a stream's records again, and for how long."""

from math import inf

from hypothesis import given
from hypothesis import strategies as st

from redrive_model.facts.streams import StreamFacts
from redrive_model.schedules.streams import horizon_of, retry_wait

LONG = st.none() | st.integers(1, 1_000_000)


def test_where_nothing_is_known_there_is_no_horizon() -> None:
    assert horizon_of(StreamFacts()) is None


def test_a_batch_is_attempted_eight_or_nine_times_in_a_minute() -> None:
    """F8: observed with a maximum age of 60 s and unlimited retries; AWS does not publish the curve."""
    time, attempts = 0.0, 1
    while (time := time + retry_wait(attempts - 1)) < 60:
        attempts += 1
    assert attempts in (8, 9)
    assert retry_wait(10**6) == 60


@given(LONG | st.just(inf), LONG)
def test_a_streams_horizon_is_the_first_of_what_ends_a_record(age: float | None, retention: int | None) -> None:
    horizon = horizon_of(StreamFacts(max_record_age=age, retention=retention))
    if age is None or (age == inf and retention is None):
        assert horizon is None
    else:
        assert horizon is not None
        assert horizon.seconds == min(age, inf if retention is None else retention)
