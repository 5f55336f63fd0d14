"""A circuit shared by several environments: what they ask of the store, and which of them reports a change."""

from __future__ import annotations

from threading import Barrier, Thread

import pytest

from redrive import CircuitBreaker, CircuitEvent, CircuitPolicy, DynamoDBCircuits
from redrive.aws.clients import clients
from redrive.circuit.dynamodb import LIMITS
from tests.support.runtime.circuit.circuits import FlakyStore, Table
from tests.support.runtime.circuit.functions import POLICY, answer
from tests.support.runtime.circuit.members import attempt, member, open_it, requests
from tests.support.runtime.sqs.queue import VirtualTime

# Requests to the store.


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
    # Failures of the other members are seen at the second try.
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


def test_failures_that_cannot_open_it_are_written_together(store: FlakyStore, time: VirtualTime) -> None:
    breaker = member(store, policy=CircuitPolicy(failure_rate=0.5, minimum_calls=1000))
    for number in range(400):
        attempt(breaker, works=bool(number % 4))
        time.advance(0.01)
    seen = requests(store)
    assert seen.count("swap") == 4
    (state,) = {store.inner.read("payments").state}
    assert state.status(time.now) == "closed"


def test_successes_are_written_together_with_failures(store: FlakyStore) -> None:
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


# Member that reports a change.


def test_each_change_is_reported_by_the_member_that_made_it(store: FlakyStore, time: VirtualTime) -> None:
    reported: dict[str, list[CircuitEvent]] = {"one": [], "other": []}
    one, other = (member(store, reported[name]) for name in ("one", "other"))
    open_it(one)
    time.advance(30)
    assert [attempt(other, works=True) for _ in range(2)] == ["done", "done"]
    assert {name: [event.kind for event in events] for name, events in reported.items()} == {
        "one": ["opened"],
        "other": ["half_opened", "closed"],
    }


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
