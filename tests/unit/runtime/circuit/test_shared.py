"""A circuit shared by several environments: what they ask of the store, and what they do when it fails."""

from __future__ import annotations

from collections.abc import Iterator
from threading import Barrier, Thread
from typing import Any

import pytest

from redrive import (
    CircuitBreaker,
    CircuitEvent,
    CircuitOpen,
    CircuitPolicy,
    DynamoDBCircuits,
    MemoryCircuits,
    StoredCircuit,
)
from redrive.aws.clients import clients
from redrive.circuit.dynamodb import LIMITS
from redrive.circuit.pending_calls import PendingCalls
from tests.support.runtime.circuit.circuits import FlakyStore, Table, fleet
from tests.support.runtime.sqs.queue import VirtualTime

POLICY = CircuitPolicy(failure_threshold=3, success_threshold=2)


class Down(Exception):
    pass


def fail() -> None:
    raise Down


def answer() -> str:
    return "done"


@pytest.fixture
def time() -> Iterator[VirtualTime]:
    time = VirtualTime()
    with fleet(time):
        yield time


@pytest.fixture
def store(time: VirtualTime) -> FlakyStore:
    return FlakyStore(MemoryCircuits())


@pytest.fixture
def events() -> list[CircuitEvent]:
    return []


def member(store: FlakyStore, events: list[CircuitEvent] | None = None, **options: Any) -> CircuitBreaker:
    return CircuitBreaker(
        "payments",
        store=store,
        **{"policy": POLICY, "unasked": 0, "on_event": None if events is None else events.append, **options},
    )


def attempt(breaker: CircuitBreaker, *, works: bool) -> str:
    try:
        return breaker.call(answer if works else fail) or ""
    except Down:
        return "failed"
    except CircuitOpen:
        return "open"


def open_it(*breakers: CircuitBreaker) -> None:
    for number in range(3):
        assert attempt(breakers[number % len(breakers)], works=False) == "failed"


def requests(store: FlakyStore) -> list[str]:
    seen, store.requests = store.requests, []
    return seen


# What the store is asked.


def test_a_healthy_circuit_is_read_once_in_the_cache_age_and_never_written(
    store: FlakyStore, time: VirtualTime
) -> None:
    breaker = member(store, cache_age=5)
    for _ in range(40):
        attempt(breaker, works=True)
        time.advance(0.25)
    assert requests(store) == ["read"] * 2


def test_the_failures_of_all_members_open_it_with_a_write_each(store: FlakyStore) -> None:
    breakers = [member(store) for _ in range(4)]
    for breaker in breakers:
        attempt(breaker, works=True)
    requests(store)
    open_it(*breakers[:3])
    # Those of the others are seen at the second try.
    assert requests(store) == ["swap", "swap", "swap", "swap", "swap"]
    assert store.inner.read("payments").state.openings == 1


def test_an_open_circuit_is_seen_after_the_cache_age_at_the_latest(store: FlakyStore, time: VirtualTime) -> None:
    one, other = member(store), member(store, cache_age=5)
    attempt(other, works=True)
    open_it(one)
    time.advance(4.9)
    assert attempt(other, works=True) == "done"
    time.advance(0.1)
    assert attempt(other, works=True) == "open"


def test_a_circuit_that_is_known_to_be_open_is_not_asked_for(store: FlakyStore, time: VirtualTime) -> None:
    breaker = member(store)
    open_it(breaker)
    requests(store)
    while breaker.open_for() is not None:
        assert attempt(breaker, works=True) == "open"
        time.advance(1)
    assert requests(store) == []
    assert attempt(breaker, works=True) == "done"
    assert requests(store) == ["read", "swap", "swap"]  # look, start the probe, end it


def test_failures_that_cannot_open_it_are_told_together(store: FlakyStore, time: VirtualTime) -> None:
    breaker = member(store, policy=CircuitPolicy(failure_rate=0.5, minimum_calls=1000))
    for number in range(400):
        attempt(breaker, works=bool(number % 4))
        time.advance(0.01)
    seen = requests(store)
    assert seen.count("swap") == 4
    (state,) = {store.inner.read("payments").state}
    assert state.status(time.now) == "closed"


def test_successes_are_told_together_with_failures(store: FlakyStore) -> None:
    policy = CircuitPolicy(failure_rate=0.5, minimum_calls=10)
    one, other = member(store, policy=policy), member(store, policy=policy)
    for _ in range(8):
        attempt(one, works=True)
    attempt(one, works=False)
    for _ in range(6):
        attempt(other, works=False)
    assert store.inner.read("payments").state.open_until is None
    attempt(other, works=False)  # 8 of 16
    assert attempt(other, works=False) == "open"


def test_any_members_probes_close_it(store: FlakyStore, time: VirtualTime) -> None:
    breakers = [member(store) for _ in range(3)]
    open_it(*breakers)
    time.advance(30)
    assert [attempt(breaker, works=True) for breaker in breakers[:2]] == ["done", "done"]
    assert store.inner.read("payments").state.open_until is None


def test_a_probe_keeps_the_others_away_until_its_lease_is_over(store: FlakyStore, time: VirtualTime) -> None:
    one, other = member(store), member(store)
    open_it(one)
    time.advance(30)
    call = one.guard()
    assert call.begin() is None  # and then the environment is gone
    for _ in range(29):
        assert attempt(other, works=True) == "open"
        time.advance(1)
    time.advance(1)
    assert attempt(other, works=True) == "done"


def test_a_share_of_the_calls_goes_unasked_while_it_is_healthy(store: FlakyStore, time: VirtualTime) -> None:
    breaker = member(store, unasked=0.25)
    for _ in range(400):
        attempt(breaker, works=True)
        time.advance(10)
    assert 280 <= len(requests(store)) <= 320


@pytest.mark.parametrize("wait", [5, 301])
def test_no_call_goes_unasked_after_a_failure_or_after_five_minutes(
    store: FlakyStore, time: VirtualTime, wait: float
) -> None:
    breaker = member(store, unasked=1)
    attempt(breaker, works=wait > 5)
    requests(store)
    for _ in range(5):
        time.advance(wait)
        attempt(breaker, works=True)
    # A failure is remembered in the store, and each reading finds it there.
    assert requests(store) == ["read"] * 5


def test_threads_that_need_the_state_at_once_ask_for_it_once(store: FlakyStore) -> None:
    breaker, barrier = member(store), Barrier(8)

    def call() -> None:
        barrier.wait()
        breaker.call(answer)

    threads = [Thread(target=call) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert requests(store) == ["read"]


# What is told, and by whom.


def test_each_change_is_told_by_the_member_that_made_it(store: FlakyStore, time: VirtualTime) -> None:
    told: dict[str, list[CircuitEvent]] = {"one": [], "other": []}
    one, other = (member(store, told[name]) for name in ("one", "other"))
    open_it(one)
    time.advance(30)
    assert [attempt(other, works=True) for _ in range(2)] == ["done", "done"]
    assert {name: [event.kind for event in events] for name, events in told.items()} == {
        "one": ["opened"],
        "other": ["half_opened", "closed"],
    }


# When the store fails.


@pytest.mark.parametrize(("choice", "result"), [("closed", "done"), ("open", "open")])
def test_a_store_that_cannot_be_read_is_told_of_and_left_alone_for_a_while(
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


def test_failures_that_could_not_be_told_are_told_with_the_next_one(store: FlakyStore, time: VirtualTime) -> None:
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


def test_what_cannot_be_told_for_long_does_not_pile_up() -> None:
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
def test_what_became_of_a_probe_is_told_when_the_store_is_back(
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


# In DynamoDB.


def test_it_asks_dynamodb_with_time_limits_of_its_own(time: VirtualTime) -> None:
    asked: list[object] = []
    table = Table()

    def factory(service: str, limits: object) -> Table:
        asked.append((service, limits))
        return table

    with clients.replaced(factory):
        open_it(CircuitBreaker("payments", policy=POLICY, store=DynamoDBCircuits("circuits")))
    assert asked == [("dynamodb", LIMITS)]
    assert (LIMITS.connect + LIMITS.read) * LIMITS.attempts <= 3
    # The first failure, and the third together with the second, which could not have opened it.
    assert table.requests == {"GetItem": 1, "PutItem": 2}
    assert table.items["circuit#payments"]["state"] == {"S": "open"}


def test_a_table_needs_a_name() -> None:
    with pytest.raises(ValueError, match="give the name of the DynamoDB table"):
        DynamoDBCircuits("")
