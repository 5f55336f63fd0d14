"""When SQS delivers a message again, and for how long."""

from math import inf

from hypothesis import given
from hypothesis import strategies as st

from redrive.settings import Backoff
from redrive_model.facts.sqs import SqsFacts
from redrive_model.schedules.sqs import horizon_of, longest_time, throttle_wait, time_of_all_receives

LONG = st.none() | st.integers(1, 1_000_000)


def test_where_nothing_is_known_there_is_no_horizon() -> None:
    assert horizon_of(SqsFacts()) is longest_time(SqsFacts(), 3) is time_of_all_receives(SqsFacts()) is None


def test_throttled_batches_wait_from_one_second_to_a_minute() -> None:
    assert [throttle_wait(number) for number in range(8)] == [1, 2, 4, 8, 16, 32, 60, 60]


@given(st.none() | st.integers(1, 1_000), LONG, st.none() | st.integers(10, 100_000), LONG)
def test_a_queues_horizon_is_all_its_receives_and_never_beyond_its_retention(
    count: int | None, visibility: int | None, cap: int | None, retention: int | None
) -> None:
    backoff = None if cap is None else Backoff(5, cap=cap)
    facts = SqsFacts(max_receive_count=count, visibility_timeout=visibility, backoff=backoff, retention=retention)
    horizon = horizon_of(facts)
    if count is None:
        assert (horizon and horizon.seconds) == retention
    elif visibility is None:
        assert horizon is None
    else:
        longer = [0.0] * count if backoff is None else [backoff.longer().plain(each) for each in range(count)]
        receives = sum(max(visibility, wait) for wait in longer)
        assert horizon is not None
        assert horizon.seconds == min(receives, retention or inf)
