"""The decisions themselves, as tables, each row with the fact it comes from.

F is the fact sheet by section; DG is https://docs.aws.amazon.com/lambda/latest/dg/.
"""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from redrive_model.resources.asynchronous import AsyncSpec
from redrive_model.resources.mapping import StreamMappingSpec
from redrive_simulator import Parameters
from redrive_simulator.invocation.async_rules import AsyncStep, after_error, throttle_wait
from redrive_simulator.invocation.responses import WholeBatch, checkpoint
from redrive_simulator.invocation.stream_rules import Step, after_attempt, expired_prefix, halves
from redrive_simulator.services.queue_rules import (
    concurrency_limit,
    dead_letter_enqueued_at,
    goes_to_dead_letters,
    visibility_is_too_long,
)


def mapping(**options: Any) -> StreamMappingSpec:
    return StreamMappingSpec("Mapping", "uuid", "stream", "function", **options)


# size, done, failures, settings: what follows
STEPS: list[tuple[int, int, int, dict[str, Any], Step]] = [
    (3, 3, 0, {}, Step(3, "finished")),
    (3, 0, 1, {}, Step(0, "retry")),  # F4 parameters: -1 retries is any number
    (3, 0, 1, {"max_retries": 0}, Step(0, "give up")),  # F4.2: 1 + MaximumRetryAttempts
    (3, 0, 3, {"max_retries": 3}, Step(0, "retry")),
    (3, 0, 4, {"max_retries": 3}, Step(0, "give up")),
    (3, 2, 4, {"max_retries": 3}, Step(2, "fresh")),  # F4.8: progress resets the budget
    (3, 0, 1, {"bisect": True, "max_retries": 0}, Step(0, "split")),  # F4.6: halving happens even with 0 retries
    (3, 0, 9, {"bisect": True, "max_retries": 3}, Step(0, "split")),
    (1, 0, 1, {"bisect": True, "max_retries": 1}, Step(0, "retry")),  # one record cannot be cut
    (1, 0, 2, {"bisect": True, "max_retries": 1}, Step(0, "give up")),
    (3, 1, 1, {"bisect": True, "max_retries": 0}, Step(1, "fresh")),  # F4.9: split at the returned number
]


@pytest.mark.parametrize(("size", "done", "failures", "options", "step"), STEPS)
def test_what_follows_from_an_attempt_at_a_batch(
    size: int, done: int, failures: int, options: dict[str, Any], step: Step
) -> None:
    assert after_attempt(size, done, failures, mapping(**options)) == step


@given(st.integers(min_value=2, max_value=10_000))
def test_halves_are_both_smaller_and_make_the_whole(size: int) -> None:
    """F8: the earlier half first, rounded down."""
    earlier, later = halves(size)
    assert 0 < earlier <= later < size
    assert earlier + later == size


@pytest.mark.parametrize(
    ("arrivals", "limit", "expired"),
    [
        ([0, 10, 20], None, 0),
        ([0, 10, 20], 60, 1),  # F4.5: only the expired prefix, at 65 s
        ([0, 4, 20], 60, 2),
        ([5, 5], 60, 0),  # as old as the limit is not older
        ([20, 0], 60, 0),  # behind one that is not too old
    ],
)
def test_only_the_prefix_that_is_too_old_goes(arrivals: list[float], limit: float | None, expired: int) -> None:
    assert expired_prefix(arrivals, 65, limit) == expired


@given(st.lists(st.floats(0, 100)), st.floats(0, 200), st.floats(0, 100))
def test_what_is_behind_the_expired_prefix_is_not_too_old(arrivals: list[float], now: float, limit: float) -> None:
    expired = expired_prefix(arrivals, now, limit)
    assert all(now - each > limit for each in arrivals[:expired])
    assert expired == len(arrivals) or now - arrivals[expired] <= limit


@given(st.lists(st.integers(0, 9), max_size=5))
def test_the_lowest_number_is_the_checkpoint(failed: list[int]) -> None:
    """F4.7."""
    numbers = [str(number) for number in range(10)]
    response = {"batchItemFailures": [{"itemIdentifier": str(each)} for each in failed]}
    assert checkpoint(response, numbers) == min(failed, default=10)


@pytest.mark.parametrize("response", [[], "text", 7, True, {"batchItemFailures": {}}, {"batchItemFailures": [7]}])
def test_a_response_of_another_form_fails_the_batch(response: Any) -> None:
    assert isinstance(checkpoint(response, ["1"]), WholeBatch)


# errors, age, settings: what follows (F2)
ERRORS = [
    (1, 0.2, AsyncSpec(), AsyncStep(None, 60)),
    (2, 60.4, AsyncSpec(), AsyncStep(None, 120)),
    (3, 180.6, AsyncSpec(), AsyncStep("RetriesExhausted")),
    (1, 0.2, AsyncSpec(max_retries=0), AsyncStep("RetriesExhausted")),
    (1, 0.2, AsyncSpec(max_age=60), AsyncStep("EventAgeExceeded")),  # recorded: test_maxeventage
    (1, 0.0, AsyncSpec(max_age=60), AsyncStep("EventAgeExceeded")),
    (1, 0.2, AsyncSpec(max_age=90), AsyncStep(None, 60)),
    (2, 60.4, AsyncSpec(max_age=90), AsyncStep("EventAgeExceeded")),
    (1, 0.2, AsyncSpec(max_retries=0, max_age=60), AsyncStep("RetriesExhausted")),  # both: no retry was left anyway
]


@pytest.mark.parametrize(("errors", "age", "spec", "step"), ERRORS)
def test_what_follows_from_a_function_error(errors: int, age: float, spec: AsyncSpec, step: AsyncStep) -> None:
    assert after_error(errors, age, spec, Parameters()) == step


def test_throttles_wait_from_one_second_to_five_minutes() -> None:
    """F2: exponential, 1 s to 5 min."""
    waits = [throttle_wait(number, Parameters()) for number in range(1, 12)]
    assert waits == [1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300]


@pytest.mark.parametrize(
    ("receives", "most", "moved"),
    [(2, 3, False), (3, 3, True), (4, 3, True), (3, None, False)],
)
def test_a_message_is_moved_when_its_count_would_exceed_the_most(receives: int, most: int | None, moved: bool) -> None:
    """F3: the handler can see it at most that many times."""
    assert goes_to_dead_letters(receives, most) is moved


def test_a_fifo_dead_letter_queue_begins_anew() -> None:
    """F3: a standard one keeps the original timestamp."""
    assert (dead_letter_enqueued_at(False, 5, 100), dead_letter_enqueued_at(True, 5, 100)) == (5, 100)


def test_twelve_hours_from_the_receipt_are_the_longest_invisibility() -> None:
    """F3: extensions do not restart it."""
    assert not visibility_is_too_long(0, 43_100, 100)
    assert visibility_is_too_long(0, 43_100, 101)


@pytest.mark.parametrize(("busy_for", "limit"), [(0, 5), (60, 305), (240, 1205), (600, 1250)])
def test_pollers_grow_by_three_hundred_a_minute(busy_for: float, limit: int) -> None:
    """F3 scaling."""
    assert concurrency_limit(5, 300, 1250, busy_for) == limit
