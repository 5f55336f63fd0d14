"""A shared circuit whose table cannot be reached: the member goes on with a state of its own."""

from __future__ import annotations

from collections.abc import Callable
from threading import Barrier, Thread
from typing import Any

import pytest
from botocore.exceptions import ClientError

from redrive import Backoff, CircuitBreaker, CircuitEvent, CircuitOpen, CircuitPolicy, DynamoDBCircuits, MemoryCircuits
from redrive.circuit.state import StoredCircuit
from tests.support.runtime.circuit.circuits import FlakyStore, Table, fleet
from tests.support.runtime.sqs.queue import VirtualTime

POLICY = CircuitPolicy(failure_threshold=3, success_threshold=2)
FOR_GOOD = 10**6


class Down(Exception):
    pass


class Halves(FlakyStore):
    """A store of which one half fails: `read` or `swap`."""

    def __init__(self, broken: str) -> None:
        super().__init__(MemoryCircuits())
        self.broken = broken

    def _fails(self, request: str) -> None:
        super()._fails(request)
        if request == self.broken:
            raise PermissionError(request)


def member(store: Any, **options: Any) -> CircuitBreaker:
    return CircuitBreaker("payments", store=store, **{"policy": POLICY, "unasked": 0, **options})


def attempt(breaker: CircuitBreaker, *, works: bool) -> str:
    def call() -> str:
        if works:
            return "done"
        raise Down

    try:
        return breaker.call(call)
    except Down:
        return "failed"
    except CircuitOpen:
        return "open"


def open_it(breaker: CircuitBreaker) -> None:
    assert [attempt(breaker, works=False) for _ in range(3)] == ["failed"] * 3


def reached(store: Any, time: VirtualTime, *, calls: int = 3000, **options: Any) -> int:
    """Counts the calls, of ten a second, that reach a dependency that is down."""
    breaker = member(store, policy=CircuitPolicy(), **options)
    results = []
    for _ in range(calls):
        results.append(attempt(breaker, works=False))
        time.advance(0.1)
    return results.count("failed")


def unreachable() -> FlakyStore:
    store = FlakyStore(MemoryCircuits())
    store.fail = FOR_GOOD
    return store


@pytest.mark.parametrize(
    "make", [unreachable, lambda: Halves("read"), lambda: Halves("swap")], ids=["all", "reads", "writes"]
)
@pytest.mark.parametrize("cache_age", [0, 5, 60])
def test_no_more_calls_go_through_than_in_one_process(
    make: Callable[[], FlakyStore], cache_age: float, time: VirtualTime
) -> None:
    alone = reached(None, time)
    assert alone == 11
    assert reached(make(), time, cache_age=cache_age) <= alone + 1


@pytest.mark.parametrize("seconds", [3, 7, 20])
def test_a_store_that_comes_and_goes(store: FlakyStore, time: VirtualTime, seconds: int) -> None:
    breaker = member(store, policy=CircuitPolicy())
    failed = 0
    for number in range(3000):
        store.fail = FOR_GOOD if number // (seconds * 10) % 2 else 0
        failed += attempt(breaker, works=False) == "failed"
        time.advance(0.1)
    assert failed <= 14


def test_a_table_that_refuses_access(time: VirtualTime) -> None:
    class Refusing(Table):
        def get_item(self, **_: Any) -> Any:
            raise ClientError({"Error": {"Code": "AccessDeniedException"}}, "GetItem")

    with fleet(time, Refusing()):
        assert reached(DynamoDBCircuits("circuits"), time) == 11


def test_a_rate_works_without_the_table_too(time: VirtualTime) -> None:
    breaker = member(unreachable(), policy=CircuitPolicy(failure_rate=0.5, minimum_calls=10))
    results = [attempt(breaker, works=bool(number % 2)) for number in range(100)]
    assert results[:9].count("open") == 0
    assert results[20:] == ["open"] * 80


def test_one_probe_at_a_time_if_the_circuit_was_known_to_be_open(store: FlakyStore, time: VirtualTime) -> None:
    breaker = member(store)
    open_it(breaker)
    store.fail = FOR_GOOD
    time.advance(30)
    barrier, results = Barrier(8), list[str]()

    def slow() -> str:
        results.append("reached")
        barrier.wait(5)
        return "done"

    def call() -> None:
        try:
            breaker.call(slow)
        except CircuitOpen:
            results.append("open")
            barrier.wait(5)

    threads = [Thread(target=call) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(results) == ["open"] * 7 + ["reached"]


@pytest.mark.parametrize("works", [True, False])
def test_probes_without_the_table_close_it_or_open_it_again(store: FlakyStore, time: VirtualTime, works: bool) -> None:
    breaker = member(store)
    open_it(breaker)
    store.fail = FOR_GOOD
    time.advance(30)
    results = [attempt(breaker, works=works) for _ in range(4)]
    assert results == (["done"] * 4 if works else ["failed", "open", "open", "open"])
    time.advance(45)
    assert attempt(breaker, works=True) == "done"


@pytest.mark.parametrize("works", [True, False])
def test_a_probe_that_ends_without_the_table(store: FlakyStore, time: VirtualTime, works: bool) -> None:
    breaker = member(store)
    open_it(breaker)
    time.advance(30)
    call = breaker.guard()
    assert call.begin() is None
    store.fail = FOR_GOOD
    call.__exit__(None, None if works else Down(), None)
    assert attempt(breaker, works=True) == ("done" if works else "open")


def test_the_probe_of_another_member_is_waited_for_until_its_lease_is_over(
    store: FlakyStore, time: VirtualTime
) -> None:
    one, other = member(store), member(store)
    open_it(one)
    time.advance(30)
    assert other.guard().begin() is None
    assert attempt(one, works=True) == "open"
    store.fail = FOR_GOOD
    time.advance(29)
    assert attempt(one, works=True) == "open"
    time.advance(1)
    assert attempt(one, works=True) == "done"


def test_a_choice_of_open_lets_nothing_through(store: FlakyStore, time: VirtualTime) -> None:
    breaker = member(store, on_store_failure="open")
    store.fail = FOR_GOOD
    for _ in range(100):
        assert attempt(breaker, works=True) == "open"
        time.advance(1)


# When the table is back.


def test_what_was_opened_without_the_table_is_shared(store: FlakyStore, time: VirtualTime) -> None:
    breaker, other = member(store), member(store)
    store.fail = FOR_GOOD
    open_it(breaker)
    store.fail = 0
    assert attempt(other, works=True) == "done"
    time.advance(30)
    assert attempt(breaker, works=False) == "failed"
    assert store.inner.read("payments").state.openings == 2
    assert attempt(member(store), works=True) == "open"


def test_others_that_have_closed_it_in_the_meantime_are_believed(store: FlakyStore, time: VirtualTime) -> None:
    breaker = member(store)
    open_it(breaker)
    time.advance(30)
    store.fail = FOR_GOOD
    assert attempt(breaker, works=False) == "failed"
    store.inner.swap("payments", store.inner.read("payments").version, StoredCircuit("closed by another member"))
    store.fail = 0
    time.advance(45)
    assert [attempt(breaker, works=works) for works in (True, False, True)] == ["done", "failed", "done"]
    assert store.inner.read("payments").state.open_until is None


def test_each_change_is_published_once(store: FlakyStore, time: VirtualTime) -> None:
    events: list[CircuitEvent] = []
    breaker = member(store, on_event=events.append)
    store.fail = FOR_GOOD
    open_it(breaker)
    time.advance(30)
    assert attempt(breaker, works=True) == "done"
    assert attempt(breaker, works=True) == "done"
    store.fail = 0
    time.advance(5)
    assert attempt(breaker, works=True) == "done"
    kinds = [event.kind for event in events if event.kind != "store_failed"]
    assert kinds == ["opened", "half_opened", "closed"]
    assert isinstance(next(event.error for event in events if event.kind == "opened"), Down)


def test_a_hook_may_use_the_breaker_without_the_table(store: FlakyStore, time: VirtualTime) -> None:
    seen: list[object] = []

    def hook(event: CircuitEvent) -> None:
        if event.kind != "rejected":
            seen.append(attempt(breaker, works=True))

    breaker = member(store, policy=CircuitPolicy(failure_threshold=1), on_event=hook)
    assert attempt(breaker, works=True) == "done"
    store.fail = FOR_GOOD
    time.advance(5)
    assert attempt(breaker, works=False) == "failed"
    assert seen


# Clocks that differ.


@pytest.mark.parametrize("ahead", [60, 3600, 86_400 * 400])
@pytest.mark.parametrize("probing", [False, True])
def test_a_member_whose_clock_is_ahead_keeps_nothing_open(
    store: FlakyStore, time: VirtualTime, ahead: float, probing: bool
) -> None:
    policy = CircuitPolicy(
        failure_threshold=3, success_threshold=2, open_time=Backoff(10, 2, 20, jitter="none"), lease=15
    )
    skewed, exact = (member(store, policy=policy) for _ in range(2))
    time.advance(ahead)
    open_it(skewed)
    if probing:
        time.advance(10)
        assert skewed.guard().begin() is None
    time.advance(-ahead)
    assert attempt(exact, works=True) == "open"
    time.advance(20)
    assert attempt(exact, works=True) == "done"
    assert attempt(exact, works=True) == "done"
    assert store.inner.read("payments").state.open_until is None


def test_environments_that_live_shortly_wait_no_longer_either(store: FlakyStore, time: VirtualTime) -> None:
    time.advance(3600)
    open_it(member(store))
    time.advance(-3600)
    results = []
    for _ in range(50):
        results.append(attempt(member(store), works=True))
        time.advance(1)
    assert results[45:] == ["done"] * 5


@pytest.mark.parametrize("shared", [True, False])
def test_a_clock_that_is_set_back_keeps_nothing_open(store: FlakyStore, time: VirtualTime, shared: bool) -> None:
    breaker = member(store if shared else None)
    open_it(breaker)
    time.advance(-3600)
    assert attempt(breaker, works=True) == "open"
    time.advance(45)
    assert attempt(breaker, works=True) == "done"


def test_clocks_that_hardly_differ_cost_no_writes(store: FlakyStore, time: VirtualTime) -> None:
    policy = CircuitPolicy(failure_threshold=3, open_time=Backoff(30, 1, 30, jitter="none"))
    open_it(member(store, policy=policy))
    store.requests.clear()
    time.advance(-0.5)
    assert attempt(member(store, policy=policy), works=True) == "open"
    assert store.requests == ["read"]


@pytest.mark.parametrize("policy", [CircuitPolicy(consecutive=False), CircuitPolicy(failure_rate=0.5, minimum_calls=5)])
def test_failures_from_a_clock_that_is_ahead_leave_the_window(
    store: FlakyStore, time: VirtualTime, policy: CircuitPolicy
) -> None:
    skewed, exact = (member(store, policy=policy, cache_age=0) for _ in range(2))
    time.advance(3600)
    for _ in range(3):
        attempt(skewed, works=False)
        time.advance(1)
    time.advance(-3600)
    for failures in (1, 2):
        time.advance(120)
        for _ in range(4 if failures == 2 else 0):
            attempt(exact, works=True)
        for _ in range(failures):
            time.advance(1.1)
            attempt(exact, works=False)
    assert store.inner.read("payments").state.open_until is None
