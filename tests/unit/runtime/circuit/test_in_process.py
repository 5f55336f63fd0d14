"""A circuit that one process keeps: it behaves like a shared one, and does less for each call."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from hypothesis import given
from hypothesis import strategies as st

from redrive import Backoff, CircuitBreaker, CircuitOpen, CircuitPolicy, LocalCircuits, MemoryCircuits, Permanent
from redrive.core.system import clock
from tests.support.runtime.circuit.circuits import fleet
from tests.support.runtime.sqs.queue import VirtualTime

WAIT = Backoff(10, 2, 40, jitter="none")
POLICIES = [
    CircuitPolicy(failure_threshold=3, window=20, open_time=WAIT, success_threshold=2),
    CircuitPolicy(failure_threshold=3, window=20, open_time=WAIT, consecutive=False),
    CircuitPolicy(failure_threshold=1, open_time=WAIT),
    CircuitPolicy(failure_threshold=4.0, open_time=WAIT),  # pyright: ignore[reportArgumentType]
    CircuitPolicy(failure_rate=0.5, minimum_calls=4, window=20, open_time=WAIT),
]
STEPS = st.lists(
    st.tuples(st.sampled_from([0.001, 0.001, 0.5, 1, 3, 9, 15]), st.sampled_from(["works", "fails", "permanent"])),
    max_size=60,
)
ERRORS: dict[str, Exception] = {"fails": ConnectionError("down"), "permanent": Permanent("no such order")}


@pytest.fixture
def time() -> Iterator[VirtualTime]:
    time = VirtualTime()
    with fleet(time):
        yield time


def attempt(breaker: CircuitBreaker, result: str) -> tuple[str, float | None]:
    """Make a call, and return what it comes to and how long the circuit stays open then."""

    def function() -> str:
        if result in ERRORS:
            raise ERRORS[result]
        return "done"

    try:
        done = breaker.call(function)
    except CircuitOpen as refused:
        return "refused", refused.after
    except Exception as error:
        done = str(error)
    return done, breaker.open_for()


@pytest.mark.parametrize("policy", POLICIES, ids=["consecutive", "not consecutive", "one", "a float", "rate"])
@given(steps=STEPS)
def test_it_answers_as_a_shared_circuit_does(policy: CircuitPolicy, steps: list[tuple[float, str]]) -> None:
    time = VirtualTime()
    with clock.replaced(lambda: time.now):
        own = CircuitBreaker("payments", policy=policy, store=LocalCircuits())
        shared = CircuitBreaker("payments", policy=policy, store=MemoryCircuits(), cache_age=0, unasked=0)
        for seconds, result in steps:
            time.now += seconds
            assert attempt(own, result) == attempt(shared, result)
            assert own.read().status(time.now) == shared.read().status(time.now)


@pytest.mark.parametrize("seconds", [0, 3], ids=["same time", "later"])
def test_only_failures_after_a_success_count(time: VirtualTime, seconds: float) -> None:
    breaker = CircuitBreaker("payments", policy=POLICIES[0], store=LocalCircuits())
    results: list[str] = []
    for result in ("fails", "fails", "works", "fails", "fails", "works", "fails", "fails", "fails", "works"):
        results.append(attempt(breaker, result)[0])
        time.advance(seconds)
    assert results == ["down", "down", "done", "down", "down", "done", "down", "down", "down", "refused"]


def test_failures_that_do_not_open_it_are_part_of_its_state(time: VirtualTime) -> None:
    breaker = CircuitBreaker("payments", policy=POLICIES[0], store=LocalCircuits())
    attempt(breaker, "fails")
    time.advance(1)
    attempt(breaker, "fails")
    assert breaker.read().failures == (time.now - 1, time.now)
    time.advance(19.5)
    assert breaker.read().failures == (time.now - 19.5,)
    attempt(breaker, "works")
    assert breaker.read().failures == ()


def test_breakers_with_one_store_count_failures_together(time: VirtualTime) -> None:
    store = LocalCircuits()
    one, other = (CircuitBreaker("payments", policy=POLICIES[0], store=store) for _ in range(2))
    apart = CircuitBreaker("prices", policy=POLICIES[0], store=store)
    for breaker in (one, other, apart, apart, one):
        assert attempt(breaker, "fails")[0] == "down"
    assert attempt(one, "works") == attempt(other, "works") == ("refused", 10)
    assert attempt(apart, "works") == ("done", None)


def test_a_call_that_began_before_it_opened_counts_for_nothing_after(time: VirtualTime) -> None:
    policy = CircuitPolicy(failure_threshold=2, open_time=WAIT, success_threshold=1, consecutive=False)
    breaker = CircuitBreaker("payments", policy=policy, store=LocalCircuits())
    begun = [breaker.guard() for _ in range(3)]
    assert [call.begin() for call in begun] == [None, None, None]
    for call in begun:
        call.__exit__(ConnectionError, ConnectionError("down"), None)
    time.advance(11)
    assert attempt(breaker, "works") == ("done", None)
    assert attempt(breaker, "fails") == ("down", None)
    assert attempt(breaker, "works") == ("done", None)


def test_threads_lose_no_failure(time: VirtualTime) -> None:
    workers, each = 8, 50
    policy = CircuitPolicy(failure_threshold=workers * each, open_time=WAIT)
    breaker, barrier = CircuitBreaker("payments", policy=policy, store=LocalCircuits()), Barrier(workers)

    def fail_often(_: int) -> None:
        barrier.wait()
        for _ in range(each):
            attempt(breaker, "fails")

    with ThreadPoolExecutor(workers) as pool:
        list(pool.map(fail_often, range(workers)))
    assert breaker.read().status(time.now) == "open"


def test_the_error_of_an_open_circuit_can_be_copied_and_sent_to_another_process() -> None:
    error = CircuitOpen("payments", 12.3456)
    for same in (copy.copy(error), pickle.loads(pickle.dumps(error))):
        assert (type(same), same.circuit, same.after) == (CircuitOpen, "payments", 12.3456)
        assert str(same) == "circuit 'payments' is open: a call may be let through again in 12.3 s"
    named = CircuitOpen(circuit="payments", after=1)
    assert pickle.loads(pickle.dumps(named)).circuit == "payments"
