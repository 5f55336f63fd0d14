"""A circuit shared by several environments, when its store fails."""

from __future__ import annotations

import pytest

from redrive import CircuitEvent, CircuitPolicy, StoredCircuit
from redrive.circuit.pending_calls import PendingCalls
from tests.support.runtime.circuit.circuits import FlakyStore
from tests.support.runtime.circuit.functions import Down
from tests.support.runtime.circuit.members import attempt, member, open_it, requests
from tests.support.runtime.sqs.queue import VirtualTime


@pytest.mark.parametrize(("choice", "result"), [("closed", "done"), ("open", "open")])
def test_a_store_that_cannot_be_read_is_reported_and_not_asked_again_for_a_while(
    store: FlakyStore, events: list[CircuitEvent], time: VirtualTime, choice: str, result: str
) -> None:
    breaker = member(store, events, on_store_failure=choice, cache_age=5)
    store.fail = 2
    for _ in range(10):
        assert attempt(breaker, works=True) == result
        time.advance(1)
    assert requests(store) == ["read", "read"]
    assert [event.kind for event in events if event.kind != "rejected"] == ["store_failed"] * 2
    assert isinstance(events[0].error, TimeoutError)
    assert attempt(breaker, works=True) == "done"


def test_an_open_time_that_is_known_is_kept_to_without_the_store(store: FlakyStore, time: VirtualTime) -> None:
    breaker = member(store)
    open_it(breaker)
    store.fail = 99
    time.advance(29)
    assert attempt(breaker, works=True) == "open"
    time.advance(1)
    assert attempt(breaker, works=True) == "done"  # without a probe's lease, as chosen


def test_failures_that_could_not_be_written_are_written_with_the_next_one(store: FlakyStore, time: VirtualTime) -> None:
    breaker = member(store)
    attempt(breaker, works=True)
    store.fail = 1
    attempt(breaker, works=False)
    attempt(breaker, works=False)
    time.advance(5)
    attempt(breaker, works=False)
    assert attempt(breaker, works=True) == "open"


def test_a_failure_whose_reply_was_lost_does_not_count_twice(store: FlakyStore, time: VirtualTime) -> None:
    breaker = member(store)
    attempt(breaker, works=True)
    store.lose = 1
    attempt(breaker, works=False)
    time.advance(5)
    attempt(breaker, works=False)
    assert len(store.inner.read("payments").state.failures) == 2
    assert attempt(breaker, works=True) == "done"


def test_no_failure_is_forgotten_when_a_reply_is_lost_and_then_a_read_fails(
    store: FlakyStore, time: VirtualTime
) -> None:
    breaker = member(store)
    store.lose = 1
    attempt(breaker, works=False)  # written, and not known to be
    store.inner.swap("payments", store.inner.read("payments").version, StoredCircuit("by another member"))
    time.advance(5)
    store.fail = 2
    call = breaker.guard()
    assert call.begin() is None
    time.advance(6)  # the call takes so long that the store is asked again
    call.__exit__(None, Down(), None)
    assert store.fail == 0
    time.advance(5)
    attempt(breaker, works=False)
    assert store.inner.read("payments").state.status(time.now) == "open"


def test_calls_that_cannot_be_written_for_long_do_not_pile_up() -> None:
    for policy in (CircuitPolicy(), CircuitPolicy(failure_rate=0.5)):
        calls = PendingCalls(policy)
        for number in range(1000):
            calls.failed(number * 5.0)
            calls.put_back(calls.take())
        seen = calls.peek()
        assert len(seen.failures) + len(seen.stretches) <= 11
        assert max(seen.failures, default=0) + max((each[0] * 6 for each in seen.stretches), default=0) > 4980


@pytest.mark.parametrize("choice", ["closed", "open"])
def test_a_probe_whose_start_was_written_and_the_reply_lost_is_run_by_its_owner(
    store: FlakyStore, time: VirtualTime, choice: str
) -> None:
    one, other = member(store, on_store_failure=choice), member(store)
    open_it(one)
    time.advance(30)
    store.lose = 1
    assert attempt(one, works=True) == {"closed": "done", "open": "open"}[choice]
    assert attempt(other, works=True) == "open"  # there is a probe, as far as the store knows
    time.advance(5)
    assert attempt(one, works=True) == "done"
    assert store.inner.read("payments").state.successes == 1


@pytest.mark.parametrize("kind", ["fail", "lose"])
@pytest.mark.parametrize("works", [True, False])
def test_the_outcome_of_a_probe_is_written_when_the_store_is_back(
    store: FlakyStore, time: VirtualTime, kind: str, works: bool
) -> None:
    breaker = member(store, on_store_failure="open")
    open_it(breaker)
    time.advance(30)
    call = breaker.guard()
    assert call.begin() is None
    setattr(store, kind, 1)
    call.__exit__(None, None if works else Down(), None)
    time.advance(5)
    assert attempt(breaker, works=True) == ("done" if works else "open")
    state = store.inner.read("payments").state
    assert (state.open_until is None, state.openings) == ((True, 0) if works else (False, 2))


def test_a_store_that_fails_for_good_leaves_nothing_open(store: FlakyStore, time: VirtualTime) -> None:
    breaker = member(store)
    open_it(breaker)
    store.fail = 10**6
    time.advance(30)
    results = []
    for _ in range(20):
        results.append(attempt(breaker, works=True))
        time.advance(1)
    assert results == ["done"] * 20
